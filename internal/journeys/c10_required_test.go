package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const factorForm = "form[action='/sign-in/factor']"

// requires has the company's administrator require something on the Enhanced Security page, with
// the last day on which a code by email is enough (empty: at once). It returns the result.
func requires(t *testing.T, admin *testkit.Client, need, by string) *testkit.Page {
	t.Helper()
	ask := admin.Submit(admin.Get(enhancedSecurityPath).Want(200), twoFactorForm, testkit.Values{"two_factor": need, "factor_by": by}).Want(200)
	return finished(t, admin, admin.Submit(ask, twoFactorForm, nil).Want(200))
}

// withCode signs in with the password and the code from the mail.
func withCode(t *testing.T, s *testkit.Server, c *testkit.Client, u gatehouse.User) *testkit.Page {
	t.Helper()
	return enterCode(c, wantCodePage(t, c, u), mailedCode(t, s, u.Email)).Want(200)
}

// A company requires an app or a passkey by a day: everybody is told, a code by email is enough
// until then, and the set-up is offered. From then on it is a step of the sign-in.
func TestC10_ACompanyRequiresAFactor(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		boss := answeringUser(t, s, "meridian-uk", "boss", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		u := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.CompanyID = boss.CompanyID })
		admin := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, boss.Username, password))
		day := s.Clock.Now().AddDate(0, 0, 30)
		result := requires(t, admin, "factor", day.Format(time.DateOnly))
		if !result.Has("2 users must set one up") || !result.Has("0 have set one up since") {
			t.Errorf("the result is %q", result.Text("main"))
		}
		m := mailAbout(t, s, u.Email, "Set up an authenticator app or a passkey by")
		if !strings.Contains(m.Text, day.Format("2 January 2006")) {
			t.Errorf("%s", m.Text)
		}

		c := visitor(t, s, "meridian-uk")
		offer := withCode(t, s, c, u)
		if offer.URL.Path != "/sign-in/factor" || !offer.Has("After "+day.Format("2 January 2006")) {
			t.Fatalf("%s: %q", offer.URL, offer.Text("main"))
		}
		wantHome(t, c.Press(offer, "Not now", nil))

		s.Clock.Add(31 * 24 * time.Hour)
		c = visitor(t, s, "meridian-uk")
		step := withCode(t, s, c, u)
		if step.Has("Not now") || !step.Has("You need an authenticator app or a passkey to sign in") {
			t.Fatalf("%q", step.Text("main"))
		}
		if p := c.Get("/account/profile"); p.URL.Path == "/account/profile" || p.Has("First name") {
			t.Errorf("without one, %s opens", p.URL)
		}
		waiting := c.Press(c.Get("/sign-in/factor").Want(200), "Set up an authenticator app", nil).Want(200)
		if bad := c.Submit(waiting, factorForm, testkit.Values{"code": "12 34"}).Want(422); !bad.Has("six digits") && bad.Find("[aria-invalid]").Length() == 0 {
			t.Errorf("%q", bad.Text("main"))
		}
		app := scan(t, waiting)
		codes := c.Submit(waiting, factorForm, testkit.Values{"code": app.shows(s)}).Want(200)
		if n := codes.Find("#code-list li").Length(); n != gatehouse.RecoveryCodes {
			t.Fatalf("%d recovery codes: %q", n, codes.Text("main"))
		}
		wantHome(t, c.Follow(codes, "I have saved them"))
		requireOf(t, s, u, gatehouse.TwoFactorRule{Require: gatehouse.RequireNothing}) // the administrator has none, and is not the subject
		admin = visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, boss.Username, password))
		requireOf(t, s, u, gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor})
		if !admin.Get(result.URL.Path).Has("1 has set one up since") {
			t.Error("the result does not count who has set one up")
		}

		s.Clock.Add(time.Minute)
		c = visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		wantHome(t, c.Submit(p, codeForm, testkit.Values{"code": app.shows(s)}))
		mine := c.Follow(c.Get("/account/security").Want(200), "Change").Want(200)
		if p := c.Press(mine, "Remove app", nil).Want(422); !p.Has("You need it to sign in") {
			t.Errorf("removing it: %q", p.Text("main"))
		}
		if bad := admin.Get(enhancedSecurityPath + "?two_factor=factor&factor_by=2026-11-01").Want(422); !bad.Has("This day is over") {
			t.Errorf("a day that is over: %q", bad.Text("main"))
		}
	})
}

