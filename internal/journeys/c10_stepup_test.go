package journeys

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// stepUp fills in the page that asks again who a user is.
func stepUp(c *testkit.Client, page *testkit.Page, values testkit.Values) *testkit.Page {
	return c.Submit(page, "form[action='/step-up']", values)
}

// mattering are the routes that change what matters, as the issue of second factors names it: a new
// address, factors, the password, recovery codes, switching Enhanced Security off, correcting
// somebody's address, applications. Each asks for fresh proof: always, from users who have a factor
// (its form asks for the password), or if the form says so.
var mattering = map[string]string{
	"POST /account/profile":  "some",
	"POST /account/security": "some",

	"GET /account/password": "factor", "POST /account/password": "factor",
	"GET /account/challenge": "factor", "POST /account/challenge": "factor",

	"GET /account/security/apps": "", "POST /account/security/apps": "",
	"GET /account/security/apps/{id}": "", "POST /account/security/apps/{id}": "", "POST /account/security/apps/{id}/remove": "",
	"GET /account/security/passkeys":      "",
	"GET /account/security/passkeys/{id}": "", "POST /account/security/passkeys/{id}": "", "POST /account/security/passkeys/{id}/remove": "",
	"GET /account/security/phone": "", "POST /account/security/phone": "",
	"GET /account/security/phone/{id}": "", "POST /account/security/phone/{id}": "", "POST /account/security/phone/{id}/remove": "",
	"GET /account/security/recovery-codes": "", "POST /account/security/recovery-codes": "",

	"GET /company/enhanced-security": "some", "POST /company/enhanced-security": "some",
	"GET /company/users/{id}":                  "some", // for the dialog of the reset
	"POST /company/users/{id}/email":           "",
	"GET /company/users/{id}/reset-two-factor": "", "POST /company/users/{id}/reset-two-factor": "",
	"POST /company/details":       "",
	"GET /company/policy/preview": "", "POST /company/policy/preview": "",
	"GET /company/bulk-acts/{id}": "some", "POST /company/bulk-acts/{id}": "", // proposals only
	"GET /company/users/new": "", "POST /company/users/new": "", "GET /company/users/{id}/edit": "", "POST /company/users/{id}/edit": "",
	"GET /company/users/{id}/invite": "", "POST /company/users/{id}/invite": "",
	"GET /company/users/{id}/invite-again": "", "POST /company/users/{id}/invite-again": "",
	"GET /company/users/{id}/make-administrator": "", "POST /company/users/{id}/make-administrator": "",
	"GET /company/users/{id}/unmake-administrator": "", "POST /company/users/{id}/unmake-administrator": "",
	"GET /company/users/{id}/sign-out": "", "POST /company/users/{id}/sign-out": "",
	"GET /company/users/{id}/delete": "", "POST /company/users/{id}/delete": "",
	"GET /company/users/{id}/restore": "", "POST /company/users/{id}/restore": "",
	"POST /company/users/{id}/sessions/{session}/end": "",
	"GET /company/users/import":                       "", "POST /company/users/import": "", "POST /company/imports/{id}": "",
	"GET /company/users/{id}/unlock": "", "POST /company/users/{id}/unlock": "",
	"GET /company/users/{id}/activate": "", "POST /company/users/{id}/activate": "",
	"GET /company/users/{id}/deactivate": "", "POST /company/users/{id}/deactivate": "",
	"GET /company/users/{id}/send-password": "", "POST /company/users/{id}/send-password": "",
	"POST /company/platforms/{id}": "", "POST /company/platforms/{id}/requests/{user}": "",
}

// alsoFactors are routes about factors that ask in another way.
var alsoFactors = map[string]string{
	"POST /account/security/passkeys/create": "answers a challenge of ten minutes, which only a page with fresh proof gives",
	"GET /account/security/passkeys/offer":   "offers only right after a sign-in with everything that is asked for",
	"POST /account/security/passkeys/offer":  "says not now",
}

