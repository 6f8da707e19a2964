package journeys

import (
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const newAppForm = "form[action='/account/security/apps']"

// phone is a user's authenticator app, with the key that a page has shown.
type phone struct{ key []byte }

// scan reads the link that opens an app on the device itself; the QR code has the same.
func scan(t *testing.T, p *testkit.Page) phone {
	t.Helper()
	link, err := url.Parse(p.MustFind("a[href^='otpauth:']").AttrOr("href", ""))
	if err != nil {
		t.Fatal(err)
	}
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(link.Query().Get("secret"))
	if err != nil || len(key) != gatehouse.AppKeyBytes || link.Host != "totp" || link.Query().Get("issuer") == "" {
		t.Fatalf("%s: %v", link, err)
	}
	if typed := strings.ReplaceAll(p.Text("#app-key"), " ", ""); typed != gatehouse.AppKeyText(key) {
		t.Fatalf("the key to type is %q", typed)
	}
	if p.Find("svg.qr path").Length() != 2 {
		t.Fatal("there is no QR code")
	}
	return phone{key}
}

func (p phone) shows(s *testkit.Server) string {
	return gatehouse.AppCode(p.key, gatehouse.AppStep(s.Clock.Now()))
}

// setUpApp sets an app up on My account's pages, and returns the recovery codes that came with it.
func setUpApp(t *testing.T, s *testkit.Server, c *testkit.Client, name string) (phone, []string) {
	t.Helper()
	p := c.Submit(c.Get("/account/security/apps").Want(200), newAppForm, testkit.Values{"name": name}).Want(200)
	app := scan(t, p)
	p = c.Submit(p, "form[action^='/account/security/apps/']", testkit.Values{"code": app.shows(s)}).Want(200)
	var codes []string
	for _, li := range p.Find("#code-list li").EachIter() {
		codes = append(codes, strings.TrimSpace(li.Text()))
	}
	s.Clock.Add(time.Minute)
	return app, codes
}

// An app is set up in My account, requested at the next sign-in instead of a mail, and its
// codes work once. Wrong ones are reported at the field.
func TestC10_AnAuthenticatorApp(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		p := c.Follow(c.Get("/account/security").Want(200), "Set up an authenticator app").Want(200)
		if bad := c.Submit(p, newAppForm, testkit.Values{"name": " "}).Want(422); !bad.Has("Enter a name for the device") {
			t.Errorf("%q", bad.Text("main"))
		}
		waiting := c.Submit(p, newAppForm, testkit.Values{"name": "Work phone"}).Want(200)
		app := scan(t, waiting)
		bad := c.Submit(waiting, "form[action^='/account/security/apps/']", testkit.Values{"code": "12 34"}).Want(422)
		if !bad.Has("Enter the six digits") || bad.Find("#code").AttrOr("value", "") != "12 34" || s.User(u).Factors != 0 {
			t.Errorf("%q", bad.Text("main"))
		}
		if p := enterless(t, s, u); p.URL.Path != "/" {
			t.Errorf("a set-up that is left halfway asks for something: %s", p.URL)
		}
		p = c.Submit(waiting, "form[action^='/account/security/apps/']", testkit.Values{"code": app.shows(s)}).Want(200)
		if !p.Has("Save your recovery codes") || p.Find("#code-list li").Length() != gatehouse.RecoveryCodes {
			t.Fatalf("%q", p.Text("main"))
		}
		if m := mailAbout(t, s, u.Email, "authenticator app was added"); !strings.Contains(m.Text, "Work phone") {
			t.Errorf("%s", m.Text)
		}
		if p := c.Get("/account/security"); !p.Has("Work phone") || !p.Has("10 recovery codes left") {
			t.Errorf("%q", p.Text("main"))
		}
		if p := c.Get("/account/activity"); !p.Has("An authenticator app was added") {
			t.Errorf("%q", p.Text("main"))
		}

		s.Clock.Add(time.Minute)
		other := visitor(t, s, "meridian-uk")
		q := wantCodePage(t, other, u)
		if !q.Has("Enter the code from your app") || q.Has("We sent") {
			t.Errorf("%q", q.Text("main"))
		}
		code := app.shows(s)
		if bad := enterCode(other, q, not(code)).Want(422); !bad.Has("You have 4 tries left") {
			t.Errorf("%q", bad.Text("main"))
		}
		wantHome(t, enterCode(other, q, code[:3]+" "+code[3:]))
		third := visitor(t, s, "meridian-uk")
		q = wantCodePage(t, third, u)
		if bad := enterCode(third, q, code).Want(422); !bad.Has("already been used") {
			t.Errorf("%q", bad.Text("main"))
		}
		if n := mailsAbout(s, "code for"); n != 0 {
			t.Errorf("%d codes were mailed", n)
		}
	})
}

