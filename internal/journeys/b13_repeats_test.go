package journeys

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// held are the tokens in a browser, except for links.
func held(c *testkit.Client) map[string]string {
	all := map[string]string{}
	for _, name := range []string{"gatehouse-session", "gatehouse-device", "gatehouse-signin"} {
		all[name] = c.Cookie("/", name)
	}
	return all
}

// twice posts a form as a double click does, and as a browser does when the answer was
// lost: once, once more with the previous cookies, and once more when the answer has
// come. All three lead to the same place, and the second gets what the first one got.
// Somebody else who posts it gets nothing.
func twice(t *testing.T, s *testkit.Server, c *testkit.Client, p *testkit.Page, form string, values testkit.Values) *testkit.Page {
	t.Helper()
	path := p.URL.Path
	lost, now, stranger := c.Before(), c.Before(), visitor(t, s, siteOf(s, p))
	for _, browser := range []*testkit.Client{lost, now, stranger} {
		browser.Stay = true
	}
	first := now.Submit(p, form, values)
	to := first.Header.Get("Location")
	if first.Status != 303 {
		t.Fatalf("%s: %d %q", path, first.Status, first.Text("main"))
	}
	for range 2 { // two more clicks
		browser := lost.Before()
		again := browser.Submit(p, form, values)
		if again.Status != 303 || again.Header.Get("Location") != to {
			t.Errorf("%s, the answer lost: %d %s %q, and at first %s", path, again.Status, again.Header.Get("Location"), again.Texts("h1"), to)
		}
		if strings.HasPrefix(path, "/sign-in") && !maps.Equal(held(browser), held(now)) {
			t.Errorf("%s, the answer lost: the browser holds\n%v, and at first\n%v", path, held(browser), held(now))
		}
	}
	if late := now.Submit(p, form, values); late.Status != 303 || late.Header.Get("Location") != to {
		t.Errorf("%s, once more after the answer: %d %s, and at first %s", path, late.Status, late.Header.Get("Location"), to)
	}
	if other := stranger.Submit(p, form, values); other.Status == 303 && other.Header.Get("Location") == to {
		t.Errorf("%s: another browser is led on to %s", path, to)
	}
	for name, value := range held(now) {
		if value != "" && held(stranger)[name] == value {
			t.Errorf("%s: another browser gets %s", path, name)
		}
	}
	now.Stay = false
	*c = *now
	return c.Get(to)
}

func siteOf(s *testkit.Server, p *testkit.Page) string {
	for _, st := range s.Sites.All() {
		if s.URL(st.ID, "") == "http://"+p.URL.Host {
			return st.ID
		}
	}
	return ""
}

// Every step of a first sign-in survives a second click, a lost answer and a second tab.
func TestB13_EveryStepBearsARepeat(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := newcomer(s, "meridian-uk", "msantos")
		c := visitor(t, s, "meridian-uk")
		p := twice(t, s, c, c.Get("/sign-in?return_to=%2Faccount%2Fprofile"), signInForm, testkit.Values{"username": "msantos", "password": temporary})
		p = twice(t, s, c, p, passwordForm, testkit.Values{"old_password": temporary, "new_password": newPassword, "repeat_password": newPassword})
		p = twice(t, s, c, p, challengeForm, testkit.Values{"question": "pet", "answer": "Biscuit the cat", "current_password": newPassword})
		p = twice(t, s, c, p, termsForm, testkit.Values{"accept": "on"})
		p = twice(t, s, c, p, soleUserForm, testkit.Values{"sole_user": "yes"})
		if p.Status != 200 || p.URL.Path != "/account/profile" {
			t.Fatalf("in the end: %d %s", p.Status, p.URL)
		}
		if n := sessionsOf(t, s, u); n != 1 {
			t.Errorf("invariant 2: %d sessions", n)
		}
		for _, kind := range []gatehouse.EventKind{gatehouse.EventSignIn, gatehouse.EventPasswordChanged, gatehouse.EventChallengeSet, gatehouse.EventTermsAccepted, gatehouse.EventSoleUser, gatehouse.EventSignInDone} {
			if n := eventsOf(t, s, u, kind); n != 1 {
				t.Errorf("%d events %q", n, kind)
			}
		}
	})
}

// So does a sign-in that is complete with the password, and one with a code, however
// the form is sent again; no second code is sent, and none is counted as wrong.
func TestB06_ASignInWithACodeBearsARepeat(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "plain", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, twice(t, s, c, c.Get("/sign-in"), signInForm, testkit.Values{"username": "plain", "password": password}))

		u := careful(t, s, "meridian-uk", "msantos", nil)
		c = visitor(t, s, "meridian-uk")
		p := twice(t, s, c, c.Get("/sign-in"), signInForm, testkit.Values{"username": "msantos", "password": password})
		wantHome(t, twice(t, s, c, p, codeForm, testkit.Values{"code": mailedCode(t, s, u.Email), "trust_device": "on"}))
		if sent, used := eventsOf(t, s, u, gatehouse.EventCodeSent), eventsOf(t, s, u, gatehouse.EventCode); sent != 1 || used != 1 {
			t.Errorf("%d codes sent, %d entered", sent, used)
		}
		if n := sessionsOf(t, s, u); n != 1 {
			t.Errorf("%d sessions", n)
		}
		// The browser that got the lost answers again is the one that is trusted.
		c.Press(c.Get("/"), "Sign out", nil)
		wantHome(t, signIn(c, "msantos", password))
	})
}

