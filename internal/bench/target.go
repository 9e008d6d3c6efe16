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

	"example.com/aye/internal/bench/bare"
	"example.com/aye/internal/bench/carry"
	"example.com/aye/internal/jws"
)

// target is a server that logins are made at: Aye or a bare one. The code that drives it is
// the same.
type target struct {
	name string
	// node is where it listens; nodes are all processes of it, of which that is the first.
	node

	nodes []node
	// origin is what phones sign for, page the origin of its browsers.
	origin, page string
	// authorizations are those of the applications, one for each organisation; see authorization.
	authorizations []string
	// metrics are the addresses of its counters, database those of its PostgreSQL; nil without one.
	metrics  []string
	database *bare.Database
	http     *http.Client
	dialer   websocket.Dialer
	// direct is how many pages that wait have connections of their own; those behind them are
	// carried by the carriers, one for each node, where there are any.
	direct   int
	carriers []*carry.Carrier
	// keys are the server's, by id; none are checked where it shows none.
	keys   map[string]*ecdsa.PublicKey
	pushes *arrivals
	people *rotation
	// ledger writes down what was acknowledged; nil writes nothing.
	ledger *ledger

	logins atomic.Int64
}

// node is one process of a server.
type node struct {
	host string // its address
	url  string
}

// place gives the nodes at which a login's application, page and phone are: where there are
// several, the phone answers at another one than the page waits at.
func (t *target) place(number int64) (application, page, phone node) {
	at := func(step int64) node { return t.nodes[(number+step)%int64(len(t.nodes))] }
	return at(0), at(1), at(2)
}

// credentials are an application's, in the form of the header.
func credentials(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// writeBuffers are shared by all pages, which hardly write.
var writeBuffers = new(sync.Pool)

// pageBuffer is the size of a page's buffers, in bytes: that of the messages.
const pageBuffer = 512

// at makes the target ready for so many calls at one time to the addresses of its nodes.
func (t *target) at(connections int, addresses ...string) {
	for _, address := range addresses {
		t.nodes = append(t.nodes, node{address, "http://" + address})
	}
	t.node, t.http = t.nodes[0], newClient(connections)
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	t.dialer = websocket.Dialer{
		NetDialContext: dialer.DialContext, HandshakeTimeout: callTime,
		ReadBufferSize: pageBuffer, WriteBufferSize: pageBuffer, WriteBufferPool: writeBuffers,
	}
}

// close ends the idle connections, and all that are carried.
func (t *target) close() {
	t.http.CloseIdleConnections()
	for _, carrier := range t.carriers {
		carrier.Close()
	}
}

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

// authorization is that of the application that asks the person.
func (t *target) authorization(p *person) string {
	return t.authorizations[p.house%len(t.authorizations)]
}

// ask asks the person from a browser, and reads the answer.
func (t *target) ask(ctx context.Context, at node, p *person, browser string, life int) (asked, error) {
	body := `{"user":{"id":"` + p.membership + `"},"context":{"ip":"192.0.2.7","user_agent":"` + userAgent +
		`","browser":"` + browser + `"},"confirm":"number"`
	if life > 0 {
		body += `,"expires_in":` + strconv.Itoa(life)
	}
	var a asked
	err := call(ctx, t.http, http.MethodPost, at.url+"/v1/approvals", t.authorization(p), []byte(body+"}"), http.StatusCreated, &a)
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
