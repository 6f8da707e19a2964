package journeys

import (
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

func TestC02_ACleanSignInPage(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for _, site := range s.Sites.All() {
		p := visitor(t, s, site.ID).Get("/sign-in")
		if !strings.Contains(p.Text("h1"), site.Name) {
			t.Errorf("%s: heading %q", site.ID, p.Text("h1"))
		}
		p.MustFind(".brand svg")
		if got := p.MustFind("#username").AttrOr("autocomplete", ""); got != "username webauthn" {
			t.Errorf("%s: password managers see the first field as %q", site.ID, got)
		}
		pass := p.MustFind("#password")
		if pass.AttrOr("type", "") != "password" || pass.AttrOr("autocomplete", "") != "current-password" {
			t.Errorf("%s: the password field is type %q, autocomplete %q", site.ID, pass.AttrOr("type", ""), pass.AttrOr("autocomplete", ""))
		}
		for _, forbidden := range []string{"maxlength", "onpaste", "readonly"} {
			if _, has := pass.Attr(forbidden); has {
				t.Errorf("%s: the password field has %s", site.ID, forbidden)
			}
		}
		if n := p.Find("main .btn-main").Length(); n != 1 {
			t.Errorf("%s: %d main buttons", site.ID, n)
		}
		p.MustFind("a[href='/forgot-password']")
		if p.Find("script:not([src]), style, [style], [onclick], link[href^='http'], script[src^='http'], img[src^='http']").Length() > 0 {
			t.Errorf("%s: something inline, or from outside", site.ID)
		}
	}
}

func TestC02_PasswordCanBeShown(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	b := testkit.Browser(t)
	b.Open(s.URL("inkwell", "/sign-in"))
	b.Fill("Password", "typed")
	kind := func() string { return testkit.Eval[string](b, "document.getElementById('password').type") }
	b.Click("[data-reveal=password]")
	if kind() != "text" {
		t.Error("Show does not show")
	}
	b.Click("[data-reveal=password]")
	if kind() != "password" || b.Value("Password") != "typed" {
		t.Error("Hide does not hide, or loses what was typed")
	}
}

func TestC02_WorksWithoutJavaScript(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("inkwell", "mira@inkwell.example", password, nil)
		b := testkit.Browser(t)
		b.NoJavaScript()
		browserSignIn(b, s, "inkwell", "Email address", "mira@inkwell.example", "wrong")
		b.See("We could not sign you in")
		b.Screenshot("signin-error")
		b.Fill("Password", password)
		b.Press("Sign in")
		b.See("Good ")
		b.Screenshot("home")
	})
}

// After a failed attempt the summary has the focus, what was typed is there, and the
// password is not.
func TestC02_AFailedTryPutsTheFocusOnTheSummary(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	b := testkit.Browser(t)
	b.AllowErrors("401")
	browserSignIn(b, s, "meridian-uk", "Username", "msantos", "wrong")
	b.See("We could not sign you in")
	if !testkit.Eval[bool](b, "document.activeElement.matches('.alert')") {
		t.Error("the summary does not have the focus")
	}
	if b.Value("Username") != "msantos" || b.Value("Password") != "" {
		t.Errorf("username %q, password %q", b.Value("Username"), b.Value("Password"))
	}
	wantAccessible(t, b)
}
