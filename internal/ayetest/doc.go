// Package ayetest is a small world to tell stories in: the real rooms over a real database,
// wired as the server wires them, with a clock that is moved by hand and with fakes at the
// very edge alone: what would go to Apple, Google and the mail server is written down. The
// phones have keys of their own and sign what phones sign, without the server's code.
package ayetest
