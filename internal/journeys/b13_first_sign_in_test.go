package journeys

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const temporary = "Kepu-37fan-Radi-94tem-Gasu"

// newcomer has a temporary password and has never signed in.
func newcomer(s *testkit.Server, siteID, username string) gatehouse.User {
	return s.AddUser(siteID, username, temporary, asNewcomer(s, siteID))
}

// asNewcomer makes a user one who has never signed in.
func asNewcomer(s *testkit.Server, siteID string) func(*gatehouse.User) {
	return func(u *gatehouse.User) {
		u.State, u.Password.Origin, u.Password.ExpiresAt = gatehouse.Invited, gatehouse.PasswordInitial, s.Clock.Now().Add(s.Sites.ByID(siteID).Policy.TemporaryPassword)
		u.FirstSignInAt, u.ChallengeSet, u.TermsAccepted, u.SoleUserFor, u.SoleUser = time.Time{}, false, "", "", false
	}
}

// The first sign-in of a person at a browser: password, challenge question, terms, who
// uses it (B13, B14, B15, A03, A04).
func TestB13_FirstSignInInABrowser(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := newcomer(s, "meridian-uk", "msantos")
		b := testkit.Browser(t)
		browserSignIn(b, s, "meridian-uk", "Username", "msantos", temporary)
		b.See("Your password has expired")
		if got := b.Text(".steps p"); got != "Step 1 of 4" {
			t.Error(got)
		}
		for _, want := range []string{"At least 7 characters", "An upper-case letter", "A lower-case letter", "A number", "No part of your username"} {
			if !b.Has(want) {
				t.Errorf("the requirement %q is not listed", want)
			}
		}
		wantAccessible(t, b)
		choosePassword(b, "not it", "msantos")
		b.See("That is not your current password")
		b.See("Don’t use any part of your username")
		wantAccessible(t, b)
		b.Screenshot("password-wrong")
		choosePassword(b, temporary, newPassword)

		b.See("Set a challenge question")
		if got := b.Text(".steps p"); got != "Step 2 of 4" {
			t.Error(got)
		}
		if n := testkit.Eval[int](b, "document.querySelectorAll('#question option').length"); n != 10 {
			t.Errorf("%d choices, want eight questions, one's own, and none", n)
		}
		if b.Has("Your own question") {
			t.Error("the field for an own question is there before it is wanted")
		}
		b.Fill("Question", "Write my own question")
		b.Fill("Your own question", "What did we call the blue van?")
		b.Fill("Answer", "Mira")
		b.Fill("Current password", newPassword)
		b.Press("Save and continue")
		b.See("Choose an answer that other people do not know")
		wantAccessible(t, b)
		if got := b.Value("Your own question"); got != "What did we call the blue van?" {
			t.Errorf("the question is lost: %q", got)
		}
		b.Fill("Answer", "Periwinkle")
		b.Fill("Current password", newPassword)
		b.Press("Save and continue")

		b.See("Accept the terms of use")
		if got := b.Text(".steps p"); got != "Step 3 of 4" {
			t.Error(got)
		}
		b.Press("Submit")
		b.See("Tick the box to accept the terms")
		wantAccessible(t, b)
		b.Check("I declare that I have read and accepted the terms of use")
		b.Screenshot("terms")
		b.Press("Submit")

		b.See("Are you the only person who uses this sign-in?")
		if got := b.Text(".steps p"); got != "Step 4 of 4" {
			t.Error(got)
		}
		wantAccessible(t, b)
		b.Check("Yes, only I use it")
		b.Screenshot("sole-user")
		b.Press("Save and continue")
		b.See("Good ")
		if now := s.User(u); !now.SoleUser || now.TermsAccepted == "" || !now.ChallengeSet || now.Password.Temporary() {
			t.Errorf("stored: %+v", now)
		}
		b.Click(".user-btn")
		b.Press("Sign out")
		browserSignIn(b, s, "meridian-uk", "Username", "msantos", newPassword)
		b.See("Good ")
	})
}

// Signing out, cancelling and closing the browser in the middle lose nothing that was
// done: the next sign-in continues from there.
func TestB13_AnInterruptedFirstSignInGoesOn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		newcomer(s, "meridian-au", "koala")
		c := visitor(t, s, "meridian-au")
		p := signIn(c, "koala", temporary)
		if got := p.Text(".steps p"); got != "Step 1 of 3" || !p.Has("At least 8 characters") {
			t.Errorf("%q %q", got, p.Text("main"))
		}
		if out := c.Press(p, "Sign out", nil); !out.Has("You are signed out") {
			t.Errorf("%s %q", out.URL, out.Text("main"))
		}
		p = signIn(c, "koala", temporary)
		p = c.Submit(p, passwordForm, testkit.Values{"old_password": temporary, "new_password": newPassword, "repeat_password": newPassword})
		if p.URL.Path != "/sign-in/challenge" {
			t.Fatalf("%s %q", p.URL, p.Text("main"))
		}
		forgetCookie(c, "gatehouse-signin") // the browser is closed
		if got := c.Get("/"); got.Find(signInForm).Length() != 1 {
			t.Error("a half-finished sign-in opens home")
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-au"), "koala", temporary))
		p = signIn(c, "koala", newPassword)
		if p.URL.Path != "/sign-in/challenge" || p.Text(".steps p") != "Step 1 of 2" {
			t.Fatalf("%s %q", p.URL, p.Text(".steps p"))
		}
		c.Press(p, "Cancel", nil)
		p = signIn(c, "koala", newPassword)
		p = c.Submit(p, challengeForm, testkit.Values{"question": "pet", "answer": "Biscuit the cat", "current_password": newPassword})
		if p.URL.Path != "/sign-in/terms" {
			t.Fatalf("%s %q", p.URL, p.Text("main"))
		}
		c.Press(p, "Cancel", nil)
		p = signIn(c, "koala", newPassword)
		if p.URL.Path != "/sign-in/terms" || p.Find(".steps").Length() != 0 {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		wantHome(t, c.Submit(p, termsForm, testkit.Values{"accept": "on"}))
	})
}

