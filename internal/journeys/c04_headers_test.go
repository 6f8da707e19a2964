package journeys

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

// What these headers of an answer contain: of a page, or a file that belongs to one, and of an answer
// to a program.
var (
	pageHeaders = map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy": "camera=()", "X-Robots-Tag": "noindex",
	}
	programHeaders = map[string]string{
		"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
)

func TestC04_PagesCannotBeFramedOrFakedEasily(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	in := visitor(t, s, "meridian-uk")
	home := signIn(in, "msantos", password)
	c := visitor(t, s, "meridian-uk")
	style := c.Get("/sign-in").MustFind("link[rel=stylesheet]").First().AttrOr("href", "")
	for name, p := range map[string]*testkit.Page{
		"sign-in": c.Get("/sign-in"), "home": home, "not found": c.Get("/nothing"), "stylesheet": c.Get(style),
		"api": c.Get("/api/v1/session"), "failed": signIn(c, "x", "y"), "robots": c.Get("/robots.txt"),
		"forged": c.PostFrom("https://evil.example", "/sign-in", nil),
	} {
		wanted, rules := pageHeaders, []string{"default-src 'none'", "base-uri 'none'", "form-action 'self'"}
		if name == "api" { // not a page, and nothing to load, run or send
			wanted, rules = programHeaders, []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"}
		}
		for header, want := range wanted {
			if got := p.Header.Get(header); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		policy := p.Header.Get("Content-Security-Policy")
		for _, want := range rules {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s", name, want)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %s", name, policy)
		}
		if kind := p.Header.Get("Content-Type"); len(p.Body) > 0 && !strings.Contains(kind, "charset=utf-8") {
			t.Errorf("%s: Content-Type %q", name, kind)
		}
		want := "no-store"
		if name == "stylesheet" {
			want = "immutable"
		}
		if got := p.Header.Get("Cache-Control"); name != "robots" && !strings.Contains(got, want) {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		for _, tells := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin"} {
			if got := p.Header.Get(tells); got != "" {
				t.Errorf("%s: %s: %s", name, tells, got)
			}
		}
	}
}

func TestC04_ForgedFormsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		token := c.Get("/sign-in").MustFind("input[name=form_token]").AttrOr("value", "")
		fields := url.Values{"username": {"msantos"}, "password": {password}, "form_token": {token}}
		without := url.Values{"username": {"msantos"}, "password": {password}}
		others := visitor(t, s, "meridian-uk").Get("/sign-in").MustFind("input[name=form_token]").AttrOr("value", "")
		foreign := url.Values{"username": {"msantos"}, "password": {password}, "form_token": {others}}
		if p := c.Post("/sign-in", foreign); p.Status != 409 {
			t.Errorf("with another browser's token: %d", p.Status)
		}
		for name, p := range map[string]*testkit.Page{
			"from another origin":        c.PostFrom("https://evil.example", "/sign-in", fields),
			"from another of our sites":  c.PostFrom(s.URL("inkwell", ""), "/sign-in", fields),
			"without the token":          c.Post("/sign-in", without),
			"sign-out from elsewhere":    c.PostFrom("https://evil.example", "/sign-out", fields),
			"in a browser that has none": visitor(t, s, "meridian-uk").Post("/sign-in", fields),
		} {
			if p.Status != 403 {
				t.Errorf("%s: %d", name, p.Status)
			}
		}
		if got := c.Get("/api/v1/session"); got.Status != 401 {
			t.Error("a forged form signed in")
		}
		wantHome(t, c.Post("/sign-in", fields))
		if p := c.PostFrom("https://evil.example", "/sign-out", nil); p.Status != 403 {
			t.Errorf("forged sign-out: %d", p.Status)
		}
		wantHome(t, c.Get("/"))
	})
}

// A browser that keeps no cookies is told so, with what was typed still there.
func TestC06_CookiesOffIsSaid(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	page := visitor(t, s, "meridian-uk").Get("/sign-in")
	p := visitor(t, s, "meridian-uk").Submit(page, signInForm, testkit.Values{"username": "msantos", "password": "x"})
	if p.Status != 403 || !p.Has("cookie") || p.MustFind("#username").AttrOr("value", "") != "msantos" {
		t.Errorf("%d %q", p.Status, p.Text("main"))
	}
}

func TestC04_HostsAndCookiesOfOneSiteAreNothingToAnother(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		s.AddUser("meridian-au", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		other := visitor(t, s, "meridian-au")
		other.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: c.Cookie("/", "gatehouse-session"), Path: "/"})
		if p := other.Get("/"); p.Find(signInForm).Length() != 1 {
			t.Error("a session of one site opens another")
		}
		if p := other.Get("/api/v1/session"); p.Status != 401 {
			t.Errorf("the API of another site: %d", p.Status)
		}
	})
}

func TestC04_AnUnknownHostGetsNoSite(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
		"GET http://evil.example/sign-in HTTP/1.1\r\nHost: uk.localhost\r\n\r\n",
	} {
		res := raw(t, s.Addr, request)
		if res.StatusCode != http.StatusMisdirectedRequest || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %d", request, res.StatusCode)
		}
	}
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: uk.localhost\r\nHost: evil.example\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"POST /sign-in HTTP/1.1\r\nHost: uk.localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"POST /sign-in HTTP/1.1\r\nHost: uk.localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
	} {
		if res := raw(t, s.Addr, request); res.StatusCode != 400 && res.StatusCode != 501 {
			t.Errorf("%q: %d", request, res.StatusCode)
		}
	}
	if res := raw(t, s.Addr, "GET /sign-in HTTP/1.1\r\nHost: UK.localhost.:80\r\n\r\n"); res.StatusCode != 200 {
		t.Errorf("the host in capitals, with a dot and a port: %d", res.StatusCode)
	}
	// What a visitor claims about proxies is ignored.
	res := raw(t, s.Addr, "GET /sign-in HTTP/1.1\r\nHost: uk.localhost\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
	if res.Header.Get("Strict-Transport-Security") != "" {
		t.Error("X-Forwarded-Proto of a stranger was believed")
	}
	if strings.Contains(s.Log.String(), "203.0.113.9") {
		t.Error("X-Forwarded-For of a stranger was believed")
	}
}

func raw(t *testing.T, addr, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	res.Body.Close()
	return res
}
