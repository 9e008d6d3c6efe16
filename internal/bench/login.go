package bench

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// loginTime bounds a whole login.
	loginTime = 30 * time.Second
	// checkEvery is of how many logins one has the server's signatures checked: to check
	// each would cost the generator as much as the server pays for making them.
	checkEvery = 100
)

// login is one person's way in, from the question to the redeem.
type login struct {
	*target

	person  *person
	checked bool
	// Where its three callers are.
	application, browser, phone node

	question  asked
	refs      chan string
	page      *page
	challenge string
	claims    challengeClaims
	decided   time.Time
	release   release
}

// login lets a person in, and gives the time from the decision to the release.
func (t *target) login(ctx context.Context, p *person) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	number := t.logins.Add(1)
	l := &login{target: t, person: p, checked: number%checkEvery == 1}
	l.application, l.browser, l.phone = t.place(number)
	l.refs = t.pushes.expect(p.address)
	defer t.pushes.forget(p.address)
	defer func() {
		if l.page != nil {
			l.page.close()
		}
	}()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"ask", l.ask},
		{"wait", l.wait},
		{"push", l.pushed},
		{"fetch", l.fetch},
		{"decide", l.decide},
		{"release", l.released},
		{"redeem", l.redeem},
	} {
		if err := step.do(ctx); err != nil {
			return 0, failed(step.name, err)
		}
	}
	return l.release.at.Sub(l.decided), nil
}

// ask is the application.
func (l *login) ask(ctx context.Context) (err error) {
	// The same browser each time, as people have it.
	l.question, err = l.target.ask(ctx, l.application, l.person, "b-"+l.person.device, 0)
	return err
}

// wait is the browser: its page waits before the phone is looked at.
func (l *login) wait(ctx context.Context) (err error) {
	if l.page, err = l.open(ctx, l.browser, l.question.ID, l.question.Ticket); err != nil {
		return err
	}
	return l.page.begun(ctx)
}

// pushed is the phone in the pocket.
func (l *login) pushed(ctx context.Context) error { return l.pushes.wait(ctx, l.refs, l.question.ID) }

// challengeClaims are those that a decision repeats.
type challengeClaims struct {
	ID           string `json:"aid"`
	Nonce        string `json:"cn"`
	Subject      string `json:"sub"`
	Organisation string `json:"org"`
}

// fetch is the phone, which asks what there is.
func (l *login) fetch(ctx context.Context) error {
	const path = "/v1/device/approvals"
	proof, err := l.proof(l.person, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	var answer struct {
		Approvals []struct {
			Challenge string `json:"challenge"`
		} `json:"approvals"`
	}
	if err := call(ctx, l.http, http.MethodGet, l.phone.url+path, proof, nil, http.StatusOK, &answer); err != nil {
		return err
	}
	for _, a := range answer.Approvals {
		if claims, err := readClaims(a.Challenge); err != nil {
			return err
		} else if claims.ID == l.question.ID {
			l.challenge, l.claims = a.Challenge, claims
		}
	}
	switch {
	case l.challenge == "":
		return errors.New("the phone was not given the request")
	case l.checked:
		return l.verify(typeChallenge, l.challenge, l.question.ID)
	}
	return nil
}

// readClaims reads a message without looking at its signature.
func readClaims(compact string) (claims challengeClaims, err error) {
	_, rest, _ := strings.Cut(compact, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64url.DecodeString(payload)
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		return claims, fmt.Errorf("the challenge cannot be read: %w", err)
	}
	return claims, nil
}

// decide is the person, who types the number.
func (l *login) decide(ctx context.Context) error {
	path := "/v1/approvals/" + l.question.ID + "/decision"
	decision, err := l.signDecision()
	if err != nil {
		return err
	}
	body := []byte(`{"decision":"` + decision + `"}`)
	proof, err := l.proof(l.person, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	var answer state
	l.decided = time.Now()
	if err := call(ctx, l.http, http.MethodPost, l.phone.url+path, proof, body, http.StatusOK, &answer); err != nil {
		return err
	}
	if answer.ID != l.question.ID || answer.Status != "approved" {
		return fmt.Errorf("it became %q", answer.Status)
	}
	l.ledger.decided(l.question.ID)
	return nil
}

func (l *login) signDecision() (string, error) {
	claims, now := l.claims, time.Now().Unix()
	text := make([]byte, 0, 512)
	for _, each := range [][2]string{
		{`{"iss":"`, l.person.device},
		{`","sub":"`, claims.Subject},
		{`","org":"`, claims.Organisation},
		{`","aud":"`, l.origin},
		{`","aid":"`, claims.ID},
		{`","cn":"`, claims.Nonce},
		{`","dec":"approve","num":"`, l.question.Number},
		{`","ctxh":"`, hash([]byte(l.challenge))},
		{`","uv":"biometric","jti":"`, newID()},
	} {
		text = append(append(text, each[0]...), each[1]...)
	}
	text = strconv.AppendInt(append(text, `","iat":`...), now, 10)
	text = strconv.AppendInt(append(text, `,"exp":`...), now+120, 10)
	return sign(l.person.approvalKey, l.person.decisionHead, append(text, '}'))
}

// newID makes an id that was never used.
func newID() string { return rand.Text() }

// released is the browser, which hears the release code.
func (l *login) released(ctx context.Context) (err error) {
	l.release, err = l.page.release(ctx)
	l.page.close()
	return err
}

// redeem is the application.
func (l *login) redeem(ctx context.Context) error {
	body := []byte(`{"release_code":"` + l.release.code + `"}`)
	var answer struct {
		state
		Assertion string `json:"assertion"`
	}
	err := call(ctx, l.http, http.MethodPost, l.application.url+"/v1/approvals/"+l.question.ID+"/redeem", l.authorization(l.person), body, http.StatusOK, &answer)
	if err != nil {
		return err
	}
	if answer.ID != l.question.ID || answer.Status != "released" || answer.Assertion == "" {
		return fmt.Errorf("it became %q", answer.Status)
	}
	l.ledger.redeemed(l.question.ID)
	if l.checked {
		return l.verify(typeAssertion, answer.Assertion, l.question.ID)
	}
	return nil
}
