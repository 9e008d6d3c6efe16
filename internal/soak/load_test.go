package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.com/aye/internal/phone"
)

// Who takes part in a request: each is a client of its own in the history.
const (
	atPhone = iota
	atSecondTry
	atPage
	atServer
	atSecondServer
	lookers
)

// shift is how long somebody logs in, one login after the other, before the next one does: only so often is a phone woken.
const shift = 10 * time.Second

// textsEach is how often somebody without the app logs in. More than five messages an hour go to nobody.
const textsEach = 3

// load is people who log in, one after the other each, until time is up.
type load struct {
	town *town

	mu        sync.Mutex
	histories []*history
	codes     accepted
	asked     atomic.Int64
	// logins were let in, posts are text messages that were asked for; unanswered calls had no answer, or one with 5xx;
	// misdated are answers of a node whose clock was wrong; disbelieved are phones that were told that theirs was.
	logins, posts, unanswered, misdated, disbelieved atomic.Int64
	// in hears of each login, if somebody listens.
	in chan struct{}
	// ids makes every key of the soak another one.
	ids atomic.Int64
}

// work lets everybody log in until ctx ends: people with phones in shifts, one of each row at a time, and the others now and then.
func (l *load) work(ctx context.Context, lasts time.Duration, phones, numbers []*person) {
	var all sync.WaitGroup
	for row := range atOnce {
		all.Go(func() {
			for i := row; i < len(phones) && ctx.Err() == nil; i += atOnce {
				length := shift
				if i == row { // so that they do not all change at one moment
					length = shift * time.Duration(row+1) / atOnce
				}
				l.phone(ctx, phones[i], time.Now().Add(length), i+atOnce >= len(phones))
			}
		})
	}
	for _, p := range numbers {
		all.Go(func() {
			for range textsEach {
				wait(ctx, time.Duration(below(int(lasts/textsEach))))
				if ctx.Err() == nil {
					l.text(context.WithoutCancel(ctx), p)
				}
			}
		})
	}
	all.Wait()
}

// phone is somebody with a phone who logs in until then, or until the end. A login that has begun is seen to its end.
func (l *load) phone(ctx context.Context, p *person, until time.Time, last bool) {
	for ctx.Err() == nil && (last || time.Now().Before(until)) {
		if below(20) == 0 && !p.typed.Swap(true) {
			l.offline(context.WithoutCancel(ctx), p)
			continue
		}
		l.login(context.WithoutCancel(ctx), p)
	}
}

// heard counts what a call heard.
func (l *load) heard(status int, err error) {
	if err != nil || status >= 500 {
		l.unanswered.Add(1)
	}
}

// asked is the answer to a question.
type asked struct {
	ID      string    `json:"id"`
	Number  string    `json:"number"`
	Ticket  string    `json:"ticket"`
	Created time.Time `json:"created_at"`
}

// plan is what a person does with a request.
type plan struct {
	name   string
	phone  []act // at the same time
	cancel bool
	often  int
}

var plans = []plan{
	{name: "approves", phone: []act{actApprove}, often: 10},
	{name: "approves twice", phone: []act{actApprove, actApprove}, often: 2},
	{name: "cannot decide", phone: []act{actApprove, actDeny}, often: 3},
	{name: "types the wrong number", phone: []act{actWrong}, often: 2},
	{name: "types both numbers", phone: []act{actWrong, actApprove}, often: 2},
	{name: "refuses", phone: []act{actDeny}, often: 1},
	{name: "reports beside an approval", phone: []act{actApprove, actReport}, often: 1},
	{name: "goes away", phone: []act{actApprove}, cancel: true, often: 1},
}

func choose() plan {
	total := 0
	for _, p := range plans {
		total += p.often
	}
	at := below(total)
	for _, p := range plans {
		if at -= p.often; at < 0 {
			return p
		}
	}
	return plans[0]
}

// login is one request from the question to whatever becomes of it.
func (l *load) login(ctx context.Context, p *person) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	question, h, ok := l.ask(ctx, p, "a")
	if !ok {
		return
	}
	what := choose()
	var all sync.WaitGroup
	for i, a := range what.phone {
		all.Go(func() { l.decide(ctx, h, p, question, atPhone+i, a) })
	}
	if what.cancel {
		all.Go(func() { l.cancel(ctx, h) })
	}
	all.Go(func() {
		l.page(ctx, h, p, question, len(what.phone) == 1 && what.phone[0] == actApprove && !what.cancel)
	})
	all.Wait()
}

