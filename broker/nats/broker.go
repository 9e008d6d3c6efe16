package nats

import (
	"sync"
	"sync/atomic"
	"time"

	client "github.com/nats-io/nats.go"

	"example.com/aye/broker"
)

const (
	// forceTime is how long a waiter waits for its subscription to be in force at NATS. That takes
	// one round to the server, a fraction of a millisecond; a server that takes longer must not
	// hold people up, because [Broker.Heal] makes up for what is missed.
	forceTime = 100 * time.Millisecond
	// maxHints that are to go out may wait for a connection that does not take them.
	maxHints = 16 << 10
	// maxArrived that came in may wait to be looked at.
	maxArrived = 8 << 10
)

// Broker is a node's way to the others. Make it with [New]. Until [Broker.Connect] it hints at those
// who wait in this process alone, as the command line does.
type Broker struct {
	url     string
	options []client.Option
	log     *journal
	local   *broker.Memory
	// patience is forceTime, and answer answerTime, except in tests.
	patience, answer time.Duration

	conn    *client.Conn
	arrived chan *client.Msg
	// wake and made tell the two goroutines that write that there is something to do.
	wake, made chan struct{}
	// done ends all three goroutines; written is closed when nothing more is written.
	done, written chan struct{}
	running       sync.WaitGroup

	mu      sync.Mutex
	started bool
	closed  bool
	// interests are what somebody waits for here, by subject, and what is still to be given up.
	interests map[string]*interest
	unsettled []string
	unproven  []*interest
	hints     []string

	// round counts the looks at the database, so that a hint can be older or newer than one.
	round atomic.Uint64

	connected                                      atomic.Bool
	here, sent, received, healed, lost, reconnects atomic.Int64
	refusedAt                                      atomic.Int64
}

// interest is a topic that somebody waits for here. All of it is guarded by the broker's lock.
type interest struct {
	waiters int
	// queued says that it stands among the unsettled.
	queued bool
	// heard is the round of the last hint, or of the first waiter.
	heard uint64
	// force is closed, and forgotten, when the server has the subscription.
	force chan struct{}
	// sub is made and ended by the goroutine that writes alone.
	sub *client.Subscription
}

// New checks the settings and what they name. The error says which setting is wrong, and why.
func New(c Config) (*Broker, error) {
	access, err := c.access()
	if err != nil {
		return nil, err
	}
	b := &Broker{
		url: c.URL.Reveal(), log: newJournal(c.Log), local: broker.NewMemory(), patience: forceTime, answer: answerTime,
		arrived: make(chan *client.Msg, maxArrived), wake: make(chan struct{}, 1), made: make(chan struct{}, 1),
		done: make(chan struct{}), written: make(chan struct{}), interests: map[string]*interest{},
	}
	b.options = append(b.connection(c.Name), access...)
	return b, nil
}

// Publish hints at those who wait here at once, and lets NATS tell the others. It never waits.
func (b *Broker) Publish(topic string) {
	subject := subjectOf(topic)
	b.here.Add(1)
	b.mu.Lock()
	b.hear(subject)
	switch {
	case !b.started:
	case b.closed || len(b.hints) >= maxHints:
		b.lost.Add(1)
	default:
		b.hints = append(b.hints, subject)
	}
	b.mu.Unlock()
	signal(b.wake)
	b.local.Publish(subject)
}

// Subscribe calls hint after each change of the topic, until the returned function is called. It
// returns when the server has the subscription, so that a look that follows misses nothing; without
// NATS, or where NATS is slow, it returns all the same.
func (b *Broker) Subscribe(topic string, hint func()) (cancel func()) {
	subject := subjectOf(topic)
	forget := b.local.Subscribe(subject, hint)
	b.mu.Lock()
	if !b.started || b.closed {
		b.mu.Unlock()
		return forget
	}
	i := b.interests[subject]
	if i == nil {
		i = &interest{heard: b.round.Load(), force: make(chan struct{})}
		b.interests[subject] = i
	}
	if i.waiters++; i.waiters == 1 {
		b.unsettle(subject, i)
	}
	force := i.force
	b.mu.Unlock()
	signal(b.wake)
	b.await(force)
	return sync.OnceFunc(func() {
		forget()
		b.mu.Lock()
		if i.waiters--; i.waiters == 0 {
			b.unsettle(subject, i)
		}
		b.mu.Unlock()
		signal(b.wake)
	})
}

// unsettle has the goroutine that writes look whether the server must be told.
func (b *Broker) unsettle(subject string, i *interest) {
	if !i.queued {
		i.queued = true
		b.unsettled = append(b.unsettled, subject)
	}
}

// await lets a waiter look when the server has its subscription.
func (b *Broker) await(force chan struct{}) {
	if force == nil || !b.connected.Load() {
		return
	}
	late := time.NewTimer(b.patience)
	defer late.Stop()
	select {
	case <-force:
	case <-late.C:
	case <-b.done:
	}
}

// hear notes that a topic was heard of.
func (b *Broker) hear(subject string) {
	if i := b.interests[subject]; i != nil {
		i.heard = b.round.Load()
	}
}

// Statistics is what it did since it began.
func (b *Broker) Statistics() broker.Statistics {
	return broker.Statistics{
		Here: b.here.Load(), Sent: b.sent.Load(), Received: b.received.Load(), Healed: b.healed.Load(), Lost: b.lost.Load(),
		Reconnects: b.reconnects.Load(), Connected: b.connected.Load(),
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // told already
	}
}
