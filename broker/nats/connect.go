package nats

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2" //nolint:depguard // spreads reconnects; nothing secret is made with it
	"time"

	client "github.com/nats-io/nats.go"
)

const (
	dialTime = 2 * time.Second
	// A server that does not answer is given up after pings of them, at most 15 s.
	pingEvery = 5 * time.Second
	pings     = 2
	// writeTime is how long a connection may take nothing.
	writeTime = 2 * time.Second
	// answerTime is how long the server has to answer what was asked behind new subscriptions.
	answerTime = 5 * time.Second
	// Tries to connect begin a tenth of a second apart and end at two, half of it more or less.
	firstPause   = 100 * time.Millisecond
	longestPause = 2 * time.Second
	// reconnectBuffer holds what is to go out while there is no connection: some 6,000 hints.
	reconnectBuffer = 256 << 10
	// writeBuffer is never reached: the library would write, and forget what it could not write, in a place that tells nobody.
	writeBuffer = 1 << 20
	// closeTime is how long the last hints have to go out.
	closeTime = 2 * time.Second
	// refusedTime is for how long it counts as refused after the server said so.
	refusedTime = time.Minute
)

// connection is how NATS is spoken to, whatever the access.
func (b *Broker) connection(name string) []client.Option {
	return []client.Option{
		client.Name(name), client.NoEcho(), client.Timeout(dialTime),
		client.PingInterval(pingEvery), client.MaxPingsOutstanding(pings),
		client.FlusherTimeout(writeTime), client.ReconnectOnFlusherError(), client.WriteBufferSize(writeBuffer),
		client.RetryOnFailedConnect(true), client.MaxReconnects(-1), client.IgnoreAuthErrorAbort(),
		client.CustomReconnectDelay(pause), client.ReconnectBufSize(reconnectBuffer),
		client.ConnectHandler(func(*client.Conn) { b.isConnected("NATS is connected") }),
		client.ReconnectHandler(func(*client.Conn) { b.reconnects.Add(1); b.isConnected("NATS is connected again") }),
		client.DisconnectErrHandler(func(_ *client.Conn, err error) { b.isGone(err) }),
		client.ReconnectErrHandler(func(_ *client.Conn, err error) {
			b.log.troubled(context.Background(), aboutConnect, "NATS cannot be reached and is tried again; waiting pages hear of what other servers did by the database", err)
		}),
		client.ErrorHandler(func(_ *client.Conn, sub *client.Subscription, err error) { b.isTroubled(sub, err) }),
		client.ClosedHandler(func(*client.Conn) { b.connected.Store(false); b.running.Done() }),
	}
}

// pause is how long to wait before the next try, spread so that nodes do not all come at once.
func pause(tries int) time.Duration {
	longest := min(firstPause<<min(tries-1, 10), longestPause)
	return longest/2 + rand.N(longest) //nolint:gosec // spreads reconnects
}

// Connect begins to speak with NATS, before anybody subscribes. Where NATS cannot be reached, it goes
// on trying and returns nothing amiss: a login must not wait for it.
func (b *Broker) Connect() error {
	b.running.Add(1) // until the library says that it closed
	conn, err := client.Connect(b.url, b.options...)
	if err != nil {
		b.running.Done()
		return fmt.Errorf("NATS: %w", err)
	}
	b.conn = conn
	if conn.IsConnected() {
		b.connected.Store(true) // its own word comes a moment later
	}
	b.mu.Lock()
	b.started = true
	b.mu.Unlock()
	for _, run := range []func(){b.write, b.prove, b.hearAll} {
		b.running.Go(run)
	}
	return nil
}

// Close lets the last hints go out, within the time of ctx, and ends.
func (b *Broker) Close(ctx context.Context) error {
	b.mu.Lock()
	began := b.started && !b.closed
	b.closed = true
	b.mu.Unlock()
	if !began {
		return nil
	}
	close(b.done)
	ended := make(chan struct{})
	go func() { b.running.Wait(); close(ended) }()
	last, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	select {
	case <-b.written:
		if b.connected.Load() {
			b.log.ifFailed(ctx, b.conn.FlushWithContext(last))
		}
	case <-last.Done(): // what was still to go out is lost, as hints may be
	}
	b.conn.Close()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return errors.New("NATS: the connection did not end in time")
	}
}

// Degraded says in words what does not work, for whoever looks at the server's health; nothing where all does.
func (b *Broker) Degraded() string {
	switch {
	case !b.connected.Load():
		return "not connected to NATS; pages that wait hear of other servers within 3 s"
	case time.Since(time.Unix(0, b.refusedAt.Load())) < refusedTime:
		return "NATS refuses " + Subjects + "; pages that wait hear of other servers within 3 s"
	}
	return ""
}

func (b *Broker) isConnected(words string) {
	b.refusedAt.Store(0)
	if !b.connected.Swap(true) || b.reconnects.Load() == 0 {
		b.log.said(words)
	}
}

func (b *Broker) isGone(err error) {
	if b.connected.Swap(false) && !b.isClosed() {
		b.log.troubled(context.Background(), aboutGone, "NATS is gone and is tried again; waiting pages hear of what other servers did by the database", err)
	}
}

// isTroubled takes what the server or the library says of a connection that stands.
func (b *Broker) isTroubled(sub *client.Subscription, err error) {
	switch {
	case errors.Is(err, client.ErrSlowConsumer):
		b.log.troubled(context.Background(), aboutSlow, "hints came faster than this server took them; it looks without them", err)
		if sub != nil {
			b.local.Publish(sub.Subject)
		}
	case errors.Is(err, client.ErrPermissionViolation):
		b.refusedAt.Store(time.Now().UnixNano())
		b.log.troubled(context.Background(), aboutRefused, "NATS refuses hints: allow this user to publish and to subscribe to "+Subjects, err)
	case errors.Is(err, client.ErrAuthorization), errors.Is(err, client.ErrAuthExpired), errors.Is(err, client.ErrAuthRevoked), errors.Is(err, client.ErrAccountAuthExpired):
		b.log.troubled(context.Background(), aboutAccess, "NATS refuses this server's credentials; look at nats.credentials_file and nats.url", err)
	default:
		b.log.troubled(context.Background(), aboutOther, "NATS says that something is wrong", err)
	}
}

// reconnect gives the connection up for a new one, at which everything is subscribed to anew.
func (b *Broker) reconnect(words string, err error) {
	if b.isClosed() {
		return
	}
	b.log.troubled(context.Background(), aboutWrite, words, err)
	b.log.ifFailed(context.Background(), b.conn.ForceReconnect())
}

func (b *Broker) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}