// actOfUser are the operators' routes that change what a user can do.
var actOfUser = regexp.MustCompile(`/(email|unlock|invite|invite-again|send-password|sign-out|activate|deactivate|delete|restore|make-administrator|unmake-administrator|end)$`)

// The table of routes marks exactly what matters. For operators it marks each change, too.
func TestC10_WhatMattersAsksForFreshProof(t *testing.T) {
	source, operators := routeTable(t, "routes.go"), routeTable(t, "routes_operator.go")
	marks := map[string]string{"proving": "", "provingFactor": "factor", "provingSome": "some"}
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`to\("([A-Z]+ /[^"]*)".*\.(proving\w*)\(\)`).FindAllStringSubmatch(source, -1) {
		mark, known := marks[m[2]]
		if !known {
			t.Errorf("%s: %s", m[1], m[2])
		}
		found[m[1]] = mark
	}
	for pattern, mark := range mattering {
		if got, marked := found[pattern]; !marked || got != mark {
			t.Errorf("%s asks %q (%v), want %q", pattern, got, marked, mark)
		}
	}
	for pattern := range found {
		if _, known := mattering[pattern]; !known {
			t.Errorf("%s asks, and is not in the table of what matters", pattern)
		}
	}
	for _, pattern := range readRoutes(t) {
		about := strings.Contains(pattern, " /account/security/") || strings.Contains(pattern, "-two-factor") || strings.Contains(pattern, "password") && strings.Contains(pattern, "/company/")
		if strings.Contains(pattern, " /operator/") {
			asks := regexp.MustCompile(regexp.QuoteMeta(`to("`+pattern+`"`) + `.*\.proving\(\)`).MatchString(operators)
			if changes := strings.Contains(pattern, "/operators/new") || strings.HasSuffix(pattern, "/import") || strings.HasPrefix(pattern, "POST ") && strings.HasSuffix(pattern, "/imports/{id}") || strings.Contains(pattern, "/act/") || strings.HasPrefix(pattern, "POST ") && strings.Contains(pattern, "/platforms/") || strings.HasPrefix(pattern, "POST /operator/mail/") && !strings.HasSuffix(pattern, "/retry") || strings.Contains(pattern, "/users/{id}/") && actOfUser.MatchString(pattern); (about || changes) && !asks {
				t.Errorf("%s changes what matters, and asks for nothing", pattern)
			}
			continue
		}
		if _, known := mattering[pattern]; about && !known && alsoFactors[pattern] == "" {
			t.Errorf("%s is about factors, and asks for nothing", pattern)
		}
	}
}

