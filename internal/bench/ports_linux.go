package bench

import (
	"errors"
	"syscall"
)

// bindAddressNoPort is IP_BIND_ADDRESS_NO_PORT.
const bindAddressNoPort = 24

// portLate has the port of a connection found when it is known where that goes: then the port
// must be free for that alone, and is found sooner where many are in use.
func portLate(_, _ string, raw syscall.RawConn) error {
	var err error
	refused := raw.Control(func(file uintptr) {
		err = syscall.SetsockoptInt(int(file), syscall.IPPROTO_IP, bindAddressNoPort, 1)
	})
	return errors.Join(refused, err)
}
