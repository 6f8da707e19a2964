package journeys

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// administratorOf is a browser with the signed-in administrator of a user's company.
func administratorOf(t *testing.T, s *testkit.Server, of gatehouse.User) *testkit.Client {
	t.Helper()
	name := "imarchetti"
	if of.SiteID == "inkwell" {
		name += "@northgate.example"
	}
	u := s.AddUser(of.SiteID, name, password, func(u *gatehouse.User) {
		u.FirstName, u.LastName, u.Role, u.CompanyID = "Ines", "Marchetti", gatehouse.RoleAdmin, of.CompanyID
	})
	c := visitor(t, s, of.SiteID)
	p := signIn(c, u.Username, password)
	if p.URL.Path == "/sign-in/code" {
		p = enterCode(c, p, mailedCode(t, s, u.Email))
	}
	wantHome(t, p)
	return c
}

func contains(text string, all ...string) bool {
	for _, want := range all {
		if !strings.Contains(text, want) {
			return false
		}
	}
	return true
}

// renewTerms makes a user accept the terms again at the next sign-in.
func renewTerms(t *testing.T, s *testkit.Server, u gatehouse.User) {
	t.Helper()
	s.Write(func(q store.Queries) error {
		return q.AcceptTerms(t.Context(), u.SiteID, u.ID, "2019-01")
	})
}

// On the page of a user the administrator resets two-factor: without scripts a page
// asks, says what it does, and the user is told by mail.
func TestB19_TheAdministratorResetsTwoFactor(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "tadeyemi", func(u *gatehouse.User) {
			u.FirstName, u.LastName, u.OwnTwoFactor = "Tom", "Adeyemi", true
		})
		c := trusting(t, s, u)
		admin := administratorOf(t, s, u)
		p := admin.Follow(admin.Get("/company/users").Want(200), "Tom Adeyemi").Want(200)
		if got := p.Text("section[aria-labelledby=sign-in]"); !contains(got, "User’s choice", "Chrome on Linux", "127.0.0.1", "Last sign-in: Today, 12:00", "Not asked for a code until 6 December 2026") {
			t.Errorf("%q", got)
		}
		half := visitor(t, s, "meridian-uk")
		s.Clock.Add(time.Minute)
		wantCodePage(t, half, u)
		code := mailedCode(t, s, u.Email)
		ask := admin.Follow(p, "Reset two-factor").Want(200)
		for _, want := range []string{"Tom Adeyemi", "No device is trusted", "that choice is turned off", "Codes already sent", "told by email"} {
			if !ask.Has(want) {
				t.Errorf("the question lacks %q", want)
			}
		}
		if now := s.User(u); !now.OwnTwoFactor {
			t.Error("to ask has done it")
		}
		p = admin.Press(ask, "Reset two-factor", nil).Want(200)
		if !p.Has("Two-factor has been reset") || !p.Has("No device is trusted") || s.User(u).OwnTwoFactor {
			t.Errorf("%q", p.Text("main"))
		}
		if p := half.Submit(half.Get("/sign-in"), signInForm, nil); p.URL.Path == "/sign-in/code" {
			t.Error("the half-finished sign-in goes on")
		}
		if m := mailAbout(t, s, u.Email, "was reset"); !contains(m.Text, "Ines Marchetti", "tadeyemi", "we will ask for a code") {
			t.Errorf("%s", m.Text)
		}
		events, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 1)
		if err != nil || len(events) != 1 || events[0].Kind != gatehouse.EventTwoFactorReset || events[0].ActorName != "imarchetti" ||
			events[0].Detail["devices"] != "1" || events[0].Detail["own"] != "yes" {
			t.Errorf("%+v, %v", events, err)
		}
		wantHome(t, c.Get("/")) // signed-in users stay so
		signOut(c)
		s.Clock.Add(time.Minute)
		q := wantCodePage(t, c, u)
		if p := enterCode(c, q, code); p.Status != 422 {
			t.Errorf("the code from before opens: %d", p.Status)
		}
	})
}

