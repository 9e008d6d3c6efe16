// Package demo plays the two callers of Aye, to try the whole without a real shop or a
// real phone: a [NewShop] with a login page and a server of its own, and a [NewPhonePage],
// a phone in the browser. Both use the public API alone and share no code with the server,
// so each is an example to copy from.
package demo
