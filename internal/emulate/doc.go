// Package emulate plays Apple's and Google's push services, and MessageBird and Bird, which
// send text messages: it behaves as they document over real TLS, errors included, so that tests
// and a laptop without internet run the very senders of production. The only differences
// are settings: another host, other credentials, another root certificate.
//
// A stand-in does on demand whatever the real one does on a bad day; see [Behaviour].
// What a phone would receive is kept in an inbox per address. A control listener offers
// the same to those who write an app in another language:
//
//	GET  /inbox/{address}   Server-Sent Events, one per push, from the first or after Last-Event-ID
//	GET  /deliveries        one JSON line for each push to any address, from now on
//	POST /script            {"address": "…", "behaviours": [{"reason": "Unregistered", "times": 1}]}
//
// Those of text messages have, beside scripts by number, a page with the texts, and
//
//	GET /texts              one JSON line for each text, from the first and on
//
// They keep their own count of what was sent and what it cost, against which a test can hold
// Aye's; see [MessageBird] and [Bird]. Their reports are signed and repeated as documented, can be
// held back, and made up by hand; see [Report].
//
// A [Mailbox] plays the mail server, and shows what it took on a page.
//
// Nothing here is a defence: a stand-in belongs on a loopback address.
package emulate
