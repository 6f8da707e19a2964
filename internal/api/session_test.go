package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const password = "Correct-Horse-42-Battery"

// A program is told who the session cookie is, and nothing that is nobody's business:
// no hash, no token, no address that there is not.
func TestSessionSaysWhoItIs(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.Email, u.Role = "", gatehouse.RoleAdmin })
	c := s.Visitor("meridian-uk")
	c.SignIn("msantos", password).Want(200)
	p := c.Get("/api/v1/session").Want(200)
	if kind := p.Header.Get("Content-Type"); kind != "application/json; charset=utf-8" {
		t.Errorf("Content-Type %q", kind)
	}
	if cache := p.Header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("Cache-Control %q", cache)
	}
	var got map[string]any
	if err := json.Unmarshal(p.Body, &got); err != nil {
		t.Fatal(err)
	}
	who, firm := got["user"].(map[string]any), got["company"].(map[string]any)
	if who["id"] != u.ID || who["username"] != "msantos" || who["role"] != "admin" || firm["id"] != u.CompanyID || got["site"] != "meridian-uk" {
		t.Errorf("%s", p.Body)
	}
	if _, there := who["email"]; there || len(who) != 5 || len(firm) != 3 || len(got) != 7 {
		t.Errorf("it says more or less than it should: %s", p.Body)
	}
	if methods := got["methods"].([]any); len(methods) != 1 || methods[0] != "password" || got["assurance_level"] != 0.0 {
		t.Errorf("how it was proved: %s", p.Body)
	}
}

// Without a session at this site one is told so as programs are: with 401 and no page to
// sign in at.
func TestSessionIsOfItsSiteOnly(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	s.AddUser("meridian-uk", "msantos", password, nil)
	in := s.Visitor("meridian-uk")
	in.SignIn("msantos", password).Want(200)
	elsewhere, forged, stranger := s.Visitor("inkwell"), s.Visitor("meridian-uk"), s.Visitor("meridian-uk")
	elsewhere.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: in.Cookie("/", "gatehouse-session"), Path: "/"})
	forged.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: in.Cookie("/", "gatehouse-session") + "x", Path: "/"})
	for name, c := range map[string]*testkit.Client{"another site": elsewhere, "forged": forged, "no cookie": stranger} {
		c.Stay = true
		if p := c.Get("/api/v1/session"); p.Status != 401 || p.Header.Get("Location") != "" {
			t.Errorf("%s: %d, led to %q", name, p.Status, p.Header.Get("Location"))
		}
	}
	if p := in.Post("/api/v1/session", url.Values{}); p.Status != 405 {
		t.Errorf("posting to it: %d", p.Status)
	}
}