// ask asks until there is an answer: with one key, so that the phone is asked once. The request has an address of its own, by
// which a mail about it is known.
func (l *load) ask(ctx context.Context, p *person, browser string) (question asked, h *history, ok bool) {
	number, began := l.ids.Add(1), time.Now()
	from := source(number)
	key := fmt.Sprintf("ask-%d", number)
	body := fmt.Sprintf(`{"user":{"email":%q},"context":{"ip":%q,"user_agent":"soak","browser":"%s-%s"},"expires_in":120}`, p.email, from, browser, p.email)
	for ctx.Err() == nil {
		status, text, err := l.town.application(ctx, p.shop, http.MethodPost, "/v1/approvals", key, body)
		l.heard(status, err)
		switch {
		case err == nil && (status == http.StatusCreated || status == http.StatusOK):
			l.asked.Add(1)
			if json.Unmarshal(text, &question) != nil {
				return question, nil, false
			}
			if time.Since(question.Created).Abs() > leap/2 {
				l.misdated.Add(1)
			}
			h = &history{id: question.ID, shop: p.shop, address: from, from: began}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.histories = append(l.histories, h)
			return question, h, true
		case err == nil && status == http.StatusTooManyRequests: // the person has had enough for now
			wait(ctx, time.Second)
			return question, nil, false
		case err == nil && status < 500:
			return question, nil, false
		}
		wait(ctx, 100*time.Millisecond)
	}
	return question, nil, false
}

// decide is the person at the phone.
func (l *load) decide(ctx context.Context, h *history, p *person, question asked, client int, a act) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	began := time.Now()
	var outcome phone.Outcome
	var err error
	switch a {
	case actApprove:
		outcome, err = p.phone.Approve(ctx, question.ID, question.Number, phone.Biometric)
	case actWrong:
		outcome, err = p.phone.Approve(ctx, question.ID, other(question.Number), phone.Biometric)
	case actDeny:
		outcome, err = p.phone.Deny(ctx, question.ID)
	case actReport:
		outcome, err = p.phone.Report(ctx, question.ID)
	case actCancel, actRedeem, actLook, actCode, actBadCode: // nobody does these at a phone
	}
	heard := state(outcome.Status)
	if err != nil {
		var problem *phone.Problem
		switch {
		case errors.Is(err, phone.ErrUnknownRequest): // it was over before the phone saw it, and nothing was sent
			return
		case errors.As(err, &problem) && problem.Status == http.StatusUnauthorized:
			l.disbelieved.Add(1)
			return // a node whose clock is wrong does not believe the phone, and does not look at what it says
		case errors.As(err, &problem) && problem.Status < 500:
			heard = refused
		default:
			l.heard(0, err)
			heard = unknown
		}
	}
	h.note(client, done{a, fmt.Sprint(l.ids.Add(1))}, began, heard)
}

// other is a number that is not the one.
func other(number string) string {
	digits := []byte(number)
	digits[0] = '0' + (digits[0]-'0'+1)%10
	return string(digits)
}

func (l *load) cancel(ctx context.Context, h *history) {
	began := time.Now()
	status, _, err := l.town.application(ctx, h.shop, http.MethodDelete, "/v1/approvals/"+h.id, "", "")
	l.heard(status, err)
	heard := unknown
	switch {
	case err == nil && status == http.StatusNoContent:
		heard = cancelled
	case err == nil && status < 500:
		heard = refused
	}
	h.note(atServer, done{actCancel, fmt.Sprint(l.ids.Add(1))}, began, heard)
}

// page waits for the release code, and the application redeems it: now and then twice at once, on two keys.
func (l *load) page(ctx context.Context, h *history, p *person, question asked, certain bool) {
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until) && ctx.Err() == nil; {
		began := time.Now()
		status, text, err := l.town.page(ctx, "/v1/approvals/"+h.id+"/state?wait=5", question.Ticket)
		l.heard(status, err)
		if err != nil || status != http.StatusOK {
			wait(ctx, 50*time.Millisecond)
			continue
		}
		var now struct {
			Status state  `json:"status"`
			Code   string `json:"release_code"`
		}
		if json.Unmarshal(text, &now) != nil {
			continue
		}
		h.note(atPage, done{act: actLook}, began, now.Status)
		if now.Status == pending {
			if !certain && time.Since(h.from) > 5*time.Second {
				return
			}
			continue
		}
		if now.Code != "" {
			var all sync.WaitGroup
			for i := range 1 + below(2) {
				all.Go(func() { l.redeem(ctx, h, p, atServer+i, now.Code) })
			}
			all.Wait()
		}
		return
	}
}

// redeem redeems on a key of its own until there is an answer.
func (l *load) redeem(ctx context.Context, h *history, p *person, client int, code string) {
	key, began, heard := fmt.Sprintf("redeem-%d", l.ids.Add(1)), time.Now(), unknown
	for until := time.Now().Add(20 * time.Second); heard == unknown && time.Now().Before(until) && ctx.Err() == nil; {
		status, _, err := l.town.application(ctx, p.shop, http.MethodPost, "/v1/approvals/"+h.id+"/redeem", key, fmt.Sprintf(`{"release_code":%q}`, code))
		l.heard(status, err)
		switch {
		case err == nil && status == http.StatusOK:
			heard = released
			l.logins.Add(1)
			select {
			case l.in <- struct{}{}:
			default: // nobody listens
			}
		case err == nil && status < 500 && status != http.StatusTooManyRequests:
			heard = refused
		default:
			wait(ctx, 50*time.Millisecond)
		}
	}
	h.note(client, done{actRedeem, key}, began, heard)
}
