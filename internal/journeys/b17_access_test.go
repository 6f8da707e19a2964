package journeys

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit"
)

func forAdministrators(a *gatehouse.ApplicationSettings) {
	a.Access.Reach = gatehouse.ReachAdministrators
}

const reachForm = "main form[action^='/company/platforms/']"

// mailOf waits for a mail with these words in its subject.
func mailOf(t *testing.T, s *testkit.Server, to, subject string) {
	t.Helper()
	for !strings.Contains(s.Mail.Wait(t, to).Subject, subject) { // fails when no more come
	}
}

// A user without access is told so, and asks; the administrator grants it, and revokes it
// again, which ends existing access at once.
func TestB17_AnAdministratorSaysWhoReachesAPlatform(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		boss := s.AddUser("meridian-uk", "boss", password, func(b *gatehouse.User) { b.Role, b.FirstName, b.LastName = gatehouse.RoleAdmin, "Ines", "Okoro" })
		shop := newPlatform(t, s, forAdministrators)
		c, office := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		page := c.Submit(c.Get(shop.ask()), signInForm, testkit.Values{"username": "msantos", "password": password}).Want(403)
		if page.Text("h1") != "You don’t have access to Shop" || !page.Has("only administrators can open it") || !page.Has("Ines Okoro") {
			t.Fatalf("no page that says why and whom to ask: %s %q", page.URL, page.Text("main"))
		}
		if answer := shop.answered(c.Get(shop.ask("prompt", "none"))); answer.Get("error") != "access_denied" {
			t.Errorf("without a prompt: %v", answer)
		}
		asked := c.Press(page, "Ask for access", nil)
		if !asked.Has("You’ll get the answer by email") || asked.Find("main form").Length() != 0 {
			t.Errorf("not asked: %q", asked.Text("main"))
		}
		c.Press(page, "Ask for access", nil) // an old tab
		mailOf(t, s, boss.Email, "asks for access to Shop")

		wantHome(t, signIn(office, "boss", password))
		office.Get("/company/users").MustFind("a[href='/company/platforms']")
		list := office.Get("/company/platforms").Want(200)
		if !list.Has(u.DisplayName()) || !list.Has("Allowing opens Shop to everyone in your company") {
			t.Fatalf("the request is not there: %q", list.Text("main"))
		}
		list = office.Press(list, "Allow", nil).Want(200)
		if !list.Has("Access given") || list.Find("#requests").Length() != 0 || !list.Has("Shop: Everyone (before: Administrators only)") || !list.Has("Ines Okoro") {
			t.Errorf("after allowing: %q", list.Text("main"))
		}
		mailOf(t, s, u.Email, "You now have access to Shop")
		if n := mailsAbout(s, "asks for access"); n != 1 {
			t.Errorf("%d mails for one request", n)
		}
		token, _ := shop.exchange(shop.answered(c.Get(shop.ask())))
		code := shop.answered(c.Get(shop.ask())).Get("code")

		page = office.Follow(list, "Change")
		if checked := page.MustFind("input[checked]").AttrOr("value", ""); checked != "everyone" {
			t.Errorf("the form shows %q", checked)
		}
		list = office.Submit(page, reachForm, testkit.Values{"reach": "nobody"}).Want(200)
		if !list.Has("Shop: Nobody (before: Everyone)") {
			t.Errorf("history: %q", list.Text("main"))
		}
		if _, err := shop.provider.UserInfo(shop.ctx, oauth2.StaticTokenSource(token)); err == nil {
			t.Error("an access token outlives the access")
		}
		if _, err := shop.config.TokenSource(shop.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("a refresh token outlives the access: %v", err)
		}
		if _, err := shop.config.Exchange(shop.ctx, code, oauth2.VerifierOption(pkceVerifier)); err == nil {
			t.Error("a code outlives the access")
		}
		// The administrator is kept out as well, and can change it.
		page = office.Get(shop.ask()).Want(403)
		if office.Follow(page, "Choose who can open it").Want(200).Find(reachForm).Length() != 1 {
			t.Error("the administrator finds no way in")
		}
	})
}

// No is an answer, too; another request may follow, but no flood.
func TestB17_ARequestForAccessIsDeclined(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		s.AddUser("meridian-uk", "boss", password, func(b *gatehouse.User) { b.Role = gatehouse.RoleAdmin })
		shop := newPlatform(t, s, forAdministrators)
		c, office := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		wantHome(t, signIn(office, "boss", password))
		for range 5 {
			c.Press(c.Get(shop.ask()).Want(403), "Ask for access", nil)
			list := office.Press(office.Get("/company/platforms"), "Decline", nil)
			if !list.Has("Request declined") || list.Find("#requests").Length() != 0 {
				t.Fatalf("after declining: %q", list.Text("main"))
			}
			mailOf(t, s, u.Email, "was declined")
			s.Clock.Add(time.Minute)
		}
		if page := c.Press(c.Get(shop.ask()), "Ask for access", nil).Want(429); !page.Has("You’ve asked for a lot of platforms") {
			t.Errorf("the sixth request: %q", page.Text("main"))
		}
		s.Clock.Add(24 * time.Hour)
		wantHome(t, signIn(c, "msantos", password))
		stale := c.Get(shop.ask())
		c.Press(c.Get("/"), "Sign out", nil)
		wantHome(t, signIn(c, "msantos", password))
		if page := c.Press(stale, "Ask for access", nil); page.Status != 403 || !page.Has("You don’t have access to Shop") || page.Has("You’ll get the answer") {
			t.Errorf("a form of a session that is over: %d %q", page.Status, page.Text("main"))
		}
		if log := c.Get("/account/activity"); !log.Has("You asked for access to Shop") || !log.Has("Your request for access to Shop was declined") {
			t.Errorf("activity: %q", log.Text("main"))
		}
	})
}

