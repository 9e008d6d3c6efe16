// Package carry lets many connections go over a few. Where a process may have fewer open files
// than pages are to wait, those for which there are none left are streams (yamux) that share
// TCP connections: on one side a [Carrier] opens them, on the other a [Listener] gives them to
// the server beside its ordinary connections, and the server treats all alike.
//
// It is for measuring alone: no setting of the server turns it on.
package carry
