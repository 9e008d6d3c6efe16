// Package wire notices connections that have died without a word.
//
// A push service is spoken to over one long connection. When a route or a firewall's
// memory of it is lost, nothing arrives any more, not even an error, and every push would
// wait for its deadline until HTTP/2's own PING gives up, which takes much longer than a
// login may take. But a push that was not answered while not a single byte arrived on its
// connection tells enough: that connection is closed, and the next push makes a new one.
//
// A vendor of text messages is called over a connection for each call: see [Once].
package wire
