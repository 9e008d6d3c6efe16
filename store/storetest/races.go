package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// racers is how many try at once.
const racers = 100

// race lets all try at once and gives how many of them won.
func race(t *testing.T, try func(i int) (bool, error)) int {
	t.Helper()
	var won atomic.Int64
	var done sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		done.Go(func() {
			<-start
			ok, err := try(i)
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	close(start)
	done.Wait()
	return int(won.Load())
}

func testRaces(t *testing.T, open Opener) {
	races(t, NewHouse(t, open))
}

// RaceNodes has the races run on several nodes of one database at the same time.
func RaceNodes(t *testing.T, open func(t *testing.T, now func() time.Time) []Backend) {
	t.Helper()
	var nodes []Backend
	h := NewHouse(t, func(t *testing.T, now func() time.Time) Backend {
		t.Helper()
		nodes = open(t, now)
		return nodes[0]
	})
	h.nodes = nodes
	races(t, h)
}

// node gives one of the nodes.
func (h *House) node(i int) Backend {
	if len(h.nodes) == 0 {
		return h.Backend
	}
	return h.nodes[i%len(h.nodes)]
}

func races(t *testing.T, h *House) {
	t.Helper()
	m := h.AddPerson(t, "races@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	entry := h.entry(h.Organisation.ID, "race.won")
	tests := []struct {
		name string
		want int
		rows int64
		try  func(*testing.T) func(int) (bool, error)
	}{
		{"decide", 1, 1, func(t *testing.T) func(int) (bool, error) {
			r := h.AskOne(t, h.Request(m, "decide"))
			return func(i int) (bool, error) {
				edge := h.Approve(r, phone)
				if i%2 == 0 {
					edge.To, edge.Decision.State, edge.Decision.Verdict = approval.Denied, approval.Denied, approval.Deny
				}
				return h.node(i/2).Move(t.Context(), edge, entry)
			}
		}},
		{"redeem", 1, 1, func(t *testing.T) func(int) (bool, error) {
			r := h.AskOne(t, h.Request(m, "redeem"))
			h.moves(t, h.Approve(r, phone))
			return func(i int) (bool, error) { return h.node(i).Move(t.Context(), h.Redeem(r), entry) }
		}},
		{"hand out", 1, 0, func(t *testing.T) func(int) (bool, error) {
			r := h.AskOne(t, h.Request(m, "hand out"))
			h.moves(t, h.Approve(r, phone))
			return func(i int) (bool, error) {
				at := h.Clock.Now().Add(time.Duration(i) * time.Millisecond)
				return h.node(i).HandOut(t.Context(), r.ID, at, at.Add(time.Second))
			}
		}},
		{"claim", 1, 1, func(t *testing.T) func(int) (bool, error) {
			p := h.OpenOne(t, h.AddPerson(t, "claim@example.com"))
			return func(i int) (bool, error) { return h.node(i).Claim(t.Context(), h.ClaimOf(p), entry) }
		}},
		{"first phone", 1, 1, func(t *testing.T) func(int) (bool, error) {
			first := h.AddPerson(t, "first@example.com")
			var claims []pairing.Claim
			for range racers {
				c := h.ClaimOf(h.OpenOne(t, first))
				c.First = true
				claims = append(claims, c)
			}
			return func(i int) (bool, error) { return h.node(i).Claim(t.Context(), claims[i], entry) }
		}},
		{"step", 1, 0, func(t *testing.T) func(int) (bool, error) {
			id := got(h.Authenticators(t.Context(), m.Person.ID))(t)[0].ID
			return func(i int) (bool, error) { return h.node(i).UseStep(t.Context(), id, 7, h.Clock.Now()) }
		}},
		{"proof", 1, 0, func(t *testing.T) func(int) (bool, error) {
			return func(i int) (bool, error) {
				return h.node(i).UseProof(t.Context(), phone.ID, "raced", h.Clock.Now().Add(time.Minute))
			}
		}},
		{"spend", 5, 0, func(t *testing.T) func(int) (bool, error) {
			limits := []otp.Limit{{Scope: "race", Most: 5}, {Scope: "race an hour", Most: 10, Window: time.Hour}}
			return func(i int) (bool, error) {
				ok, _, err := h.node(i).Spend(t.Context(), limits, h.Clock.Now())
				return ok, err
			}
		}},
		{"creation key", 1, 1, func(t *testing.T) func(int) (bool, error) {
			return func(i int) (bool, error) {
				r := h.Request(m, "creation key")
				r.CreationKey = "raced"
				stored, err := h.node(i).Ask(t.Context(), creation(r), func(approval.Situation) (approval.Admission, error) {
					return approval.Admission{Request: r, Entries: []audit.Entry{entry}}, nil
				})
				return stored.ID == r.ID, err
			}
		}},
		{"ask", 3, 3, func(t *testing.T) func(int) (bool, error) {
			asked := h.AddPerson(t, "asked@example.com")
			return func(i int) (bool, error) {
				r, admitted := h.Request(asked, "ask"), false
				_, err := h.node(i).Ask(t.Context(), creation(r), func(now approval.Situation) (approval.Admission, error) {
					if len(now.Pending) >= 3 {
						return approval.Admission{}, approval.ErrTooManyPending
					}
					admitted = true
					return approval.Admission{Request: r, Entries: []audit.Entry{entry}}, nil
				})
				if !admitted {
					err = nil
				}
				return admitted, err
			}
		}},
		{"audit", racers, racers, func(t *testing.T) func(int) (bool, error) {
			return func(i int) (bool, error) { return true, h.node(i).Write(t.Context(), entry) }
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			try := test.try(t)
			h.written(t, test.rows, func() { same(t, "winners", race(t, try), test.want) })
		})
	}
	must(t, h.VerifyAudit(t.Context()))
}
