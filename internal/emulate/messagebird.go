package emulate

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/aye/internal/secret"
)

// Addresses of scripts for calls that send nothing.
const (
	// BalanceCalls is that for questions for the balance of a [MessageBird].
	BalanceCalls = "@balance"
	// LookCalls is that for reading and listing messages.
	LookCalls = "@look"
)

// MessageBird plays MessageBird's classic REST API for text messages. Reasons of a [Behaviour] are
// its error codes, such as "25", with the parameter behind a space where another one is meant:
// "10 originator". "429" and "500" come without JSON.
type MessageBird struct {
	textStand

	test secret.Secret

	messagesMu sync.Mutex
	messages   []*classicMessage
}

// classicMessage is what was sent with one call, to one number or several.
type classicMessage struct {
	id      string
	request classicRequest
	created time.Time
	texts   []int // their numbers
	gone    bool  // deleted
}

// StartMessageBird listens on address, such as "127.0.0.1:0", until ctx ends or [MessageBird.Close].
func StartMessageBird(ctx context.Context, address string, options ...Option) (*MessageBird, error) {
	m := &MessageBird{test: secret.Secret("test_" + letters(25))}
	m.textStand = textStand{tray: newTray(), reporter: newReporter(), name: "MessageBird"}
	m.words = m
	if err := m.openAccount(ctx, address, options, m.pages, secret.Secret(letters(25)), secret.Secret(letters(32))); err != nil {
		return nil, err
	}
	m.serve(ctx, lineServer(http.HandlerFunc(m.front)), onTLS)
	return m, nil
}

// NewKey makes another key work, of the same account.
func (m *MessageBird) NewKey() secret.Secret { return m.addKey(secret.Secret(letters(25))) }

// TestKey is a key that sends nothing: whatever is right is answered as if it went out.
func (m *MessageBird) TestKey() secret.Secret { return m.test }

// front looks at the key, and then at what is asked for.
func (m *MessageBird) front(w http.ResponseWriter, r *http.Request) {
	key := accessKey(r)
	if key == "" || key != m.test && !m.works(key) {
		m.reject(w, Behaviour{}, classicAnswers["2"])
		return
	}
	path := strings.Trim(r.URL.Path, "/")
	id, named := strings.CutPrefix(path, "messages/")
	switch {
	case path == "balance" && r.Method == http.MethodGet:
		m.tellBalance(w, r, key)
	case path == "messages" && r.Method == http.MethodPost:
		m.post(w, r, key)
	case path == "messages" && r.Method == http.MethodGet:
		m.list(w, r)
	case named && !strings.Contains(id, "/") && r.Method == http.MethodGet:
		m.read(w, r, id)
	case named && !strings.Contains(id, "/") && r.Method == http.MethodDelete:
		m.remove(w, r, id)
	case path == "balance", path == "messages", named && !strings.Contains(id, "/"):
		m.reject(w, Behaviour{}, classicAnswers["405"])
	default:
		m.reject(w, Behaviour{}, classicAnswers["98"])
	}
}

// accessKey is the key of a call: in the header, or in the query.
func accessKey(r *http.Request) secret.Secret {
	if scheme, key, found := strings.Cut(r.Header.Get("Authorization"), " "); found && scheme == "AccessKey" {
		return secret.Secret(key)
	}
	return secret.Secret(r.URL.Query().Get("access_key"))
}

// play follows a script, and tells whether the request is answered.
func (m *MessageBird) play(w http.ResponseWriter, r *http.Request, behaviour Behaviour) bool {
	if m.misbehave(r, behaviour, lineOf(r)) {
		return true
	}
	if behaviour.refuses() {
		m.reject(w, behaviour, answerOf(behaviour.Reason))
		return true
	}
	return false
}

func (m *MessageBird) tellBalance(w http.ResponseWriter, r *http.Request, key secret.Secret) {
	behaviour := m.only(BalanceCalls)
	if m.play(w, r, behaviour) {
		return
	}
	left := m.Balance()
	if key == m.test {
		left = 0
	}
	body, err := json.Marshal(map[string]any{"payment": "prepaid", "type": "euros", "amount": left})
	if err != nil {
		return
	}
	m.answer(w, r, behaviour, http.StatusOK, body)
}