// enterless signs in elsewhere, and returns where that leads.
func enterless(t *testing.T, s *testkit.Server, u gatehouse.User) *testkit.Page {
	t.Helper()
	return signIn(visitor(t, s, u.SiteID), u.Username, password)
}

// Without the phone a recovery code gets in, once; the page shows how many are left, and new ones
// replace them.
func TestC10_RecoveryCodes(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", func(u *gatehouse.User) { u.Email = "" }) // no code can be mailed to this user
		c := visitor(t, s, "meridian-uk")
		secure(t, s, u, false)
		wantHome(t, signIn(c, u.Username, password))
		_, codes := setUpApp(t, s, c, "Phone")
		secure(t, s, u, true)
		other := visitor(t, s, "meridian-uk")
		q := other.Follow(wantCodePage(t, other, u), "Use a recovery code").Want(200)
		if bad := enterCode(other, q, "K7MP").Want(422); !bad.Has("12 letters and digits") || !bad.Has("Enter a recovery code") {
			t.Errorf("%q", bad.Text("main"))
		}
		wantHome(t, enterCode(other, q, strings.ToLower(codes[0])))
		p := other.Get("/account/security/recovery-codes").Want(200)
		if !p.Has("9 recovery codes left") || p.Find("li s").Length() != 1 {
			t.Errorf("%q", p.Text("main"))
		}
		fresh := other.Submit(p, "form[action='/account/security/recovery-codes']", nil).Want(200)
		if fresh.Find("#code-list li").Length() != gatehouse.RecoveryCodes || fresh.Has(codes[1]) {
			t.Errorf("%q", fresh.Text("main"))
		}
		third := visitor(t, s, "meridian-uk")
		q = third.Follow(wantCodePage(t, third, u), "Use a recovery code").Want(200)
		if bad := enterCode(third, q, codes[1]).Want(422); !bad.Has("not one of your recovery codes") {
			t.Errorf("%q", bad.Text("main"))
		}
	})
}

// An app is renamed and removed by its owner, who has to prove it first if the sign-in is not
// recent; and by the administrator, for a user with a lost phone.
func TestC10_AnAppIsRemoved(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Mira", "Santos" })
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		app, _ := setUpApp(t, s, c, "Phone")
		s.Clock.Add(gatehouse.FreshFor)
		ask := c.Follow(c.Get("/account/security").Want(200), "Change").Want(200)
		if bad := stepUp(c, ask, testkit.Values{"code": ""}).Want(422); !bad.Has("Enter the code that your app shows") {
			t.Errorf("%q", bad.Text("main"))
		}
		p := stepUp(c, ask, testkit.Values{"code": app.shows(s)}).Want(200)
		if p := c.Submit(p, "form[action^='/account/security/apps/']:not([action$='/remove'])", testkit.Values{"name": "My phone"}).Want(200); !p.Has("My phone") || !p.Has("The new name has been saved") {
			t.Errorf("%q", p.Text("main"))
		}
		remove := "form[action$='/remove']"
		if p := c.Submit(p, remove, nil).Want(200); !p.Has("has been removed") || s.User(u).Factors != 0 {
			t.Errorf("%q", p.Text("main"))
		}
		mailAbout(t, s, u.Email, "authenticator app was removed")
		if p := enterless(t, s, u); p.URL.Path != "/" {
			t.Errorf("still asked for something: %s", p.URL)
		}

		s.Clock.Add(time.Minute)
		again := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(again, u.Username, password))
		setUpApp(t, s, again, "New phone")
		admin := administratorOf(t, s, u)
		q := admin.Follow(admin.Get("/company/users").Want(200), "Mira Santos").Want(200)
		if !q.Has("Authenticator app") {
			t.Errorf("%q", q.Text("main"))
		}
		q = admin.Press(admin.Follow(q, "Reset two-factor").Want(200), "Reset two-factor", nil).Want(200)
		if s.User(u).Factors != 0 {
			t.Errorf("%q", q.Text("main"))
		}
		if p := enterless(t, s, u); p.URL.Path != "/" {
			t.Errorf("still asked for something: %s", p.URL)
		}
	})
}
