package web_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/testkit"
)

// every is what every answer has, of any kind; more is what an answer has that can be shown as
// a page, which are all but JSON.
var (
	every = map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin"}
	more  = map[string]string{"Cross-Origin-Opener-Policy": "same-origin", "X-Robots-Tag": "noindex"}
)

// wantHeaders: the answer has what every answer has, and nothing that reveals what
// software we run.
func wantHeaders(t *testing.T, name string, h http.Header, status int, body []byte) {
	t.Helper()
	wanted := maps.Clone(every)
	if !forPrograms.MatchString(name) {
		maps.Copy(wanted, more)
	} else if kind := h.Get("Content-Type"); len(body) > 0 && !strings.Contains(kind, "json") {
		t.Errorf("%s: a program gets %q", name, kind)
	}
	for header, want := range wanted {
		if got := h.Values(header); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %s is %q", name, header, got)
		}
	}
	if got := h.Get("Referrer-Policy"); got != "same-origin" && got != "no-referrer" && !forPrograms.MatchString(name) {
		t.Errorf("%s: Referrer-Policy is %q", name, got)
	}
	policy := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", name, policy)
		}
	}
	for _, tells := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "X-XSS-Protection", "Public-Key-Pins", "Expect-CT", "Feature-Policy", "Via"} {
		if got := h.Get(tells); got != "" {
			t.Errorf("%s: %s: %s", name, tells, got)
		}
	}
	if kind := h.Get("Content-Type"); len(body) > 0 && !strings.Contains(kind, "charset=utf-8") && !strings.HasPrefix(kind, "font/") && !strings.HasPrefix(kind, "image/") {
		t.Errorf("%s: Content-Type %q", name, kind)
	}
	public := strings.Contains(name, " /oauth2/jwks ") || strings.Contains(name, " /.well-known/openid-configuration ") // what everybody may know
	if cache := h.Get("Cache-Control"); cache != "no-store" && !(status == 200 && (strings.Contains(cache, "immutable") || public && cache == "public, max-age=300")) {
		t.Errorf("%s (%d): Cache-Control %q", name, status, cache)
	}
	if status == 307 || status == 308 {
		t.Errorf("%s: %d sends a form a second time", name, status)
	}
	for _, line := range h.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(line) > 4096 {
			t.Errorf("%s: the cookie %q (%v)", name, line, err)
		}
	}
}

// forPrograms are the requests that only programs send.
var forPrograms = regexp.MustCompile(`^[A-Z]+ (/api/|/oauth2/(jwks|token|userinfo|introspect|revoke) |/\.well-known/openid-configuration |/device-session[ /])`)

var routeLine = regexp.MustCompile(`to\("((?:GET|POST) /[^"]*)"`)

// Every route, and some that do not exist, requested in every way by a stranger and by an
// administrator: the rows of headers hold on every answer.
func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	boss := s.AddUser("meridian-uk", "boss", password, nil)
	stranger, in := testkit.NewClient(t, s.URL("meridian-uk", ""), s.Addr), testkit.NewClient(t, s.URL("meridian-uk", ""), s.Addr)
	page := in.Submit(in.Get("/sign-in"), "form[action='/sign-in']", testkit.Values{"username": boss.Username, "password": password}).Want(200)
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{"/": true, "/none": true, "/static/": true, "/static/css": true, "/static/none.css": true, "/static/site/none.css": true, "//sign-in": true,
		"/a/../sign-in": true, "/sign-in/": true, "/.well-known/none": true, "/.well-known/openid-configuration": true, "/api/": true, "/api/v1/none": true,
		"/reset-password?token=abc": true, page.MustFind("link[rel=stylesheet]").First().AttrOr("href", ""): true, page.MustFind("link[rel=icon]").AttrOr("href", ""): true}
	for _, m := range routeLine.FindAllStringSubmatch(string(source), -1) {
		_, path, _ := strings.Cut(m[1], " ")
		path = strings.ReplaceAll(path, "{$}", "")
		paths[regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "usr_0123456789abcdef0123456789abcdef")] = true
	}
	if len(paths) < 60 {
		t.Fatalf("only %d paths", len(paths))
	}
	for path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
			for who, c := range map[string]*testkit.Client{"stranger": stranger, "administrator": in} {
				if method == "POST" && path == "/sign-out" {
					continue // below
				}
				r, err := http.NewRequest(method, s.URL("meridian-uk", "")+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Origin", "https://evil.example")
				p := c.Do(r)
				wantHeaders(t, fmt.Sprintf("%s %s by the %s", method, path, who), p.Header, p.Status, p.Body)
				if strings.Contains(path, "token=") && p.Header.Get("Referrer-Policy") != "no-referrer" {
					t.Errorf("%s says where it was asked", path)
				}
			}
		}
	}
	in.Stay = true
	out := in.Press(page, "Sign out", nil)
	wantHeaders(t, "signing out", out.Header, out.Status, out.Body)
}

// raw sends bytes to the server and returns what comes back.
func raw(t *testing.T, addr, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // the read says so
	go io.WriteString(conn, request)                   //nolint:errcheck // the server may have closed
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	return res
}

