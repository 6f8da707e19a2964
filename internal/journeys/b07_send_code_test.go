package journeys

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// codesTo is how many codes were mailed to an address so far, once nothing is waiting.
func codesTo(t *testing.T, s *testkit.Server, to string) (n int) {
	t.Helper()
	testkit.Eventually(t, "the outbox to be empty", func() bool {
		waiting, _, err := s.Store.Read().MailQueue(t.Context(), s.Clock.Now())
		return err == nil && waiting == 0
	})
	for _, m := range s.Mail.All() {
		if strings.Join(m.To, " ") == to && m.Code() != "" {
			n++
		}
	}
	return n
}

// B07 without scripts: a new code each time, after the cool-down only; the earlier one
// stays valid; looking at the page sends nothing.
func TestB07_ANewCode(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		early := mailedCode(t, s, u.Email)
		s.Clock.Add(6 * time.Second)
		p = c.Press(p, "Send a new code", testkit.Values{"code": "41 8", "trust_device": "on"}).Want(429)
		if wait, _ := strconv.Atoi(p.Header.Get("Retry-After")); wait != 24 {
			t.Errorf("Retry-After %q", p.Header.Get("Retry-After"))
		}
		if !p.Has("cannot send a new code yet") || !p.Has("24 seconds") || p.MustFind("#code").AttrOr("value", "") != "41 8" || p.Find("#trust_device[checked]").Length() != 1 {
			t.Errorf("too soon: %q", p.Text("main"))
		}
		for range 5 {
			c.Get("/sign-in/code").Want(200)
			c.Get("/sign-in/code/send")
			head, err := http.NewRequest(http.MethodHead, s.URL("meridian-uk", "/sign-in/code"), nil)
			if err != nil {
				t.Fatal(err)
			}
			c.Do(head)
		}
		if n := codesTo(t, s, u.Email); n != 1 {
			t.Errorf("looking sent %d codes", n-1)
		}
		s.Clock.Add(24 * time.Second)
		p = c.Press(p, "Send a new code", nil)
		if p.Status != 200 || p.URL.Path != "/sign-in/code" || !p.Has("We have sent a new code") || p.Find("#trust_device[checked]").Length() != 1 || p.Find("#send_automatically[checked]").Length() != 1 {
			t.Errorf("%d %s %q", p.Status, p.URL, p.Text("main"))
		}
		if late := mailedCode(t, s, u.Email); late == early {
			t.Error("the same code again")
		}
		wantHome(t, enterCode(c, p, early))
	})
}

// Five codes in an hour, then the page says when the next one is possible.
func TestB07_FiveCodesAnHour(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		for range 4 {
			codesTo(t, s, u.Email) // or it would be too old to be sent
			s.Clock.Add(time.Minute)
			p = c.Press(p, "Send a new code", nil).Want(200)
		}
		s.Clock.Add(time.Minute)
		p = c.Press(p, "Send a new code", nil).Want(429)
		if !p.Has("from 13:00") {
			t.Errorf("%q", p.Text("main"))
		}
		p = wantCodePage(t, visitor(t, s, "meridian-uk"), u)
		if !p.Has("several within an hour") || !p.Has("from 13:00") || p.Find("#code").Length() != 0 {
			t.Errorf("the next sign-in: %q", p.Text("main"))
		}
		if n := codesTo(t, s, u.Email); n != 5 {
			t.Errorf("%d codes were sent", n)
		}
	})
}

// The cool-down in a browser: the button waits, and says how long.
func TestB07_TheCoolDownIsShown(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		b := testkit.Browser(t)
		b.AllowErrors("429")
		browserSignIn(b, s, "meridian-uk", "Username", "msantos", password)
		b.See("You can send a new code in 0:")
		if got := testkit.Eval[string](b, "document.querySelector('[data-wait]').ariaDisabled"); got != "true" {
			t.Errorf("the button is disabled: %q", got)
		}
		testkit.Eval[bool](b, "document.querySelector('[data-wait]').click() || true")
		if n := codesTo(t, s, u.Email); n != 1 || !b.Has("You can send a new code in 0:") {
			t.Errorf("%d codes", n)
		}
		s.Clock.Add(29 * time.Second)
		b.Reload()
		b.See("You can send a new code now") // after a second
		if got := testkit.Eval[string](b, "document.querySelector('[data-wait]').ariaDisabled"); got != "false" {
			t.Errorf("after its time the button is disabled: %q", got)
		}
		s.Clock.Add(time.Second)
		b.Press("Send a new code")
		b.See("We have sent a new code")
		wantAccessible(t, b)
		mailedCode(t, s, u.Email)
		b.Fill("code", mailedCode(t, s, u.Email))
		b.Press("Verify")
		b.See("Good ")
	})
}

