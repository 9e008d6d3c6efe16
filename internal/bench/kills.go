package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	killsInFlight = 32
	// The server is killed at random between these, from its first completed login on.
	killEarliest = 200 * time.Millisecond
	killLatest   = time.Second
	// firstLogin bounds the wait for that.
	firstLogin = 30 * time.Second
)

// kills ends the server without warning, again and again, and looks whether all that it
// acknowledged still stands.
func (r *run) kills(ctx context.Context) error {
	g := r.group(Kills, "the server killed under load, and what it had acknowledged")
	decisions, redeems, lost := 0, 0, 0
	for i := range r.Kills {
		r.Progress.say("kill %d of %d, %d decisions acknowledged", i+1, r.Kills, decisions)
		r.Progress.at(float64(i) / float64(r.Kills))
		kept, err := r.killOnce(ctx)
		if err != nil {
			return err
		}
		missing, err := r.check(ctx, kept)
		if err != nil {
			return err
		}
		decisions, lost = decisions+len(kept), lost+missing
		for _, redeemed := range kept {
			if redeemed {
				redeems++
			}
		}
	}
	g.add(Row{Name: "kills.kills", What: "kills", Aye: new(float64(r.Kills))})
	g.add(Row{Name: "kills.decisions", What: "decisions acknowledged", Aye: new(float64(decisions))})
	g.add(Row{Name: "kills.redeems", What: "redeems acknowledged", Aye: new(float64(redeems))})
	g.add(Row{Name: "kills.lost", What: "of these lost", Aye: new(float64(lost)), Goal: &Goal{Of: OfNumber, AtMost: new(0.0)}})
	r.Progress.say("verifying the audit log")
	if err := r.aye.verifyAudit(ctx); err != nil {
		r.failures.add(Kills, "the audit log is not whole: "+err.Error())
		g.note("The audit log is NOT whole.")
	} else {
		g.note("The audit log is whole.")
	}
	g.note("After each kill the server was started on the same data and asked for everything that it had acknowledged since the last.")
	return nil
}

// killOnce starts the server, lets people in, and kills it in the middle. It gives what was
// acknowledged.
func (r *run) killOnce(ctx context.Context) (map[string]bool, error) {
	t, err := r.startAye(ctx, killsInFlight)
	if err != nil {
		return nil, err
	}
	defer t.close()
	t.ledger = &ledger{}
	loading, stop := context.WithCancel(ctx)
	defer stop()
	l := r.load(Kills, t)
	begun := make(chan struct{})
	l.completed = sync.OnceFunc(func() { close(begun) })
	over := make(chan struct{})
	go func() {
		defer close(over)
		l.work(loading, killsInFlight)
	}()
	select {
	case <-begun:
		err = pause(ctx, killMoment(), over)
	case <-over:
		err = fmt.Errorf("there was nobody left who may be asked")
	case <-time.After(firstLogin):
		err = fmt.Errorf("nobody was let in within %s", firstLogin)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	l.stop.Store(true)
	l.broken.Store(true)
	killErr := r.aye.kill()
	stop()
	<-over
	if err == nil {
		err = killErr
	}
	return t.ledger.take(), err
}

// killMoment is when, after the first login.
func killMoment() time.Duration {
	extra, err := rand.Int(rand.Reader, big.NewInt(int64(killLatest-killEarliest)))
	if err != nil {
		return killEarliest
	}
	return killEarliest + time.Duration(extra.Int64())
}

// check starts the server again and asks for everything that was acknowledged. It gives how
// much of it is lost.
func (r *run) check(ctx context.Context, kept map[string]bool) (int, error) {
	t, err := r.startAye(ctx, killsInFlight)
	if err != nil {
		return 0, err
	}
	defer r.aye.stop()
	defer t.close()
	ids := make([]string, 0, len(kept))
	for id := range kept {
		ids = append(ids, id)
	}
	var lost atomic.Int64
	err = parallel(ctx, killsInFlight, len(ids), func(ctx context.Context, i int) error {
		var now state
		callErr := call(ctx, t.http, http.MethodGet, t.url+"/v1/approvals/"+ids[i], t.authorizations[0], nil, http.StatusOK, &now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if reason := judge(now.Status, kept[ids[i]], callErr); reason != "" {
			r.failures.add(Kills, reason)
			lost.Add(1)
		}
		return nil
	})
	return int(lost.Load()), err
}

// judge says what is wrong with a request whose decision, and perhaps redeem, was acknowledged.
func judge(status string, redeemed bool, err error) string {
	switch {
	case err != nil:
		return "an acknowledged decision is lost: " + reasonOf(err)
	case redeemed && status != "released":
		return fmt.Sprintf("an acknowledged redeem is lost: the request is %q", status)
	case status == "approved" || status == "released" || status == "lapsed":
		return ""
	}
	return fmt.Sprintf("an acknowledged decision is lost: the request is %q", status)
}