// What net/http answers by itself, and requests that are too large for us but not for
// it.
func TestBareAnswersCarryTheHeadersToo(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	const get = "GET /sign-in HTTP/1.1\r\nHost: uk.localhost\r\n"
	for request, want := range map[string]int{
		get + "X: " + strings.Repeat("a", 40<<10) + "\r\n\r\n":                            431,
		get + "X: " + strings.Repeat("a", 200<<10) + "\r\n\r\n":                           431,
		"GET /" + strings.Repeat("a", 40<<10) + " HTTP/1.1\r\nHost: uk.localhost\r\n\r\n": 431,
		"nonsense\r\n\r\n":                             400,
		"GET / HTTP/1.1\r\n\r\n":                       400,
		get + "Host: evil.example\r\n\r\n":             400,
		get + "bad header\r\n\r\n":                     400,
		"GET / HTTP/9.9\r\nHost: uk.localhost\r\n\r\n": 505,
		"POST /sign-in HTTP/1.1\r\nHost: uk.localhost\r\nTransfer-Encoding: odd\r\n\r\n":                     501,
		"POST /sign-in HTTP/1.1\r\nHost: uk.localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd": 400,
		"POST //sign-in HTTP/1.1\r\nHost: uk.localhost\r\nContent-Length: 4\r\n\r\nabcd":                     404,
		"POST /x/../sign-in HTTP/1.1\r\nHost: uk.localhost\r\nContent-Length: 4\r\n\r\nabcd":                 404,
	} {
		res := raw(t, s.Addr, request)
		if res.StatusCode != want || res.Header.Get("Location") != "" {
			t.Errorf("%.60q: %d, want %d", request, res.StatusCode, want)
		}
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
		wantHeaders(t, fmt.Sprintf("%.60q", request), res.Header, res.StatusCode, body)
	}
}

func TestSecurityTextSaysWhomToTell(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t), testkit.WithSite("inkwell", func(text string) string {
		before, after, _ := strings.Cut(text, "security:\n")
		_, after, _ = strings.Cut(after, "\n\n")
		return before + after
	}))
	const path = "/.well-known/security.txt"
	p := testkit.NewClient(t, s.URL("meridian-uk", ""), s.Addr).Get(path).Want(200)
	if kind := p.Header.Get("Content-Type"); kind != "text/plain; charset=utf-8" || p.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s, Set-Cookie %q", kind, p.Header.Get("Set-Cookie"))
	}
	for _, want := range []string{"Contact: mailto:security@uk.meridian.example\nContact: https://www.uk.meridian.example/security\n", "Expires: 2027-05-20T00:00:00Z\n",
		"Preferred-Languages: en-GB, de, fr\n", "Canonical: " + s.URL("meridian-uk", path) + "\n", "Policy: https://"} {
		if !strings.Contains(string(p.Body), want) {
			t.Errorf("%q is not in\n%s", want, p.Body)
		}
	}
	testkit.NewClient(t, s.URL("inkwell", ""), s.Addr).Get(path).Want(404)
}

// Browser reports are counted and logged, without anything that may be secret; floods
// and large ones are turned away.
func TestReportsOfThePolicy(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	head := testkit.NewClient(t, s.URL("meridian-uk", ""), s.Addr).Get("/sign-in").Header
	if !strings.Contains(head.Get("Content-Security-Policy"), "; report-uri /csp-report; report-to csp") || head.Get("Reporting-Endpoints") != `csp="/csp-report"` {
		t.Errorf("the pages ask for none: %q", head)
	}
	send := func(body string, headers ...[2]string) *http.Response {
		res, _ := posted(t, s, "/csp-report", body, headers...)
		return res
	}
	old := `{"csp-report":{"document-uri":"https://uk.localhost/reset-password?token=SECRET","violated-directive":"script-src-elem","blocked-uri":"https://evil.example/x?SECRET","source-file":"https://uk.localhost/static/a.js?SECRET","line-number":7}}`
	recent := `[{"type":"csp-violation","body":{"documentURL":"https://uk.localhost/","effectiveDirective":"made-up\nline","blockedURL":"inline"}},{"type":"other"}]`
	for _, body := range []string{old, recent, "", "[]", "{}", "nonsense", `{"csp-report":7}`} {
		if res := send(body); res.StatusCode != http.StatusNoContent || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%.40s: %d", body, res.StatusCode)
		}
	}
	if res := send(strings.Repeat("x", 9<<10)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large one: %d", res.StatusCode)
	}
	if res := send(old, [2]string{"Sec-Fetch-Site", "cross-site"}); res.StatusCode != http.StatusForbidden {
		t.Errorf("one of another site: %d", res.StatusCode)
	}
	log := s.Log.String()
	if strings.Contains(log, "SECRET") || !strings.Contains(log, `"directive":"script-src-elem","blocked":"https://evil.example","page":"/reset-password","source":"/static/a.js","line":7`) ||
		!strings.Contains(log, `"directive":"other","blocked":"inline","page":"/"`) {
		t.Error(log)
	}
	flooded := 0
	for range 30 {
		if res := send(old); res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") != "" {
			flooded++
		}
	}
	if flooded == 0 {
		t.Error("a flood is taken in")
	}
}
