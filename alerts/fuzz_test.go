package alerts

import (
	"net/netip"
	"strings"
	"testing"
)

// FuzzAddress: a webhook goes to the web of the world, by https, unless the operator allows this network.
func FuzzAddress(f *testing.F) {
	f.Fuzz(func(t *testing.T, address string) {
		u, err := (&Service{}).parseURL(address)
		if _, looser := (&Service{Private: true}).parseURL(address); err == nil && looser != nil {
			t.Errorf("%q is taken, and not where more is", address)
		}
		if err != nil {
			return
		}
		host := u.Hostname()
		if u.Scheme != "https" || u.User != nil || len(address) > maximumURL || host == "" || strings.EqualFold(host, "localhost") {
			t.Errorf("%q is called", address)
		}
		if ip, err := netip.ParseAddr(host); err == nil && (ip.Unmap().IsLoopback() || ip.Unmap().IsPrivate() || ip.Unmap().IsLinkLocalUnicast()) {
			t.Errorf("%q is in this house", address)
		}
	})
}