// Somebody who sits down at an administrator's open session cannot redirect codes or
// remove two-factor; and the old mailbox is told what was corrected.
func TestB19_AnOldSignInWantsProof(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "tadeyemi", func(u *gatehouse.User) { u.FirstName, u.LastName, u.OwnTwoFactor = "Tom", "Adeyemi", true })
		admin := administratorOf(t, s, u)
		path := "/company/users/" + u.ID
		recent := admin.Get(path).Want(200)
		recent.MustFind("dialog#reset")
		s.Clock.Add(gatehouse.FreshFor)
		old := admin.Get(path).Want(200)
		if old.Find("dialog#reset").Length() > 0 {
			t.Error("the reset asks without proof")
		}
		const right = "tom.right@northgate.example"
		// From a page that was opened when the sign-in was recent, too.
		for _, page := range []*testkit.Page{recent, old} {
			if p := admin.Submit(page, "form[action$='/email']", testkit.Values{"email": right}); p.Status != 403 || p.Text("h1") != "Confirm it’s you" {
				t.Errorf("from an old page: %d %s", p.Status, p.Text("main"))
			}
		}
		admin.Submit(recent, "form[action$='/reset-two-factor']", nil).MustFind("form[action='/step-up']")
		ask := admin.Submit(old, "form[action$='/email']", testkit.Values{"email": right})
		for given, want := range map[string]string{"": "Enter your current password", "wrong": "not your current password"} {
			p := stepUp(admin, ask, testkit.Values{"current_password": given}).Want(422)
			if !strings.Contains(strings.ToLower(p.Text("#current_password-error")), strings.ToLower(want)) || p.Find("#current_password[aria-invalid=true]").Length() != 1 {
				t.Fatalf("%q: %s", given, p.Text("main"))
			}
			ask = p
		}
		if now := s.User(u); now.Email != u.Email || !now.OwnTwoFactor {
			t.Fatalf("it was done: %+v", now)
		}
		// What was typed is still there, and is sent again.
		back := stepUp(admin, ask, testkit.Values{"current_password": password}).Want(200)
		if got := back.MustFind("#email").AttrOr("value", ""); got != right || !back.Has("Nothing has been saved yet") || s.User(u).Email != u.Email {
			t.Fatalf("%q, %s", got, back.Text("main"))
		}
		p := admin.Submit(back, "form[action$='/email']", nil).Want(200)
		admin.Submit(admin.Follow(p, "Reset two-factor").Want(200), "form[action$='/reset-two-factor']", nil).Want(200)
		if now := s.User(u); now.Email != right || now.OwnTwoFactor || !p.Has("The email address is saved") {
			t.Errorf("%+v %q", now, p.Text("main"))
		}
		if m := mailAbout(t, s, u.Email, "has a new email address"); !contains(m.Text, "Ines Marchetti, an administrator", gatehouse.MaskEmail(right), "Ask Ines Marchetti") {
			t.Errorf("%s", m.Text)
		}
	})
}

// Corrections without limit would flood mailboxes: what was typed stays, and the page
// says how long to wait.
func TestB19_CorrectingTooOften(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		admin := administratorOf(t, s, u)
		p, typed := admin.Get("/company/users/"+u.ID), ""
		for i := range 20 {
			typed = "tom" + strconv.Itoa(i) + "@northgate.example"
			if p = admin.Submit(p, "form[action$='/email']", testkit.Values{"email": typed}); p.Status != 200 {
				break
			}
		}
		if p.Status != 429 || p.Header.Get("Retry-After") == "" || !contains(p.Text("[role=alert]"), "Too many corrections", "wait 12 minutes") ||
			p.MustFind("details[open] #email").AttrOr("value", "") != typed || s.User(u).Email == typed {
			t.Errorf("%d %q %q", p.Status, p.Header.Get("Retry-After"), p.Text("main"))
		}
	})
}

// The list: all users of the company and nobody else, in words, searched and filtered by
// addresses that can be shared.
func TestB19_TheListOfUsers(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		first := careful(t, s, "meridian-uk", "ada", func(u *gatehouse.User) { u.FirstName, u.LastName = "Ada", "Okafor" })
		elsewhere(t, s, "meridian-uk", "neighbour", func(*gatehouse.User) {})
		colleagues(s, "meridian-uk")
		admin := administratorOf(t, s, first)
		p := admin.Get("/company/users").Want(200)
		if n := p.Find("tbody tr").Length(); n != 18 || p.Has("neighbour") || p.Text(".pager p") != "1 to 18 of 18" {
			t.Errorf("%d rows, %q", n, p.Text("main"))
		}
		for row, want := range map[string]string{"plain1": "On", "own1": "User’s choice", "nowhere1": "No address", "bouncing1": "Email not delivered", "invited1": "From second sign-in"} {
			found := false
			for _, text := range p.Texts("tbody tr") {
				found = found || contains(text, row, want)
			}
			if !found {
				t.Errorf("%s is not %q: %q", row, want, p.Texts("tbody tr"))
			}
		}
		for link, want := range map[string]int{"?group=deactivated": 2, "?group=locked": 2, "?q=OKAFOR": 1, "?q=bouncing1@": 1, "?role=admin": 1, "?role=user&group=own": 2,
			"?q=nobody": 0, "?group=no-such": 18, "?q=%00%ff": 0, "?after=zzz": 18} {
			p := admin.Get("/company/users" + link).Want(200)
			if n := p.Find("tbody tr").Length(); n != want {
				t.Errorf("%s: %d rows", link, n)
			}
		}
		p = admin.Submit(admin.Get("/company/users?group=own"), "main form[role=search]", testkit.Values{"q": "own2"})
		if p.Find("tbody tr").Length() != 1 || !strings.Contains(p.URL.RawQuery, "group=own") {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		if none := admin.Get("/company/users?q=marchetty"); !none.Has("No users match “marchetty”") || none.MustFind("#q").AttrOr("value", "") != "marchetty" {
			t.Errorf("%q", none.Text("main"))
		}
		for i := range 60 {
			s.AddUser("meridian-uk", "many"+string(rune('a'+i/26))+string(rune('a'+i%26)), "", nil)
		}
		p = admin.Get("/company/users?q=many").Want(200)
		next := admin.Follow(p, "Next page")
		if p.Text(".pager p") != "1 to 50 of 60" || next.Text(".pager p") != "51 to 60 of 60" || next.Find("tbody tr").Length() != 10 {
			t.Errorf("%q, %q", p.Text(".pager p"), next.Text(".pager p"))
		}
		if back := admin.Follow(next, "First page"); back.Text(".pager p") != "1 to 50 of 60" {
			t.Errorf("%s", back.URL)
		}
	})
}

