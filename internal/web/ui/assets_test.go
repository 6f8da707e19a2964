package ui

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
)

func get(t *testing.T, h http.Handler, method, path, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s %s: no nosniff", method, path)
	}
	return w
}

func TestStatic(t *testing.T) {
	types := map[string]string{
		"gatehouse.css": "text/css; charset=utf-8", "demo.css": "text/css; charset=utf-8",
		"gatehouse.js": "text/javascript; charset=utf-8", "inbox.js": "text/javascript; charset=utf-8", "leave.js": "text/javascript; charset=utf-8", "tour.js": "text/javascript; charset=utf-8", "passkeys.js": "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml; charset=utf-8", "inter-latin-wght-normal.woff2": "font/woff2",
		"inter-latin-ext-wght-normal.woff2": "font/woff2", "source-serif-4-latin-wght-normal.woff2": "font/woff2",
	}
	if len(types) != len(assets().byName) {
		t.Errorf("%d static files are served, the test knows %d", len(assets().byName), len(types))
	}
	for name, media := range types {
		path := assetPath(name)
		if !regexp.MustCompile(`^/static/[a-z0-9-]+\.[0-9a-f]{16}\.[a-z0-9]+$`).MatchString(path) {
			t.Errorf("path %s", path)
		}
		w := get(t, Static(), "GET", path, "")
		if w.Code != 200 || w.Header().Get("Content-Type") != media || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", path, w.Header().Get("Cache-Control"))
		}
		if head := get(t, Static(), "HEAD", path, ""); head.Body.Len() != 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("%s: HEAD differs", path)
		}
		checkGzip(t, path, w.Body.Bytes())
	}
}

func checkGzip(t *testing.T, path string, plain []byte) {
	t.Helper()
	w := get(t, Static(), "GET", path, "br, gzip;q=0.8")
	if strings.HasSuffix(path, ".woff2") {
		if w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: a font compressed again", path)
		}
		return
	}
	if w.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("%s: no Vary", path)
	}
	if w.Header().Get("Content-Encoding") == "" {
		return // too small to gain anything
	}
	r, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%s: compressed is not the same: %v", path, err)
	}
}

func TestStaticRefuses(t *testing.T) {
	css := assetPath("gatehouse.css")
	for _, path := range []string{"/static/", "/static/gatehouse.css", "/static/LICENSE-inter.txt", "/static/../pages.go", "/static/lucide.svg", css + "x", strings.ToUpper(css)} {
		if w := get(t, Static(), "GET", path, ""); w.Code != 404 || w.Header().Get("Cache-Control") != "" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		if w := get(t, Static(), method, css, ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP": true, "gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=0.5, br": true,
		"gzip;q=x": false, "identity": false, "xgzip": false,
	} {
		if acceptsGzip(header) != want {
			t.Errorf("%q", header)
		}
	}
}

// TestStylesheetsAreOurs: they load nothing but our fonts, and need no inline data.
func TestStylesheetsAreOurs(t *testing.T) {
	for name, a := range assets().byName {
		if !strings.HasSuffix(name, ".css") {
			continue
		}
		for _, m := range regexp.MustCompile(`url\([^)]*\)|@import[^;]*`).FindAllString(string(a.body), -1) {
			path := strings.Trim(strings.TrimPrefix(m, "url("), `")`)
			if get(t, Static(), "GET", path, "").Code != 200 {
				t.Errorf("%s loads %s", name, m)
			}
		}
		if n := strings.Count(string(a.body), "{") - strings.Count(string(a.body), "}"); n != 0 {
			t.Errorf("%s: braces are not even: %d", name, n)
		}
	}
}

// Nothing is left in a browser's storage, which every script of the site could read (SP 800-63B-4
// 5.1).
func TestScriptsStoreNothing(t *testing.T) {
	scripts := 0
	for name, a := range assets().byName {
		if !strings.HasSuffix(name, ".js") {
			continue
		}
		scripts++
		if found := regexp.MustCompile(`localStorage|sessionStorage|indexedDB|caches\.|document\.cookie|cookieStore`).FindString(string(a.body)); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
	}
	if scripts == 0 {
		t.Error("there are no scripts")
	}
}

func TestSiteAssets(t *testing.T) {
	seen := map[string]string{}
	for id, s := range fixture.Sites() {
		css, cssPath := SiteStyle(s.Look)
		svg, svgPath := SiteIcon(s.Look)
		for path, body := range map[string][]byte{cssPath: css, svgPath: svg} {
			if other := seen[path]; other != "" {
				t.Errorf("%s and %s share %s", id, other, path)
			}
			seen[path] = id
			w := serveSite(t, path, s.Look)
			if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), body) || !strings.Contains(w.Header().Get("Content-Type"), "charset=utf-8") {
				t.Errorf("%s: %d %v", path, w.Code, w.Header())
			}
			other := s.Look
			other.Brand = "#123456"
			if serveSite(t, path, other).Code != 404 {
				t.Errorf("%s: another look answers too", path)
			}
		}
		if !strings.Contains(string(css), "--site-brand: "+s.Look.Brand+";") {
			t.Errorf("%s: %s", id, css)
		}
		checkXML(t, svg)
		if strings.Contains(string(svg), "class=") || strings.Contains(string(svg), "<style") {
			t.Errorf("%s: the icon needs a stylesheet: %s", id, svg)
		}
	}
}

func serveSite(t *testing.T, path string, look site.Look) *httptest.ResponseRecorder {
	t.Helper()
	return get(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ServeSiteAsset(w, r, look) }), "GET", path, "")
}

func checkXML(t *testing.T, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
}

func TestHeadFonts(t *testing.T) {
	for _, name := range site.HeadFonts {
		css, _ := SiteStyle(site.Look{HeadFont: name})
		if !strings.Contains(string(css), "@font-face") || !strings.Contains(string(css), `--site-font-head: "`+name+`"`) {
			t.Errorf("%s: %s", name, css)
		}
	}
	css, _ := SiteStyle(site.Look{})
	if strings.Contains(string(css), "font") {
		t.Errorf("a font that nobody asked for: %s", css)
	}
}

func TestIconOfABrokenMark(t *testing.T) {
	svg, _ := SiteIcon(site.Look{Brand: "#000000", Mark: `<path d="M0 0`})
	checkXML(t, svg)
	if !strings.Contains(string(svg), "<circle") {
		t.Errorf("%s", svg)
	}
}
