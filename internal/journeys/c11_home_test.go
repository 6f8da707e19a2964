package journeys

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func TestC11_AfterSignInTheDashboardOrThePageAskedForFirst(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		p := signIn(visitor(t, s, "meridian-uk"), "msantos", password)
		wantHome(t, p)
		if p.URL.Path != "/" {
			t.Errorf("the dashboard is at %s", p.URL.Path)
		}
		for _, c := range []struct{ asked, leads string }{
			{"/api/v1/session", "/api/v1/session"},
			{"/?tab=orders&x=%2F%2Fy", "/?tab=orders&x=%2F%2Fy"},
			{"https://evil.example/", "/"},
			{"//evil.example", "/"},
			{`/\evil.example`, "/"},
			{`\\evil.example`, "/"},
			{"/\t/evil.example", "/"},
			{"/%09/evil.example/..//", "/"},
			{"/%2F/evil.example", "/"},
			{"/%5Cevil.example", "/"},
			{"javascript:alert(1)", "/"},
			{"data:text/html,x", "/"},
			{"https:evil.example", "/"},
			{"/sign-out", "/"},
			{"@evil.example", "/"},
			{"/?a=\xff", "/"},
			{"", "/"},
		} {
			client := visitor(t, s, "meridian-uk")
			page := client.Get("/sign-in?return_to=" + url.QueryEscape(c.asked))
			client.Stay = true
			answer := client.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": password})
			if got := answer.Header.Get("Location"); answer.Status != 303 || got != c.leads {
				t.Errorf("return_to %q leads to %d %q, want %q", c.asked, answer.Status, got, c.leads)
			}
			// A forged field of the form does not lead anywhere else either.
			forged := visitor(t, s, "meridian-uk")
			form := forged.Get("/sign-in")
			token := form.MustFind("input[name=form_token]").AttrOr("value", "")
			forged.Stay = true
			answer = forged.Post("/sign-in", url.Values{"username": {"msantos"}, "password": {password}, "form_token": {token}, "return_to": {c.asked}})
			if got := answer.Header.Get("Location"); answer.Status != 303 || got != c.leads {
				t.Errorf("forged return_to %q leads to %d %q, want %q", c.asked, answer.Status, got, c.leads)
			}
		}
	})
}

func TestC11_HomeTellsTheLastSignInAndWhatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("inkwell", "new@inkwell.example", password, func(u *gatehouse.User) {
			u.FirstName, u.LastName, u.EmailConfirmed, u.FirstSignInAt = "", "", false, time.Time{}
		})
		c := visitor(t, s, "inkwell")
		p := c.Press(signIn(c, "new@inkwell.example", password), "Not now", nil)
		wantHome(t, p)
		for _, want := range []string{"first sign-in", "Inkwell", "Northgate Systems Ltd", "10482", "new@inkwell.example"} {
			if !p.Has(want) {
				t.Errorf("home does not say %q", want)
			}
		}
		if !p.Has("name") || !p.Has("confirm") {
			t.Errorf("home does not say what is missing: %s", p.Text("main"))
		}
		s.Clock.Add(26 * time.Hour)
		p = signIn(visitor(t, s, "inkwell"), "new@inkwell.example", password)
		wantHome(t, p)
		if !p.Has("Your last sign-in: Yesterday") || !p.Has("127.0.0.1") {
			t.Errorf("home does not tell the last sign-in: %s", p.Text("main"))
		}
	})
}

func TestC11_TheSessionForPrograms(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		p := c.Get("/api/v1/session")
		if p.Status != 401 || !strings.HasPrefix(p.Header.Get("Content-Type"), "application/problem+json") || p.Header.Get("Set-Cookie") != "" {
			t.Errorf("without a session: %d %s %q", p.Status, p.Header.Get("Content-Type"), p.Header.Get("Set-Cookie"))
		}
		wantHome(t, signIn(c, "msantos", password))
		p = c.Get("/api/v1/session")
		var got struct {
			User    struct{ ID, Username, Role string }
			Company struct{ Name string }
			Site    string
		}
		if err := json.Unmarshal(p.Body, &got); err != nil || p.Status != 200 {
			t.Fatalf("%d %s: %v", p.Status, p.Body, err)
		}
		if got.User.ID != u.ID || got.User.Username != "msantos" || got.User.Role != "user" || got.Site != "meridian-uk" || got.Company.Name != "Northgate Systems Ltd" {
			t.Errorf("%+v", got)
		}
		if strings.Contains(string(p.Body), "argon2") || strings.Contains(string(p.Body), c.Cookie("/", "gatehouse-session")) {
			t.Error("a secret is in the answer")
		}
	})
}

// Steps that are still due stop the sign-in at a page that says so, in order, and
// nothing else opens.
func TestC11_AStepThatIsDueStopsAtItsPage(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, c := range []struct {
			name, path string
			change     func(*gatehouse.User)
		}{
			{"temporary", "/sign-in/password", func(u *gatehouse.User) {
				u.Password.Origin, u.Password.ExpiresAt, u.ChallengeSet = gatehouse.PasswordInitial, s.Clock.Now().Add(time.Hour), false
			}},
			{"noquestion", "/sign-in/challenge", func(u *gatehouse.User) { u.ChallengeSet, u.TermsAccepted = false, "" }},
			{"noterms", "/sign-in/terms", func(u *gatehouse.User) { u.TermsAccepted, u.SoleUserFor = "2019-01", "" }},
			{"nosole", "/sign-in/sole-user", func(u *gatehouse.User) { u.SoleUserFor = "" }},
		} {
			s.AddUser("meridian-uk", c.name, password, c.change)
			client := visitor(t, s, "meridian-uk")
			p := signIn(client, c.name, password)
			if p.Status != 200 || p.URL.Path != c.path {
				t.Errorf("%s: %d %s %q", c.name, p.Status, p.URL, p.Text("main"))
			}
			if other := client.Get("/sign-in/code"); other.URL.Path != c.path {
				t.Errorf("%s: another step's page is open: %s", c.name, other.URL)
			}
			if session := client.Get("/api/v1/session"); session.Status != 401 {
				t.Errorf("%s: there is a session: %d", c.name, session.Status)
			}
			s.Clock.Add(s.Sites.ByID("meridian-uk").Policy.SignIn)
			if later := client.Get(c.path); later.URL.Path != "/sign-in" {
				t.Errorf("%s: a sign-in that has run out is at %s", c.name, later.URL)
			}
		}
	})
}
