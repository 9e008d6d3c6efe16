package nats

import (
	"context"
	"errors"

	client "github.com/nats-io/nats.go"
)

// write tells the server what is to be told, until the end. Only this goroutine does, and nobody waits for it: a
// connection that takes nothing holds whoever writes to it.
func (b *Broker) write() {
	defer close(b.written)
	for {
		select {
		case <-b.wake:
			b.writeAll()
		case <-b.done:
			b.writeAll()
			return
		}
	}
}

func (b *Broker) writeAll() {
	b.mu.Lock()
	subjects, hints := b.unsettled, b.hints
	b.unsettled, b.hints = nil, nil
	b.mu.Unlock()
	for _, subject := range subjects {
		b.settle(subject)
	}
	for _, subject := range hints {
		b.say(subject)
	}
	b.mu.Lock()
	unproven := len(b.unproven) > 0
	b.mu.Unlock()
	if unproven {
		signal(b.made)
	}
}

// settle subscribes where somebody waits, and unsubscribes where nobody does any more.
func (b *Broker) settle(subject string) {
	b.mu.Lock()
	i := b.interests[subject]
	i.queued = false
	wanted, sub := i.waiters > 0, i.sub
	if !wanted {
		delete(b.interests, subject)
	}
	b.mu.Unlock()
	switch {
	case wanted && sub == nil:
		made, err := b.conn.ChanSubscribe(subject, b.arrived)
		if err != nil {
			b.log.troubled(context.Background(), aboutWrite, "a hint is not waited for at NATS; the database is asked each second instead", err)
		}
		b.mu.Lock()
		i.sub = made
		b.unproven = append(b.unproven, i)
		b.mu.Unlock()
	case !wanted && sub != nil:
		if err := sub.Unsubscribe(); err != nil && !errors.Is(err, client.ErrConnectionClosed) {
			b.log.troubled(context.Background(), aboutWrite, "NATS was not told that nobody waits any more", err)
		}
	}
}

func (b *Broker) say(subject string) {
	switch err := b.conn.Publish(subject, nil); {
	case err == nil:
		b.sent.Add(1)
	case errors.Is(err, client.ErrReconnectBufExceeded), errors.Is(err, client.ErrConnectionClosed):
		b.lost.Add(1)
	default:
		// What was buffered is gone too, subscriptions with it: a new connection makes them all anew.
		b.lost.Add(1)
		b.reconnect("hints did not go out; NATS is connected anew", err)
	}
}

// prove asks the server for an answer behind the subscriptions that were made, and lets those who
// wait for them go on. What comes meanwhile shares the next answer.
func (b *Broker) prove() {
	for {
		select {
		case <-b.made:
		case <-b.done:
			return
		}
		b.mu.Lock()
		made := b.unproven
		b.unproven = nil
		b.mu.Unlock()
		if b.connected.Load() {
			if err := b.conn.FlushTimeout(b.answer); errors.Is(err, client.ErrTimeout) && b.connected.Load() {
				b.reconnect("NATS does not answer and is connected anew", err)
			}
		}
		b.mu.Lock()
		for _, i := range made {
			if i.force != nil {
				close(i.force)
				i.force = nil
			}
		}
		b.mu.Unlock()
	}
}

// hearAll passes on what comes from other nodes, until the end.
func (b *Broker) hearAll() {
	for {
		select {
		case message := <-b.arrived:
			b.received.Add(1)
			b.mu.Lock()
			b.hear(message.Subject)
			b.mu.Unlock()
			b.local.Publish(message.Subject)
		case <-b.done:
			return
		}
	}
}
