package web

import (
	"maps"
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// setHeaders sets the headers of every answer.
func (s *Server) setHeaders(w http.ResponseWriter, r *http.Request, v *ui.Visit) {
	h := w.Header()
	if isAPI(r) {
		maps.Copy(h, forPrograms)
	} else {
		maps.Copy(h, onEveryAnswer)
	}
	if strings.Contains(r.URL.RawQuery, "token=") { // a token from a mail's link: no referrer for anybody
		h["Referrer-Policy"] = []string{"no-referrer"}
	}
	if v.Secure {
		h["Strict-Transport-Security"] = stayWithHTTPS
	}
}

// forPrograms are those of onEveryAnswer that count where no page is shown: a program reads each
// header that it is sent, and those of a page took longer than the answer. If a browser shows the
// answer after all, its policy lets it load, run and send nothing.
var forPrograms = http.Header{
	"Content-Security-Policy":      {"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
	"X-Content-Type-Options":       onEveryAnswer["X-Content-Type-Options"],
	"X-Frame-Options":              onEveryAnswer["X-Frame-Options"],
	"Cross-Origin-Resource-Policy": onEveryAnswer["Cross-Origin-Resource-Policy"],
	"Cache-Control":                onEveryAnswer["Cache-Control"],
	"Vary":                         onEveryAnswer["Vary"],
}

// onEveryAnswer are headers that are the same for all, unless a handler says otherwise; programs
// get forPrograms. The values are shared: replace them, never modify them.
var onEveryAnswer = http.Header{
	"Content-Security-Policy":      {ui.Policy + cspPolicy},
	"Reporting-Endpoints":          {`csp="` + cspPath + `"`},
	"X-Content-Type-Options":       {"nosniff"},     // ASVS 3.4.4
	"Referrer-Policy":              {"same-origin"}, // ASVS 3.4.5; decision 0021
	"X-Frame-Options":              {"DENY"},        // browsers without frame-ancestors
	"Cross-Origin-Opener-Policy":   {"same-origin"}, // ASVS 3.4.8
	"Cross-Origin-Resource-Policy": {"same-origin"}, // ASVS 3.5.8
	"Permissions-Policy":           {permissions},
	"X-Robots-Tag":                 {"noindex"},
	"Cache-Control":                {"no-store"}, // ASVS 14.3.2; files that never change say otherwise
	"Vary":                         {"Cookie, Accept-Language, Sec-Fetch-Site"},
}

var stayWithHTTPS = []string{"max-age=63072000; includeSubDomains"} // ASVS 3.4.1

const permissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), " +
	"geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), " +
	"publickey-credentials-create=(self), publickey-credentials-get=(self)"

// plain adapts a handler of the standard library.
func plain(h http.Handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}

// robots asks search engines to stay away; the pages say so too (X-Robots-Tag).
func robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /\n"))
	return err
}

// securityText says whom to tell about a vulnerability (RFC 9116), if the site's settings
// do.
func (s *Server) securityText(w http.ResponseWriter, r *http.Request) error {
	text, there := ui.VisitOf(r).Site.SecurityText(s.Now())
	if !there {
		return gatehouse.ErrNotFound
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(text))
	return err
}

// siteAsset serves the stylesheet and the icon generated from a site's look.
func siteAsset(w http.ResponseWriter, r *http.Request) error {
	ui.ServeSiteAsset(w, r, ui.VisitOf(r).Site.Look)
	return nil
}

// platformLogo serves the logo of an application. Its address has the hash of its content,
// so it may be cached forever.
func (s *Server) platformLogo(w http.ResponseWriter, r *http.Request) error {
	hash, png := strings.CutSuffix(r.PathValue("file"), ".png")
	if !png {
		return gatehouse.ErrNotFound
	}
	body, err := s.SSO.Logo(r.Context(), ui.VisitOf(r).Site, hash)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Del("Vary")
	_, err = w.Write(body)
	return err
}
