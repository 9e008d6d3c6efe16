package notify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/aye/notify"
)

// prompt answers every attempt at once.
type prompt struct{}

func (prompt) Send(context.Context, notify.Target, notify.Message) notify.Outcome { return accepted }

func (prompt) Check(context.Context) error { return nil }

// BenchmarkRouter is a push from Enqueue to its report, with so many under way at one time and
// a vendor who answers at once. The bare way is a goroutine that tells the same.
func BenchmarkRouter(b *testing.B) {
	for _, underWay := range []int{1, 64} {
		b.Run(fmt.Sprintf("pushes=%d/way=aye", underWay), func(b *testing.B) {
			told := make(chan notify.Report, underWay)
			router := prompted(told)
			deliver(b, underWay, told, router.Enqueue)
			if err := router.Close(context.Background()); err != nil {
				b.Error(err)
			}
		})
		b.Run(fmt.Sprintf("pushes=%d/way=bare", underWay), func(b *testing.B) {
			told := make(chan notify.Report, underWay)
			deliver(b, underWay, told, func(p notify.Push) error {
				go func() { told <- notify.Report{Push: p, Outcome: accepted, Attempts: 1} }()
				return nil
			})
		})
	}
}

// prompted is a router whose reports go to told.
func prompted(told chan<- notify.Report) *notify.Router {
	return notify.NewRouter(notify.Options{
		Senders: map[notify.Route]notify.Sender{google: prompt{}},
		Report:  func(_ context.Context, report notify.Report) { told <- report },
	})
}

// deliver keeps so many pushes under way.
func deliver(b *testing.B, underWay int, told <-chan notify.Report, enqueue func(notify.Push) error) {
	b.Helper()
	p := push(google, "phone", time.Hour)
	b.ReportAllocs()
	b.ResetTimer()
	for begun, ended := 0, 0; ended < b.N; ended++ {
		for ; begun < b.N && begun-ended < underWay; begun++ {
			if err := enqueue(p); err != nil {
				b.Fatal(err)
			}
		}
		if report := <-told; report.Outcome.Class != notify.Accepted {
			b.Fatalf("%+v", report)
		}
	}
	b.StopTimer()
}

// Nobody waits for a push, but each login has one, and one more for each other phone.
func TestAllocations(t *testing.T) {
	told := make(chan notify.Report, 1)
	router := prompted(told)
	p := push(google, "phone", time.Hour)
	const most = 21
	got := testing.AllocsPerRun(200, func() {
		if err := router.Enqueue(p); err != nil {
			t.Fatal(err)
		}
		<-told
	})
	if got > most {
		t.Errorf("%v allocations, %v at most", got, most)
	}
	closeRouter(t, router)
}
