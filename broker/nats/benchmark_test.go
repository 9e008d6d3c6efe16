package nats_test

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"example.com/aye/broker/brokertest"
	"example.com/aye/broker/nats"
	"example.com/aye/broker/nats/natstest"
)

// BenchmarkPublish is a hint that is heard on the same node and sent to the others.
func BenchmarkPublish(b *testing.B) {
	server := natstest.Start(b, nil)
	n, _ := node(b, on(server.URL()), nil)
	hints := 0
	defer n.Subscribe("topic", func() { hints++ })()
	b.ReportAllocs()
	for b.Loop() {
		n.Publish("topic")
	}
}

// BenchmarkHop is a hint from one node to another.
func BenchmarkHop(b *testing.B) {
	server := natstest.Start(b, nil)
	near, _ := node(b, on(server.URL()), nil)
	far, _ := node(b, on(server.URL()), nil)
	heard := make(chan struct{})
	defer far.Subscribe("topic", func() { heard <- struct{}{} })()
	for b.Loop() {
		near.Publish("topic")
		<-heard
	}
}

// BenchmarkSubscribe is pages that come, so many at one time, beside so many that wait; each is in force at the server.
func BenchmarkSubscribe(b *testing.B) {
	for _, others := range []int{0, 50_000} {
		for _, atOnce := range []int{1, 32} {
			b.Run(fmt.Sprintf("others=%d/at_once=%d", others, atOnce), func(b *testing.B) {
				server := natstest.Start(b, nil)
				n, _ := node(b, on(server.URL()), nil)
				crowd(n, others)
				b.ReportAllocs()
				b.SetParallelism(atOnce / runtime.GOMAXPROCS(0))
				var next sync.Mutex
				at := 0
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						next.Lock()
						at++
						topic := "mine " + strconv.Itoa(at)
						next.Unlock()
						n.Subscribe(topic, func() {})()
					}
				})
			})
		}
	}
}

// crowd is so many who wait, each for a topic of their own, and go together.
func crowd(n *nats.Broker, others int) (leave func()) {
	cancels := make([]func(), others)
	var coming sync.WaitGroup
	const atOnce = 64
	for w := range atOnce {
		coming.Go(func() {
			for i := w; i < others; i += atOnce {
				cancels[i] = n.Subscribe("other "+strconv.Itoa(i), func() {})
			}
		})
	}
	coming.Wait()
	return func() {
		for _, cancel := range cancels {
			cancel()
		}
	}
}

// TestManyTopicsAreCheap: fifty thousand pages that wait take little memory on the node, and no goroutine each; when they have
// gone, nothing of them is left.
func TestManyTopicsAreCheap(t *testing.T) {
	server := natstest.Start(t, nil)
	n, _ := node(t, on(server.URL()), nil)
	brokertest.Settle(t, n, n)
	const topics, most = 50_000, 2500
	goroutines, before, at := runtime.NumGoroutine(), heap(), server.Subscriptions()
	leave := crowd(n, topics)
	each := (int64(heap()) - int64(before)) / topics
	t.Logf("%d bytes for each topic, the test server's part of it included", each)
	if each > most {
		t.Errorf("%d bytes for each topic", each)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 50 {
		t.Errorf("%d goroutines for %d topics", more, topics)
	}
	eventually(t, "all are subscribed", func() bool { return server.Subscriptions()-at == topics })
	leave()
	eventually(t, "all are gone", func() bool { return n.Interests() == 0 && server.Subscriptions() == at })
}

func heap() uint64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
