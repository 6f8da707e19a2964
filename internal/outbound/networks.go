package outbound

import "net/netip"

// inside are the networks that are not the internet, beyond those that netip knows by name
// (IANA's special-purpose registries, RFC 6890 and its successors).
var inside = networks(
	"0.0.0.0/8",       // this network: Linux connects to itself
	"100.64.0.0/10",   // shared by a provider's customers
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"198.18.0.0/15",   // benchmarks between devices
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"100::/64",        // discard
	"2001::/23",       // protocol assignments, Teredo among them
	"2001:db8::/32",   // documentation
	"3fff::/20",       // documentation
	"5f00::/16",       // segment routing
	"fec0::/10",       // site-local, before fc00::/7
	"64:ff9b:1::/48",  // translation inside a network
	"::ffff:0:0:0/96", // translation, RFC 2765
	"::/96",           // an IPv4 address in the last bytes, deprecated long ago
)

// carrying are IPv6 networks with an embedded IPv4 address, and the byte at which it
// begins: that is the address that is reached.
var carrying = []struct {
	network netip.Prefix
	at      int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4
}

func networks(all ...string) (list []netip.Prefix) {
	for _, one := range all {
		list = append(list, netip.MustParsePrefix(one))
	}
	return list
}

// reachable reports whether a connection may be made to an IP address: it is on the
// internet, or in a network that the operator allows.
func (p Policy) reachable(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if contains(p.Allowed, ip) || p.PlainLoopback && ip.IsLoopback() {
		return true
	}
	for _, c := range carrying {
		if c.network.Contains(ip) {
			bytes := ip.As16()
			return p.reachable(netip.AddrFrom4([4]byte(bytes[c.at : c.at+4])))
		}
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !contains(inside, ip)
}

func contains(list []netip.Prefix, ip netip.Addr) bool {
	for _, network := range list {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}