// A repeat hands out only what is still valid: nothing comes back after signing out, a
// lock, a new password, or two minutes.
func TestB13_ARepeatGivesNothingThatHasEnded(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for name, end := range map[string]func(c *testkit.Client, u gatehouse.User){
			"signed-out": func(c *testkit.Client, _ gatehouse.User) { c.Press(c.Get("/"), "Sign out", nil) },
			"locked": func(_ *testkit.Client, u gatehouse.User) {
				write(t, s, func(q store.Queries) error {
					_, err := q.LockUser(t.Context(), u.SiteID, u.ID, gatehouse.LockedByAdministrator, s.Clock.Now())
					return err
				})
			},
			"new-password": func(c *testkit.Client, _ gatehouse.User) {
				c.Submit(c.Get("/account/password"), "form[action='/account/password']",
					testkit.Values{"current_password": password, "new_password": newPassword, "repeat_password": newPassword}).Want(200)
			},
			"later": func(*testkit.Client, gatehouse.User) { s.Clock.Add(gatehouse.RepeatFor) },
		} {
			u := s.AddUser("meridian-uk", name, password, func(u *gatehouse.User) { u.SoleUserFor = "" })
			c := visitor(t, s, "meridian-uk")
			sole, yes := signIn(c, name, password), testkit.Values{"sole_user": "yes"}
			before := c.Before()
			wantHome(t, c.Submit(sole, soleUserForm, yes))
			wantHome(t, before.Before().Submit(sole, soleUserForm, yes))
			end(c, u)
			late := before.Before()
			if p := late.Submit(sole, soleUserForm, yes); p.Find(signInForm).Length() != 1 || late.Cookie("/", sessionCookie) != "" {
				t.Errorf("%s: %d %s %q", name, p.Status, p.URL, p.Text("main"))
			}
		}
	})
}

// The cookie of a sign-in alone is not a session, even just after it was finished: it takes
// the same form. Another form gets nothing, and neither does looking at the page.
func TestB13_ARepeatIsTheSameForm(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		code, thief := mailedCode(t, s, u.Email), c.Before()
		wantHome(t, enterCode(c, p, code))
		for what, got := range map[string]*testkit.Page{
			"the page":      thief.Get("/sign-in/code"),
			"another code":  enterCode(thief.Before(), p, not(code)),
			"another step":  thief.Post("/sign-in/terms", map[string][]string{"form_token": {p.MustFind("[name=form_token]").First().AttrOr("value", "")}, "code": {code}}),
			"without token": thief.Post("/sign-in/code", map[string][]string{"code": {code}}),
		} {
			if got.Find(signInForm).Length() != 1 || thief.Cookie("/", sessionCookie) != "" {
				t.Errorf("%s: %d %s", what, got.Status, got.URL)
			}
		}
		if n := sessionsOf(t, s, u); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

// Somebody with the password and the cookie of the sign-in page, but not that of the
// trusted device, needs a code: even just after the owner has signed in with that very form
// and without one.
func TestB08_ARepeatDoesNotInheritTheTrustInADevice(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, c.Submit(wantCodePage(t, c, u), codeForm, testkit.Values{"code": mailedCode(t, s, u.Email), "trust_device": "on"}))
		c.Press(c.Get("/"), "Sign out", nil)
		form, typed := c.Get("/sign-in"), testkit.Values{"username": "msantos", "password": password}
		thief := visitor(t, s, "meridian-uk")
		thief.SetCookie(&http.Cookie{Name: "gatehouse-signin", Value: c.Cookie("/", "gatehouse-signin"), Path: "/"})
		lost := c.Before()
		wantHome(t, c.Submit(form, signInForm, typed))
		if p := thief.Submit(form, signInForm, typed); p.URL.Path != "/sign-in/code" || thief.Cookie("/", sessionCookie) != "" {
			t.Errorf("without the device: %d %s", p.Status, p.URL)
		}
		wantHome(t, lost.Submit(form, signInForm, typed))
		if n := sessionsOf(t, s, u); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

// If the answer to a temporary password was lost, it can be typed again in the browser
// where it was typed first, even later than a second click; in no other one.
func TestB13_ATemporaryPasswordTypedAgain(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		newcomer(s, "meridian-uk", "msantos")
		c := visitor(t, s, "meridian-uk")
		c.Get("/sign-in")
		lost := c.Before()
		signIn(c, "msantos", temporary)
		s.Clock.Add(2 * gatehouse.RepeatFor)
		if p := signIn(lost, "msantos", temporary); p.URL.Path != "/sign-in/password" {
			t.Errorf("the same browser: %d %s", p.Status, p.URL)
		}
		if p := signIn(visitor(t, s, "meridian-uk"), "msantos", temporary); p.Status != 401 || !p.Has("has already been used") {
			t.Errorf("another browser: %d %q", p.Status, p.Text("main"))
		}
	})
}

