package phone

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// row is one pairing as the file keeps it.
type row struct {
	Origin          string              `json:"origin"`
	Pinned          string              `json:"pinned"`
	CodeHash        string              `json:"code_hash"`
	Code            hidden              `json:"code,omitzero"` // until the pairing is active
	Device          string              `json:"device,omitempty"`
	Status          string              `json:"status,omitempty"`
	User            string              `json:"user,omitempty"`
	Account         string              `json:"account,omitempty"`
	Person          string              `json:"person,omitempty"`
	OrganisationID  string              `json:"organisation_id,omitempty"`
	Organisation    string              `json:"organisation,omitempty"`
	DeviceKey       hidden              `json:"device_key"`
	ApprovalKey     hidden              `json:"approval_key"`
	NextApprovalKey hidden              `json:"next_approval_key,omitzero"`
	ServerKeys      []jwk               `json:"server_keys,omitempty"`
	TOTP            hidden              `json:"totp,omitzero"`
	PushAddress     hidden              `json:"push_address,omitzero"`
	Challenges      map[string]keepsake `json:"challenges,omitempty"`
}

// keepsake is a challenge that was seen. It is kept for a day, because "this was not me"
// can be said of a request that is long decided, and must show what it is about.
type keepsake struct {
	Challenge string    `json:"challenge"`
	Seen      time.Time `json:"seen"`
}

const keepsakeLife = 25 * time.Hour

// hidden is a secret that may be written to the phone's own file and nowhere else.
type hidden struct{ Secret }

// MarshalJSON writes the text itself, to the file of mode 0600.
func (h hidden) MarshalJSON() ([]byte, error) { return json.Marshal(h.Reveal()) }

// UnmarshalJSON reads it back.
func (h *hidden) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, (*string)(&h.Secret)) }

// IsZero keeps empty secrets out of the file.
func (h hidden) IsZero() bool { return h.Secret == "" }

func (r row) pairing() Pairing {
	return Pairing{
		Device: r.Device, Status: r.Status, Origin: r.Origin,
		User: r.User, Person: r.Person, Organisation: r.Organisation,
	}
}

// book is the file, or the memory of a phone without one.
type book struct {
	path string

	mu        sync.Mutex
	pairings  []row
	decisions map[decisionKey]string // signed and not yet answered
}

type contents struct {
	Version  int   `json:"version"`
	Pairings []row `json:"pairings"`
}

func openBook(path string) (*book, error) {
	b := &book{path: path, decisions: map[decisionKey]string{}}
	return b, b.read()
}

func (b *book) read() error {
	if b.path == "" {
		return nil
	}
	text, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		b.pairings = nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	var c contents
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("phone: %s is not a phone's file: %w", b.path, err)
	}
	if c.Version != 1 {
		return fmt.Errorf("phone: %s has version %d, this phone reads 1", b.path, c.Version)
	}
	b.pairings = c.Pairings
	return nil
}

// write replaces the file in one step: half a file would be a lost phone.
func (b *book) write() (err error) {
	if b.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(contents{Version: 1, Pairings: b.pairings}, "", "  ")
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(b.path), ".phone-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("phone: %w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), b.path)
}

func (b *book) rows() []row {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.pairings)
}

// update changes the pairings on disk as they are now, since another process, a "watch"
// beside an "approve", may have written since.
func (b *book) update(change func([]row) []row) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.read(); err != nil {
		return err
	}
	b.pairings = change(slices.Clone(b.pairings))
	return b.write()
}

// amend changes the one pairing that began with the given code.
func (b *book) amend(codeHash string, change func(*row)) error {
	return b.update(func(all []row) []row {
		for i := range all {
			if all[i].CodeHash == codeHash {
				change(&all[i])
			}
		}
		return all
	})
}

func (b *book) remove(codeHash string) error {
	return b.update(func(all []row) []row {
		return slices.DeleteFunc(all, func(r row) bool { return r.CodeHash == codeHash })
	})
}
