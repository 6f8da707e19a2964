package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const mira = "mira@inkwell.example"

// askLink asks for a reset link on the page.
func askLink(t *testing.T, c *testkit.Client, address string) *testkit.Page {
	t.Helper()
	p := c.Submit(c.Follow(c.Get("/sign-in"), "Forgot password?"), forgotForm, testkit.Values{"email": address})
	if p.Status != 200 || p.URL.Path != "/forgot-password/sent" {
		t.Fatalf("%d %s %q", p.Status, p.URL, p.Text("main"))
	}
	return p
}

// linkIn is the reset link in a mail, as path and query.
func linkIn(t *testing.T, s *testkit.Server, m testkit.Mail) string {
	t.Helper()
	for _, link := range m.Links() {
		if path, ok := strings.CutPrefix(link, s.URL("inkwell", "")); ok && strings.HasPrefix(path, "/reset-password?token=") {
			return path
		}
	}
	t.Fatalf("no reset link in\n%s", m.Text)
	return ""
}

func TestC03_ResetByAnEmailedLink(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", mira, password, nil)
		elsewhere := visitor(t, s, "inkwell")
		wantHome(t, signIn(elsewhere, mira, password))
		c := visitor(t, s, "inkwell")
		sent := askLink(t, c, " MIRA@Inkwell.example ")
		for _, want := range []string{"1 hour", s.Sites.ByID("inkwell").Sender.Address, "safe-sender list", "support@inkwell.example"} {
			if !sent.Has(want) {
				t.Errorf("the page does not say %q: %q", want, sent.Text("main"))
			}
		}
		link := linkIn(t, s, mailAbout(t, s, u.Email, "Choose a new password"))
		// Mail scanners open links; that uses nothing up.
		for range 3 {
			visitor(t, s, "inkwell").Get(link).Want(200)
		}
		wantHome(t, elsewhere.Get("/"))
		p := c.Get(link)
		if p.Status != 200 || p.URL.Path != "/reset-password" || p.URL.RawQuery != "" {
			t.Fatalf("the token stays in the address: %d %s", p.Status, p.URL)
		}
		if p.MustFind("form input[autocomplete=username]").AttrOr("value", "") != mira || !p.Has(mira) {
			t.Error("neither the page nor the password manager knows whose password it is")
		}
		bad := c.Submit(p, resetForm, testkit.Values{"new_password": "short", "repeat_password": "other"})
		if bad.Status != 422 || !bad.Has("Use at least 15 characters") || !bad.Has("The two new passwords do not match") {
			t.Errorf("%d %q", bad.Status, bad.Text("main"))
		}
		done := c.Submit(bad, resetForm, testkit.Values{"new_password": newPassword, "repeat_password": newPassword})
		if done.URL.Path != "/sign-in" || !done.Has("Your password has been changed") {
			t.Fatalf("%d %s %q", done.Status, done.URL, done.Text("main"))
		}
		wantHome(t, c.Submit(done, signInForm, testkit.Values{"username": mira, "password": newPassword}))
		wantRefused(t, signIn(visitor(t, s, "inkwell"), mira, password))
		if p := elsewhere.Get("/"); p.Find(signInForm).Length() != 1 {
			t.Error("a session of before is still open")
		}
		mailAbout(t, s, u.Email, "password was changed")
		over := visitor(t, s, "inkwell").Get(link)
		if over.Status != 410 || !over.Has("used or has expired") {
			t.Errorf("the link a second time: %d %q", over.Status, over.Text("main"))
		}
		over.MustFind("main a[href='/forgot-password']")
	})
}

