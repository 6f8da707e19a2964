package journeys

import (
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

const changeForm = "form[action='/account/password']"

func TestA10_ChangeThePasswordAtAnyTime(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		elsewhere, c := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		wantHome(t, signIn(elsewhere, "msantos", password))
		wantHome(t, signIn(c, "msantos", password))
		before := c.Cookie("/", "gatehouse-session")
		p := c.Get("/.well-known/change-password")
		if p.URL.Path != "/account/password" || p.Text("h1") != "Password" {
			t.Fatalf("%d %s", p.Status, p.URL)
		}
		bad := c.Submit(p, changeForm, testkit.Values{"current_password": "wrong", "new_password": newPassword, "repeat_password": newPassword + "x"})
		if bad.Status != 422 || !strings.HasPrefix(bad.Text("title"), "Error: ") ||
			!strings.Contains(bad.Text("#current_password-error"), "not your current password") || !strings.Contains(bad.Text("#repeat_password-error"), "do not match") {
			t.Errorf("%d %q", bad.Status, bad.Text("main"))
		}
		if bad.Find("input[type=password][value]").Length() != 0 {
			t.Error("a password stands in the page")
		}
		done := c.Submit(bad, changeForm, testkit.Values{"current_password": password, "new_password": newPassword, "repeat_password": newPassword})
		if done.Status != 200 || done.URL.Path != "/account/password" || !done.Has("Your password has been changed") {
			t.Fatalf("%d %s %q", done.Status, done.URL, done.Text("main"))
		}
		wantHome(t, c.Get("/"))
		if c.Cookie("/", "gatehouse-session") == before {
			t.Error("the session goes on under the old token")
		}
		if p := elsewhere.Get("/"); p.Find(signInForm).Length() != 1 || !p.Has("your password or account was changed") {
			t.Errorf("the other session: %q", p.Text("main"))
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "msantos", password))
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "msantos", newPassword))
		mailAbout(t, s, u.Email, "password was changed")
	})
}

func TestA10_OnlyWhoeverIsSignedIn(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for _, path := range []string{"/account/password", "/account/challenge"} {
		if p := visitor(t, s, "meridian-uk").Get(path); p.URL.Path != "/sign-in" || p.URL.Query().Get("return_to") != path {
			t.Errorf("%s: %s", path, p.URL)
		}
	}
}

// My account > Challenge question: the current one, and a new one.
func TestA07_ChangeTheChallengeQuestion(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		p := c.Get("/account/challenge")
		if !p.Has("What was the first concert you went to?") || !p.Has("21 November 2026") || p.Has("Drummers") {
			t.Errorf("the present question: %q", p.Text("main"))
		}
		const form, own = "form[action='/account/challenge']", "Which ship did grandfather sail on?"
		bad := c.Submit(p, form, testkit.Values{"question": "own", "own_question": own, "answer": "grandfather", "current_password": "wrong"})
		if bad.Status != 422 || bad.MustFind("#own_question").AttrOr("value", "") != own || bad.MustFind("#question option[selected]").AttrOr("value", "") != "own" ||
			!strings.Contains(bad.Text("#answer-error"), "is not in the question") || !strings.Contains(bad.Text("#current_password-error"), "not your current password") {
			t.Fatalf("%d %q", bad.Status, bad.Text("main"))
		}
		done := c.Submit(bad, form, testkit.Values{"answer": "The Kittiwake", "current_password": password})
		if done.Status != 200 || !done.Has("Your challenge question is saved") || !done.Has(own) {
			t.Fatalf("%d %q", done.Status, done.Text("main"))
		}
		v := visitor(t, s, "meridian-uk")
		asked := forget(v, "msantos", u.Email)
		if got := asked.Text("label[for=answer]"); got != own {
			t.Errorf("asked %q", got)
		}
		if p := v.Submit(asked, answerForm, testkit.Values{"answer": "the kittiwake"}); p.URL.Path != "/forgot-password/sent" {
			t.Errorf("%d %s", p.Status, p.URL)
		}
		// Sites that mail a link have no such page.
		s.AddUser("inkwell", "mira@inkwell.example", password, nil)
		link := visitor(t, s, "inkwell")
		wantHome(t, signIn(link, "mira@inkwell.example", password))
		if p := link.Get("/account/challenge"); p.Status != 404 {
			t.Errorf("inkwell: %d", p.Status)
		}
	})
}

// Guessing at an open session locks the account, as guessing on the sign-in page does.
func TestA08_GuessesAtAnOpenScreenLock(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		p := c.Get("/account/password")
		for range 6 {
			if p.Find(changeForm).Length() == 0 {
				t.Fatalf("after fewer than six: %s %q", p.URL, p.Text("main"))
			}
			p = c.Submit(p, changeForm, testkit.Values{"current_password": "wrong", "new_password": newPassword, "repeat_password": newPassword})
		}
		if p.URL.Path != "/sign-in" || !s.User(u).Locked() {
			t.Errorf("after six: %s, locked %v", p.URL, s.User(u).Locked())
		}
	})
}
