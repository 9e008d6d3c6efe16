// Package broker tells every waiter that something changed. It only hints, and a hint may
// be lost: the database is the truth. So a waiter subscribes, then reads the state, then
// waits for a hint to read it again. There may be more hints than changes.
package broker

// Broker is what each kind of broker does; package brokertest holds them to it.
type Broker interface {
	// Publish hints at everybody who is subscribed to the topic, here and on other nodes. It never waits.
	Publish(topic string)
	// Subscribe calls hint after each change of the topic, until the returned function is
	// called. hint must return at once: start a goroutine, or use [Signal].
	Subscribe(topic string, hint func()) (cancel func())
	// Statistics is what it did since it began.
	Statistics() Statistics
}

// Statistics is what a broker did. The counts never sink.
type Statistics struct {
	// Here counts what was published on this node; Sent, what of it went out to other nodes; Received, what came from them.
	Here, Sent, Received int64
	// Healed counts changes that this node heard of by the database alone. Lost counts hints that did not go out.
	Healed, Lost int64
	// Reconnects counts how often a connection to other nodes was made anew.
	Reconnects int64
	// Connected tells whether other nodes are heard. It is so where there are none.
	Connected bool
}
