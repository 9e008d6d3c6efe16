package soak

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// act is one thing that somebody does to a request.
type act string

const (
	actApprove act = "approve"
	actWrong   act = "approve with the wrong number"
	actDeny    act = "deny"
	actReport  act = "report"
	actCancel  act = "cancel"
	actRedeem  act = "redeem"
	actCode    act = "type a code"
	actBadCode act = "type a wrong code"
	actLook    act = "look"
)

// state is the status of a request in the protocol.
type state string

const (
	pending    state = "pending"
	approved   state = "approved"
	released   state = "released"
	denied     state = "denied"
	reported   state = "reported"
	mismatched state = "mismatched"
	expired    state = "expired"
	cancelled  state = "cancelled"
	superseded state = "superseded"
	lapsed     state = "lapsed"
)

// What a caller can hear besides a state.
const (
	refused state = "refused" // a 4xx: it changed nothing
	unknown state = "unknown" // no answer, or a 5xx: it may have happened, also later
)

// done is what somebody did, with the key under which a repetition of it is the same act.
type done struct {
	act act
	key string
}

// request is where a request can be: its state, by which redeem it was released, and what decided it. A phone keeps what it signed
// until it has the answer, so the same decision, sent twice, is one act and has the same answer.
type request struct {
	state   state
	by      string
	decided act
}

// edges are what an act changes.
var edges = map[act]map[state]state{
	actApprove: {pending: approved},
	actWrong:   {pending: mismatched},
	actDeny:    {pending: denied},
	actCode:    {pending: approved},
	actCancel:  {pending: cancelled},
	actRedeem:  {approved: released},
	actReport: {
		pending: reported, approved: reported, released: reported, denied: reported, mismatched: reported, expired: reported, cancelled: reported,
		superseded: reported, lapsed: reported,
	},
}

// ends are what time does by itself, and another request of the same browser: whenever it likes, as far as a caller can tell.
var ends = map[state][]state{pending: {expired, superseded}, approved: {lapsed}}

// model says what a request does when one act follows another.
var model = (&porcupine.NondeterministicModel{
	Init: func() []any { return []any{request{state: pending}} },
	Step: func(now, input, output any) []any {
		var next []any
		for _, from := range reach(now.(request)) {
			for _, to := range from.after(input.(done), output.(state)) {
				if !slices.Contains(next, any(to)) {
					next = append(next, to)
				}
			}
		}
		return next
	},
	Equal: func(a, b any) bool { return a.(request) == b.(request) },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%s %s -> %s", input.(done).act, input.(done).key, output)
	},
}).ToModel()

// reach is where the request can be without anybody doing anything.
func reach(now request) []request {
	all := []request{now}
	for _, end := range ends[now.state] {
		all = append(all, request{state: end, decided: now.decided})
	}
	return all
}

// after is where the request can be behind the act, when its caller heard so.
func (r request) after(d done, heard state) []request {
	to, moves := edges[d.act][r.state]
	next := request{state: to, by: r.by, decided: r.decided}
	switch d.act {
	case actRedeem:
		next.by = d.key
	case actApprove, actWrong, actDeny, actReport:
		next.decided = d.act
	case actCancel, actLook, actCode, actBadCode: // a code has no key: typed again it is another try
	}
	again := d.act == actRedeem && r.state == released && r.by == d.key && heard == released || // the same answer to the same call
		d.act == r.decided && heard == edges[d.act][pending]
	switch {
	case d.act == actLook:
		if heard == r.state || heard == unknown {
			return []request{r}
		}
	case heard == unknown && moves:
		return []request{r, next}
	case heard == unknown, heard == refused && (!moves || d.act == actCode), again: // the right code may be too late, or one too many
		return []request{r}
	case moves && heard == to:
		return []request{next}
	}
	return nil
}

// history is what became of one request, as those saw it who had to do with it.
type history struct {
	id   string
	shop *shop
	// address is where the request came from, which no other did.
	address string

	mu   sync.Mutex
	from time.Time
	all  []porcupine.Operation
}

// never is the end of an act that nobody heard the answer of: it may happen at any time.
const never = int64(time.Hour)

// note writes down an act that began at the time and is over now.
func (h *history) note(client int, d done, began time.Time, heard state) {
	op := porcupine.Operation{ClientId: client, Input: d, Call: began.Sub(h.from).Nanoseconds(), Output: heard, Return: time.Since(h.from).Nanoseconds()}
	if heard == unknown {
		op.Return = never
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, op)
}

// explained tells whether an order of single acts explains what was seen.
func (h *history) explained() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return porcupine.CheckOperations(model, h.all)
}

// String is the history for people, oldest first.
func (h *history) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var text strings.Builder
	text.WriteString(h.id)
	slices.SortFunc(h.all, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	for _, op := range h.all {
		fmt.Fprintf(&text, "\n  %8s to %8s: %s", time.Duration(op.Call).Round(time.Millisecond), time.Duration(op.Return).Round(time.Millisecond), model.DescribeOperation(op.Input, op.Output))
	}
	return text.String()
}

// acknowledged tells how often somebody was told that such an act was done.
func (h *history) acknowledged(acts ...act) (count int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, op := range h.all {
		if heard := op.Output.(state); heard != refused && heard != unknown && slices.Contains(acts, op.Input.(done).act) {
			count++
		}
	}
	return count
}

// tried tells whether somebody tried such an act, whatever came of it.
func (h *history) tried(a act) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.all, func(op porcupine.Operation) bool { return op.Input.(done).act == a })
}

// forgotten tells whether the last look at a request that nothing explains found less than had been acknowledged.
func (h *history) forgotten() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	without := slices.DeleteFunc(slices.Clone(h.all), func(op porcupine.Operation) bool { return op.ClientId == lookers })
	return len(without) < len(h.all) && porcupine.CheckOperations(model, without)
}
