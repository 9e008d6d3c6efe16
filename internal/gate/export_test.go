package gate

import "net/netip"

// HostOf is what two addresses of one machine have in common.
func HostOf(address string) netip.Prefix { return hostOf(netip.MustParseAddr(address)) }
