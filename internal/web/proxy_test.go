package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"gatehouse/internal/assembly"
	"gatehouse/internal/testkit"
)

// behindProxy starts a server that accepts https from a proxy on loopback and nothing
// else.
func behindProxy(t *testing.T, trusted string) *testkit.Server {
	return testkit.NewServer(t, testkit.SQLiteURL(t), testkit.With(func(o *assembly.Options) {
		o.PlainLoopback = false
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(trusted)}
	}))
}

func ask(t *testing.T, addr, method, path string, headers ...string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: uk.localhost\r\nConnection: close\r\n%s\r\n", method, path, strings.Join(append(headers, ""), "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestATrustedProxySpeaksForVisitors(t *testing.T) {
	s := behindProxy(t, "127.0.0.0/8")
	res := ask(t, s.Addr, "GET", "/sign-in", "X-Forwarded-Proto: https", "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 127.0.0.1")
	if res.StatusCode != 200 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("over https: %d, HSTS %q", res.StatusCode, res.Header.Get("Strict-Transport-Security"))
	}
	cookie := res.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-gatehouse-signin=", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %q", cookie, want)
		}
	}
	if strings.Contains(cookie, "Domain=") || strings.Contains(cookie, "Max-Age") {
		t.Errorf("cookie %q", cookie)
	}
	testkit.Eventually(t, "the visitor’s IP address in the log", func() bool { return strings.Contains(s.Log.String(), `"ip_address":"203.0.113.9"`) })
	if strings.Contains(s.Log.String(), "198.51.100.1") {
		t.Error("an address that the visitor wrote was believed")
	}
}

func TestPlainHTTPIsSentToHTTPS(t *testing.T) {
	s := behindProxy(t, "127.0.0.0/8")
	res := ask(t, s.Addr, "GET", "/sign-in?return_to=%2Fx")
	origin := s.Sites.ByID("meridian-uk").Origin
	if res.StatusCode != 301 || res.Header.Get("Location") != origin+"/sign-in?return_to=%2Fx" {
		t.Errorf("a page: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	for _, c := range [][2]string{{"POST", "/sign-in"}, {"GET", "/api/v1/session"}} {
		if res := ask(t, s.Addr, c[0], c[1], "Content-Length: 0"); res.StatusCode != 403 || res.Header.Get("Location") != "" {
			t.Errorf("%s %s: %d to %q; programs and forms are refused", c[0], c[1], res.StatusCode, res.Header.Get("Location"))
		}
	}
}

func TestAStrangersProxyHeadersCountForNothing(t *testing.T) {
	t.Run("RFC 9700 4.13: headers of a proxy that nobody trusts", func(t *testing.T) {
		s := behindProxy(t, "192.0.2.0/24")
		res := ask(t, s.Addr, "GET", "/sign-in", "X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.9")
		if res.StatusCode != 301 {
			t.Errorf("https by a stranger's word: %d", res.StatusCode)
		}
	})
}

func TestMethodsThatARouteDoesNotHave(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for _, c := range []struct{ method, path, allow string }{
		{"DELETE", "/sign-in", "GET, HEAD, POST"}, {"PUT", "/", "GET, HEAD"}, {"GET", "/sign-out", "POST"}, {"TRACE", "/sign-in", "GET, HEAD, POST"},
	} {
		res := ask(t, s.Addr, c.method, c.path, "Content-Length: 0")
		if res.StatusCode != 405 || res.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q, want 405 and %q", c.method, c.path, res.StatusCode, res.Header.Get("Allow"), c.allow)
		}
	}
	if res := ask(t, s.Addr, "HEAD", "/sign-in"); res.StatusCode != 200 {
		t.Errorf("HEAD: %d", res.StatusCode)
	}
	for _, path := range []string{"//evil.example/", "/a/../sign-in", "/%2e%2e/%2e%2e/etc/passwd", "/static/../../go.mod", "/static/", "/static/css"} {
		res := ask(t, s.Addr, "GET", path)
		if to := res.Header.Get("Location"); res.StatusCode == 200 || strings.HasPrefix(to, "//") || strings.Contains(to, "evil.example/") && !strings.HasPrefix(to, "/") {
			t.Errorf("%s: %d to %q", path, res.StatusCode, to)
		}
	}
}

func TestAClosedSiteSaysWhenItOpens(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t), testkit.WithSite("meridian-au", func(text string) string {
		return text + "\nmaintenance:\n  from: 2020-01-01T02:00:00Z\n  until: 2099-01-01T06:00:00Z\n  reference: MW-2026-118\n"
	}))
	c := testkit.NewClient(t, s.URL("meridian-au", ""), s.Addr)
	p := c.Get("/sign-in")
	if p.Status != 503 || p.Header.Get("Retry-After") == "" || !p.Has("MW-2026-118") {
		t.Errorf("%d, Retry-After %q, %q", p.Status, p.Header.Get("Retry-After"), p.Text("main"))
	}
	if p := testkit.NewClient(t, s.URL("meridian-uk", ""), s.Addr).Get("/sign-in"); p.Status != 200 {
		t.Errorf("the other site: %d", p.Status)
	}
}
