package emulate

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"example.com/aye/internal/secret"
)

// Text is a message to one number that a vendor took: what the phone shows, and what the
// vendor knows of it.
type Text struct {
	Number   int       `json:"number"` // 1, 2, 3… in all
	ID       string    `json:"id"`     // the vendor's name for the message
	Key      string    `json:"key"`    // the last four characters of the key that sent it
	Received time.Time `json:"received"`

	From      string `json:"from"`
	To        string `json:"to"` // in E.164
	Body      string `json:"body"`
	Reference string `json:"reference,omitempty"` // the client's name for it
	Encoding  string `json:"encoding"`            // gsm-7 or ucs-2
	Parts     int    `json:"parts"`

	Country  string `json:"country,omitempty"` // two letters
	Price    int64  `json:"price"`             // of all parts, in millionths
	Currency string `json:"currency"`

	State     string    `json:"state"` // in the vendor's word
	Reason    string    `json:"reason,omitempty"`
	ErrorCode string    `json:"error_code,omitempty"`
	Updated   time.Time `json:"updated"`

	ReportTo string `json:"report_to,omitempty"`
}

// million is how many of our units money has.
const million = 1_000_000

// tray is what a vendor took, and the account that pays for it.
type tray struct {
	mu      sync.Mutex
	all     []*Text
	read    map[string]int // how far NextText has come, by number
	changed chan struct{}
	balance int64
	prices  map[string]int64 // of one part, by country; those set by a test
}

func newTray() tray {
	return tray{read: make(map[string]int), changed: make(chan struct{}), balance: 100 * million, prices: make(map[string]int64)}
}

// take keeps texts, all or none, and pays for them; it fills in number and price, and tells whether
// the balance was enough.
func (t *tray) take(texts []Text) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var cost int64
	for i := range texts {
		texts[i].Price, texts[i].Currency = int64(texts[i].Parts)*t.each(texts[i].Country), currency
		cost += texts[i].Price
	}
	if cost > t.balance {
		return false
	}
	t.balance -= cost
	for i := range texts {
		texts[i].Number = len(t.all) + 1
		kept := texts[i]
		t.all = append(t.all, &kept)
	}
	close(t.changed)
	t.changed = make(chan struct{})
	return true
}

// each is the price of one part; mu is held.
func (t *tray) each(country string) int64 {
	if price, ok := t.prices[country]; ok {
		return price
	}
	if price, ok := t.prices[""]; ok {
		return price
	}
	return countryNamed(country).price
}

// move changes what became of a text, and gives it as it is then.
func (t *tray) move(number int, r Report, at time.Time) (Text, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number < 1 || number > len(t.all) {
		return Text{}, false
	}
	text := t.all[number-1]
	text.State, text.Reason, text.ErrorCode, text.Updated = r.Status, r.Reason, r.ErrorCode, at
	if r.Status == "rejected" { // Bird: it never went out
		t.balance += text.Price
		text.Price = 0
	}
	return *text, true
}

// after gives what came after the given number, and a channel that closes when more comes.
func (t *tray) after(number int) ([]Text, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var news []Text
	for _, text := range t.all[min(max(number, 0), len(t.all)):] {
		news = append(news, *text)
	}
	return news, t.changed
}

// Sent is the stand-in's own count: every text that it took, as it is now, the oldest first.
func (t *tray) Sent() []Text {
	all, _ := t.after(0)
	return all
}

// Texts gives all texts to a number in E.164, the oldest first.
func (t *tray) Texts(number string) []Text {
	return slices.DeleteFunc(t.Sent(), func(text Text) bool { return text.To != number })
}

// Text gives a text as it is now, by [Text.Number].
func (t *tray) Text(number int) (Text, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number < 1 || number > len(t.all) {
		return Text{}, false
	}
	return *t.all[number-1], true
}

// NextText waits for the first text to a number in E.164 that NextText has not given yet.
func (t *tray) NextText(ctx context.Context, number string) (Text, error) {
	for {
		text, found, changed := t.unread(number)
		if found {
			return text, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Text{}, fmt.Errorf("emulate: no text to %s: %w", number, context.Cause(ctx))
		}
	}
}

func (t *tray) unread(number string) (Text, bool, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, text := range t.all[t.read[number]:] {
		if text.To == number {
			t.read[number] = text.Number
			return *text, true, nil
		}
	}
	return Text{}, false, t.changed
}

// SetBalance sets what is left on the account.
func (t *tray) SetBalance(amount float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.balance = millionths(amount)
}

// Balance is what is left on the account.
func (t *tray) Balance() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return float64(t.balance) / million
}

// SetPrice sets the price of one part to a country of two letters; empty stands for all that
// have none of their own.
func (t *tray) SetPrice(country string, amount float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prices[country] = millionths(amount)
}

func millionths(amount float64) int64 { return int64(math.Round(amount * million)) }

// textStand is a stand-in for a vendor of text messages.
type textStand struct {
	stand
	tray
	reporter

	name string // on the page
	hook *hook  // where all reports go; nil where each message says so itself

	keysMu  sync.Mutex
	working map[secret.Secret]bool
}

// WithAccount gives a stand-in for a vendor of text messages the keys that one before it had, so that
// what was set up with them goes on.
func WithAccount(key, signing secret.Secret) Option {
	return func(s *settings) { s.key, s.signing = key, signing }
}

// openAccount is open; the keys are those of the account where the options give it none.
func (s *textStand) openAccount(ctx context.Context, address string, options []Option, routes func(*http.ServeMux), key, signing secret.Secret) error {
	s.protocols = []string{"h2", "http/1.1"} // clients of these vendors are simple
	s.working = make(map[secret.Secret]bool)
	if err := s.open(ctx, address, append([]Option{WithAccount(key, signing)}, options...), routes); err != nil {
		return err
	}
	s.addKey(s.key)
	return nil
}

// Signing is the key with which reports are signed.
func (s *textStand) Signing() secret.Secret { return s.signing }

// Key is an API key that works until it is revoked.
func (s *textStand) Key() secret.Secret { return s.key }

// addKey makes another key work, of the same account.
func (s *textStand) addKey(key secret.Secret) secret.Secret {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	s.working[key] = true
	return key
}

// Revoke ends a key.
func (s *textStand) Revoke(key secret.Secret) {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	delete(s.working, key)
}

func (s *textStand) works(key secret.Secret) bool {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	return s.working[key]
}

// NoReport is the [Behaviour.Outcome] of a text of which nothing more is heard.
const NoReport = "none"

// answer finishes a request whose work is done: in time, late, or not at all.
func (s *textStand) answer(w http.ResponseWriter, r *http.Request, behaviour Behaviour, status int, body []byte) {
	if behaviour.Lost {
		_ = lineOf(r).Close()
		return
	}
	if !s.wait(r, time.Duration(behaviour.Late)) {
		return
	}
	if behaviour.GoAway {
		w.Header().Set("Connection", "close")
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has left needs no answer
}

// Close ends the stand-in, its connections and its reports.
func (s *textStand) Close() {
	s.stand.Close()
	s.stop()
}

// lastFour is how a key is told from others.
func lastFour(key secret.Secret) string {
	text := key.Reveal()
	return text[max(0, len(text)-4):]
}

// letters are a random text in the alphabet of Bird's names: small letters and digits without i, l, o and u.
func letters(length int) string {
	text := make([]byte, length)
	_, _ = rand.Read(text) // never fails
	for i := range text {
		text[i] = "0123456789abcdefghjkmnpqrstvwxyz"[text[i]%32]
	}
	return string(text)
}