// B09: somebody who has only the password cannot switch off the mails that would warn the
// owner: with the button, in time or too soon, the choice stays in the form.
func TestB09_TheChoiceNeedsARightCode(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		off := func(what string) {
			t.Helper()
			if p.Find("#send_automatically[checked]").Length() != 0 || p.Find("#trust_device[checked]").Length() != 1 {
				t.Errorf("%s: what was ticked is lost: %s", what, p.URL)
			}
			if s.User(u).CodesOnRequest {
				t.Errorf("%s: the choice is stored", what)
			}
		}
		p = c.Press(p, "Send a new code", testkit.Values{"send_automatically": "", "trust_device": "on"}).Want(429)
		off("too soon")
		s.Clock.Add(time.Minute)
		p = c.Press(p, "Send a new code", nil).Want(200)
		off("sent")
		if now := c.Get("/sign-in/code"); now.Find("#send_automatically[checked]").Length() != 1 {
			t.Error("the page from again does not show what is stored")
		}
		mailedCode(t, s, u.Email)
		wantHome(t, enterCode(c, p, mailedCode(t, s, u.Email)))
		if !s.User(u).CodesOnRequest {
			t.Error("with a right code the choice is not stored")
		}
	})
}

// B08: nobody else's link ticks the box for trust, not even one that was made here for
// another sign-in.
func TestB08_ALinkTicksNoBox(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u, other := careful(t, s, "meridian-uk", "msantos", nil), careful(t, s, "meridian-uk", "other", nil)
		stranger := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, stranger, other)
		s.Clock.Add(time.Minute)
		p = stranger.Press(p, "Send a new code", testkit.Values{"trust_device": "on", "send_automatically": ""}).Want(200)
		link := p.URL.RequestURI()
		if again := stranger.Get(link); again.Find("#trust_device[checked]").Length() != 1 {
			t.Fatalf("%s is not the link", link)
		}
		c := visitor(t, s, "meridian-uk")
		wantCodePage(t, c, u)
		for _, path := range []string{link, "/sign-in/code?trust", "/sign-in/code?sent&trust", "/sign-in/code?sent=t", "/sign-in/code?sent=ta&tag="} {
			if p := c.Get(path).Want(200); p.Find("#trust_device[checked]").Length() != 0 || p.Find("#send_automatically[checked]").Length() != 1 {
				t.Errorf("%s ticks a box", path)
			}
		}
	})
}

// B09: without "Send email automatically" the page waits, at this sign-in and at the
// next, in every browser.
func TestB09_TheChoiceIsRemembered(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		wantHome(t, c.Submit(p, codeForm, testkit.Values{"code": mailedCode(t, s, u.Email), "send_automatically": ""}))
		c = visitor(t, s, "meridian-uk")
		p = wantCodePage(t, c, u)
		if !p.Has("We have not sent one yet") || p.Find("#code").Length() != 0 || p.Find("#send_automatically[checked]").Length() != 0 {
			t.Errorf("%q", p.Text("main"))
		}
		if n := codesTo(t, s, u.Email); n != 1 {
			t.Errorf("%d codes were sent, want none by itself", n-1)
		}
		s.Clock.Add(time.Minute)
		p = c.Press(p, "Send a code", nil).Want(200)
		wantHome(t, c.Submit(p, codeForm, testkit.Values{"code": mailedCode(t, s, u.Email), "send_automatically": "on"}))
		s.Clock.Add(time.Minute)
		wantCodePage(t, visitor(t, s, "meridian-uk"), u)
		mailedCode(t, s, u.Email)
	})
}

