// Package alerts tells an organisation's own systems, at once, of what somebody should look at: a signed webhook in
// the form of Standard Webhooks, tried again for a day, beside the mail that its administrators get.
//
// What can never happen: an alert has a secret, a code, an address of a person or the name of another
// organisation in it; an alert holds up, or undoes, what it tells of.
package alerts
