package store

import "syscall"

// tcpUserTimeout is TCP_USER_TIMEOUT of Linux: how long what was sent may stay unacknowledged, in milliseconds. Without it
// a host that went away is given up after a quarter of an hour.
const tcpUserTimeout = 18

// mindful sets it on a connection that is made.
func mindful(network, _ string, raw syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var failure error
	err := raw.Control(func(fd uintptr) {
		failure = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(peerLimit.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failure
}
