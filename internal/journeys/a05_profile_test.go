package journeys

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const profileForm = "form[action='/account/profile']"

// mailedLink waits for a mail with a link to a path, and returns its path and query.
func mailedLink(t *testing.T, s *testkit.Server, to, path string) string {
	t.Helper()
	for {
		m := s.Mail.Wait(t, to) // fails when no more come
		for _, link := range m.Links() {
			if u, err := url.Parse(link); err == nil && u.Path == path {
				return u.RequestURI()
			}
		}
	}
}

func TestA05_ANewAddressIsConfirmedFromThere(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for siteID, name := range map[string]string{"meridian-uk": "msantos", "inkwell": "mira@northgate.example"} {
			u := s.AddUser(siteID, name, password, nil)
			fresh := "new." + siteID + "@northgate.example"
			c := visitor(t, s, siteID)
			wantHome(t, signIn(c, name, password))
			p := c.Get("/account").Want(200)
			if p.URL.Path != "/account/profile" || p.Text("h1") != "My profile" {
				t.Fatalf("at %s: %s", p.URL, p.Text("h1"))
			}
			p = c.Submit(p, profileForm, testkit.Values{"email": fresh, "last_name": "Ólafsdóttir"}).Want(200)
			if !p.Has("Your changes are saved") || !p.Has("Waiting for you to confirm "+fresh) || p.MustFind("#email").AttrOr("value", "") != u.Email {
				t.Errorf("after saving: %s", p.Text("main"))
			}
			if now := s.User(u); now.Email != u.Email || now.LastName != "Ólafsdóttir" {
				t.Errorf("%+v", now)
			}
			link := mailedLink(t, s, fresh, "/account/email/confirm")
			mailedLink(t, s, u.Email, "/account/email/undo") // the old address is told

			// In another browser, signed out; a scanner that opens the link confirms nothing.
			phone := visitor(t, s, siteID)
			phone.Get(link).Want(200)
			page := phone.Get(link).Want(200)
			if page.URL.RawQuery != "" || !page.Has(name) || !page.Has(fresh) || s.User(u).Email != u.Email {
				t.Errorf("%s: %s", page.URL, page.Text("main"))
			}
			leftOpen := visitor(t, s, siteID)
			leftPage := leftOpen.Get(link).Want(200)
			done := phone.Press(page, "Confirm this address", nil).Want(200)
			if done.Text("h1") != "Your email address is confirmed" || s.User(u).Email != fresh || !s.User(u).EmailConfirmed {
				t.Errorf("%s, %+v", done.Text("main"), s.User(u))
			}
			again := visitor(t, s, siteID).Get(link)
			if again.Status != 410 || !again.Has("This link no longer works") || !again.Has("administrator") {
				t.Errorf("a used link: %d %s", again.Status, again.Text("main"))
			}
			if p := leftOpen.Press(leftPage, "Confirm this address", nil); p.Status != 410 {
				t.Errorf("a page that was left open: %d", p.Status)
			}
			for _, path := range []string{"/account/email/confirm", "/account/email/undo"} {
				if p := visitor(t, s, siteID).Get(path); p.Status != 400 || !p.Has("Open the link in our email again") || !p.Has("Allow cookies") {
					t.Errorf("%s without its link: %d %s", path, p.Status, p.Text("main"))
				}
			}
			if p := phone.Get("/account/email/odd"); p.Status != 404 {
				t.Errorf("an odd address: %d", p.Status)
			}
			if p := c.Get("/account/profile"); p.Has("Waiting for you") || p.MustFind("#email").AttrOr("value", "") != fresh {
				t.Errorf("the profile: %s", p.Text("main"))
			}
			if siteID == "inkwell" {
				wantHome(t, signIn(visitor(t, s, siteID), fresh, password))
				wantRefused(t, signIn(visitor(t, s, siteID), name, password))
			}
		}
	})
}

func TestA05_TheOldAddressTakesTheAccountBack(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", "mira@northgate.example", password, nil)
		thief := visitor(t, s, "inkwell")
		wantHome(t, signIn(thief, u.Username, password))
		for _, evil := range []string{"evil1@elsewhere.example", "evil2@elsewhere.example"} {
			thief.Submit(thief.Get("/account/profile"), profileForm, testkit.Values{"email": evil}).Want(200)
			p := thief.Get(mailedLink(t, s, evil, "/account/email/confirm"))
			thief.Press(p, "Confirm this address", nil).Want(200)
		}
		owner := visitor(t, s, "inkwell")
		page := owner.Get(mailedLink(t, s, u.Email, "/account/email/undo")).Want(200)
		if page.URL.RawQuery != "" || !page.Has(u.Email) || !page.Has("e...2@elsewhere.example") || page.Has("evil") {
			t.Errorf("%s: %s", page.URL, page.Text("main"))
		}
		if s.User(u).Email != "evil2@elsewhere.example" {
			t.Error("the link alone has changed something")
		}
		done := owner.Press(page, "Restore my email address", nil).Want(200)
		if done.Text("h1") != "Your email address is restored" {
			t.Errorf("%s", done.Text("main"))
		}
		done.MustFind("main a.btn-main[href='/forgot-password']")
		wantRefused(t, signIn(visitor(t, s, "inkwell"), u.Username, password)) // the thief knows it
		if now := s.User(u); now.Email != u.Email || now.Username != u.Email {
			t.Errorf("%+v", now)
		}
		if p := thief.Get("/account/profile"); p.URL.Path != "/sign-in" {
			t.Errorf("the thief is still at %s", p.URL)
		}
		// The thief's mails about the second change lead to nothing.
		for _, m := range s.Mail.All() {
			if m.To[0] != u.Email && strings.Contains(m.Text, "/account/email/undo") {
				t.Errorf("%s has a link: %s", m.To[0], m.Text)
			}
		}
	})
}

