package porttest_test

import (
	"net"
	"testing"

	"example.com/aye/internal/porttest"
)

// Each address is another one, can be listened on, and is none that is given to whoever asks for any.
func TestFree(t *testing.T) {
	t.Parallel()
	addresses, err := porttest.Free(20)
	if err != nil || len(addresses) != 20 {
		t.Fatalf("%q %v", addresses, err)
	}
	seen := map[string]bool{}
	for _, address := range addresses {
		l, err := net.Listen("tcp", address)
		if err != nil || seen[address] {
			t.Fatalf("%s: %v", address, err)
		}
		defer l.Close()
		seen[address] = true
		if at, ok := l.Addr().(*net.TCPAddr); !ok || at.Port < 15_000 || at.Port >= 32_000 {
			t.Error(address)
		}
	}
}
