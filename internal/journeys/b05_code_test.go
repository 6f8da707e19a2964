package journeys

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const codeForm = "form[action='/sign-in/code']"

// secure switches Enhanced Security of a user's company.
func secure(t *testing.T, s *testkit.Server, u gatehouse.User, on bool) {
	t.Helper()
	requireOf(t, s, u, gatehouse.EmailCodes(on))
}

// careful is a user in a company with Enhanced Security on.
func careful(t *testing.T, s *testkit.Server, siteID, username string, change func(*gatehouse.User)) gatehouse.User {
	t.Helper()
	u := s.AddUser(siteID, username, password, change)
	secure(t, s, u, true)
	return u
}

// mailedCode takes the code from the next mail to an address that has one.
func mailedCode(t *testing.T, s *testkit.Server, to string) string {
	t.Helper()
	for { // others, about wrong ones, have none
		if code := mailAbout(t, s, to, "code").Code(); code != "" {
			return code
		}
	}
}

// wantCodePage signs in as far as the page for codes.
func wantCodePage(t *testing.T, c *testkit.Client, u gatehouse.User) *testkit.Page {
	t.Helper()
	p := signIn(c, u.Username, password)
	if p.Status != 200 || p.URL.Path != "/sign-in/code" {
		t.Fatalf("not asked for a code: %d %s %q", p.Status, p.URL, p.Text("main"))
	}
	return p
}

func enterCode(c *testkit.Client, p *testkit.Page, code string) *testkit.Page {
	return c.Submit(p, codeForm, testkit.Values{"code": code})
}

// not is a different code.
func not(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// The page from the document: where the code went, until when it works, a field for it, the
// two boxes, Verify, Send a new code, Sign out, and what to do if nothing comes (B05, B06).
func TestB05_TheCodeComesByItself(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for siteID, name := range map[string]string{"meridian-uk": "mary.hopkins", "inkwell": "mary.hopkins@northgate.example"} {
			u := careful(t, s, siteID, name, func(u *gatehouse.User) { u.Email = "mary.hopkins@northgate.example" })
			c := visitor(t, s, siteID)
			p := wantCodePage(t, c, u)
			for _, want := range []string{"Check your email", "m...s@northgate.example", "until 12:05", "Six-digit code", "Send email automatically",
				"Verify", "Send a new code", "Sign out", "Code not arrived?", s.Sites.ByID(siteID).Sender.Address, "company’s administrator"} {
				if !p.Has(want) {
					t.Errorf("%s: the page lacks %q: %q", siteID, want, p.Text("body"))
				}
			}
			if trusts := p.Has("Do not challenge me on this device for the next 15 days"); trusts != (siteID == "meridian-uk") {
				t.Errorf("%s: trust is offered: %v", siteID, trusts)
			}
			if _, ticked := p.MustFind("#send_automatically").Attr("checked"); !ticked {
				t.Error("sending automatically is not what there is at first")
			}
			field := p.MustFind("#code")
			for attr, want := range map[string]string{"inputmode": "numeric", "autocomplete": "one-time-code", "type": "text", "value": ""} {
				if got := field.AttrOr(attr, ""); got != want {
					t.Errorf("the field's %s is %q", attr, got)
				}
			}
			wantSignedOut(t, c, "anyone who has no code yet")
			wantHome(t, enterCode(c, c.Get("/sign-in/code"), mailedCode(t, s, u.Email)))
		}
	})
}

// A pasted code, in a browser; the page works with the keyboard alone.
func TestB06_APastedCodeInABrowser(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		b := testkit.Browser(t)
		browserSignIn(b, s, "meridian-uk", "Username", "msantos", password)
		b.See("Check your email")
		wantAccessible(t, b)
		b.Screenshot("code")
		code := mailedCode(t, s, u.Email)
		b.Fill("Six-digit code", not(code))
		b.Check("Do not challenge me on this device")
		b.Uncheck("Send email automatically")
		b.Press("Verify")
		b.See("That code is not correct")
		b.See("You have 4 tries left")
		wantAccessible(t, b)
		b.Screenshot("wrong")
		if b.Value("Six-digit code") != not(code) || b.Value("trust_device") != "true" || b.Value("send_automatically") != "false" {
			t.Error("what was entered is lost")
		}
		testkit.Eval[bool](b, `(() => {
			const field = document.getElementById("code");
			field.focus(); field.select();
			return document.execCommand("insertText", false, " `+code[:3]+`\u00a0–\u00a0`+code[3:]+` ");
		})()`)
		if got := b.Value("Six-digit code"); got != code {
			t.Errorf("pasted with blanks and a dash it is %q", got)
		}
		b.Press("Verify")
		b.See("Good ")
	})
}

