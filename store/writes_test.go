package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

var errRefused = errors.New("a change was refused")

// street is people with a phone each, who log in beside one another.
type street struct {
	*ayetest.World
	members []accounts.Member
	phones  []*ayetest.Phone
}

func newStreet(tb testing.TB, size int) street {
	tb.Helper()
	s := street{World: ayetest.New(tb)}
	for i := range size {
		m := s.AddPerson(fmt.Sprintf("person%d", i))
		s.members, s.phones = append(s.members, m), append(s.phones, s.Pair(m))
	}
	return s
}

// login is what is written of one.
type login struct {
	request  approval.Request
	device   string
	decision string
}

// logins gives a new one for each of the first people.
func (s street) logins(size int) []login {
	all := make([]login, size)
	for i := range all {
		now, m := s.Clock.Now(), s.members[i]
		all[i] = login{device: s.phones[i].Device.ID, decision: secret.NewID("jti"), request: approval.Request{
			ID: secret.NewID("apr"), OrganisationID: m.OrganisationID, ApplicationID: s.Shop.ID, MembershipID: m.ID, PersonID: m.Person.ID,
			Purpose: approval.Login, State: approval.Pending, Confirm: approval.Number, Digits: 3, Asker: "The shop", Organisation: "Example",
			Context: approval.Context{IP: "203.0.113.7", Browser: secret.NewID("b"), UserAgent: strings.Repeat("x", 70)}, NewBrowser: true,
			ChallengeNonce: secret.NewToken().Reveal(), Challenge: strings.Repeat("x", 900), Created: now, Expires: now.Add(approval.DefaultLife),
		}}
	}
	return all
}

func (l login) entry(action string) audit.Entry {
	return audit.Entry{
		Organisation: l.request.OrganisationID, Actor: l.device, Action: action, Subject: l.request.ID, At: l.request.Created,
		Data: map[string]string{"user": l.request.MembershipID, "from": "pending", "method": "push", "device": l.device},
	}
}

// write is one change of a login.
type write struct {
	name string
	// most is how often it may allocate: a quarter more than it does.
	most float64
	do   func(context.Context, street, login) (bool, error)
}

// writes are those of a login, in their order.
func writes() []write {
	return []write{
		{"Ask", 285, func(ctx context.Context, s street, l login) (bool, error) {
			key := approval.Creation{ApplicationID: l.request.ApplicationID, PersonID: l.request.PersonID, Browser: l.request.Context.Browser}
			_, err := s.Store.Ask(ctx, key, func(now approval.Situation) (approval.Admission, error) {
				return approval.Admission{
					Request: l.request, Budget: approval.Budget{Asked: []time.Time{l.request.Created}},
					Deliveries: []approval.Delivery{{
						RequestID: l.request.ID, DeviceID: l.device, Device: "Pixel 9", Channel: "fcm", State: approval.Queued, Updated: l.request.Created,
					}},
					Entries: []audit.Entry{l.entry("approval.asked")},
				}, nil
			})
			return true, err
		}},
		{"Deliver", 61, func(ctx context.Context, s street, l login) (bool, error) {
			return s.Store.Deliver(ctx, approval.Delivery{RequestID: l.request.ID, DeviceID: l.device, State: approval.Fetched, Updated: l.request.Created})
		}},
		{"MoveToApproved", 225, func(ctx context.Context, s street, l login) (bool, error) {
			now := l.request.Created
			return s.Store.Move(ctx, approval.Move{
				RequestID: l.request.ID, PersonID: l.request.PersonID, From: []approval.State{approval.Pending}, To: approval.Approved, Now: now, InTime: true,
				Budget: func(b approval.Budget) approval.Budget { return b.After(approval.Approved, false, now) },
				Decision: &approval.Decision{
					ID: l.decision, RequestID: l.request.ID, DeviceID: l.device, Verdict: approval.Approve, Method: approval.Push,
					Verified: approval.Biometric, State: approval.Approved, Evidence: strings.Repeat("x", 900), At: now, RedeemBy: now.Add(approval.RedeemLife),
				},
			}, l.entry("approval.approved"))
		}},
		{"HandOut", 44, func(ctx context.Context, s street, l login) (bool, error) {
			return s.Store.HandOut(ctx, l.request.ID, l.request.Created, l.request.Created.Add(approval.ReleaseLife))
		}},
		{"MoveToReleased", 153, func(ctx context.Context, s street, l login) (bool, error) {
			return s.Store.Move(ctx, approval.Move{
				RequestID: l.request.ID, PersonID: l.request.PersonID, From: []approval.State{approval.Approved}, To: approval.Released, Now: l.request.Created, InTime: true,
				Redeemed: &approval.Redeemed{AssertionID: "ast_" + l.request.ID},
			}, l.entry("approval.released"))
		}},
	}
}

// BenchmarkWrite is each change of a login, beside a page of a file that is brought to the disk,
// which is the least that one durable change takes. Only the change is timed; the rest of the
// login is written while the clock stands.
func BenchmarkWrite(b *testing.B) {
	const most = 64
	s := newStreet(b, most)
	for _, callers := range []int{1, most} {
		for at, w := range writes() {
			b.Run(fmt.Sprintf("write=%s/callers=%d", w.name, callers), func(b *testing.B) {
				b.ReportAllocs()
				b.StopTimer()
				b.ResetTimer()
				for done := 0; done < b.N; done += most {
					batch := s.logins(min(most, b.N-done))
					for i, step := range writes() {
						together := most
						if i == at {
							together = callers
							b.StartTimer()
						}
						s.all(b, step, batch, together)
						b.StopTimer()
					}
				}
			})
		}
	}
	b.Run("write=bare/callers=1", bareWrite)
}

// all makes the change for each login, so many at one time.
func (s street) all(b *testing.B, w write, batch []login, together int) {
	b.Helper()
	ayetest.AtOnce(min(together, len(batch)), func(first int) {
		for i := first; i < len(batch); i += together {
			if held, err := w.do(b.Context(), s, batch[i]); err != nil || !held {
				b.Errorf("%s: %v, %v", w.name, held, err)
			}
		}
	})
}

func bareWrite(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "page"))
	ayetest.Fails(b, err, nil)
	defer func() { _ = file.Close() }()
	page := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		_, err := file.WriteAt(page, 0)
		if err = errors.Join(err, file.Sync()); err != nil {
			b.Fatal(err)
		}
	}
}

// TestHotWritesAreKeptPrepared counts what each change of a login allocates, for people who have
// another request beside it, so that each statement gives a row.
func TestHotWritesAreKeptPrepared(t *testing.T) {
	const runs = 20
	s := newStreet(t, runs+1)
	batch := s.logins(runs + 1)
	for _, m := range s.members {
		s.Ask(m)
	}
	for _, w := range writes() {
		next := 0
		got := testing.AllocsPerRun(runs, func() {
			held, err := w.do(t.Context(), s, batch[next])
			if next++; err == nil && !held {
				err = errRefused
			}
			ayetest.Fails(t, err, nil)
		})
		if got > w.most {
			t.Errorf("%s: %v allocations, %v at most", w.name, got, w.most)
		}
	}
}