// Somebody who sits down at an open session gets to none of it: each page leads to the one that asks, for
// the app, and each form does nothing but come back there.
func TestC10_EveryMarkedRouteAsks(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		boss := answeringUser(t, s, "meridian-uk", "boss", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.CompanyID = boss.CompanyID })
		shop, colleague := newPlatform(t, s, forAdministrators), visitor(t, s, "meridian-uk")
		colleague.Press(colleague.Submit(colleague.Get(shop.ask()), signInForm, testkit.Values{"username": u.Username, "password": password}).Want(403), "Ask for access", nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, boss.Username, password))
		app, _ := setUpApp(t, s, c, "Phone")
		one := c.Get("/account/security").MustFind("a[href^='/account/security/apps/']").AttrOr("href", "")
		file := uploads(c, "Username,Email\nnew.one,new.one@northgate.example\n").Want(200).URL.Path
		act, paths, tokens := proposedAct(t, s, boss, gatehouse.ActDeactivate, u), map[string]string{}, map[string]string{}
		for pattern := range mattering {
			path := pattern[strings.IndexByte(pattern, ' ')+1:]
			paths[pattern] = strings.NewReplacer("/apps/{id}", strings.TrimPrefix(one, "/account/security"), "users/{id}", "users/"+u.ID, "platforms/{id}", "platforms/"+shop.app.ID, "/company/bulk-acts/{id}", act, "/company/imports/{id}", file, "{session}", "ses_00000000000000000000000000000001", "{id}", "fac_00000000000000000000000000000001", "{user}", u.ID).Replace(path)
			tokens[pattern] = tokenFor(c, paths[pattern])
		}
		s.Clock.Add(gatehouse.FreshFor)
		before, asked, kept := newestEvent(t, s, boss), 0, 0
		for pattern, mark := range mattering {
			if mark == "some" || pattern == "POST /company/users/import" { // which takes a file, and whose page asks
				continue // see a05_profile_test.go, b19_own_choice_test.go and b02_enrolment_test.go
			}
			p := c.Get(paths[pattern])
			if strings.HasPrefix(pattern, http.MethodPost) {
				p = c.Post(paths[pattern], url.Values{"form_token": {tokens[pattern]}, "name": {"typed"}, "code": {"123456"}, "answer": {"typed"}, "new_password": {newPassword}})
			}
			if p.Find("form[action='/step-up'] #code").Length() != 1 {
				t.Errorf("%s: %d %s %q", pattern, p.Status, p.URL, p.Text("h1"))
			}
			if typed := p.Find("[name=typed]"); typed.Length() == 1 {
				if kept++; typed.AttrOr("value", "") != "name=typed" {
					t.Errorf("%s keeps %q", pattern, typed.AttrOr("value", ""))
				}
			}
			asked++
		}
		if asked < 30 || kept < 10 || newestEvent(t, s, boss).ID != before.ID || s.User(boss).Factors != 1 {
			t.Errorf("%d asked, %d kept what was typed, or something was done", asked, kept)
		}
		// The code opens all of it, for a quarter of an hour.
		p := stepUp(c, c.Get("/account/security/recovery-codes").Want(200), testkit.Values{"code": app.shows(s)}).Want(200)
		if p.URL.Path != "/account/security/recovery-codes" || c.Get(one).Want(200).URL.Path != one || c.Get("/account/password").Want(200).URL.Path != "/account/password" {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
	})
}

// tokenFor returns the token of the page with the form of a path; empty if there is none, because
// nothing has such an ID.
func tokenFor(c *testkit.Client, path string) string {
	if strings.Contains(path, "/requests/") {
		path = "/company/platforms"
	}
	for ; strings.Count(path, "/") > 1; path = path[:strings.LastIndexByte(path, '/')] {
		if p := c.Get(path); p.Status == http.StatusOK {
			if form := p.Find("main form [name=form_token]").First(); form.Length() == 1 {
				return form.AttrOr("value", "")
			}
		}
	}
	return ""
}

// The page offers what the user has, the best first, and another way keeps what was typed.
func TestC10_StepUpKnowsOtherWays(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		_, codes := setUpApp(t, s, c, "Phone")
		s.Clock.Add(gatehouse.FreshFor)
		p := c.Submit(c.Get("/account/profile"), profileForm, testkit.Values{"email": "new@northgate.example", "first_name": "Mirabel"}).Want(403)
		if p.Find("#current_password").Length() != 0 || !slices.Equal(p.Texts("button[name=another]"), []string{"Use a recovery code"}) {
			t.Fatalf("%q", p.Text("main"))
		}
		p = c.Press(p, "Use a recovery code", nil).Want(200)
		if bad := stepUp(c, p, testkit.Values{"code": "AAAA-BBBB-CCCC"}).Want(422); !bad.Has("You have 4 tries left") {
			t.Errorf("%q", bad.Text("main"))
		}
		p = stepUp(c, p, testkit.Values{"code": codes[0]}).Want(200)
		if p.MustFind("#email").AttrOr("value", "") != "new@northgate.example" || p.MustFind("#first_name").AttrOr("value", "") != "Mirabel" {
			t.Errorf("%q", p.Text("main"))
		}
		mailAbout(t, s, u.Email, "recovery code was used")
		// Without a form, another way has an address of its own.
		s.Clock.Add(gatehouse.FreshFor)
		p = c.Press(c.Get("/account/security/apps").Want(200), "Use a recovery code", nil).Want(200)
		if q := p.URL.Query(); q.Get("way") != "recovery-code" || q.Get("return_to") != "/account/security/apps" {
			t.Errorf("%s", p.URL)
		}
		if p := c.Get("/step-up?return_to=//evil.example"); p.MustFind("form[action='/step-up'] [name=return_to]").AttrOr("value", "") != "/" {
			t.Error("it leads to another site")
		}
		for range 5 {
			p = stepUp(c, c.Get("/account/security/apps"), testkit.Values{"code": "000000"})
		}
		if p.Status != 401 || !p.Has("You have been signed out") {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
		wantSignedOut(t, c, "after five wrong codes")
		mailAbout(t, s, u.Email, "wrong codes were entered")
	})
}

