package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

// lookTime is how long a state is asked for in the end: by then every node is back.
const lookTime = 60 * time.Second

// load is people who log in, one after the other each, until time is up.
type load struct {
	town *town

	mu        sync.Mutex
	histories []*history
	asked     atomic.Int64
	// ids makes every key of the soak another one.
	ids atomic.Int64
}

// work lets everybody log in until ctx ends, and looks at everything once more in the end.
func (l *load) work(ctx context.Context, people []*person) {
	var all sync.WaitGroup
	for _, p := range people {
		all.Go(func() {
			for ctx.Err() == nil {
				// A login that has begun is seen to its end.
				l.login(context.WithoutCancel(ctx), p)
			}
		})
	}
	all.Wait()
}

// asked is the answer to a question.
type asked struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Ticket string `json:"ticket"`
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
	question, began, ok := l.ask(ctx, p)
	if !ok {
		return
	}
	h := &history{id: question.ID, from: began}
	l.mu.Lock()
	l.histories = append(l.histories, h)
	l.mu.Unlock()
	what := choose()
	var all sync.WaitGroup
	for i, a := range what.phone {
		all.Go(func() { l.decide(ctx, h, p, question, atPhone+i, a) })
	}
	if what.cancel {
		all.Go(func() { l.cancel(ctx, h) })
	}
	all.Go(func() { l.page(ctx, h, question, len(what.phone) == 1 && what.phone[0] == actApprove && !what.cancel) })
	all.Wait()
}

// ask asks until there is an answer: with one key, so that the phone is asked once.
func (l *load) ask(ctx context.Context, p *person) (question asked, began time.Time, ok bool) {
	key, began := fmt.Sprintf("ask-%d", l.ids.Add(1)), time.Now()
	body := fmt.Sprintf(`{"user":{"email":%q},"context":{"ip":"203.0.113.7","user_agent":"soak","browser":"b-%s"}}`, p.email, p.email)
	for ctx.Err() == nil {
		status, text, err := l.town.application(ctx, http.MethodPost, "/v1/approvals", key, body)
		switch {
		case err == nil && (status == http.StatusCreated || status == http.StatusOK):
			l.asked.Add(1)
			return question, began, json.Unmarshal(text, &question) == nil
		case err == nil && status < 500 && status != http.StatusTooManyRequests:
			return question, began, false
		case status == http.StatusTooManyRequests: // the person has had enough for now
			wait(ctx, time.Second)
			return question, began, false
		}
		wait(ctx, 100*time.Millisecond)
	}
	return question, began, false
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
	case actCancel, actRedeem, actLook:
	}
	heard := state(outcome.Status)
	if err != nil {
		var problem *phone.Problem
		switch {
		case errors.Is(err, phone.ErrUnknownRequest): // it was over before the phone saw it, and nothing was sent
			return
		case errors.As(err, &problem) && problem.Status == http.StatusUnauthorized:
			return // a node whose clock is wrong does not believe the phone, and does not look at what it says
		case errors.As(err, &problem) && problem.Status < 500:
			heard = refused
		default:
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
	status, _, err := l.town.application(ctx, http.MethodDelete, "/v1/approvals/"+h.id, "", "")
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
func (l *load) page(ctx context.Context, h *history, question asked, certain bool) {
	for until := time.Now().Add(15 * time.Second); time.Now().Before(until) && ctx.Err() == nil; {
		began := time.Now()
		status, text, err := call(ctx, l.town.client(), http.MethodGet, l.town.origin+"/v1/approvals/"+h.id+"/state?wait=5", "Ticket "+question.Ticket, nil)
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
				all.Go(func() { l.redeem(ctx, h, atServer+i, now.Code) })
			}
			all.Wait()
		}
		return
	}
}

// redeem redeems on a key of its own until there is an answer.
func (l *load) redeem(ctx context.Context, h *history, client int, code string) {
	key, began, heard := fmt.Sprintf("redeem-%d", l.ids.Add(1)), time.Now(), unknown
	for until := time.Now().Add(20 * time.Second); heard == unknown && time.Now().Before(until) && ctx.Err() == nil; {
		status, _, err := l.town.application(ctx, http.MethodPost, "/v1/approvals/"+h.id+"/redeem", key, fmt.Sprintf(`{"release_code":%q}`, code))
		switch {
		case err == nil && status == http.StatusOK:
			heard = released
		case err == nil && status < 500 && status != http.StatusTooManyRequests:
			heard = refused
		default:
			wait(ctx, 50*time.Millisecond)
		}
	}
	h.note(client, done{actRedeem, key}, began, heard)
}

// look asks for the state of every request, when nothing is wrong any more.
func (l *load) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime+time.Duration(len(l.histories))*50*time.Millisecond)
	defer cancel()
	jobs, failed := make(chan *history), make(chan error, lookers+8)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for h := range jobs {
				if err := l.lookAt(ctx, h); err != nil {
					failed <- err
					return
				}
			}
		})
	}
feed:
	for _, h := range l.histories {
		select {
		case jobs <- h:
		case <-ctx.Done():
			break feed
		}
	}
	close(jobs)
	all.Wait()
	close(failed)
	return errors.Join(append(slices.Collect(drained(failed)), ctx.Err())...)
}

func drained[T any](from <-chan T) func(func(T) bool) {
	return func(yield func(T) bool) {
		for one := range from {
			if !yield(one) {
				return
			}
		}
	}
}

func (l *load) lookAt(ctx context.Context, h *history) error {
	for {
		began := time.Now()
		status, text, err := l.town.application(ctx, http.MethodGet, "/v1/approvals/"+h.id, "", "")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && status == http.StatusOK {
			var now struct {
				Status state `json:"status"`
			}
			if err = json.Unmarshal(text, &now); err == nil {
				h.note(lookers, done{act: actLook}, began, now.Status)
			}
			return err
		}
		if err == nil && status < 500 {
			return fmt.Errorf("request %s is gone: %d %s", h.id, status, text)
		}
		wait(ctx, 100*time.Millisecond)
	}
}
