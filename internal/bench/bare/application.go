package bare

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

type question struct {
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Context struct {
		IP        string `json:"ip"`
		UserAgent string `json:"user_agent"`
		Browser   string `json:"browser"`
	} `json:"context"`
	Confirm string `json:"confirm"`
}

type asked struct {
	ID        string     `json:"id"`
	Status    string     `json:"status"`
	Confirm   string     `json:"confirm"`
	Number    string     `json:"number"`
	Methods   []string   `json:"methods"`
	CreatedAt string     `json:"created_at"`
	ExpiresAt string     `json:"expires_at"`
	Delivery  []delivery `json:"delivery"`
	EventsURL string     `json:"events_url"`
	Ticket    string     `json:"ticket"`
}

type delivery struct {
	Device  string `json:"device"`
	Channel string `json:"channel"`
	State   string `json:"state"`
}

type challengeClaims struct {
	Issuer       string `json:"iss"`
	Request      string `json:"aid"`
	Nonce        string `json:"cn"`
	Subject      string `json:"sub"`
	Organisation string `json:"org"`
	Purpose      string `json:"purpose"`
	Context      shown  `json:"ctx"`
	Confirm      string `json:"confirm"`
	Digits       int    `json:"digits"`
	IssuedAt     int64  `json:"iat"`
	ExpiresAt    int64  `json:"exp"`
}

type shown struct {
	Application  string `json:"application"`
	Organisation string `json:"organisation"`
	Person       string `json:"person"`
	NewBrowser   bool   `json:"new_browser"`
	CreatedAt    string `json:"created_at"`
	IP           string `json:"ip,omitempty"`
	Browser      string `json:"browser,omitempty"`
}

// ask stores a question, and has the phone woken.
func (s *server) ask(r *http.Request) (any, error) {
	var in question
	if err := s.fromApplication(r, &in); err != nil {
		return nil, err
	}
	if in.Confirm != "number" || in.Context.Browser == "" {
		return nil, errInvalid
	}
	to, ok := s.people.byMembership[in.User.ID]
	if !ok {
		return nil, refusal{http.StatusNotFound, "unknown-user"}
	}
	request, err := s.newRequest(to, in)
	if err != nil {
		return nil, err
	}
	if err := s.store.Ask(request); err != nil {
		return nil, err
	}
	s.pushes.wake(to, request)
	id := requestID(request.ID)
	return asked{
		ID: id, Status: Pending, Confirm: "number", Number: request.Number, Methods: []string{"push"},
		CreatedAt: timestamp(request.Created), ExpiresAt: timestamp(request.Expires),
		Delivery:  []delivery{{"Phone", "fcm", "queued"}},
		EventsURL: "ws" + strings.TrimPrefix(s.config.Origin, "http") + "/v1/approvals/" + id + "/events",
		Ticket:    s.code("ticket", id),
	}, nil
}

func (s *server) newRequest(to *phone, in question) (Request, error) {
	var random [40]byte
	_, _ = rand.Read(random[:]) // never fails
	now := time.Now()
	request := Request{
		ID: s.next(), Membership: to.Membership, Device: to.Device,
		Number: fmt.Sprintf("%03d", binary.BigEndian.Uint64(random[32:])%1000), Nonce: base64url.EncodeToString(random[:32]),
		Created: now.UnixMilli(), Expires: now.Add(requestLife).UnixMilli(),
	}
	browser, _, _ := strings.Cut(in.Context.UserAgent, " ")
	var err error
	request.Challenge, err = s.sign(challengeType, challengeClaims{
		Issuer: s.config.Origin, Request: requestID(request.ID), Nonce: request.Nonce, Subject: to.Membership,
		Organisation: organisation, Purpose: "login", Confirm: "number", Digits: 3,
		Context: shown{
			Application: s.config.ApplicationID, Organisation: "Example", Person: to.Membership, NewBrowser: true,
			CreatedAt: timestamp(request.Created), IP: in.Context.IP, Browser: browser,
		},
		IssuedAt: now.Unix(), ExpiresAt: now.Add(requestLife).Unix(),
	})
	request.ChallengeHash = hash([]byte(request.Challenge))
	return request, err
}

