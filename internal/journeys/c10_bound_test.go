package journeys

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/testkit"
)

// The cookies of a bound session, on the wire.
const (
	boundCookie   = "__Host-gatehouse-bound"
	secureSession = "__Host-gatehouse-session"
)

func httpCookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true}
}

// offered signs in without following, and returns the offer to bind the session.
func offered(t *testing.T, c *testkit.Client) string {
	t.Helper()
	c.Stay = true
	defer func() { c.Stay = false }()
	p := c.SignIn("msantos", password)
	if p.Status != http.StatusSeeOther {
		t.Fatalf("not signed in: %d", p.Status)
	}
	return p.Header.Get("Secure-Session-Registration")
}

// bound is a browser with a bound session, and its device's key.
func bound(t *testing.T, s *testkit.Server) (*testkit.Client, *testkit.BoundKey) {
	t.Helper()
	c, key := visitor(t, s, "meridian-uk"), testkit.NewBoundKey(t)
	if p := key.Register(c, offered(t, c)); p.Status != http.StatusOK {
		t.Fatalf("not bound: %d %s", p.Status, p.Body)
	}
	return c, key
}

// copied is another browser with some cookies of this one.
func copied(t *testing.T, s *testkit.Server, c *testkit.Client, names ...string) *testkit.Client {
	t.Helper()
	other := visitor(t, s, "meridian-uk")
	for _, name := range names {
		other.SetCookie(httpCookie(name, c.Cookie("/", name)))
	}
	return other
}

// The offer comes with the session, and with nothing else; what a browser gets for its proof is what
// the draft says (D01, D02, D13 to D15, D25).
func TestC10_WhatABrowserWithKeysIsTold(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		for _, p := range []*testkit.Page{c.Get("/sign-in"), c.SignIn("msantos", "Wrong-Password-1"), c.Get("/help")} {
			if p.Header.Get("Secure-Session-Registration") != "" {
				t.Errorf("an offer without a session: %s", p.URL)
			}
		}
		offer, key := offered(t, c), testkit.NewBoundKey(t)
		if !strings.HasPrefix(offer, `(ES256 RS256);path="/device-session";challenge="`) {
			t.Fatalf("offer %q", offer)
		}
		p := key.Register(c, offer)
		var told struct {
			ID          string                       `json:"session_identifier"`
			Refresh     string                       `json:"refresh_url"`
			Credentials []map[string]string          `json:"credentials"`
			Scope       struct{ Include_site *bool } //nolint:revive // as in the draft
		}
		if err := json.Unmarshal(p.Body, &told); err != nil || p.Status != 200 || told.Scope.Include_site == nil || *told.Scope.Include_site || len(told.ID) < 40 {
			t.Fatalf("%d %v %s", p.Status, err, p.Body)
		}
		set := p.Header.Values("Set-Cookie")
		if len(set) != 1 || len(told.Credentials) != 1 {
			t.Fatalf("%q %v", set, told.Credentials)
		}
		name, rest, _ := strings.Cut(set[0], "=")
		parts := strings.Split(rest, "; ")
		parts = slices.DeleteFunc(parts[1:], func(part string) bool { return part == "Max-Age=600" })
		if told.Credentials[0]["name"] != name || told.Credentials[0]["attributes"] != strings.Join(parts, "; ") || !strings.HasPrefix(name, "__Host-") {
			t.Errorf("D14: %q and %v differ", set[0], told.Credentials[0])
		}
		if p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("X-Frame-Options") != "DENY" || p.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" ||
			p.Header.Get("Access-Control-Allow-Origin") != "" || p.Header.Get("Secure-Session-Challenge") != "" || !strings.HasPrefix(p.Header.Get("Content-Type"), "application/json") {
			t.Errorf("headers: %v", p.Header)
		}
		if p := c.Get("/account/devices"); !p.Has("Tied to this device") {
			t.Errorf("%q", p.Text("main"))
		}
		if p := c.Get("/account/activity"); !p.Has("Your sign-in was tied to your device") {
			t.Errorf("%q", p.Text("main"))
		}
		if other := visitor(t, s, "meridian-uk"); other.SignIn("msantos", password).Status == 200 && strings.Count(other.Get("/account/devices").Text("main"), "Tied to this device") != 1 {
			t.Error("it is not one of two sessions that is tied")
		}
	}, testkit.OverHTTPS())
}

