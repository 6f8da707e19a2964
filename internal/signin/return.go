package signin

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"
)

// SafeReturn returns the path (with query) that a sign-in may return to: a page of this site, else
// "/". Other hosts, //evil, backslashes, schemes and what browsers drop from addresses (tabs, line
// ends) are refused (ASVS 3.7.2).
func SafeReturn(to string) string {
	const home = "/"
	if !strings.HasPrefix(to, "/") || len(to) > 2000 || !utf8.ValidString(to) || strings.ContainsFunc(to, unsafeInPath) {
		return home
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		strings.HasPrefix(u.Path, "//") || strings.ContainsFunc(u.Path, unsafeInPath) {
		return home
	}
	// Signing in must not lead straight to signing out, nor back to itself.
	if u.Path == "/sign-out" || u.Path == "/sign-in" || strings.HasPrefix(u.Path, "/sign-in/") {
		return home
	}
	back := url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	return back.String()
}

// unsafeInPath reports whether browsers drop a character or treat it as a slash.
func unsafeInPath(r rune) bool { return r == '\\' || r <= ' ' || r == 0x7f }

// IPBlock returns what limits count by: an IPv4 address, or the /64 of an IPv6 one, which is what
// one subscriber has.
func IPBlock(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	if a.Is4() {
		return a.String()
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