// With a passkey, the browser asks for it before what matters, and leads on to it. Cancelled, it says
// so, and another way is there.
func TestC10_StepUpWithAPasskey(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		b := testkit.Browser(t)
		noAutofill(t, b)
		d := newDevice(t, b, nil)
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		createPasskey(b, s, u)
		b.Follow("I have saved them")
		s.Clock.Add(gatehouse.FreshFor)
		b.Open(s.URL(u.SiteID, "/account/security/apps"))
		b.See("Confirm it’s you")
		b.See("Use a recovery code")
		d.verifies(false)
		b.Press("Use your passkey")
		b.See("No passkey was used")
		d.verifies(true)
		b.Press("Use your passkey")
		b.See("Set up an authenticator app")
		if path := strings.TrimPrefix(b.URL(), s.URL(u.SiteID, "")); path != "/account/security/apps" {
			t.Errorf("it led to %s", path)
		}
	})
}

// A phone is proved by a code that is sent in the session: not before somebody asks for it, and for
// this session alone.
func TestC10_StepUpWithATextMessage(t *testing.T) {
	texting(t, 1000, func(t *testing.T, s *testkit.Server, phones *testkit.Phones) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		addPhone(t, phones, c, "07400 123 456", mobile)
		s.Clock.Add(gatehouse.FreshFor)
		p := c.Get("/account/security/apps").Want(200)
		if !p.Has("Confirm it’s you") || p.Find("#code").Length() != 0 || p.Find("#current_password").Length() != 0 || len(phones.Texts(mobile)) != 1 {
			t.Fatalf("%d texts: %q", len(phones.Texts(mobile)), p.Text("main"))
		}
		p = c.Press(p, "Send a text message", nil).Want(200)
		code := phones.Code(mobile)
		if bad := stepUp(c, p, testkit.Values{"code": not(code)}).Want(422); !bad.Has("You have 4 tries left") {
			t.Errorf("%q", bad.Text("main"))
		}
		other := visitor(t, s, "meridian-uk")
		s.Clock.Add(gatehouse.CodePause)
		q := other.Press(wantCodePage(t, other, u), "Send a text message", nil).Want(200)
		theirs := phones.Code(mobile)
		if bad := enterCode(other, q, code); bad.Status != http.StatusUnprocessableEntity {
			t.Errorf("it opens a sign-in: %d %s", bad.Status, bad.URL)
		}
		if bad := stepUp(c, p, testkit.Values{"code": theirs}).Want(422); !bad.Has("You have 3 tries left") {
			t.Errorf("a sign-in's code proves something in a session: %q", bad.Text("main"))
		}
		if p := stepUp(c, p, testkit.Values{"code": code}).Want(200); p.URL.Path != "/account/security/apps" || !p.Has("Set up an authenticator app") {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
	})
}
