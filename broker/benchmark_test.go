package broker_test

import (
	"fmt"
	"strconv"
	"testing"

	"example.com/aye/broker"
)

// BenchmarkPublish is a hint that one waits for, beside so many others who wait for other
// things. The last way is the bare call of the hint.
func BenchmarkPublish(b *testing.B) {
	hints := 0
	hint := func() { hints++ }
	for _, others := range []int{0, 1, 50_000} {
		b.Run(fmt.Sprintf("others=%d/way=aye", others), func(b *testing.B) {
			m := crowded(others)
			defer m.Subscribe("topic", hint)()
			hints = 0
			b.ReportAllocs()
			told := 0
			for b.Loop() {
				m.Publish("topic")
				told++
			}
			if hints != told {
				b.Errorf("%d hints of %d", hints, told)
			}
		})
	}
	b.Run("others=0/way=bare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			hint()
		}
	})
}

// BenchmarkSubscribe is a page that comes and goes.
func BenchmarkSubscribe(b *testing.B) {
	for _, others := range []int{0, 1, 50_000} {
		b.Run(fmt.Sprintf("others=%d", others), func(b *testing.B) {
			m := crowded(others)
			b.ReportAllocs()
			for b.Loop() {
				m.Subscribe("topic", func() {})()
			}
		})
	}
}

// crowded is a broker with so many who wait for other things.
func crowded(others int) *broker.Memory {
	m := broker.NewMemory()
	for i := range others {
		m.Subscribe("other "+strconv.Itoa(i), func() {})
	}
	return m
}

// However many wait for other things, a hint makes one short list.
func TestAllocations(t *testing.T) {
	m := crowded(1000)
	defer m.Subscribe("topic", func() {})()
	if got := testing.AllocsPerRun(200, func() { m.Publish("topic") }); got > 1 {
		t.Errorf("%v allocations for a hint", got)
	}
	if got := testing.AllocsPerRun(200, func() { m.Publish("nobody") }); got > 0 {
		t.Errorf("%v allocations for a hint to nobody", got)
	}
}
