package phone

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Refusals of the phone itself; what the server refuses is a [*Problem].
var (
	// ErrNoPairing is said when the phone is linked to nothing that fits.
	ErrNoPairing = errors.New("phone: not linked to an account")
	// ErrWhichPairing is said when a call concerns one pairing and there are several: use [Phone.On].
	ErrWhichPairing = errors.New("phone: linked to several accounts, say which one")
	// ErrBadLink is said of a text that is no pairing link.
	ErrBadLink = errors.New("phone: not a pairing link")
	// ErrUntrusted is said of anything that the pinned key of the server does not vouch for.
	ErrUntrusted = errors.New("phone: not signed by the server that this phone was linked to")
	// ErrUnknownRequest is said of a request that no linked server has for this phone.
	ErrUnknownRequest = errors.New("phone: no such request")
	// ErrUnknownCase is said of a case that no linked server tells this phone of.
	ErrUnknownCase = errors.New("phone: no such case")
)

// Phone is one phone with any number of pairings. It is safe for concurrent use; the
// exported fields are set before the first call.
type Phone struct {
	// HTTP carries the calls.
	HTTP *http.Client
	// Now is the phone's clock, which may be wrong: nothing depends on it.
	Now func() time.Time
	// Inbox is the address of the push stand-in, for [Phone.Watch]. Without it the phone polls.
	Inbox string
	// SeenCase is told by [Phone.Watch] of each case, once; nil for nobody.
	SeenCase func(Case)

	book   *book
	only   string
	pauses []time.Duration
}

// Open reads the phone that lives in the file at path; a file that is not there is a new
// phone. With no path the phone lives in memory.
func Open(path string) (*Phone, error) {
	b, err := openBook(path)
	if err != nil {
		return nil, err
	}
	client := &http.Client{
		Timeout: 40 * time.Second,
		// A proof is made for one address; following a redirect would show it to another.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Phone{HTTP: client, Now: time.Now, book: b, pauses: usualPauses}, nil
}

// On is the same phone, seen through one of its pairings.
func (p *Phone) On(device string) *Phone {
	view := *p
	view.only = device
	return &view
}

// Pairing is one account on the phone.
type Pairing struct {
	Device       string // "dev_…", empty while the claim was never answered
	Status       string // active, awaiting-code or awaiting-approval
	Origin       string
	User         string // "usr_…"
	Person       string
	Organisation string
}

// Pairings are the accounts on the phone, oldest first.
func (p *Phone) Pairings() []Pairing {
	all := []Pairing{}
	for _, r := range p.book.rows() {
		if p.only == "" || p.only == r.Device {
			all = append(all, r.pairing())
		}
	}
	return all
}

// answered are the pairings in view of which the server told the device id.
func (p *Phone) answered() []row {
	var all []row
	for _, r := range p.book.rows() {
		if r.Device != "" && (p.only == "" || p.only == r.Device) {
			all = append(all, r)
		}
	}
	return all
}

func (p *Phone) one() (row, error) {
	all := p.answered()
	switch len(all) {
	case 0:
		return row{}, ErrNoPairing
	case 1:
		return all[0], nil
	}
	return row{}, fmt.Errorf("%w: %d of them", ErrWhichPairing, len(all))
}