// A copy of both cookies works until the bound one ends, one of the session's alone not even so long;
// nothing that is done with it makes it a session (D26), and the owner goes on.
func TestC10_ACopyOfABoundSessionDies(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		p := newPlatform(t, s, nil)
		owner, key := bound(t, s)
		s.Clock.Add(gatehouse.BoundGrace)
		thief, stripped := copied(t, s, owner, secureSession, boundCookie), copied(t, s, owner, secureSession)
		wantHome(t, thief.Get("/"))
		refused := func(who string, c *testkit.Client) {
			t.Helper()
			if p := c.Get("/account/profile"); p.URL.Path != "/sign-in" {
				t.Errorf("%s: %d %s", who, p.Status, p.URL)
			}
			if p := c.Get("/api/v1/session"); p.Status != http.StatusUnauthorized {
				t.Errorf("%s gets the API: %d", who, p.Status)
			}
			if p := c.Get(p.ask()); p.URL.Path != "/sign-in" {
				t.Errorf("%s gets to a platform: %s", who, p.URL)
			}
			if p := c.Get(p.ask("prompt", "none")); !strings.Contains(p.URL.RawQuery, "error=login_required") {
				t.Errorf("%s gets to a platform silently: %s", who, p.URL)
			}
			if p := c.Get("/forward-auth?return_to=https://wiki.meridian.example/"); p.URL.Path != "/sign-in" {
				t.Errorf("%s gets to a host behind a proxy: %s", who, p.URL)
			}
			if p := c.Post("/account/profile", url.Values{"first_name": {"Mallory"}}); p.URL.Path != "/sign-in" && p.Status < 400 {
				t.Errorf("%s changes the profile: %d %s", who, p.Status, p.URL)
			}
			if p := c.Get("/"); !p.Has("Sign in to") {
				t.Errorf("%s is at home", who)
			}
		}
		refused("a thief of the session's cookie", stripped)
		s.Clock.Add(10*time.Minute - gatehouse.BoundGrace)
		refused("a thief of both cookies", thief)
		if key.Renew(owner).Status != http.StatusForbidden || key.Renew(owner).Status != http.StatusOK {
			t.Fatal("the owner cannot renew")
		}
		wantHome(t, owner.Get("/"))
		refused("a thief of both cookies, after the owner has renewed", thief)
		// The thief's own key proves nothing.
		other := testkit.NewBoundKey(t)
		other.ID = key.ID
		for range 2 {
			if p := other.Renew(thief); p.Status != http.StatusForbidden || len(p.Header.Values("Set-Cookie")) != 0 {
				t.Errorf("another key: %d %v", p.Status, p.Header)
			}
		}
		if p := other.Register(thief, `();path="/device-session";challenge="`+strings.Repeat("a", 43)+`"`); p.Status < 400 {
			t.Errorf("another key is bound: %d", p.Status)
		}
		if p := owner.Get("/account/activity"); !p.Has("without the key of your device") {
			t.Errorf("the owner is not told: %q", p.Text("main"))
		}
		owner.Post("/sign-out", nil)
		if p := key.Renew(owner); p.Status != http.StatusNotFound {
			t.Errorf("D23: a binding outlives the sign-out: %d", p.Status)
		}
	}, testkit.OverHTTPS())
}

// A request that was under way while the browser bound its session, or renewed its cookie, is not
// thrown out; a browser that missed the answer to a renewal is led to the next one.
func TestC10_RequestsUnderWayGoOn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		owner, key := visitor(t, s, "meridian-uk"), testkit.NewBoundKey(t)
		offer := offered(t, owner)
		early := owner.Before()
		key.Register(owner, offer)
		wantHome(t, early.Get("/"))
		s.Clock.Add(9 * time.Minute)
		key.Renew(owner)
		late := owner.Before()
		key.Renew(owner)
		wantHome(t, late.Get("/"))
		s.Clock.Add(gatehouse.BoundGrace)
		late.Stay = true
		p := late.Get("/account/profile?x=1")
		if p.Status != http.StatusTemporaryRedirect || p.Header.Get("Location") != "/account/profile?x=1" || late.Cookie("/", boundCookie) != "" {
			t.Errorf("%d %v", p.Status, p.Header)
		}
		late.Stay = false
		key.Renew(late)
		wantHome(t, late.Get("/"))
	}, testkit.OverHTTPS())
}

