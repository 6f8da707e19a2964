package gatehouse

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// RedirectURIGood reports whether an application may register a redirect address: a full https
// address; for a native application also a loopback address, by number, or a private scheme that
// is a reversed domain name (RFC 9700 2.1, RFC 8252 7.1 and 7.3, OAuth 2.1 2.3.1). A site on
// loopback, which means a demo or a test, has platforms on loopback too: names under .localhost
// lead nowhere else. No fragment, no user, no wildcard, and nothing that two parsers could read
// differently.
func RedirectURIGood(uri string, native bool) bool {
	u, err := url.Parse(uri)
	if err != nil || !plainURI(uri) || u.User != nil || strings.ContainsAny(uri, "#*@") || dotted(u) {
		return false
	}
	switch u.Scheme {
	case "https":
		return u.Hostname() != "" && u.Opaque == ""
	case "http":
		return native && loopback(u) || localhost(u)
	}
	return native && strings.Contains(u.Scheme, ".") && u.Host == "" && (u.Opaque == "" && u.Path != "" || u.Opaque != "")
}

// resourceGood: the address of a server, as an application names it (RFC 8707 2). It is only
// compared, never fetched.
func resourceGood(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && u.IsAbs() && plainURI(uri) && len(uri) <= 500 && !strings.Contains(uri, "#")
}

// RedirectURIMatches reports whether a request's redirect address is registered for the
// application, by exact string comparison (RFC 9700 4.1.3). Only the port of a native
// application's loopback address may vary.
func RedirectURIMatches(a Application, uri string) bool {
	return uriMatches(a, a.Settings.RedirectURIs, uri)
}

// PostLogoutURIMatches is RedirectURIMatches for the address after signing out.
func PostLogoutURIMatches(a Application, uri string) bool {
	return uriMatches(a, a.Settings.PostLogoutRedirectURIs, uri)
}

// frontchannelGood reports whether the front-channel logout address has one of the origins that
// the application has registered (OpenID Connect Front-Channel Logout 1.0, 2): we frame nobody
// else's page.
func frontchannelGood(s ApplicationSettings) bool {
	return RedirectURIGood(s.FrontchannelLogoutURI, false) && slices.ContainsFunc(s.RedirectURIs, func(uri string) bool {
		return Origin(uri) == Origin(s.FrontchannelLogoutURI)
	})
}

// Origin returns the scheme, host and port of an address (RFC 6454); empty if it has no host.
func Origin(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func uriMatches(a Application, registered []string, uri string) bool {
	if slices.Contains(registered, uri) {
		return true
	}
	if !a.Settings.Native || !plainURI(uri) {
		return false
	}
	rest, ok := withoutPort(uri)
	return ok && slices.ContainsFunc(registered, func(registered string) bool {
		same, ok := withoutPort(registered)
		return ok && same == rest
	})
}

// withoutPort returns a loopback address without its port. It cuts the port out of the text, so
// everything else is still compared character by character.
func withoutPort(uri string) (string, bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.User != nil || strings.Contains(uri, "#") || !loopback(u) {
		return "", false
	}
	rest, ok := strings.CutPrefix(uri, "http://"+u.Host)
	if !ok || strings.HasSuffix(u.Host, ":") {
		return "", false
	}
	host := u.Host
	if port := u.Port(); port != "" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return "http://" + host + rest, true
}

// loopback reports whether the host is this machine by number: names can be made to resolve
// elsewhere (RFC 8252 8.3).
func loopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && (ip == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || ip == netip.IPv6Loopback()) && ip.Zone() == ""
}

// localhost reports whether the host is a name that browsers only resolve to this machine (RFC
// 6761 6.3).
func localhost(u *url.URL) bool {
	return u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost")
}

// dotted reports whether a path has segments that browsers remove.
func dotted(u *url.URL) bool {
	for part := range strings.SplitSeq(strings.ToLower(u.EscapedPath()), "/") {
		if plain := strings.ReplaceAll(part, "%2e", "."); plain == "." || plain == ".." {
			return true
		}
	}
	return false
}

// plainURI: printable ASCII, without what browsers and servers parse differently.
func plainURI(uri string) bool {
	return uri != "" && len(uri) <= 2000 && strings.IndexFunc(uri, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`\"<>^`+"`{|}", c)
	}) < 0
}