// If a recovery asks the challenge question, which the thief may have chosen, a
// temporary password is sent when the address is restored.
func TestA05_TheOldAddressGetsATemporaryPassword(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		thief := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(thief, u.Username, password))
		thief.Submit(thief.Get("/account/profile"), profileForm, testkit.Values{"email": "evil@elsewhere.example"}).Want(200)
		p := thief.Get(mailedLink(t, s, "evil@elsewhere.example", "/account/email/confirm"))
		thief.Press(p, "Confirm this address", nil).Want(200)
		owner := visitor(t, s, "meridian-uk")
		page := owner.Get(mailedLink(t, s, u.Email, "/account/email/undo")).Want(200)
		done := owner.Press(page, "Restore my email address", nil).Want(200)
		if !done.Has("we have emailed you a temporary password") {
			t.Errorf("%s", done.Text("main"))
		}
		wantSignedOut(t, thief, "the thief")
		wantRefused(t, signIn(thief, u.Username, password))
		p = signIn(owner, u.Username, temporaryPassword.FindString(mailAbout(t, s, u.Email, "temporary password").Text))
		if p.Status != 200 || p.URL.Path == "/sign-in" {
			t.Errorf("the temporary password leads to %d %s: %s", p.Status, p.URL, p.Text("main"))
		}
	})
}

func TestA05_AChangeIsStoppedOrDropped(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		p := c.Submit(c.Get("/account/profile"), profileForm, testkit.Values{"email": "one@northgate.example"}).Want(200)
		page := visitor(t, s, "meridian-uk").Get(mailedLink(t, s, u.Email, "/account/email/undo")).Want(200)
		if !page.Has("Nothing has changed yet") {
			t.Errorf("%s", page.Text("main"))
		}
		p = c.Press(p, "Cancel change", nil).Want(200)
		if !p.Has("is cancelled") || p.Has("Waiting for you") {
			t.Errorf("%s", p.Text("main"))
		}
		if over := visitor(t, s, "meridian-uk").Get(mailedLink(t, s, "one@northgate.example", "/account/email/confirm")); over.Status != 410 {
			t.Errorf("a dropped change: %d", over.Status)
		}
		s.Clock.Add(time.Minute)
		c.Submit(p, profileForm, testkit.Values{"email": "two@northgate.example"}).Want(200)
		owner := visitor(t, s, "meridian-uk")
		stopped := owner.Press(owner.Get(mailedLink(t, s, u.Email, "/account/email/undo")), "Stop the change", nil).Want(200)
		if stopped.Text("h1") != "The change is stopped" {
			t.Errorf("%s", stopped.Text("main"))
		}
		wantSignedOut(t, c, "anyone who asked")
		wantHome(t, signIn(c, "msantos", password))
		if p = c.Get("/account/profile"); p.Has("Waiting for you") {
			t.Error("it still waits")
		}
		// Mails again: not two at once.
		p = c.Submit(p, profileForm, testkit.Values{"email": "three@northgate.example"}).Want(200)
		if p = c.Press(p, "Send again", nil).Want(200); !p.Has("We have sent the link") {
			t.Errorf("%s", p.Text("main"))
		}
		p = c.Press(p, "Send again", nil)
		if p.Status != 429 || p.Header.Get("Retry-After") != "60" || !p.Has("Try again in 1 minute") {
			t.Errorf("at once: %d, %q, %s", p.Status, p.Header.Get("Retry-After"), p.Text("main"))
		}
	})
}

