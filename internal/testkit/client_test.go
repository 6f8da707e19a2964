package testkit

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func tinyClient(t *testing.T) *Client {
	site := tinySite(t)
	return NewClient(t, "http://uk.portal.test", site.URL)
}

func TestClientSubmitsFormsAsABrowser(t *testing.T) {
	c := NewClient(t, at(tinySite(t), "uk.localhost"), "")
	home := c.Get("/").Want(200)
	if home.Text("h1") != "Sign in" || home.Has("nobody") {
		t.Errorf("home: %s", home.Body)
	}
	me := c.Submit(home, "#signin", Values{"username": "ann", "password": "x", "kind": "b", "country": "uk", "note": "two\nlines"})
	const sent = "country=uk/csrf=tok+en/do=in/kind=b/note=two%0D%0Alines/password=x/password2=/username=ann"
	if got := me.Text("#who"); got != sent {
		t.Errorf("sent:\n%s\nwant\n%s", got, sent)
	}
	if me.URL.Path != "/me" || len(me.Via) != 1 || !strings.HasPrefix(me.Text("#site"), "uk.localhost:") || !strings.HasSuffix(me.Text("#site"), " same-origin") {
		t.Errorf("arrived at %s via %q: %q", me.URL, me.Via, me.Text("#site"))
	}
	if c.Cookie("/", "__Host-who") == "" {
		t.Error("no Secure cookie on this machine")
	}
	me = c.Press(c.Follow(me, "Home"), "Get help", Values{"remember": "on", "username": ""})
	if got := me.Text("#who"); !strings.Contains(got, "do=help") || !strings.Contains(got, "remember=yes") || !strings.HasSuffix(got, "username=") {
		t.Errorf("sent: %s", got)
	}
	c.Stay = true
	if p := c.Get("/elsewhere"); p.Status != 302 || p.Header.Get("Location") != "/me" {
		t.Errorf("stayed at %d", p.Status)
	}
}

func TestClientReachesTheServerUnderAnyName(t *testing.T) {
	c := tinyClient(t)
	me := c.Get("/elsewhere")
	if got := me.Text("#site"); got != "uk.portal.test none" {
		t.Errorf("the server saw %q", got)
	}
	c.Submit(c.Get("/"), "", nil)
	if c.Cookie("/", "__Host-who") != "" {
		t.Error("a Secure cookie came over http from a host that is not this machine")
	}
}

func TestClientUploads(t *testing.T) {
	c := tinyClient(t)
	sent := c.Upload(c.Get("/upload"), "", "people", "users.csv", []byte("a,b"), nil)
	if got := sent.Text("p"); got != "users.csv of tok en: a,b" {
		t.Error(got)
	}
}

func TestClientForges(t *testing.T) {
	c := tinyClient(t)
	c.Post("/in", url.Values{"csrf": {"guess"}}).Want(403)
	c.Stay = true
	c.Post("/in", url.Values{"csrf": {"tok en"}}).Want(303)
	c.PostFrom("https://evil.test", "/in", url.Values{"csrf": {"tok en"}}).Want(403)
	r, err := http.NewRequest("PUT", "http://uk.portal.test/in", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Do(r).Want(405)
}

func TestSecFetchSite(t *testing.T) {
	for _, c := range [][3]string{
		{"", "http://a.test", "none"},
		{"http://a.test", "http://a.test/x", "same-origin"},
		{"https://a.b.test", "https://c.b.test", "same-site"},
		{"http://a.b.test", "https://a.b.test", "cross-site"},
		{"http://uk.localhost:1", "http://us.localhost:1", "cross-site"},
		{"http://uk.localhost:1", "http://uk.localhost:2", "same-site"},
	} {
		var from *url.URL
		if c[0] != "" {
			from, _ = url.Parse(c[0])
		}
		to, _ := url.Parse(c[1])
		if got := relation(from, to); got != c[2] {
			t.Errorf("from %q to %q: %s", c[0], c[1], got)
		}
	}
	if farther("cross-site", "same-origin") != "cross-site" {
		t.Error("a redirect home washes a foreign request clean")
	}
}

func TestClientFailuresSayWhatThereIs(t *testing.T) {
	c := tinyClient(t)
	for want, step := range map[string]func(){
		`no nickname="x"`:         func() { c.Submit(c.Get("/"), "", Values{"nickname": "x"}) },
		`no country="mars"`:       func() { c.Submit(c.Get("/"), "", Values{"country": "mars"}) },
		`no kind="c"`:             func() { c.Submit(c.Get("/"), "", Values{"kind": "c"}) },
		`"Sign in" "Get help"`:    func() { c.Press(c.Get("/"), "Sign out", nil) },
		`"My account"`:            func() { c.Follow(c.Get("/"), "Nowhere") },
		"status 404, not 200":     func() { c.Get("/none").Want(200) },
		`nothing is "#nothing"`:   func() { c.Get("/").Text("#nothing") },
		"connection refused":      func() { c.Get("http://127.0.0.1:1/") },
		"the page has 0 forms":    func() { c.Submit(c.Get("/me"), "", nil) },
		`no form is "#elsewhere"`: func() { c.Submit(c.Get("/"), "#elsewhere", nil) },
	} {
		said := &recorder{TB: t}
		c.t = said
		done := make(chan struct{})
		go func() {
			defer close(done)
			step()
		}()
		<-done
		if !strings.Contains(said.text, want) {
			t.Errorf("the failure does not say %q:\n%s", want, said.text)
		}
	}
}
