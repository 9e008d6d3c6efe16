package approval_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2" //nolint:depguard // which acts meet is no secret
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
)

var histories = flag.Int("histories", 200, "how many concurrent histories TestThreatRacesAreLinear checks")

// act is one thing that somebody does to a request.
type act string

const (
	actApprove act = "approve"
	actWrong   act = "approve with the wrong number"
	actDeny    act = "deny"
	actReport  act = "report"
	actRedeem  act = "redeem"
	actLook    act = "look"
	actTime    act = "let its time pass"
)

var acts = []act{actApprove, actApprove, actWrong, actDeny, actReport, actRedeem, actRedeem, actLook, actLook, actTime}

// refusedAct is the answer of an act that changed nothing.
const refusedAct approval.State = "refused"

// requestModel says what a request does when one act follows another. What happened at the
// same time must be explained by some order of single acts.
var requestModel = porcupine.Model{
	Init: func() any { return approval.Pending },
	Step: func(state, input, output any) (bool, any) {
		now, got := state.(approval.State), output.(approval.State)
		next := after(now, input.(act))
		switch input.(act) {
		case actTime:
			return true, next
		case actLook:
			return got == now, now
		case actApprove, actWrong, actDeny, actReport, actRedeem:
		}
		if next == now {
			return got == refusedAct, now
		}
		return got == next, next
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v -> %v", input, output) },
}

func after(now approval.State, a act) approval.State {
	edges := map[act]map[approval.State]approval.State{
		actApprove: {approval.Pending: approval.Approved},
		actWrong:   {approval.Pending: approval.Mismatched},
		actDeny:    {approval.Pending: approval.Denied},
		actRedeem:  {approval.Approved: approval.Released},
		actTime:    {approval.Pending: approval.Expired, approval.Approved: approval.Lapsed},
	}
	if a == actReport {
		return approval.Reported
	}
	if next, ok := edges[a][now]; ok {
		return next
	}
	return now
}

// TestThreatRacesAreLinear lets approvals, refusals, reports, redeems and the end of time
// race, and looks for an order that explains every answer.
func TestThreatRacesAreLinear(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	member := w.AddPerson("Ada")
	phone := w.Pair(member)
	for range *histories {
		w.Clock.Pass(25 * time.Hour) // whatever was muted is over
		history := race(w, phone, w.Ask(member))
		if !porcupine.CheckOperations(requestModel, history) {
			t.Fatalf("no order explains this history: %+v", history)
		}
	}
}

func race(w *ayetest.World, phone *ayetest.Phone, asked approval.Asked) []porcupine.Operation {
	const clients = 6
	start, at := make(chan struct{}), time.Now()
	var mu sync.Mutex
	var history []porcupine.Operation
	var all sync.WaitGroup
	for client := range clients {
		a := acts[rand.IntN(len(acts))]
		all.Go(func() {
			<-start
			op := porcupine.Operation{ClientId: client, Input: a, Call: time.Since(at).Nanoseconds()}
			op.Output = perform(w, phone, asked, a)
			op.Return = time.Since(at).Nanoseconds()
			mu.Lock()
			defer mu.Unlock()
			history = append(history, op)
		})
	}
	close(start)
	all.Wait()
	return history
}

func perform(w *ayetest.World, phone *ayetest.Phone, asked approval.Asked, a act) approval.State {
	var decided approval.Decided
	var err error
	switch a {
	case actApprove:
		decided, err = w.Approve(phone, asked)
	case actWrong:
		decided, err = w.Decide(phone, asked.Request, func(c jwt.MapClaims) { c["num"] = ayetest.Wrong(asked.Number).Reveal() })
	case actDeny:
		decided, err = w.Deny(phone, asked)
	case actReport:
		decided, err = w.Report(phone, asked)
	case actRedeem:
		_, err = w.Redeem(asked, w.Keys.Code("release code", asked.ID), fmt.Sprint(rand.Int64()))
		decided.State = approval.Released
	case actLook:
		decided.State = w.State(asked.ID)
	case actTime:
		w.Clock.Pass(approval.RedeemLife + time.Second)
		err = w.Approvals.Sweep(w.Context())
	}
	if err != nil {
		known := errors.Is(err, approval.ErrDecided) || errors.Is(err, approval.ErrNotApproved) || errors.Is(err, approval.ErrRedeemed) ||
			errors.Is(err, approval.ErrLapsed)
		if !known {
			w.Error(a, err)
		}
		return refusedAct
	}
	return decided.State
}
