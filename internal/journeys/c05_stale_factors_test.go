package journeys

import (
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// apps are the forms of a user who has an authenticator app, and has begun to set up another.
func (c *staleCensus) apps(s *testkit.Server) {
	u := s.AddUser("meridian-uk", "phoned", password, nil)
	browser := visitor(c.t, s, "meridian-uk")
	wantHome(c.t, signIn(browser, "phoned", password))
	app, _ := setUpApp(c.t, s, browser, "Phone")
	waiting := browser.Submit(browser.Get("/account/security/apps"), newAppForm, testkit.Values{"name": "Another"}).Want(200).URL.Path
	one := browser.Get("/account/security").MustFind("a[href^='/account/security/apps/']").AttrOr("href", "")
	forms := append(oldForms(browser.Get("/").Want(200)), oldForms(browser.Get("/account/security/passkeys").Want(200))...)
	addPasskey(browser, testkit.NewDevice(c.t, s.Sites.ByID("meridian-uk").Origin))
	key := browser.Get("/account/security").MustFind("a[href^='/account/security/passkeys/']").AttrOr("href", "")
	for _, page := range []string{"/account/security/apps", waiting, one, key, "/account/security/recovery-codes"} {
		forms = append(forms, oldForms(browser.Get(page).Want(200))...)
	}
	s.Clock.Add(gatehouse.FreshFor)
	ask := oldForms(browser.Get("/account/security/apps").Want(200))
	signOut(browser)
	wantHome(c.t, enterCode(browser, browser.Follow(wantCodePage(c.t, browser, u), "Use a code from your authenticator app"), app.shows(s)))
	for _, f := range forms {
		if strings.HasPrefix(f.action, "/account/security/") {
			c.comesBack(browser, f)
		}
	}
	if s.User(u).Factors != 2 || browser.Get(one).Want(200).Find("#name").AttrOr("value", "") != "Phone" {
		c.t.Error("old forms did something to the app")
	}
	s.Clock.Add(gatehouse.FreshFor)
	for _, f := range ask {
		if f.action == "/step-up" {
			c.comesBack(browser, f)
		}
	}
}

// phones are the forms of a user who has a phone for codes, and has begun to add another.
func (c *staleCensus) phones(s *testkit.Server, gateway *testkit.Phones) {
	u := s.AddUser("meridian-uk", "texted", password, nil)
	browser := visitor(c.t, s, "meridian-uk")
	wantHome(c.t, signIn(browser, "texted", password))
	addPhone(c.t, gateway, browser, mobile, mobile)
	s.Clock.Add(time.Minute)
	waiting := browser.Submit(browser.Get("/account/security/phone"), newPhoneForm, testkit.Values{"phone": "+4915123456789"}).Want(200).URL.Path
	one := browser.Get("/account/security").MustFind("a[href^='/account/security/phone/']").AttrOr("href", "")
	var forms []oldForm
	for _, page := range []string{"/account/security/phone", waiting, one} {
		forms = append(forms, oldForms(browser.Get(page).Want(200))...)
	}
	signOut(browser)
	s.Clock.Add(time.Minute)
	p := browser.Press(wantCodePage(c.t, browser, u), "Send a text message", nil).Want(200)
	wantHome(c.t, enterCode(browser, p, gateway.Code(mobile)))
	for _, f := range forms {
		if strings.HasPrefix(f.action, "/account/security/") {
			c.comesBack(browser, f)
		}
	}
	if s.User(u).Factors != 1 || len(gateway.Texts("+4915123456789")) != 1 {
		c.t.Error("old forms did something to the phone")
	}
}
