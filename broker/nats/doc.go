// Package nats is the broker of several nodes on one database. What changes on one node hints at
// those who wait there at once, and by NATS at those who wait on others.
//
// A topic is one subject. It is subscribed to at the server only while somebody waits for it on
// this node, and once however many wait, so that a node hears of nothing that nobody there waits
// for. A hint says nothing but its subject.
//
// NATS may be away, slow or lose what it was given: nothing here waits for it for longer than a
// moment, and [Broker.Heal] finds in the database what was not heard of.
package nats