// The key of an app belongs to the sign-in that showed it: of two people who know the password, one
// cannot slip the other a key. A second tab that has set one up is not disturbed.
func TestC10_AKeyBelongsToItsSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		rule := gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor}
		requireOf(t, s, u, rule)
		one, two := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		first := one.Press(withCode(t, s, one, u), "Set up an authenticator app", nil).Want(200)
		s.Clock.Add(2 * time.Minute)
		second := two.Press(withCode(t, s, two, u), "Set up an authenticator app", nil).Want(200)
		a, b := scan(t, first), scan(t, second)
		if p := two.Submit(second, factorForm, testkit.Values{"code": a.shows(s)}).Want(422); !p.Has("not the code for this key") {
			t.Errorf("the other key's code: %q", p.Text("main"))
		}
		two.Submit(second, factorForm, testkit.Values{"code": b.shows(s)}).Want(200)
		if p := two.Submit(second, factorForm, testkit.Values{"code": b.shows(s)}); p.Status != 200 || p.Find("#code-list").Length() != 0 {
			t.Errorf("the same form again: %d %q", p.Status, p.Text("main"))
		}
		if p := one.Submit(first, factorForm, testkit.Values{"code": a.shows(s)}); p.URL.Path != "/sign-in" {
			t.Errorf("a sign-in that has proved nothing of the new factor goes on to %s", p.URL)
		}
		if n := s.User(u).Factors; n != 1 {
			t.Errorf("there are %d factors", n)
		}
	})
}

// Where a passkey is required, a user with an app proves it once more, and is led through creating
// a passkey. After that, the app is no way to sign in, and a recovery code is.
func TestC10_APasskeyOnly(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		app, codes := setUpApp(t, s, c, "Phone")
		requireOf(t, s, u, gatehouse.TwoFactorRule{Require: gatehouse.RequirePasskey})

		b := testkit.Browser(t)
		newDevice(t, b, nil)
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		b.Fill("Six-digit code", app.shows(s))
		b.Press("Verify")
		b.See("You need a passkey to sign in")
		b.Press("Create a passkey")
		b.See("Good ")
		if now := s.User(u); now.Passkeys != 1 || now.Apps != 1 {
			t.Fatalf("%d passkeys, %d apps", now.Passkeys, now.Apps)
		}

		s.Clock.Add(time.Minute)
		c = visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		if p.Has("Use a code from your authenticator app") || !p.Has("Use your passkey") {
			t.Errorf("the page offers %q", p.Text("main"))
		}
		forged := c.Submit(p, codeForm, testkit.Values{"way": "app", "code": app.shows(s)}).Want(422)
		if !forged.Has("A passkey is required to sign in") {
			t.Errorf("the app's code: %q", forged.Text("main"))
		}
		wantHome(t, c.Submit(c.Get("/sign-in/code?way=recovery-code"), codeForm, testkit.Values{"way": "recovery-code", "code": codes[0]}))
	})
}

// The modern profile offers a factor at the first sign-in, and only then.
func TestC10_TheFirstSignInOffersAFactor(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		name := "reader@northgate.example"
		u := s.AddUser("inkwell", name, password, func(u *gatehouse.User) { u.FirstSignInAt = time.Time{} })
		c := visitor(t, s, "inkwell")
		offer := signIn(c, name, password)
		if offer.URL.Path != "/sign-in/factor" || !offer.Has("You can also do this later") {
			t.Fatalf("%s: %q", offer.URL, offer.Text("main"))
		}
		wantHome(t, c.Press(offer, "Not now", nil))
		wantHome(t, signIn(visitor(t, s, "inkwell"), u.Username, password))
	})
}
