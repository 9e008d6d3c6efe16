// Package messagebird sends text messages by MessageBird's classic REST API, which the vendor ends
// on 31 December 2026; package bird speaks its successor.
//
// A few calls by hand, because the vendor's Go SDK has had no change since 2022: it knows no
// context, no other host, and a JWT library without repairs. What is spoken follows the API
// reference on developers.messagebird.com and the vendor's SDKs for Go, PHP and Node.js
// (go-rest-api, php-rest-api, messagebird-nodejs on GitHub); where one of them is the only
// source, the place says so.
//
// The classic API knows no idempotency key: a message that may have been taken is never sent again
// from here. It is found later, by a report or in the account's list of messages, by its reference.
//
// Reports are believed by the header MessageBird-Signature-JWT alone. The older MessageBird-Signature is not
// taken: the vendor's SDKs call it no longer supported, it signs neither the address that is called
// nor a name by which a repetition could be known.
package messagebird
