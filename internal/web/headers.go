package web

import (
	"net/http"
	"net/netip"
	"strings"

	"gatehouse/internal/web/ui"
)

// setHeaders sets what every answer carries, whatever it is.
func (s *Server) setHeaders(w http.ResponseWriter, r *http.Request, v *ui.Visit) {
	h := w.Header()
	h["Content-Security-Policy"] = []string{ui.Policy}
	h["X-Content-Type-Options"] = []string{"nosniff"}           // ASVS 3.4.4
	h["Referrer-Policy"] = []string{"same-origin"}              // ASVS 3.4.5; decision 0021
	h["X-Frame-Options"] = []string{"DENY"}                     // browsers without frame-ancestors
	h["Cross-Origin-Opener-Policy"] = []string{"same-origin"}   // ASVS 3.4.8
	h["Cross-Origin-Resource-Policy"] = []string{"same-origin"} // ASVS 3.5.8
	h["Permissions-Policy"] = []string{permissions}
	h["X-Robots-Tag"] = []string{"noindex"}
	h["Vary"] = []string{"Cookie, Accept-Language, Sec-Fetch-Site"}
	if strings.Contains(r.URL.RawQuery, "token=") { // of a link in a mail: it is told to nobody
		h["Referrer-Policy"] = []string{"no-referrer"}
	}
	if v.Secure {
		h["Strict-Transport-Security"] = []string{"max-age=63072000; includeSubDomains"} // ASVS 3.4.1
	}
}

const permissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), " +
	"geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), " +
	"publickey-credentials-create=(self), publickey-credentials-get=(self)"

// peer is the visitor's address, and whether the connection is https. Headers about
// either count only from a trusted proxy (ASVS 4.1.3; RFC 9700 4.13), and are read
// from the right: what is left of the first address that is no proxy's, the
// visitor may have written.
func (s *Server) peer(r *http.Request) (address string, secure bool) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "", r.TLS != nil
	}
	addr := from.Addr().Unmap()
	if r.TLS != nil || !s.trusted(addr) {
		return addr.String(), r.TLS != nil
	}
	secure = lastOf(r.Header["X-Forwarded-Proto"]) == "https"
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		addr = hop.Unmap()
		if !s.trusted(addr) {
			break
		}
	}
	return addr.String(), secure
}

// parseHop reads an address of X-Forwarded-For, to which some proxies add the port.
func parseHop(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return a, true
	}
	a, err := netip.ParseAddrPort(text)
	return a.Addr(), err == nil
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// lastOf is the last value of a header that may stand in several lines.
func lastOf(lines []string) string {
	all := strings.Split(strings.Join(lines, ","), ",")
	return strings.ToLower(strings.TrimSpace(all[len(all)-1]))
}

// plain makes a handler of one of the standard library's kind.
func plain(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// robots asks search engines to stay away; the pages say it too (X-Robots-Tag).
func robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /\n"))
	return err
}

// siteAsset answers the stylesheet and the icon that a site's look makes.
func siteAsset(w http.ResponseWriter, r *http.Request) error {
	ui.ServeSiteAsset(w, r, ui.VisitOf(r).Site.Look)
	return nil
}
