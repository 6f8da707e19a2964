package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// visitor is what is known about the other end of the connection.
type visitor struct {
	address string
	secure  bool
	// unclear: the connection is not https as far as the proxies' headers can be matched,
	// but one of them says https.
	unclear bool
}

// peer says who the visitor is. A header counts only as far as trusted proxies wrote it
// (ASVS 4.1.3; RFC 9700 4.13). Each proxy appends to the lists who sent it the request,
// and how; so both are read from the right, hop by hop, up to the first one that is not a
// trusted proxy: that is the visitor, who may have written everything to the left of it.
//
// If a proxy passes X-Forwarded-Proto on unchanged, the list is shorter, and its first
// value is what the outermost proxy has seen. Forwarded (RFC 7239) is not read: a proxy
// that writes one of the two passes the other on as the visitor sent it.
func (s *Server) peer(r *http.Request) visitor {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return visitor{secure: r.TLS != nil}
	}
	addr := from.Addr().Unmap()
	if r.TLS != nil || !s.trusted(addr) {
		return visitor{address: addr.String(), secure: r.TLS != nil}
	}
	hops, protos := listed(r.Header["X-Forwarded-For"]), listed(r.Header["X-Forwarded-Proto"])
	at := 0 // hops from the right
	for ; at < len(hops); at++ {
		hop, ok := parseHop(hops[len(hops)-1-at])
		if !ok {
			break
		}
		if addr = hop; !s.trusted(addr) {
			break
		}
	}
	if at == len(hops) { // all of them are ours, and so is the one that wrote the first value
		at = len(protos)
	}
	v := visitor{address: addr.String()}
	if len(protos) > 0 {
		v.secure = isHTTPS(protos[max(0, len(protos)-1-at)])
	}
	for _, proto := range protos {
		v.unclear = v.unclear || !v.secure && len(protos) != len(hops) && isHTTPS(proto)
	}
	return v
}

// proxied reports whether a request came from a trusted proxy.
func (s *Server) proxied(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && s.trusted(from.Addr().Unmap())
}

// listed are the values of a list header, in one line or in several. Empty ones are
// ignored (RFC 9110 5.6.1).
func listed(lines []string) []string {
	var values []string
	for value := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		if value = strings.Trim(value, " \t"); value != "" {
			values = append(values, value)
		}
	}
	return values
}

func isHTTPS(proto string) bool { return strings.EqualFold(strings.Trim(proto, `"`), "https") }

// parseHop reads an address of X-Forwarded-For, to which some proxies add the port, or
// brackets and quotes.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.Trim(text, `"`)
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err == nil
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
