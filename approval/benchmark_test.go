package approval_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
)

// town is people with a phone each.
type town struct {
	*ayetest.World
	members []accounts.Member
	phones  []*ayetest.Phone
}

func newTown(tb testing.TB, size int) town {
	c := town{World: ayetest.New(tb)}
	for i := range size {
		m := c.AddPerson(fmt.Sprintf("person%d", i))
		c.members, c.phones = append(c.members, m), append(c.phones, c.Pair(m))
	}
	return c
}

// login is what the server does for one login, from the question to the redeem.
func (c town) login(n int) error {
	ctx, m, phone := c.Context(), c.members[n%len(c.members)], c.phones[n%len(c.phones)]
	asked, err := c.Approvals.Ask(ctx, c.Shop, ayetest.Question(m))
	if err != nil {
		return err
	}
	if _, err = c.Approvals.View(ctx, c.Shop.ID, asked.ID); err != nil {
		return err
	}
	device, err := c.Devices.Authenticate(ctx, phone.Call("GET", "/v1/device/approvals", nil, nil))
	if err != nil {
		return err
	}
	open, err := c.Approvals.PendingFor(ctx, device)
	if err != nil {
		return err
	}
	claims := phone.DecisionClaims(open[len(open)-1], approval.Approve)
	claims["num"] = asked.Number.Reveal()
	decision := phone.SignDecision(phone.ApprovalKey, claims)
	device, err = c.Devices.Authenticate(ctx, phone.Call("GET", "/v1/approvals/"+asked.ID+"/decision", []byte(decision), nil))
	if err != nil {
		return err
	}
	if _, err = c.Approvals.Decide(ctx, device, asked.ID, decision); err != nil {
		return err
	}
	view, err := c.Approvals.View(ctx, c.Shop.ID, asked.ID)
	if err != nil {
		return err
	}
	_, err = c.Approvals.Redeem(ctx, approval.Redeeming{Application: c.Shop, RequestID: asked.ID, Code: view.ReleaseCode})
	return err
}

// BenchmarkLogin is a whole login without HTTP, with the phone's signatures in it.
func BenchmarkLogin(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			c := newTown(b, 2*callers)
			b.ReportAllocs()
			before := processor(b)
			b.ResetTimer()
			var all sync.WaitGroup
			for i := range callers {
				all.Go(func() {
					for n := i; n < b.N; n += callers {
						if err := c.login(i); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64((processor(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}

// BenchmarkLoginBeside is a login in an organisation with many people, and of a person with
// several phones. What it asks of the database should grow with the phones alone.
func BenchmarkLoginBeside(b *testing.B) {
	for _, c := range []struct{ people, phones int }{{10, 1}, {1000, 1}, {10, 3}, {10, 5}} {
		b.Run(fmt.Sprintf("people=%d/phones=%d", c.people, c.phones), func(b *testing.B) {
			t := newTown(b, c.people)
			for i := range 10 {
				for range c.phones - 1 {
					t.Pair(t.members[i])
				}
			}
			b.ReportAllocs()
			before := t.Store.Statistics()
			b.ResetTimer()
			for n := range b.N {
				if err := t.login(n % 10); err != nil {
					b.Fatal(err)
				}
			}
			after := t.Store.Statistics()
			each := func(total int64) float64 { return float64(total) / float64(b.N) }
			b.ReportMetric(each(after.Reads+after.Writes-before.Reads-before.Writes), "statements/op")
			b.ReportMetric(each(after.Rows-before.Rows), "rows/op")
		})
	}
}

// processor is the time that this process has computed. It says more than the clock on a
// machine that others use too.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