// B10: the address is masked on every page before the code is right.
func TestB10_TheAddressIsMasked(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for i, c := range []struct{ address, shown string }{
			{"mary.hopkins@northgate.example", "m...s@northgate.example"},
			{"m@northgate.example", "m...@northgate.example"},
			{"mo@northgate.example", "m...@northgate.example"},
			{"éloïse@northgate.example", "é...e@northgate.example"},
			{"李雷@northgate.example", "李...@northgate.example"},
		} {
			u := careful(t, s, "meridian-uk", "person-"+strconv.Itoa(i), func(u *gatehouse.User) { u.Email = c.address })
			client := visitor(t, s, "meridian-uk")
			p := wantCodePage(t, client, u)
			for _, p := range []*testkit.Page{p, enterCode(client, p, "418"), client.Press(p, "Send a new code", nil)} {
				if got := p.Text("main bdi[translate=no]"); got != c.shown {
					t.Errorf("%s is shown as %q", c.address, got)
				}
				if strings.Contains(string(p.Body), c.address) {
					t.Errorf("%s stands in the page", c.address)
				}
			}
		}
	})
}

// B11: signing out leaves nothing of the sign-in.
func TestB11_SignOutFromTheCodePage(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		kept := c.Cookie("/", "gatehouse-signin")
		if out := c.Press(p, "Sign out", nil); !out.Has("You are signed out") {
			t.Errorf("%s %q", out.URL, out.Text("main"))
		}
		c.SetCookie(&http.Cookie{Name: "gatehouse-signin", Value: kept, Path: "/"})
		if p = enterCode(c, p, mailedCode(t, s, u.Email)); p.URL.Path != "/sign-in" {
			t.Errorf("the code after signing out leads to %s", p.URL)
		}
		wantSignedOut(t, c, "anyone who signed out")
	})
}

// C13: a user who waits for a code that will not come is told so, and what to do.
func TestC13_ACodeThatCannotBeDelivered(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		refused, late := careful(t, s, "meridian-uk", "refused", nil), careful(t, s, "meridian-uk", "late", nil)
		lost := func(c *testkit.Client) *testkit.Page {
			var p *testkit.Page
			testkit.Eventually(t, "the page to say so", func() bool {
				p = c.Get("/sign-in/code")
				return p.Has("We could not deliver the code")
			})
			if !p.Has("was not accepted in time") || !p.Has("administrator") || p.Find(codeForm).Length() != 1 {
				t.Errorf("%q", p.Text("main"))
			}
			return p
		}
		s.Mail.Refuse(550, "no such user here")
		c := visitor(t, s, "meridian-uk")
		wantCodePage(t, c, refused)
		lost(c)
		s.Mail.Refuse(451, "try again later")
		tries := s.Mail.Tries()
		c = visitor(t, s, "meridian-uk")
		if p := wantCodePage(t, c, late); p.Has("could not be delivered") {
			t.Error("given up before its time")
		}
		testkit.Eventually(t, "the first try", func() bool { return s.Mail.Tries() > tries })
		s.Clock.Add(5 * time.Minute)
		p := lost(c)
		s.Mail.Refuse(0, "")
		p = c.Press(p, "Send a new code", nil).Want(200)
		if p.Has("could not be delivered") {
			t.Errorf("after sending again: %q", p.Text("main"))
		}
		wantHome(t, enterCode(c, p, mailedCode(t, s, late.Email)))
		if n := codesTo(t, s, late.Email); n != 1 {
			t.Errorf("%d codes came, one of them too late", n)
		}
	})
}

// A user without an address is not left without help.
func TestC13_NoAddressForACode(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", func(u *gatehouse.User) { u.Email = "" })
		c := visitor(t, s, "meridian-uk")
		p := wantCodePage(t, c, u)
		for _, want := range []string{"We cannot send you a code", "no email address", "Ask your administrator", "Sign out"} {
			if !p.Has(want) {
				t.Errorf("the page lacks %q: %q", want, p.Text("main"))
			}
		}
		wantSignedOut(t, c, "anyone who has no address")
	})
}