// Invariant 6: users of another company do not exist here, users who are not
// administrators are turned away, and nobody's own two-factor is reset here.
func TestB19_WhoMayNot(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "tadeyemi", nil)
		other := elsewhere(t, s, "meridian-uk", "neighbour", func(*gatehouse.User) {})
		abroad := s.AddUser("meridian-au", "somebody", password, nil)
		user := trusting(t, s, u)
		admin := administratorOf(t, s, u)
		resetPassword(t, s, other)
		message := lastMessage(t, s, other, store.MessageSent).ID
		own, err := s.Store.Read().UserByUsername(t.Context(), "meridian-uk", "imarchetti")
		if err != nil {
			t.Fatal(err)
		}
		post := func(c *testkit.Client, path string) *testkit.Page {
			user, _, _ := strings.Cut(strings.TrimPrefix(path, "/company/users/"), "/")
			page := c.Get("/account/password")
			for _, at := range []string{"/company/users/" + user, path} { // a token works for the forms of its page
				if p := c.Get(at); p.Status < 500 && p.Find("[name=form_token]").Length() > 0 {
					page = p
				}
			}
			token := page.MustFind("[name=form_token]").First().AttrOr("value", "")
			return c.Post(path, map[string][]string{"form_token": {token}, "email": {"thief@elsewhere.example"}})
		}
		const browser = "dev_0123456789abcdef0123456789abcdef"
		actions := []string{"/email", "/reset-two-factor", "/devices/" + browser + "/end-trust", "/messages/" + message + "/resend"}
		for _, id := range []string{other.ID, abroad.ID, "usr_0123456789abcdef0123456789abcdef", "%00", "x"} {
			for _, path := range []string{"", "/reset-two-factor", "/unlock", "/send-password"} {
				if p := admin.Get("/company/users/" + id + path); p.Status != 404 {
					t.Errorf("GET %s%s: %d", id, path, p.Status)
				}
			}
			for _, action := range actions {
				if p := post(admin, "/company/users/"+id+action); p.Status != 404 {
					t.Errorf("POST %s%s: %d", id, action, p.Status)
				}
			}
		}
		// The user is theirs, the other item is not.
		for _, action := range actions[2:] {
			if p := post(admin, "/company/users/"+u.ID+action); p.Status != 404 {
				t.Errorf("POST %s: %d", action, p.Status)
			}
		}
		for _, path := range []string{"", "/" + own.ID, "/" + own.ID + "/reset-two-factor"} {
			if p := user.Get("/company/users" + path); p.Status != 403 {
				t.Errorf("GET %s by a user: %d", path, p.Status)
			}
		}
		for _, action := range actions {
			if p := post(user, "/company/users/"+own.ID+action); p.Status != 403 {
				t.Errorf("POST %s by a user: %d", action, p.Status)
			}
		}
		if p := post(admin, "/company/users/"+own.ID+"/reset-two-factor"); p.Status != 409 || !p.Has("This is your own account") || p.Find("main a[href='/account/security']").Length() == 0 {
			t.Errorf("the own second step: %d %q", p.Status, p.Text("main"))
		}
		if p := post(admin, "/company/users/"+own.ID+"/email"); p.Status != 422 || p.Find("main a[href='/account/profile']").Length() == 0 || s.User(own).Email != own.Email {
			t.Errorf("the own address: %d %q", p.Status, p.Text("main"))
		}
		if p := admin.Get("/company/users/" + own.ID); p.Find("main form[method=post]").Length() != 0 {
			t.Error("the own page offers something that is refused")
		}
		if s.User(other).Email != other.Email || s.User(abroad).Email != abroad.Email {
			t.Error("somebody's address was changed")
		}
	})
}