// Links that work once may be repeated in the browser that opened them: a reset link, the
// confirmation of an address, and undoing it, which ends the very session in which the
// form was posted.
func TestC03_LinksBearARepeat(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", mira, password, nil)
		c := visitor(t, s, "inkwell")
		wantHome(t, signIn(c, mira, password))
		askLink(t, visitor(t, s, "inkwell"), mira)
		link := linkIn(t, s, mailAbout(t, s, u.Email, "Choose a new password"))
		second := visitor(t, s, "inkwell")
		same := second.Get(link)
		chosen := testkit.Values{"new_password": newPassword, "repeat_password": newPassword}
		p := twice(t, s, c, c.Get(link), resetForm, chosen)
		if p.URL.RequestURI() != "/sign-in?password_changed" {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		if got := second.Submit(same, resetForm, chosen); got.Status != 410 {
			t.Errorf("another browser: %d %s", got.Status, got.URL)
		}
		if n := eventsOf(t, s, u, gatehouse.EventPasswordChanged); n != 1 {
			t.Errorf("%d times changed", n)
		}

		wantHome(t, signIn(c, mira, newPassword))
		c.Submit(c.Get("/account/profile"), profileForm, testkit.Values{"email": "new.mira@inkwell.example"}).Want(200)
		confirm, undo := mailedLink(t, s, "new.mira@inkwell.example", "/account/email/confirm"), mailedLink(t, s, u.Email, "/account/email/undo")
		same = second.Get(confirm)
		p = twice(t, s, c, c.Get(confirm), "form[action='/account/email/confirm']", nil)
		if p.Text("h1") != "Your email address is confirmed" || s.User(u).Email != "new.mira@inkwell.example" {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		if got := second.Submit(same, "form[action='/account/email/confirm']", nil); got.Status != 410 {
			t.Errorf("another browser: %d %s", got.Status, got.URL)
		}
		same = second.Get(undo)
		p = twice(t, s, c, c.Get(undo), "form[action='/account/email/undo']", nil)
		if p.URL.Path != "/account/email/restored" || s.User(u).Email != mira {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		if got := second.Submit(same, "form[action='/account/email/undo']", nil); got.Status != 410 {
			t.Errorf("another browser: %d %s", got.Status, got.URL)
		}
	})
}

// The correct answer to a challenge question may be repeated too, and sends one mail.
func TestA07_TheAnswerBearsARepeat(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := twice(t, s, c, forget(c, "msantos", u.Email), answerForm, testkit.Values{"answer": answer})
		if p.URL.Path != "/forgot-password/sent" {
			t.Errorf("%d %s", p.Status, p.URL)
		}
		if n := eventsOf(t, s, u, gatehouse.EventRecoveryAnswered); n != 1 {
			t.Errorf("answered %d times", n)
		}
	})
}

// The confirmation of Enhanced Security leads to the enrolment that it began, at each
// click.
func TestB02_TheConfirmationBearsARepeat(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		u := s.AddUser(site, "msantos", password, administrator)
		other := s.AddUser(site, "second", password, administrator)
		c, second := visitor(t, s, site), visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		wantHome(t, signIn(second, other.Username, password))
		ask := c.Submit(c.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"}).Want(200)
		same := second.Submit(second.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"}).Want(200)
		p := twice(t, s, c, ask, twoFactorForm, nil)
		if !strings.HasPrefix(p.URL.Path, "/company/enrolments/") {
			t.Errorf("%d %s", p.Status, p.URL)
		}
		runs, err := s.Store.Read().Enrolments(t.Context(), site, u.CompanyID, "", 10)
		if err != nil || len(runs) != 1 {
			t.Errorf("%d runs, %v", len(runs), err)
		}
		if got := second.Submit(same, twoFactorForm, nil); got.Status != 409 {
			t.Errorf("another administrator: %d %s", got.Status, got.URL)
		}
	})
}

func write(t *testing.T, s *testkit.Server, do func(q store.Queries) error) {
	t.Helper()
	s.Write(do)
}

func sessionsOf(t *testing.T, s *testkit.Server, u gatehouse.User) int {
	t.Helper()
	n, err := s.Store.Read().CountSessionsOf(t.Context(), u.SiteID, u.ID, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// eventsOf counts the successful events of a kind.
func eventsOf(t *testing.T, s *testkit.Server, u gatehouse.User, kind gatehouse.EventKind) (n int) {
	t.Helper()
	all, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Kind == kind {
			n++
		}
	}
	return n
}