// Wrong, expired and used codes each get their own message, and what cannot be a code
// costs no try (B06).
func TestB06_CodesThatDoNotWork(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u, other := careful(t, s, "meridian-uk", "msantos", nil), careful(t, s, "meridian-uk", "other", nil)
		c, tab := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		code := mailedCode(t, s, u.Email)
		wantCodePage(t, tab, u)
		wantCodePage(t, visitor(t, s, "meridian-uk"), other)
		wrong := func(typed, want string) {
			t.Helper()
			p = enterCode(c, p, typed).Want(422)
			if got := p.Text("#code-error"); !strings.Contains(got, want) {
				t.Errorf("%q: %q, want %q", typed, got, want)
			}
			if got := p.MustFind("#code").AttrOr("value", ""); got != typed {
				t.Errorf("%q is shown again as %q", typed, got)
			}
			if p.Find("[data-focus] a[href='#code']").Length() != 1 || !strings.HasPrefix(p.Text("title"), "Error: ") {
				t.Errorf("%q: nothing leads to the field", typed)
			}
		}
		wrong("", "Enter the code from our email")
		for _, typed := range []string{"abcdef", code + "1", code[:5], "４１８２０"} {
			wrong(typed, "Enter the six digits of the code")
		}
		wrong(mailedCode(t, s, u.Email), "You have 4 tries left") // of another tab
		wrong(mailedCode(t, s, other.Email), "You have 3 tries left")
		s.Clock.Add(5 * time.Minute)
		if now := c.Get("/sign-in/code"); !now.Has("Your code has expired") || !now.Has("12:05") {
			t.Errorf("after five minutes: %q", now.Text("main"))
		}
		wrong(code, "That code has expired")
		p = c.Press(p, "Send a new code", nil)
		p = enterCode(c, p, mailedCode(t, s, u.Email))
		wantHome(t, p)
	})
}

// Five wrong entries end the sign-in, with its own page.
func TestB06_FiveWrongCodesEndTheSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		code := mailedCode(t, s, u.Email)
		for range 4 {
			p = enterCode(c, p, not(code)).Want(422)
		}
		over := enterCode(c, p, not(code)).Want(401)
		if !over.Has("This sign-in has ended") || !over.Has("Ask your administrator") || over.Find(codeForm).Length() != 0 {
			t.Errorf("%q", over.Text("main"))
		}
		if p = enterCode(c, p, code); p.URL.Path != "/sign-in" || !p.Has("too many wrong entries") {
			t.Errorf("the right code after that: %s %q", p.URL, p.Text("main"))
		}
		wantSignedOut(t, c, "anyone who guessed")
		s.Clock.Add(time.Minute)
		p = wantCodePage(t, c, u)
		wantHome(t, enterCode(c, p, mailedCode(t, s, u.Email)))
	})
}

// Two hundred codes in a minute: an account accepts only so many per day, says so, and
// loses nothing that was typed. Others sign in as usual.
func TestB06_TwoHundredCodesAMinute(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u, other := careful(t, s, "meridian-uk", "msantos", nil), careful(t, s, "meridian-uk", "other", nil)
	c := visitor(t, s, "meridian-uk")
	p, entered := wantCodePage(t, c, u), 0
	for entered < 200 && p.Status != http.StatusTooManyRequests {
		if p.Status == http.StatusUnauthorized {
			p = wantCodePage(t, c, u)
		}
		token := p.MustFind("input[name=form_token]").AttrOr("value", "")
		p = c.Post("/sign-in/code", url.Values{"form_token": {token}, "code": {"000000"}, "trust_device": {"on"}})
		entered++
	}
	if p.Status != 429 || p.Header.Get("Retry-After") == "" || entered > 100 {
		t.Fatalf("after %d: %d, Retry-After %q", entered, p.Status, p.Header.Get("Retry-After"))
	}
	if !p.Has("Too many codes have been entered for this account") || p.MustFind("#code").AttrOr("value", "") != "000000" || p.Find("#trust_device[checked]").Length() != 1 {
		t.Errorf("%q", p.Text("main"))
	}
	wantHome(t, enterCode(c, wantCodePage(t, c, other), mailedCode(t, s, other.Email)))
}

// What is not sent with the code is not chosen by accident: scripts post only what they
// know.
func TestB06_AScriptThatPostsNothingButTheCode(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		token := p.MustFind("input[name=form_token]").AttrOr("value", "")
		wantHome(t, c.Post("/sign-in/code", url.Values{"form_token": {token}, "code": {mailedCode(t, s, u.Email)}}))
		if s.User(u).CodesOnRequest {
			t.Error("sending automatically was switched off by nobody")
		}
	})
}

// requireOf writes what a user's company requires.
func requireOf(t *testing.T, s *testkit.Server, u gatehouse.User, rule gatehouse.TwoFactorRule) {
	t.Helper()
	s.Write(func(q store.Queries) error {
		_, err := q.SetTwoFactor(t.Context(), u.SiteID, u.CompanyID, rule, s.Clock.Now())
		return err
	})
}