// If there is no administrator to ask, there is support; what another company's
// administrators say counts for nobody else; and nobody else can say it.
func TestB17_AccessIsACompanysOwn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		other, err := s.Directory.CreateCompany(t.Context(), s.Sites.ByID("meridian-uk"), gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"},
			directory.CompanyFields{Name: "Elsewhere Ltd", AccountNumber: "77"})
		if err != nil {
			t.Fatal(err)
		}
		s.AddUser("meridian-uk", "rival", password, func(b *gatehouse.User) { b.Role, b.CompanyID = gatehouse.RoleAdmin, other.ID })
		shop := newPlatform(t, s, func(a *gatehouse.ApplicationSettings) { a.Access.Reach = gatehouse.ReachNobody })
		c, rivals := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		wantHome(t, signIn(rivals, "rival", password))
		page := c.Get(shop.ask()).Want(403)
		if page.Find("main form").Length() != 0 || !page.Has(s.Sites.ByID("meridian-uk").Support.Phone) {
			t.Errorf("nobody to ask: %q", page.Text("main"))
		}
		path := "/company/platforms/" + shop.app.ID
		rivals.Submit(rivals.Get(path), reachForm, testkit.Values{"reach": "everyone"}).Want(200)
		shop.exchange(shop.answered(rivals.Get(shop.ask())))
		c.Get(shop.ask()).Want(403)
		if page := c.Get(path); page.Status != 403 || page.Has("Who can open it") {
			t.Errorf("a user on the administrator's page: %d", page.Status)
		}
		answer := rivals.Get("/company/platforms")
		token := answer.MustFind("[name=form_token]").AttrOr("value", "")
		u := s.AddUser("meridian-uk", "third", password, nil)
		if page := rivals.Post(path+"/requests/"+u.ID, map[string][]string{"form_token": {token}, "answer": {"allow"}}); page.Status != 404 {
			t.Errorf("another company's request: %d", page.Status)
		}
		if page := rivals.Post(path, map[string][]string{"form_token": {rivals.Get(path).MustFind("[name=form_token]").AttrOr("value", "")}, "reach": {"somebody"}}); page.Status != 422 {
			t.Errorf("a reach that is none: %d", page.Status)
		}
	})
}

// My platforms: what each may read and when it was used; removing access ends its tokens.
func TestB17_MyPlatforms(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		own, others := newPlatform(t, s, nil), newPlatform(t, s, func(a *gatehouse.ApplicationSettings) { a.ThirdParty = true })
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		if page := c.Get("/account/platforms").Want(200); strings.Count(page.Text("main"), "You haven’t used it yet") != 2 {
			t.Errorf("before: %q", page.Text("main"))
		}
		token, _ := own.exchange(own.answered(c.Get(own.ask())))
		theirs, _ := others.exchange(others.answered(c.Press(c.Get(others.ask("scope", "openid email")), "Allow", nil)))
		page := c.Get("/account/platforms")
		if !page.Has("It can read your profile, your email address, your company and role.") || !page.Has("It can read your email address.") || !page.Has("First used") {
			t.Errorf("after: %q", page.Text("main"))
		}
		for range 2 {
			done := c.Submit(page, "form[action$='"+others.app.ID+"/remove']", nil).Want(200)
			if !done.Has("Access removed") {
				t.Errorf("removed: %q", done.Text("main"))
			}
		}
		if _, err := others.provider.UserInfo(others.ctx, oauth2.StaticTokenSource(theirs)); err == nil {
			t.Error("an access token outlives its removal")
		}
		if _, err := own.provider.UserInfo(own.ctx, oauth2.StaticTokenSource(token)); err != nil {
			t.Errorf("the other platform's token ended, too: %v", err)
		}
		if c.Get(others.ask("scope", "openid email")).Find(consentForm).Length() != 1 {
			t.Error("the consent is remembered")
		}
		c.Submit(page, "form[action$='"+own.app.ID+"/remove']", nil).Want(200)
		if _, err := own.config.TokenSource(own.ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err == nil {
			t.Error("a refresh token outlives its removal")
		}
		own.exchange(own.answered(c.Get(own.ask())))
		if log := c.Get("/account/activity"); !log.Has("You removed Shop’s access") {
			t.Errorf("activity: %q", log.Text("main"))
		}
	})
}