func TestA05_WhatIsWrongIsSaidAndNothingIsLost(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		first := c.Get("/account/profile")
		second := c.Get("/account/profile")
		p := c.Submit(first, profileForm, testkit.Values{"first_name": "Typed", "last_name": "", "email": "nobody"})
		if p.Status != 422 || p.MustFind("#first_name").AttrOr("value", "") != "Typed" || p.MustFind("#email").AttrOr("value", "") != "nobody" {
			t.Errorf("%d %s", p.Status, p.Text("main"))
		}
		for field, want := range map[string]string{"last_name": "Enter your last name", "email": "Enter an email address like"} {
			if got := p.Text("#" + field + "-error"); !strings.Contains(got, want) || p.Find(".alert-bad a[href='#"+field+"']").Length() != 1 {
				t.Errorf("%s: %q", field, got)
			}
		}
		c.Submit(p, profileForm, testkit.Values{"first_name": "Maria", "last_name": "Santos", "email": "msantos@northgate.example"}).Want(200)
		p = c.Submit(second, profileForm, testkit.Values{"last_name": "Meyer"})
		if p.Status != 409 || !p.Has("changed in another window") || !strings.Contains(p.Text(".alert-warn"), "Maria") || p.MustFind("#last_name").AttrOr("value", "") != "Meyer" {
			t.Errorf("the other window: %d %s", p.Status, p.Text("main"))
		}
		if p = c.Submit(p, profileForm, nil).Want(200); !p.Has("Your changes are saved") || p.MustFind("#last_name").AttrOr("value", "") != "Meyer" {
			t.Errorf("Save then works: %s", p.Text("main"))
		}
		s.Clock.Add(16 * time.Minute)
		p = c.Submit(c.Get("/account/profile"), profileForm, testkit.Values{"email": "new@northgate.example"})
		if p.Status != 403 || !p.Has("What you entered on the page before is kept") {
			t.Errorf("an old session: %d %s", p.Status, p.Text("main"))
		}
		p = stepUp(c, p, testkit.Values{"current_password": "wrong"}).Want(422)
		p = stepUp(c, p, testkit.Values{"current_password": password}).Want(200)
		if got := p.MustFind("#email").AttrOr("value", ""); got != "new@northgate.example" || !p.Has("Nothing has been saved yet") {
			t.Errorf("%q: %s", got, p.Text("main"))
		}
		if p = c.Submit(p, profileForm, nil).Want(200); !p.Has("Waiting for you to confirm") {
			t.Errorf("%s", p.Text("main"))
		}
	})
}

// On a site that signs in by address, the page is the same whether an address has an
// account or not.
func TestA05_ThePageDoesNotTellWhichAddressesHaveAccounts(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		other := s.AddUser("inkwell", "other@northgate.example", password, nil)
		pages := map[string]string{}
		for asker, address := range map[string]string{"a@northgate.example": other.Email, "b@northgate.example": "free1@northgate.example"} {
			s.AddUser("inkwell", asker, password, nil)
			c := visitor(t, s, "inkwell")
			wantHome(t, signIn(c, asker, password))
			p := c.Submit(c.Get("/account/profile"), profileForm, testkit.Values{"email": address}).Want(200)
			pages[address] = strings.ReplaceAll(strings.ReplaceAll(p.Text("main"), address, "ADDRESS"), asker, "ASKER")
			c.Get("/account/activity").Want(200)
		}
		if pages[other.Email] != pages["free1@northgate.example"] {
			t.Errorf("the pages differ:\n%s\n%s", pages[other.Email], pages["free1@northgate.example"])
		}
		if m := s.Mail.Wait(t, other.Email); !strings.Contains(m.Subject, "entered for another") || strings.Contains(m.Text, "/account/email/confirm") {
			t.Errorf("%q", m.Subject)
		}
	})
}

func TestA05_AnImportedAddressIsConfirmed(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.EmailConfirmed = false })
	c := visitor(t, s, "meridian-uk")
	home := signIn(c, "msantos", password)
	wantHome(t, home)
	p := c.Follow(home, "Confirm your email address").Want(200)
	c.Press(p, "Send confirmation email", nil).Want(200)
	p = c.Get(mailedLink(t, s, u.Email, "/account/email/confirm")).Want(200)
	if p.Text("h1") != "Confirm your email address" || p.Has("new address") {
		t.Errorf("%s", p.Text("main"))
	}
	if p = c.Press(p, "Confirm this address", nil).Want(200); !s.User(u).EmailConfirmed {
		t.Error("not confirmed")
	}
	if p = c.Follow(p, "Go to your profile"); !p.Has("Confirmed") || p.Has("not confirmed yet") {
		t.Errorf("%s", p.Text("main"))
	}
}

// looks are the widths and colours in which pages are checked.
var looks = []look{{"wide", 1366, false}, {"dark", 1366, true}, {"phone", 390, false}, {"320", 320, false}}

// look is how a page is shown.
type look struct {
	name  string
	width int
	dark  bool
}

// on shows a tab's pages like this.
func (l look) on(b *testkit.Tab) {
	b.Size(l.width, 900)
	if l.dark {
		b.Dark()
	} else {
		b.Light()
	}
}

// wantFit checks the page of a tab in all looks.
func wantFit(t *testing.T, b *testkit.Tab, name string) {
	t.Helper()
	b.Screenshot(name)
	wantAccessible(t, b)
	if testkit.Eval[bool](b, "document.documentElement.scrollWidth > innerWidth") {
		t.Errorf("%s scrolls sideways", name)
	}
}
