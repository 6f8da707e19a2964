package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/internal/web/ui"
)

// origin is what a browser says about where a request comes from.
type origin int

const (
	// unknown: the request says nothing, or "null". Then the form token decides alone.
	unknown origin = iota
	// own: a page of this site.
	own
	// foreign: any other page. Everything it sends is refused.
	foreign
)

// originOf judges Sec-Fetch-Site and Origin together (ASVS 3.5.1, 3.5.3). Browsers send
// each once, and they never disagree: a request in which they do is not from a browser.
// A browser sends "null" if it may not tell: it proves nothing, either way.
func originOf(r *http.Request, v *ui.Visit) origin {
	fetch, named := r.Header["Sec-Fetch-Site"], r.Header["Origin"]
	if len(fetch) > 1 || len(named) > 1 {
		return foreign
	}
	from := unknown
	if len(fetch) == 1 {
		if fetch[0] != "same-origin" && fetch[0] != "none" {
			return foreign
		}
		from = own
	}
	switch {
	case len(named) == 0, named[0] == "", named[0] == "null":
		return from
	case sameOrigin(named[0], r, v):
		return own
	}
	return foreign
}

// sameOrigin reports whether an Origin header names the requested site. The scheme
// counts too: anybody may have written a page that came over plain http.
func sameOrigin(named string, r *http.Request, v *ui.Visit) bool {
	u, err := url.Parse(named)
	if err != nil || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	scheme := "http"
	if v.Secure {
		scheme = "https"
	}
	if u.Scheme != scheme || bareHost(u.Host) != hostOf(r) {
		return false
	}
	port := portOf(u.Host, scheme)
	if port == portOf(r.Host, scheme) {
		return true
	}
	ours, err := url.Parse(v.Site.Origin) // a proxy may leave the port out of Host
	return err == nil && port == portOf(ours.Host, ours.Scheme)
}

func portOf(host, scheme string) string {
	if _, port, err := net.SplitHostPort(host); err == nil && port != "" {
		return port
	}
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// hostOf is the request's host without port, in lower case.
func hostOf(r *http.Request) string { return bareHost(r.Host) }

func bareHost(host string) string {
	host = strings.ToLower(host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.TrimSuffix(host, ".")
}

// changes reports whether a request may change something: only those have to prove
// their origin.
func changes(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}
