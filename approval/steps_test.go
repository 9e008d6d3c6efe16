package approval_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/broker"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// passage is one login on its way.
type passage struct {
	town
	person   int
	asked    approval.Asked
	decision string
	told     <-chan struct{}
	cancel   func()
	code     secret.Secret
}

// stage is a part of it.
type stage struct {
	name string
	// most is how often it may allocate, a sixth more than it does; zero where nobody counts.
	most float64
	do   func(context.Context, *passage) error
}

// stages are those of a login, in their order. What phones and pages do by themselves stands
// between what the server does, and is never timed.
func stages() []stage {
	return []stage{
		{"ask", 570, func(ctx context.Context, p *passage) (err error) {
			p.asked, err = p.Approvals.Ask(ctx, p.Shop, ayetest.Question(p.members[p.person]))
			return errors.Join(err, is(p.asked.Withheld, false))
		}},
		{"phone", 0, func(_ context.Context, p *passage) error {
			phone := p.phones[p.person]
			claims := phone.DecisionClaims(p.asked.Request, approval.Approve)
			claims["num"] = p.asked.Number.Reveal()
			p.decision = phone.SignDecision(phone.ApprovalKey, claims)
			return nil
		}},
		{"decide", 510, func(ctx context.Context, p *passage) error {
			decided, err := p.Approvals.Decide(ctx, p.phones[p.person].Device, p.asked.ID, p.decision)
			return errors.Join(err, is(decided.State, approval.Approved))
		}},
		{"page", 0, func(_ context.Context, p *passage) error {
			changed, hint := broker.Signal()
			p.told, p.cancel = changed, p.Broker.Subscribe(approval.Topic(p.asked.ID), hint)
			return nil
		}},
		{"release", 140, func(ctx context.Context, p *passage) error {
			p.Broker.Publish(approval.Topic(p.asked.ID))
			<-p.told
			view, err := p.Approvals.View(ctx, p.Shop.ID, p.asked.ID)
			p.code = view.ReleaseCode
			return errors.Join(err, is(p.code != "", true))
		}},
		{"leave", 0, func(_ context.Context, p *passage) error { p.cancel(); return nil }},
		{"redeem", 560, func(ctx context.Context, p *passage) error {
			redeemed, err := p.Approvals.Redeem(ctx, approval.Redeeming{Application: p.Shop, RequestID: p.asked.ID, Code: p.code})
			return errors.Join(err, is(redeemed.State, approval.Released))
		}},
	}
}

func is[T comparable](got, want T) error {
	if got != want {
		return fmt.Errorf("%v, want %v", got, want)
	}
	return nil
}

// BenchmarkAsk is a question, which signs a challenge.
func BenchmarkAsk(b *testing.B) { benchmarkStage(b, "ask", signs) }

// BenchmarkDecide is a decision, which checks a signature.
func BenchmarkDecide(b *testing.B) { benchmarkStage(b, "decide", verifies) }

// BenchmarkRelease is from the hint that a decision gives until the page has its release code.
func BenchmarkRelease(b *testing.B) { benchmarkStage(b, "release", nothing) }

// BenchmarkRedeem is the end of a login, which signs an assertion.
func BenchmarkRedeem(b *testing.B) { benchmarkStage(b, "redeem", signs) }

// benchmarkStage times one stage of many logins, alone and with others at one time, beside the
// bare signature and a page of a file that is brought to the disk.
func benchmarkStage(b *testing.B, name string, signature func(*testing.B) func() error) {
	b.Helper()
	const most = 64
	c := newTown(b, most)
	at := slices.IndexFunc(stages(), func(s stage) bool { return s.name == name })
	for _, callers := range []int{1, most} {
		b.Run(fmt.Sprintf("callers=%d/way=aye", callers), func(b *testing.B) {
			b.ReportAllocs()
			b.StopTimer()
			b.ResetTimer()
			var used time.Duration
			for done := 0; done < b.N; done += most {
				batch := c.passages(min(most, b.N-done))
				for i, s := range stages() {
					if i != at {
						s.all(b, batch, most)
						continue
					}
					before := processor(b)
					b.StartTimer()
					s.all(b, batch, callers)
					b.StopTimer()
					used += processor(b) - before
				}
			}
			b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
	b.Run("callers=1/way=bare", func(b *testing.B) { bare(b, signature(b)) })
}

// passages begins a login for each of the first people. An hour has passed since the last time,
// so that nobody is asked too often.
func (c town) passages(size int) []*passage {
	c.Clock.Pass(time.Hour)
	c.Pusher.Taken("")
	all := make([]*passage, size)
	for i := range all {
		all[i] = &passage{town: c, person: i}
	}
	return all
}

// all takes each login through the stage, so many at one time.
func (s stage) all(b *testing.B, batch []*passage, together int) {
	b.Helper()
	ayetest.AtOnce(min(together, len(batch)), func(first int) {
		for i := first; i < len(batch); i += together {
			if err := s.do(b.Context(), batch[i]); err != nil {
				b.Errorf("%s: %v", s.name, err)
			}
		}
	})
}

// bare is the least that a durable answer takes.
func bare(b *testing.B, signature func() error) {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "page"))
	ayetest.Fails(b, err, nil)
	defer func() { _ = file.Close() }()
	page := make([]byte, 4096)
	b.ReportAllocs()
	before := processor(b)
	b.ResetTimer()
	for range b.N {
		failure := signature()
		_, err := file.WriteAt(page, 0)
		if err = errors.Join(failure, err, file.Sync()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func signs(b *testing.B) func() error {
	key, digest := ayetest.NewKey(b), sha256.Sum256([]byte("text"))
	return func() error { _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); return err }
}

func verifies(b *testing.B) func() error {
	key, digest := ayetest.NewKey(b), sha256.Sum256([]byte("text"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	ayetest.Fails(b, err, nil)
	return func() error { return is(ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature), true) }
}

func nothing(*testing.B) func() error { return func() error { return nil } }

// TestAllocations counts what each stage of a login allocates, in the server and in the store
// below it.
func TestAllocations(t *testing.T) {
	const runs = 20
	c := newTown(t, runs+1)
	batch := c.passages(runs + 1)
	for _, s := range stages() {
		next := 0
		got := testing.AllocsPerRun(runs, func() {
			err := s.do(t.Context(), batch[next])
			next++
			ayetest.Fails(t, err, nil)
		})
		if s.most > 0 && got > s.most {
			t.Errorf("%s: %v allocations, %v at most", s.name, got, s.most)
		}
	}
}