// post takes a message.
func (m *MessageBird) post(w http.ResponseWriter, r *http.Request, key secret.Secret) {
	request, wrong := readClassicRequest(w, r)
	if wrong == nil {
		wrong = request.check(m.now())
	}
	if wrong != nil {
		m.reject(w, Behaviour{}, classicAnswer{http.StatusUnprocessableEntity, wrong})
		return
	}
	behaviour := m.next("+" + request.recipients[0])
	if m.play(w, r, behaviour) {
		return
	}
	message := &classicMessage{id: classicID(), request: request, created: m.now().UTC()}
	texts := m.write(message, key)
	switch scheduled := message.request.scheduled.After(message.created); {
	case key == m.test:
	case scheduled:
		m.keep(message)
	case !m.take(texts):
		m.reject(w, Behaviour{}, classicAnswers["25"])
		return
	default:
		for _, text := range texts {
			message.texts = append(message.texts, text.Number)
		}
		m.keep(message)
		for _, text := range texts {
			m.later(text, ends(behaviour, Report{Status: "delivered"}))
		}
	}
	body, err := json.Marshal(m.object(message, texts, false))
	if err != nil {
		return
	}
	m.answer(w, r, behaviour, http.StatusCreated, body)
}

// ends are the statuses that a text comes to.
func ends(behaviour Behaviour, usual Report) []Report {
	switch behaviour.Outcome {
	case "":
		return []Report{usual}
	case NoReport:
		return nil
	}
	return []Report{outcome(behaviour.Outcome)}
}

// write makes the texts of a message, one for each number.
func (m *MessageBird) write(message *classicMessage, key secret.Secret) []Text {
	request := message.request
	body, encoding := request.body, encodingGSM
	switch {
	case request.datacoding == "unicode", request.datacoding == "auto" && !plain(body):
		encoding = encodingUCS2
	default:
		body = squeeze(body)
	}
	var texts []Text
	for _, digits := range request.recipients {
		texts = append(texts, Text{
			ID: message.id, Key: lastFour(key), Received: message.created, From: request.originator, To: "+" + digits, Body: body,
			Reference: request.reference, Encoding: encoding, Parts: countParts(body, encoding), Country: countryOf(digits).code,
			State: "sent", Updated: message.created, ReportTo: request.reportURL,
		})
	}
	return texts
}

func (m *MessageBird) keep(message *classicMessage) {
	m.messagesMu.Lock()
	defer m.messagesMu.Unlock()
	m.messages = append(m.messages, message)
}

// find gives a message that was not deleted.
func (m *MessageBird) find(id string) (*classicMessage, bool) {
	m.messagesMu.Lock()
	defer m.messagesMu.Unlock()
	at := slices.IndexFunc(m.messages, func(message *classicMessage) bool { return message.id == id && !message.gone })
	if at < 0 {
		return nil, false
	}
	return m.messages[at], true
}

func (m *MessageBird) read(w http.ResponseWriter, r *http.Request, id string) {
	behaviour := m.only(LookCalls)
	if m.play(w, r, behaviour) {
		return
	}
	message, ok := m.find(id)
	if !ok {
		m.reject(w, Behaviour{}, classicAnswers["20"])
		return
	}
	body, err := json.Marshal(m.object(message, nil, true))
	if err != nil {
		return
	}
	m.answer(w, r, behaviour, http.StatusOK, body)
}

func (m *MessageBird) remove(w http.ResponseWriter, r *http.Request, id string) {
	behaviour := m.only(LookCalls)
	if m.play(w, r, behaviour) {
		return
	}
	message, ok := m.find(id)
	if !ok {
		m.reject(w, Behaviour{}, classicAnswers["20"])
		return
	}
	m.messagesMu.Lock()
	message.gone = true
	m.messagesMu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// classicID is a message's name at MessageBird.
func classicID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// classicTime is how MessageBird writes a time.
func classicTime(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05-07:00") }

// classicPlace is where MessageBird says that its objects are.
func classicPlace(path string) string { return fmt.Sprintf("https://rest.messagebird.com/%s", path) }