func TestC03_TheNewestLinksWorkUntilTheyExpire(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", mira, password, nil)
		c := visitor(t, s, "inkwell")
		askLink(t, c, mira)
		first := linkIn(t, s, mailAbout(t, s, u.Email, "Choose a new password"))
		open := c.Get(first).Want(200)
		askLink(t, visitor(t, s, "inkwell"), mira)
		mailAbout(t, s, u.Email, "Choose a new password")
		if p := c.Submit(open, resetForm, testkit.Values{"new_password": "short", "repeat_password": "short"}); p.Status != 422 {
			t.Errorf("the older link, opened before: %d", p.Status)
		}
		visitor(t, s, "inkwell").Get(first).Want(200)
		askLink(t, visitor(t, s, "inkwell"), mira)
		mailAbout(t, s, u.Email, "Choose a new password")
		testkit.Eventually(t, "the mail is recorded as sent", func() bool { // else it is sent again when its lease is over
			waiting, _, err := s.Store.Read().MailQueue(t.Context(), s.Clock.Now())
			return err == nil && waiting == 0
		})
		s.Clock.Add(20 * time.Minute) // until the next one is sent
		askLink(t, visitor(t, s, "inkwell"), mira)
		newest := linkIn(t, s, mailAbout(t, s, u.Email, "Choose a new password"))
		if p := c.Submit(open, resetForm, testkit.Values{"new_password": newPassword, "repeat_password": newPassword}); p.Status != 410 {
			t.Errorf("the oldest of four links, opened before: %d", p.Status)
		}
		limit := s.Sites.ByID("inkwell").Policy.ResetLink
		s.Clock.Add(limit - time.Second)
		open = c.Get(newest).Want(200)
		s.Clock.Add(time.Second)
		if p := c.Submit(open, resetForm, testkit.Values{"new_password": newPassword, "repeat_password": newPassword}); p.Status != 410 {
			t.Errorf("the link after %s: %d", limit, p.Status)
		}
		wantHome(t, signIn(visitor(t, s, "inkwell"), mira, password))
	})
}

// The pages are the same for an unknown address; no mail is sent.
func TestC03_AnUnknownAddressGetsTheSamePages(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", mira, password, nil)
		gone := s.AddUser("inkwell", "gone@inkwell.example", password, func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
		want := askLink(t, visitor(t, s, "inkwell"), mira).Text("main")
		for _, address := range []string{"nobody@inkwell.example", gone.Email} {
			if got := askLink(t, visitor(t, s, "inkwell"), address).Text("main"); got != want {
				t.Errorf("%s: %q, else %q", address, got, want)
			}
		}
		s.Mail.Wait(t, u.Email)
		if n := len(s.Mail.All()); n != 1 {
			t.Errorf("%d mails", n)
		}
		p := visitor(t, s, "inkwell").Get("/forgot-password")
		p = visitor(t, s, "inkwell").Submit(p, forgotForm, testkit.Values{"email": "no address"})
		if p.Status != 403 { // a form of another browser
			t.Errorf("%d", p.Status)
		}
		c := visitor(t, s, "inkwell")
		p = c.Submit(c.Get("/forgot-password"), forgotForm, testkit.Values{"email": "no address"})
		if p.Status != 422 || p.MustFind("#email").AttrOr("value", "") != "no address" || !p.Has("name@example.com") {
			t.Errorf("no address: %d %q", p.Status, p.Text("main"))
		}
	})
}

// A link opened here and a form sent there, or a browser that keeps no cookies.
func TestC03_WithoutTheCookieThePageSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	p := visitor(t, s, "inkwell").Get("/reset-password")
	if p.Status != 400 || !p.Has("Open the link in your email again") || !p.Has("Allow cookies") {
		t.Errorf("%d %q", p.Status, p.Text("main"))
	}
	for _, token := range []string{"x", strings.Repeat("x", 5000)} {
		if p := visitor(t, s, "inkwell").Get("/reset-password?token=" + token); p.Status != 410 {
			t.Errorf("a made-up token: %d", p.Status)
		}
	}
}

// A user in a browser, with no token left in its history.
func TestC03_InABrowser(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("inkwell", mira, password, nil)
	b := testkit.Browser(t)
	b.Open(s.URL("inkwell", "/sign-in"))
	b.Follow("Forgot password?")
	b.Fill("Email address", mira)
	b.Press("Email me the link")
	b.See("Check your email")
	b.Open(s.URL("inkwell", linkIn(t, s, mailAbout(t, s, u.Email, "Choose a new password"))))
	if got := b.URL(); got != s.URL("inkwell", "/reset-password") {
		t.Errorf("the address bar shows %s", got)
	}
	b.Fill("New password", newPassword)
	b.Fill("Repeat new password", newPassword)
	b.Screenshot("reset")
	b.Press("Save new password")
	b.See("Your password has been changed")
	b.Fill("Email address", mira)
	b.Fill("Password", newPassword)
	b.Press("Sign in")
	b.See("Good ")
}
