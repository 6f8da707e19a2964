package web

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var behindTwo = &Server{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}

// from is what the server makes of a request that a peer sends with these lines.
func from(peer string, hops, protos []string) visitor {
	return behindTwo.peer(&http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": hops, "X-Forwarded-Proto": protos}})
}

func TestProxyHeadersAreReadByOneRule(t *testing.T) {
	const proxy = "10.0.0.2:4000"
	for _, c := range []struct {
		name         string
		peer         string
		hops, protos []string
		want         visitor
	}{
		{"two proxies", proxy, []string{"203.0.113.9, 10.0.0.1"}, []string{"https, http"}, visitor{"203.0.113.9", true, false}},
		{"in two lines", proxy, []string{"203.0.113.9", "10.0.0.1"}, []string{"https", "http"}, visitor{"203.0.113.9", true, false}},
		{"oddly spaced", proxy, []string{" ,203.0.113.9\t,, 10.0.0.1 ,"}, []string{"HTTPS ,\t http,,"}, visitor{"203.0.113.9", true, false}},
		{"one passes the scheme on", proxy, []string{"203.0.113.9, 10.0.0.1"}, []string{"https"}, visitor{"203.0.113.9", true, false}},
		{"no addresses at all", proxy, nil, []string{"https, http"}, visitor{"10.0.0.2", true, false}},
		{"plain in front", proxy, []string{"203.0.113.9, 10.0.0.1"}, []string{"http, https"}, visitor{"203.0.113.9", false, false}},
		{"the visitor wrote both", proxy, []string{"198.51.100.1, 203.0.113.9"}, []string{"https, http"}, visitor{"203.0.113.9", false, false}},
		{"the visitor wrote a scheme", proxy, []string{"203.0.113.9"}, []string{"https, http"}, visitor{"203.0.113.9", false, true}},
		{"the visitor wrote an address of ours", proxy, []string{"10.0.0.1, 203.0.113.9"}, []string{"https, http"}, visitor{"203.0.113.9", false, false}},
		{"ports", proxy, []string{"203.0.113.9:5050, 10.0.0.1:80"}, []string{"https, http"}, visitor{"203.0.113.9", true, false}},
		{"IPv6", proxy, []string{"[2001:db8::9]:5050, [fd00::1], fd00::2"}, []string{"https, http, http"}, visitor{"2001:db8::9", true, false}},
		{"quotes", proxy, []string{`"[2001:db8::9]:5050"`}, []string{`"https"`}, visitor{"2001:db8::9", true, false}},
		{"IPv4 in IPv6", "[::ffff:10.0.0.2]:1", []string{"::ffff:203.0.113.9"}, []string{"https"}, visitor{"203.0.113.9", true, false}},
		{"garbage ends it", proxy, []string{"203.0.113.9, unknown, 10.0.0.1"}, []string{"http, https, http"}, visitor{"10.0.0.1", true, false}},
		{"all ours", proxy, []string{"10.9.9.9, 10.0.0.1"}, []string{"https, http"}, visitor{"10.9.9.9", true, false}},
		{"a stranger", "203.0.113.9:1", []string{"10.0.0.1"}, []string{"https"}, visitor{"203.0.113.9", false, false}},
		{"nothing", proxy, nil, nil, visitor{"10.0.0.2", false, false}},
		{"no address", "@", nil, nil, visitor{"", false, false}},
	} {
		if got := from(c.peer, c.hops, c.protos); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// Any chain of our proxies with any visitor, who writes anything into both headers: the address
// and the scheme are those of the visitor's own connection. And a visitor who uses https
// already is never redirected there, no matter which proxies leave a list alone.
func TestNoVisitorChangesWhatProxiesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.SampledFrom([]string{"203.0.113.9", "2001:db8::9"}).Draw(t, "visitor")
		scheme := rapid.SampledFrom([]string{"http", "https"}).Draw(t, "scheme")
		junk := rapid.SliceOfN(rapid.SampledFrom([]string{"10.0.0.1", "198.51.100.1", "https", "http", "", "unknown", "[", ":", "\"", "_x", "%"}), 0, 4)
		hops, protos := junk.Draw(t, "hops"), junk.Draw(t, "protos")
		wrote := len(listed(hops))+len(listed(protos)) > 0
		proxies := rapid.IntRange(1, 4).Draw(t, "proxies")
		write := rapid.SampledFrom([]string{"%s", "%s:443", "\"%s\""})
		previous, how, sloppy := address, scheme, false
		for i := range proxies {
			hop := previous
			if strings.Contains(hop, ":") {
				hop = "[" + hop + "]"
			}
			hops = append(hops, fmt.Sprintf(write.Draw(t, "form"), hop))
			if i > 0 && rapid.Bool().Draw(t, "passes the scheme on") {
				sloppy = true
			} else {
				protos = append(protos, how)
			}
			previous, how = fmt.Sprintf("10.0.0.%d", i+1), rapid.SampledFrom([]string{"http", "https"}).Draw(t, "inside")
		}
		if rapid.Bool().Draw(t, "lines") {
			hops, protos = []string{strings.Join(hops, ",")}, []string{strings.Join(protos, " , ")}
		}
		got := from(previous+":4000", hops, protos)
		if got.address != address {
			t.Fatalf("%q: the address is %s", hops, got.address)
		}
		if !sloppy && got.secure != (scheme == "https") {
			t.Fatalf("%q %q: secure is %v", hops, protos, got.secure)
		}
		if !wrote && scheme == "https" && !got.secure && !got.unclear {
			t.Fatalf("%q %q: a visitor at https is sent there", hops, protos)
		}
	})
}
