package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const (
	policyPath = "/company/policy"
	policyForm = "form[action='/company/policy/preview'][method='get']"
	policyAsk  = "form[action='/company/policy/preview'][method='post']"
)

// choosesPolicy fills in the form, and returns the page that asks.
func choosesPolicy(c *testkit.Client, v testkit.Values) *testkit.Page {
	return c.Submit(c.Get(policyPath).Want(200), policyForm, v).Want(200)
}

// An administrator makes sessions of the company end earlier: the page says how many end and which
// requirements that meets, a colleague who has left the computer is signed out, the other
// administrator is told, another company notices nothing, and everything can be set back.
func TestC09_ACompanyIsStricterThanItsSite(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		second := s.AddUser("meridian-uk", "second", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		other := elsewhere(t, s, "meridian-uk", "other", func(*gatehouse.User) {})
		colleague, stranger := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		wantHome(t, signIn(colleague, "tadeyemi", password))
		wantHome(t, signIn(stranger, other.Username, password))
		if p := colleague.Get(policyPath); p.Status == 200 && p.URL.Path == policyPath {
			t.Error("a user who is no administrator sees the page")
		}
		s.Clock.Add(12 * time.Minute)
		admin := administratorOf(t, s, u)
		form := admin.Get(policyPath).Want(200)
		if !form.Has("30 minutes – the same as Meridian UK") || !form.Has("Nobody has changed them yet") {
			t.Errorf("%q", form.Text("main"))
		}
		if same := admin.Submit(form, policyForm, nil).Want(200); !same.Has("Nothing to change") {
			t.Errorf("%q", same.Text("main"))
		}
		ask := admin.Submit(form, policyForm, testkit.Values{"session_idle": "10m"}).Want(200)
		for _, want := range []string{"Change the sign-in rules?", "30 minutes → 10 minutes", "1 session ends", "Users: 1", "NIST SP 800-63B-4, 2.3.3"} {
			if !ask.Has(want) {
				t.Errorf("%q is missing: %q", want, ask.Text("main"))
			}
		}
		if name := ask.MustFind("section[aria-labelledby='who'] a[href='/company/users/" + u.ID + "']").Text(); name != u.DisplayName() {
			t.Errorf("the user whose session ends is called %q", name)
		}
		if ask.Has("Your own session") || ask.Has("Not met") {
			t.Errorf("%q", ask.Text("main"))
		}
		saved := admin.Submit(ask, policyAsk, nil).Want(200)
		if saved.URL.Path != policyPath || !saved.Has("The sign-in rules have been changed") || !saved.Has("Last changed by Ines Marchetti") {
			t.Errorf("%s %q", saved.URL, saved.Text("main"))
		}
		wantSignedOut(t, colleague, "who was away for 12 minutes")
		wantHome(t, stranger.Get("/"))
		if m := mailAbout(t, s, second.Email, "sign-in rules"); !strings.Contains(m.Text, "Ines Marchetti changed") || !strings.Contains(m.Text, "30 minutes before, 10 minutes now") || !strings.Contains(m.Text, policyPath) {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}

		// What was agreed to in an old tab is shown again, with who changed it meanwhile.
		late := admin.Submit(ask, policyAsk, testkit.Values{"session_length": "1h"}).Want(409)
		if !late.Has("Another administrator changed the rules in the meantime") || !late.Has("12 hours → 60 minutes") && !late.Has("12 hours → 1 hour") {
			t.Errorf("%q", late.Text("main"))
		}
		wrong := admin.Get(policyPath + "/preview?session_idle=4h").Want(422)
		if !wrong.Has("Choose one of the values in the list") || wrong.MustFind("#session_idle").AttrOr("aria-invalid", "") != "true" {
			t.Errorf("looser than the site: %q", wrong.Text("main"))
		}

		undo := admin.Get(admin.Get(policyPath).MustFind("a[href^='/company/policy/preview']").AttrOr("href", "")).Want(200)
		if !undo.Has("10 minutes → 30 minutes") || undo.Find(policyAsk+" .btn-danger").Length() != 1 {
			t.Errorf("%q", undo.Text("main"))
		}
		admin.Submit(undo, policyAsk, nil).Want(200)
		wantHome(t, signIn(colleague, "tadeyemi", password))
		s.Clock.Add(12 * time.Minute)
		wantHome(t, colleague.Get("/"))
		if log := admin.Get("/company/activity").Want(200); !log.Has("The company’s sign-in rules were changed") {
			t.Errorf("%q", log.Text("main"))
		}
	})
}

// Users notice a stricter company at the sign-in itself: no device can be trusted, and a password
// that is too short is replaced, by the rules that the page says.
func TestA11_ACompanyAsksForLongerPasswords(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", "Heron-42", nil)
		admin := administratorOf(t, s, u)
		ask := choosesPolicy(admin, testkit.Values{"min_length": "15", "no_names": "yes", "trusted_device": "never"})
		if !ask.Has("2 users may have a password that is too short") || !ask.Has("Those with fewer than 15 characters") {
			t.Errorf("%q", ask.Text("main"))
		}
		admin.Submit(ask, policyAsk, nil).Want(200)
		c := visitor(t, s, "meridian-uk")
		page := signIn(c, "tadeyemi", "Heron-42")
		if page.URL.Path != "/sign-in/password" || !page.Has("Your company asks for passwords of at least 15 characters") || !page.Has("At least 15 characters") {
			t.Fatalf("%s %q", page.URL, page.Text("main"))
		}
		values := testkit.Values{"old_password": "Heron-42", "new_password": "Heron-42-Moor", "repeat_password": "Heron-42-Moor"}
		page = c.Submit(page, "form[action='/sign-in/password']", values).Want(422)
		if !page.Has("15 characters") {
			t.Errorf("%q", page.Text("main"))
		}
		values["new_password"], values["repeat_password"] = "Heron-42-over-the-Moor", "Heron-42-over-the-Moor"
		wantHome(t, c.Submit(page, "form[action='/sign-in/password']", values))
		if p := c.Get("/account/password").Want(200); !p.Has("At least 15 characters") {
			t.Errorf("%q", p.Text("main"))
		}
	})
}
