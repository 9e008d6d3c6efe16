package bench

import (
	"context"
	"crypto/ecdsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"example.com/aye/internal/jws"
)

// target is a server that logins are made at: Aye or a bare one. The code that drives it is
// the same.
type target struct {
	name string
	// url is where it listens, origin what phones sign for, page the origin of its browsers.
	url, origin, page string
	// host is the address of url.
	host string
	// authorization is the application's.
	authorization string
	// metrics is the address of its counters.
	metrics string
	http    *http.Client
	dialer  websocket.Dialer
	// keys are the server's, by id; none are checked where it shows none.
	keys   map[string]*ecdsa.PublicKey
	pushes *arrivals
	people *rotation
	// ledger writes down what was acknowledged; nil writes nothing.
	ledger *ledger

	logins atomic.Int64
}

// credentials are an application's, in the form of the header.
func credentials(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// writeBuffers are shared by all pages, which hardly write.
var writeBuffers = new(sync.Pool)

// pageBuffer is the size of a page's buffers, in bytes: that of the messages.
const pageBuffer = 512

// at makes the target ready for calls at an address.
func (t *target) at(address string, connections int) {
	t.host, t.url, t.http = address, "http://"+address, newClient(connections)
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	t.dialer = websocket.Dialer{
		NetDialContext: dialer.DialContext, HandshakeTimeout: callTime,
		ReadBufferSize: pageBuffer, WriteBufferSize: pageBuffer, WriteBufferPool: writeBuffers,
	}
}

// close ends the idle connections.
func (t *target) close() { t.http.CloseIdleConnections() }

// learnKeys reads the keys that the server signs with.
func (t *target) learnKeys(ctx context.Context) error {
	var set struct {
		Keys []struct {
			jws.Key

			ID string `json:"kid"`
		} `json:"keys"`
	}
	err := call(ctx, t.http, http.MethodGet, t.url+"/.well-known/jwks.json", "", nil, http.StatusOK, &set)
	if err != nil {
		return fmt.Errorf("keys of %s: %w", t.name, err)
	}
	t.keys = map[string]*ecdsa.PublicKey{}
	for _, each := range set.Keys {
		if t.keys[each.ID], err = each.Public(); err != nil {
			return err
		}
	}
	return nil
}

var errSignature = errors.New("the server's signature is wrong")

// verify checks a message that the server signed about a request.
func (t *target) verify(typ, compact, id string) error {
	if t.keys == nil {
		return nil
	}
	message, err := jws.Parse(typ, compact)
	if err != nil {
		return errSignature
	}
	var claims struct {
		ID string `json:"aid"`
	}
	if message.Verify(t.keys[message.KeyID], &claims) != nil || claims.ID != id {
		return errSignature
	}
	return nil
}

// proof signs one call of a phone.
func (t *target) proof(p *person, method, path string, body []byte) (string, error) {
	claims := make([]byte, 0, 384)
	claims = append(claims, `{"iss":"`...)
	claims = append(claims, p.device...)
	claims = append(claims, `","aud":"`...)
	claims = append(claims, t.origin...)
	claims = append(claims, `","htm":"`...)
	claims = append(claims, method...)
	claims = append(claims, `","htu":"`...)
	claims = append(claims, t.origin...)
	claims = append(claims, path...)
	claims = append(claims, `","jti":"`...)
	claims = append(claims, newID()...)
	if len(body) > 0 {
		claims = append(claims, `","bh":"`...)
		claims = append(claims, hash(body)...)
	}
	claims = append(claims, `","iat":`...)
	claims = strconv.AppendInt(claims, time.Now().Unix(), 10)
	compact, err := sign(p.deviceKey, p.proofHead, append(claims, '}'))
	return "Bearer " + compact, err
}

// ask asks the person from a browser, and reads the answer.
func (t *target) ask(ctx context.Context, p *person, browser string, life int) (asked, error) {
	body := `{"user":{"id":"` + p.membership + `"},"context":{"ip":"192.0.2.7","user_agent":"` + userAgent +
		`","browser":"` + browser + `"},"confirm":"number"`
	if life > 0 {
		body += `,"expires_in":` + strconv.Itoa(life)
	}
	var a asked
	err := call(ctx, t.http, http.MethodPost, t.url+"/v1/approvals", t.authorization, []byte(body+"}"), http.StatusCreated, &a)
	if err == nil && (a.ID == "" || a.Status != "pending" || len(a.Number) < 3 || a.Ticket == "") {
		err = errors.New("the answer lacks something")
	}
	return a, err
}

const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// asked is what an application learns of its question.
type asked struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Number string `json:"number"`
	Ticket string `json:"ticket"`
}
