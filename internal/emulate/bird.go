package emulate

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/aye/internal/secret"
)

// birdRegion is that of the account.
const birdRegion = "eu1"

// Bird plays Bird v1, MessageBird's successor, as far as it sends text messages. Reasons of a
// [Behaviour] are the names of its errors, such as "InsufficientBalance" or "SMSInvalidRecipient".
type Bird struct {
	textStand

	workspace string

	sendsMu sync.Mutex
	sends   []*birdSend
	owned   map[string]bool // numbers that may be senders

	keptMu sync.Mutex
	kept   map[string]*keptAnswer // by Idempotency-Key
}

// birdSend is a message, with what the client said that the text does not have.
type birdSend struct {
	text    int // its number
	form    birdForm
	created time.Time
}

// hook is an address for reports.
type hook struct {
	mu  sync.Mutex
	url string
}

func (h *hook) address() string {
	if h == nil {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.url
}

func (h *hook) set(url string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.url = url
}

// StartBird listens on address, such as "127.0.0.1:0", until ctx ends or [Bird.Close].
func StartBird(ctx context.Context, address string, options ...Option) (*Bird, error) {
	var signing [32]byte
	_, _ = rand.Read(signing[:]) // never fails
	b := &Bird{workspace: "ws_" + letters(26), owned: make(map[string]bool), kept: make(map[string]*keptAnswer)}
	b.textStand = textStand{tray: newTray(), reporter: newReporter(), name: "Bird", hook: &hook{}}
	b.words = b
	routes := func(mux *http.ServeMux) {
		b.pages(mux)
		mux.HandleFunc("POST /webhook", b.takeWebhook)
	}
	whsec := secret.Secret("whsec_" + base64.StdEncoding.EncodeToString(signing[:]))
	if err := b.openAccount(ctx, address, options, routes, birdKey(birdRegion), whsec); err != nil {
		return nil, err
	}
	b.serve(ctx, lineServer(http.HandlerFunc(b.front)), onTLS)
	return b, nil
}

func birdKey(region string) secret.Secret { return secret.Secret("bk_" + region + "_" + letters(38)) }

// NewKey makes another key work, of the same account.
func (b *Bird) NewKey() secret.Secret { return b.addKey(birdKey(birdRegion)) }

// SetWebhook sets where reports go; empty for nowhere.
func (b *Bird) SetWebhook(url string) { b.hook.set(url) }

func (b *Bird) takeWebhook(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	b.SetWebhook(r.PostFormValue("url"))
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Own makes numbers in E.164 the account's own, so that they may be senders.
func (b *Bird) Own(numbers ...string) {
	b.sendsMu.Lock()
	defer b.sendsMu.Unlock()
	for _, number := range numbers {
		b.owned[number] = true
	}
}

func (b *Bird) owns(number string) bool {
	b.sendsMu.Lock()
	defer b.sendsMu.Unlock()
	return b.owned[number]
}

// front looks at who calls, and then at what is asked for.
func (b *Bird) front(w http.ResponseWriter, r *http.Request) {
	if name, message := b.admit(r); name != "" {
		b.reject(w, Behaviour{Reason: name}, message, nil)
		return
	}
	id, named := strings.CutPrefix(r.URL.Path, "/v1/sms/messages/")
	switch {
	case r.URL.Path == "/v1/sms/messages" && r.Method == http.MethodPost:
		b.post(w, r)
	case r.URL.Path == "/v1/sms/messages" && r.Method == http.MethodGet:
		b.list(w, r)
	case named && id != "" && !strings.Contains(id, "/") && r.Method == http.MethodGet:
		b.read(w, r, id)
	default:
		b.reject(w, Behaviour{Reason: "NotFound"}, "", nil)
	}
}

// admit looks at who calls: name is that of the error, empty for none.
func (b *Bird) admit(r *http.Request) (name, message string) {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	region, ours := strings.CutPrefix(key, "bk_")
	region, _, _ = strings.Cut(region, "_")
	switch {
	case r.Header.Get("User-Agent") == "":
		return "Forbidden", "A User-Agent header is required."
	case !bearer || !ours:
		return "Unauthorized", ""
	case region != birdRegion:
		return "MisdirectedRequest", "Organization belongs to region " + region + " but this request reached " + birdRegion +
			". Send the request to " + region + ".platform.bird.com."
	case !b.works(secret.Secret(key)):
		return "Unauthorized", ""
	}
	return "", ""
}

// play follows a script, and tells whether the request is answered.
func (b *Bird) play(w http.ResponseWriter, r *http.Request, behaviour Behaviour) bool {
	if b.misbehave(r, behaviour, lineOf(r)) {
		return true
	}
	if behaviour.refuses() {
		b.reject(w, behaviour, "", nil)
		return true
	}
	return false
}

// post takes a message, once for each Idempotency-Key.
func (b *Bird) post(w http.ResponseWriter, r *http.Request) {
	body, form, wrong := readBird(w, r)
	kept, done := b.recall(w, r, body)
	if done {
		return
	}
	status, answer := 0, []byte(nil)
	behaviour := Behaviour{}
	if wrong == nil {
		wrong = b.check(form)
	}
	switch {
	case wrong != nil:
		status, answer = birdFailure(wrong.name, wrong.message, wrong.details)
	default:
		behaviour = b.next(form.To)
		if b.misbehave(r, behaviour, lineOf(r)) {
			b.forget(kept)
			return
		}
		if behaviour.refuses() {
			status, answer = birdFailure(behaviour.Reason, "", nil)
			b.keepAnswer(kept, or0(behaviour.Status, status), answer)
			refuse(w, behaviour, status, answer)
			return
		}
		status, answer = b.send(form, behaviour, secret.Secret(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
	}
	b.keepAnswer(kept, status, answer)
	w.Header().Set("X-Request-Id", "req_"+letters(26))
	b.answer(w, r, behaviour, status, answer)
}

func or0(number, instead int) int {
	if number == 0 {
		return instead
	}
	return number
}

// send takes a message that nothing is wrong with.
func (b *Bird) send(form birdForm, behaviour Behaviour, key secret.Secret) (status int, answer []byte) {
	now := b.now().UTC()
	encoding := encodingGSM
	if !plain(form.Text) {
		encoding = encodingUCS2
	}
	texts := []Text{{
		ID: "sms_" + letters(26), Key: lastFour(key), Received: now, From: form.From, To: form.To, Body: form.Text, Reference: form.reference(),
		Encoding: encoding, Parts: countParts(form.Text, encoding), Country: countryOf(strings.TrimPrefix(form.To, "+")).code, State: "accepted", Updated: now,
	}}
	send := &birdSend{form: form, created: now}
	if !b.take(texts) {
		return birdFailure("InsufficientBalance", "", nil)
	}
	send.text = texts[0].Number
	b.sendsMu.Lock()
	b.sends = append(b.sends, send)
	b.sendsMu.Unlock()
	answer, err := json.Marshal(b.object(send, form.Text))
	if err != nil {
		return birdFailure("InternalError", "", nil)
	}
	reports := ends(behaviour, Report{Status: "delivered"})
	if len(reports) > 0 && reports[0].Status != "rejected" && reports[0].Status != "sent" {
		reports = slices.Insert(reports, 0, Report{Status: "sent"})
	}
	b.later(texts[0], reports)
	return http.StatusAccepted, answer
}

func (b *Bird) read(w http.ResponseWriter, r *http.Request, id string) {
	behaviour := b.only(LookCalls)
	if b.play(w, r, behaviour) {
		return
	}
	for _, send := range b.everySend() {
		if text, _ := b.Text(send.text); text.ID == id {
			body, err := json.Marshal(b.object(send, ""))
			if err != nil {
				return
			}
			b.answer(w, r, behaviour, http.StatusOK, body)
			return
		}
	}
	b.reject(w, Behaviour{Reason: "NotFound"}, "", nil)
}

func (b *Bird) everySend() []*birdSend {
	b.sendsMu.Lock()
	defer b.sendsMu.Unlock()
	return slices.Clone(b.sends)
}