// The old password has to be correct, and five wrong ones end the sign-in.
func TestB13_GuessingTheOldPasswordEndsTheSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		newcomer(s, "meridian-uk", "msantos")
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "msantos", temporary)
		for i := range 6 {
			p = c.Submit(p, passwordForm, testkit.Values{"old_password": "wrong", "new_password": newPassword, "repeat_password": newPassword})
			if p.URL.Path == "/sign-in" {
				if i < 4 || !strings.Contains(p.Text("main"), "too many wrong entries") {
					t.Errorf("after %d: %q", i+1, p.Text("main"))
				}
				return
			}
			if p.Status != 422 {
				t.Fatalf("%d %s", p.Status, p.URL)
			}
		}
		t.Error("six wrong entries, and the sign-in goes on")
	})
}

// Everything works without scripts: the requirements can be read, users can write their
// own question, errors are at their fields.
func TestB13_WithoutScripts(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	newcomer(s, "meridian-uk", "msantos")
	b := testkit.Browser(t)
	b.NoJavaScript()
	b.Size(320, 800)
	browserSignIn(b, s, "meridian-uk", "Username", "msantos", temporary)
	b.See("At least 7 characters")
	b.Screenshot("password")
	choosePassword(b, temporary, newPassword)
	b.See("Your own question")
	b.Screenshot("challenge")
	b.Fill("Question", "What was the name of your first pet?")
	b.Fill("Answer", "Biscuit the cat")
	b.Fill("Current password", newPassword)
	b.Press("Save and continue")
	b.See("Accept the terms of use")
	b.Screenshot("terms")
}

// An expired password is replaced in the same way; nothing else is due.
func TestB13_APasswordOfAgeIsReplaced(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.Password.SetAt = s.Clock.Now().AddDate(0, 0, -180) })
		c := visitor(t, s, "meridian-uk")
		p := signIn(c, "msantos", password)
		if p.URL.Path != "/sign-in/password" || !p.Has("Your password has expired. Choose a new one") || p.Find(".steps").Length() != 0 {
			t.Fatalf("%s %q", p.URL, p.Text("main"))
		}
		bad := c.Submit(p, passwordForm, testkit.Values{"old_password": password, "new_password": password, "repeat_password": password})
		if bad.Status != 422 || !bad.Has("Choose a password that is not your current one") {
			t.Errorf("%d %q", bad.Status, bad.Text("main"))
		}
		wantHome(t, c.Submit(bad, passwordForm, testkit.Values{"old_password": password, "new_password": newPassword, "repeat_password": newPassword}))
	})
}

// A first sign-in interrupted by closing the browser after the temporary password, and one
// that came too late: a user with the correct one gets a new one by mail at the press of a
// button, and no question that was never set. A stranger gets no such button, and nobody
// else can press it.
func TestB13_AnInterruptedFirstSignInGetsANewPassword(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const mailForm = "form[action='/sign-in/temporary-password']"
		for _, why := range []string{"used", "late"} {
			u := newcomer(s, "meridian-uk", "msantos-"+why)
			closed := visitor(t, s, "meridian-uk")
			begun := signIn(closed, u.Username, temporary)
			if why == "late" {
				s.Clock.Add(s.Sites.ByID("meridian-uk").Policy.TemporaryPassword)
			}
			c := visitor(t, s, "meridian-uk")
			if p := signIn(c, u.Username, "wrong"); p.Find(mailForm).Length() != 0 {
				t.Error("a stranger gets the button")
			}
			p := signIn(c, u.Username, temporary)
			if p.Status != 401 || p.Find(mailForm).Length() != 1 {
				t.Fatalf("%s: %d %s %q", why, p.Status, p.URL, p.Text("main"))
			}
			ticket := p.MustFind("[name=ticket]").AttrOr("value", "")
			other := visitor(t, s, "meridian-uk")
			token := other.Get("/sign-in").MustFind("[name=form_token]").AttrOr("value", "")
			if got := other.Post("/sign-in/temporary-password", map[string][]string{"form_token": {token}, "ticket": {ticket}}); got.Has("on its way") {
				t.Error("another browser used the ticket")
			}
			if p = twice(t, s, c, p, mailForm, nil); !p.Has("We have sent a new temporary password") {
				t.Errorf("%s: %s %q", why, p.URL, p.Text("main"))
			}
			if n := eventsOf(t, s, u, gatehouse.EventPasswordReset); n != 1 {
				t.Errorf("%s: %d new passwords", why, n)
			}
			issued := temporaryIn.FindString(mailAbout(t, s, u.Email, "password").Text)
			wantRefused(t, signIn(visitor(t, s, "meridian-uk"), u.Username, temporary))
			if p := closed.Submit(begun, passwordForm, testkit.Values{"old_password": temporary, "new_password": newPassword, "repeat_password": newPassword}); p.Find(signInForm).Length() != 1 {
				t.Errorf("%s: the sign-in of before goes on: %s", why, p.URL)
			}
			if p := signIn(c, u.Username, issued); p.URL.Path != "/sign-in/password" {
				t.Errorf("%s: %q: %d %s", why, issued, p.Status, p.URL)
			}
		}
	})
}

var temporaryIn = regexp.MustCompile(`[A-Z][a-z]{3}-\d\d[a-z]{3}-[A-Z][a-z]{3}-\d\d[a-z]{3}-[A-Z][a-z]{3}`)