// Sign-out works with the session's cookie alone, and a new sign-in replaces a session that this
// browser cannot use: neither leaves one behind.
func TestC10_ASessionWithoutItsKeyCanBeLeft(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		for what, does := range map[string]func(c *testkit.Client){
			"sign-out":      func(c *testkit.Client) { c.Post("/sign-out", nil) },
			"a new sign-in": func(c *testkit.Client) { wantHome(t, c.SignIn("msantos", password)) },
		} {
			owner, key := bound(t, s)
			s.Clock.Add(11 * time.Minute)
			does(owner)
			if p := key.Renew(visitor(t, s, "meridian-uk")); p.Status != http.StatusNotFound {
				t.Errorf("%s leaves the session behind: %d", what, p.Status)
			}
		}
	}, testkit.OverHTTPS())
}

// Over plain http, which only a demo has, there is nothing of it; nor where the site has switched it
// off. Browsers that cannot renew say so, and are counted.
func TestC10_WhereSessionsAreNotTied(t *testing.T) {
	none := func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c, key := visitor(t, s, "meridian-uk"), testkit.NewBoundKey(t)
		if offer := offered(t, c); offer != "" {
			t.Errorf("offer %q", offer)
		}
		if p := key.Register(c, `();path="/device-session";challenge="x"`); p.Status < 400 || p.Header.Get("Set-Cookie") != "" {
			t.Errorf("bound: %d", p.Status)
		}
		key.ID = "made-up"
		if p := key.Renew(c); p.Status != http.StatusNotFound || p.Header.Get("Secure-Session-Challenge") != "" {
			t.Errorf("D22: %d", p.Status)
		}
		s.Clock.Add(11 * time.Minute)
		wantHome(t, c.Get("/"))
		if p := c.Get("/account/devices"); p.Has("Tied to this device") {
			t.Errorf("%q", p.Text("main"))
		}
	}
	t.Run("plain", func(t *testing.T) { each(t, none) })
	t.Run("off", func(t *testing.T) {
		each(t, none, testkit.OverHTTPS(), testkit.WithSite("meridian-uk", func(text string) string {
			return strings.Replace(text, "\npolicy:\n", "\npolicy:\n  session: {bound: 0s}\n", 1)
		}))
	})
}

func TestC10_WhatBrowsersSkipIsCounted(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		r, err := http.NewRequest(http.MethodGet, s.URL("meridian-uk", "/sign-in"), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Secure-Session-Skipped", `unreachable;session_identifier="1", made_up`)
		c.Do(r).Want(200)
		scrape := httptest.NewRecorder()
		s.Management.ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		m := scrape.Body.String()
		for _, want := range []string{`gatehouse_device_session_skips_total{reason="unreachable"} 1`, `gatehouse_device_session_skips_total{reason="other"} 1`} {
			if !strings.Contains(m, want) {
				t.Errorf("no %s", want)
			}
		}
	})
}

// Several processes on one database take turns: what one gave out, the other takes.
func TestC10_SeveralProcessesKnowABoundSession(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, at string) {
		one := testkit.NewServer(t, at, testkit.OverHTTPS())
		other := testkit.NewServer(t, at, testkit.OverHTTPS(), testkit.With(func(o *assembly.Options) { o.Keys, o.Now = one.Keys, one.Clock.Now }))
		one.AddUser("meridian-uk", "msantos", password, nil)
		c, key := bound(t, one)
		there := testkit.NewClient(t, one.URL("meridian-uk", ""), other.Addr)
		move := func(from, to *testkit.Client) {
			for _, name := range []string{secureSession, boundCookie} {
				to.SetCookie(httpCookie(name, from.Cookie("/", name)))
			}
		}
		for range 3 {
			one.Clock.Add(9 * time.Minute)
			move(c, there)
			key.Renew(c)
			if p := key.Renew(there); p.Status != http.StatusOK {
				t.Fatalf("the other process: %d", p.Status)
			}
			move(there, c)
			wantHome(t, c.Get("/"))
			wantHome(t, there.Get("/"))
			key.Challenge = ""
		}
	})
}