// events makes a page wait for its request.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	offered := websocket.Subprotocols(r)
	ticket := ""
	for _, one := range offered {
		if text, ok := strings.CutPrefix(one, "aye.ticket."); ok {
			ticket = text
		}
	}
	request, err := s.find(r)
	switch {
	case !same(ticket, s.code("ticket", id)):
		err = refusal{http.StatusUnauthorized, "invalid-ticket"}
	case r.Header.Get("Origin") != s.config.PageOrigin:
		err = refusal{http.StatusForbidden, "origin-not-allowed"}
	case err == nil && !slices.Contains(offered, "aye.v1"):
		err = refusal{http.StatusUpgradeRequired, "upgrade-required"}
	}
	if err != nil {
		refuse(w, err)
		return
	}
	// First it waits, then it looks: what changes in between is not missed.
	gone := s.hints.subscribe(id, func() { s.hub.tell(id) })
	one := s.hub.wait(w, r, id, s.look(context.WithoutCancel(r.Context()), request.ID), gone)
	if one == nil {
		return
	}
	one.tell()
}

type news struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Status      string `json:"status"`
	Confirm     string `json:"confirm"`
	ExpiresAt   string `json:"expires_at"`
	DecidedAt   string `json:"decided_at,omitempty"`
	Method      string `json:"method,omitempty"`
	ReleaseCode string `json:"release_code,omitempty"`
}

// look gives a page the state of its request where that is new. That the release code was
// handed out is committed before it leaves.
func (s *server) look(ctx context.Context, id int64) look {
	said := ""
	return func() ([]byte, bool, error) {
		r, err := s.store.Request(ctx, id)
		if err != nil || r.State == said {
			return nil, false, err
		}
		said = r.State
		out := news{Type: "approval", ID: requestID(id), Status: r.State, Confirm: "number", ExpiresAt: timestamp(r.Expires)}
		if r.Decided != 0 {
			out.DecidedAt, out.Method = timestamp(r.Decided), "push"
		}
		if r.State == Approved {
			if _, err = s.store.HandOut(id, time.Now().UnixMilli()); err != nil {
				return nil, false, err
			}
			out.ReleaseCode = s.code("release", out.ID)
		}
		text, err := json.Marshal(out)
		return text, r.State != Pending && r.State != Approved, err
	}
}

type released struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	User   struct {
		ID string `json:"id"`
	} `json:"user"`
	Method    string `json:"method"`
	DecidedAt string `json:"decided_at"`
	Assertion string `json:"assertion"`
}

type assertionClaims struct {
	Issuer       string   `json:"iss"`
	Subject      string   `json:"sub"`
	Audience     string   `json:"aud"`
	Organisation string   `json:"org"`
	Request      string   `json:"aid"`
	ID           string   `json:"jti"`
	IssuedAt     int64    `json:"iat"`
	ExpiresAt    int64    `json:"exp"`
	AuthTime     int64    `json:"auth_time"`
	Means        []string `json:"amr"`
	Strength     string   `json:"acr"`
}

// redeem releases an approved request, once.
func (s *server) redeem(r *http.Request) (any, error) {
	var in struct {
		ReleaseCode string `json:"release_code"`
	}
	if err := s.fromApplication(r, &in); err != nil {
		return nil, err
	}
	request, err := s.find(r)
	if err != nil {
		return nil, err
	}
	id, now := requestID(request.ID), time.Now()
	if !same(in.ReleaseCode, s.code("release", id)) {
		return nil, refusal{http.StatusForbidden, "wrong-release-code"}
	}
	won, err := s.store.Release(request.ID, now.UnixMilli())
	if err != nil {
		return nil, err
	}
	if !won {
		return nil, refusal{http.StatusConflict, "already-redeemed"}
	}
	s.tellSoon(id)
	out := released{ID: id, Status: Released, Method: "push", DecidedAt: timestamp(request.Decided)}
	out.User.ID = request.Membership
	out.Assertion, err = s.sign(assertionType, assertionClaims{
		Issuer: s.config.Origin, Subject: request.Membership, Audience: s.config.ApplicationID, Organisation: organisation,
		Request: id, ID: "ast_" + id[4:], IssuedAt: now.Unix(), ExpiresAt: now.Add(time.Minute).Unix(),
		AuthTime: request.Decided / 1000, Means: []string{"pop", "user"}, Strength: "aye:number",
	})
	return out, err
}
