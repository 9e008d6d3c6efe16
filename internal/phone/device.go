package phone

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Device is what the server knows of this phone.
type Device struct {
	ID           string `json:"id"`
	Status       string `json:"status"`
	Name         string `json:"name"`
	Platform     string `json:"platform"`
	User         Person `json:"user"`
	Organisation Tenant `json:"organisation"`
	Push         struct {
		Provider string `json:"provider"`
		App      string `json:"app"`
		State    string `json:"state"`
	} `json:"push"`
	ApprovalKey string `json:"approval_key"` // its thumbprint
}

// Person is whose phone it is.
type Person struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Display string `json:"display"`
}

// Tenant is the organisation of that person.
type Tenant struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Status asks the server about this phone.
func (p *Phone) Status(ctx context.Context) (Device, error) {
	r, err := p.one()
	if err != nil {
		return Device{}, err
	}
	var device Device
	if err := p.call(ctx, r, http.MethodGet, "/v1/device", nil, &device); err != nil {
		return Device{}, err
	}
	if device.Status == r.Status && device.User.Account == r.Account {
		return device, nil
	}
	return device, p.book.amend(r.CodeHash, func(r *row) {
		r.Status, r.Account = device.Status, device.User.Account
		r.settle()
	})
}

// Changes are what [Phone.Update] tells the server; what is empty stays as it is.
type Changes struct {
	Push       *Push
	Name       string
	Locale     string
	AppVersion string
	OSVersion  string
}

// Update tells the server what changed on the phone.
func (p *Phone) Update(ctx context.Context, c Changes) error {
	r, err := p.one()
	if err != nil {
		return err
	}
	body := map[string]any{}
	for name, value := range map[string]string{"name": c.Name, "locale": c.Locale, "app_version": c.AppVersion, "os_version": c.OSVersion} {
		if value != "" {
			body[name] = value
		}
	}
	if c.Push != nil {
		body["push"] = c.Push.wire()
	}
	if err := p.call(ctx, r, http.MethodPatch, "/v1/device", body, nil); err != nil || c.Push == nil {
		return err
	}
	return p.book.amend(r.CodeHash, func(r *row) { r.PushAddress = hidden{c.Push.Address} })
}

// Unpair unlinks this phone at the server and then forgets the keys.
func (p *Phone) Unpair(ctx context.Context) error {
	r, err := p.one()
	if err != nil {
		return err
	}
	if err := p.call(ctx, r, http.MethodDelete, "/v1/device", nil, nil); err != nil {
		return err
	}
	return p.book.remove(r.CodeHash)
}

// Past is a request of the last 30 days.
type Past struct {
	ID           string    `json:"id"`
	Status       string    `json:"status"`
	Application  string    `json:"application"`
	Organisation string    `json:"organisation"`
	IP           string    `json:"ip"`
	Place        string    `json:"place"`
	Browser      string    `json:"browser"`
	Message      string    `json:"message"`
	CreatedAt    time.Time `json:"created_at"`
	DecidedAt    time.Time `json:"decided_at"`
	ThisDevice   bool      `json:"this_device"`
}

const longestHistory = 20 // pages

// History is what was asked in the last 30 days, newest first.
func (p *Phone) History(ctx context.Context) ([]Past, error) {
	r, err := p.one()
	if err != nil {
		return nil, err
	}
	all, cursor := []Past{}, ""
	for range longestHistory {
		path := "/v1/device/history"
		if cursor != "" {
			path += "?cursor=" + url.QueryEscape(cursor)
		}
		var page struct {
			Items []Past `json:"items"`
			Next  string `json:"next_cursor"`
		}
		if err := p.call(ctx, r, http.MethodGet, path, nil, &page); err != nil {
			return all, err
		}
		all, cursor = append(all, page.Items...), page.Next
		if cursor == "" {
			break
		}
	}
	return all, nil
}

// Factor proves the person with something that this phone does not hold.
type Factor struct {
	Method string
	Code   Secret
}

// ReplaceApprovalKey makes a new approval key, as a phone must after its biometrics
// changed. The key is stored before the call and used from the moment that the server
// has it, so that a lost answer leaves the phone with the right one.
func (p *Phone) ReplaceApprovalKey(ctx context.Context, f Factor) error {
	r, err := p.one()
	if err != nil {
		return err
	}
	done, err := p.adopted(ctx, r)
	if err != nil || done {
		return err
	}
	r, err = p.nextKey(r)
	if err != nil {
		return err
	}
	claim, err := replacementOf(r)
	if err != nil {
		return err
	}
	body := map[string]any{"claim": claim, "factor": map[string]string{"method": f.Method, "code": f.Code.Reveal()}}
	if err := p.call(ctx, r, http.MethodPost, "/v1/device/approval-key", body, nil); err != nil {
		return err
	}
	return p.adopt(r)
}

// nextKey makes the key that comes, or finds that of an earlier try.
func (p *Phone) nextKey(r row) (row, error) {
	if !r.NextApprovalKey.IsZero() {
		return r, nil
	}
	key, err := newKey()
	if err != nil {
		return r, err
	}
	r.NextApprovalKey = hidden{key}
	return r, p.book.amend(r.CodeHash, func(stored *row) { stored.NextApprovalKey = r.NextApprovalKey })
}

// adopted tells whether an earlier try reached the server and only its answer was lost.
func (p *Phone) adopted(ctx context.Context, r row) (bool, error) {
	if r.NextApprovalKey.IsZero() {
		return false, nil
	}
	device, err := p.Status(ctx)
	if err != nil {
		return false, err
	}
	next, err := thumbprintOf(r.NextApprovalKey.Secret)
	if err != nil || device.ApprovalKey != next {
		return false, err
	}
	return true, p.adopt(r)
}

func (p *Phone) adopt(r row) error {
	return p.book.amend(r.CodeHash, func(stored *row) {
		stored.ApprovalKey, stored.NextApprovalKey = r.NextApprovalKey, hidden{}
	})
}

func replacementOf(r row) (string, error) {
	key, err := parseKey(r.DeviceKey.Secret)
	if err != nil {
		return "", err
	}
	device, err := publicJWK(key)
	if err != nil {
		return "", err
	}
	approval, proof, err := proveApproval(r.NextApprovalKey.Secret, jwt.MapClaims{"aud": r.Origin, "device_key": device.thumbprint()})
	if err != nil {
		return "", err
	}
	return sign(key, typeApprovalKey, r.Device, jwt.MapClaims{
		"aud": r.Origin, "approval_key": approval, "approval_proof": proof, "jti": rand.Text(),
	})
}
