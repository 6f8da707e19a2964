package journeys

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// hold is how long the server leaves an enrolment alone that the test holds.
const hold = 10 * time.Minute

// heldEnrolment switches a company's two-factor and begins the enrolment, which waits
// until the clock has moved on by hold. It first waits for the server to begin earlier ones: else it
// would hold one of these.
func heldEnrolment(t *testing.T, s *testkit.Server, admin gatehouse.User, enable bool) (e gatehouse.Enrolment) {
	t.Helper()
	testkit.Eventually(t, "an earlier run to be taken", func() bool {
		due, err := s.Store.Read().RunDue(t.Context(), gatehouse.RunEnrolment, s.Clock.Now())
		return err == nil && !due
	})
	now := s.Clock.Now()
	e = gatehouse.Enrolment{Enable: enable, Run: gatehouse.Run{Kind: gatehouse.RunEnrolment, ID: store.NewID("enr", now), SiteID: admin.SiteID, CompanyID: admin.CompanyID,
		State: gatehouse.RunRunning, StartedBy: admin.ID, StartedName: admin.DisplayName(), StartedAt: now}}
	s.Write(func(q store.Queries) (err error) {
		if _, err = q.SetTwoFactor(t.Context(), e.SiteID, e.CompanyID, gatehouse.EmailCodes(enable), now); err == nil {
			e.Total, err = q.BeginEnrolment(t.Context(), e)
		}
		if err == nil {
			_, err = q.ClaimRun(t.Context(), gatehouse.RunEnrolment, store.Claim{Lease: "test", Now: now, Until: now.Add(hold)})
		}
		return err
	})
	return e
}

const sessionCookie = "gatehouse-session"

func enrolmentPath(e gatehouse.Enrolment) string { return "/company/enrolments/" + e.ID }

func TestB02_AsTwoPagesWithoutScripts(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		colleagues(s, site)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		ask := c.Submit(c.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"}).Want(200)
		if ask.URL.RequestURI() != enhancedSecurityPath+"?two_factor=enabled" || len(ask.Via) != 1 {
			t.Errorf("asked at %s via %v", ask.URL, ask.Via)
		}
		if n := c.Get(enhancedSecurityPath); n.Has("Two-factor turned on") {
			t.Error("asking has switched")
		}
		if p := c.Follow(ask, "Go back"); p.URL.RequestURI() != enhancedSecurityPath {
			t.Errorf("going back leads to %s", p.URL)
		}
		c.Submit(ask, twoFactorForm, nil).Want(200)
		e := heldEnrolment(t, s, admin, false) // beside the one that has gone by
		page := c.Get(enrolmentPath(e)).Want(200)
		if !strings.Contains(string(page.Body), `<noscript><meta http-equiv="refresh"`) {
			t.Error("the page does not ask again by itself")
		}
		if to := page.MustFind("noscript").Text(); !strings.Contains(to, enrolmentPath(e)+"?progress=1") {
			t.Errorf("it asks for %s", to)
		}
		page.MustFind("progress[max='17'][value='0']")
		for _, want := range []string{"Turning off two-factor", "0 of 17 users done", "Estimating time left", "You can close this page"} {
			if !page.Has(want) {
				t.Errorf("the progress does not say %q: %s", want, page.Text("dialog"))
			}
		}
		back := c.Follow(page, "Close").Want(200)
		if back.URL.Path != enhancedSecurityPath || !back.Has("0 of 17 users done") {
			t.Errorf("Close leads to %s: %s", back.URL, back.Text("main"))
		}
		if again := c.Follow(back, "See progress"); again.URL.Path != enrolmentPath(e) {
			t.Errorf("the run is at %s", again.URL)
		}
		s.Clock.Add(hold)
		testkit.Eventually(t, "the end of the run", func() bool {
			page = c.Get(enrolmentPath(e) + "?progress=1").Want(200) // what the page asks for by itself
			return page.Has("Done: 7 no longer enrolled, 2 unchanged, 8 skipped")
		})
		if page.Find("noscript meta").Length() > 0 {
			t.Error("what is done asks again by itself")
		}
		if p := c.Follow(page, "Close"); p.URL.Path != enrolmentPath(e) || !p.Has("Two-factor is off: 7 users no longer enrolled") {
			t.Errorf("in the end: %s", p.Text("main"))
		}
	})
}

func TestB02_TheUsersChangeBetween(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		s.AddUser(site, "msantos", password, administrator)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		ask := c.Submit(c.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"})
		s.AddUser(site, "nowhere", "", func(u *gatehouse.User) { u.Email, u.FirstName, u.LastName = "", "Rita", "Okafor" })
		again := c.Submit(ask, twoFactorForm, nil).Want(409)
		if !again.Has("The users have changed since you looked") || !again.Has("Rita Okafor") || !again.Has("2 users") {
			t.Errorf("the new preview: %s", again.Text("main"))
		}
		if p := c.Get(enhancedSecurityPath); !p.Has("No changes yet") {
			t.Error("it was switched all the same")
		}
		if p := finished(t, c, c.Submit(again, twoFactorForm, nil)); !p.Has("Two-factor is on: 1 user enrolled") {
			t.Errorf("confirmed again: %s", p.Text("main"))
		}
		token := twoFactorToken(c)
		if p := c.Post(enhancedSecurityPath, map[string][]string{"form_token": {token}, "two_factor": {"disabled"}, "confirm": {"yes"}}).Want(200); p.URL.Path == enhancedSecurityPath {
			t.Errorf("a script that has seen no preview: %s", p.Text("main"))
		}
	})
}

// twoFactorToken is the token of the client's forms.
func twoFactorToken(c *testkit.Client) string {
	return c.Get(enhancedSecurityPath).MustFind("[name=form_token]").First().AttrOr("value", "")
}

// Somebody who sits down at an open session cannot switch two-factor off for everybody.
func TestB02_DisablingWantsARecentSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		finished(t, c, setTwoFactor(c, "enabled"))
		s.Clock.Add(gatehouse.FreshFor)
		if c.Get(enhancedSecurityPath).Find("dialog").Length() != 0 {
			t.Error("a dialog asks without proof")
		}
		ask := c.Submit(c.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "disabled"}).Want(200)
		for given, want := range map[string]string{"": "Enter your current password", "wrong": "not your current password"} {
			p := stepUp(c, ask, testkit.Values{"current_password": given}).Want(422)
			if p.MustFind("#current_password[aria-invalid=true]"); !strings.Contains(strings.ToLower(p.Text("#current_password-error")), strings.ToLower(want)) {
				t.Errorf("%q: %s", given, p.Text("#current_password-error"))
			}
		}
		if p := c.Post(enhancedSecurityPath, url.Values{"two_factor": {"disabled"}, "confirm": {"yes"}, "form_token": {twoFactorToken(c)}}); p.Status != 403 {
			t.Errorf("posted without proof: %d", p.Status)
		}
		if company, err := s.Store.Read().Company(t.Context(), site, admin.CompanyID); err != nil || !company.TwoFactor {
			t.Fatalf("it is off: %v", err)
		}
		ask = stepUp(c, ask, testkit.Values{"current_password": password}).Want(200)
		finished(t, c, c.Submit(ask, twoFactorForm, nil))
		s.Clock.Add(gatehouse.FreshFor)
		if p := c.Submit(c.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"}); p.URL.Path != enhancedSecurityPath {
			t.Error("enabling wants the password too")
		}
	})
}

// Switching again and again would flood everybody with mail: the question is shown again,
// with the time from which it can be answered.
func TestB02_ChangingTooOften(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		s.AddUser(site, "msantos", password, administrator)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		var p *testkit.Page
		choice := "enabled"
		for range 20 {
			ask := c.Submit(c.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": choice}).Want(200)
			if p = c.Submit(ask, twoFactorForm, nil); p.Status != 200 {
				break
			}
			choice = map[string]string{"enabled": "disabled", "disabled": "enabled"}[choice]
		}
		wait, err := strconv.Atoi(p.Header.Get("Retry-After"))
		if p.Status != 429 || err != nil || wait < 1 || p.MustFind("[name=two_factor]").AttrOr("value", "") != choice {
			t.Fatalf("%d %q %q", p.Status, p.Header, p.Text("main"))
		}
		until := s.Clock.Now().Add(time.Duration(wait) * time.Second).UTC().Format("15:04")
		if alert := p.Text("[role=alert]"); !contains(alert, "Too many recent changes", "from "+until+" GMT") {
			t.Errorf("%q, want %s", alert, until)
		}
		s.Clock.Add(time.Duration(wait) * time.Second)
		if p = c.Submit(p, twoFactorForm, nil); p.Status != 200 {
			t.Errorf("when its time has come: %d %q", p.Status, p.Text("main"))
		}
	})
}

func TestB02_WithScripts(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		colleagues(s, site)
		b := testkit.PaintedBrowser(t)
		browserSignIn(b, s, site, "Username", "msantos", password)
		b.Open(s.URL(site, enhancedSecurityPath))
		b.See("2 chose two-factor") // it begins with what is in force
		if shown := b.Text("main"); strings.Contains(shown, "7 will be enrolled") {
			t.Errorf("both choices are shown: %s", shown)
		}
		b.Check("Enable")
		b.See("7 will be enrolled")
		b.Press("Save")
		b.See("Turn on two-factor for 7 users?")
		if b.URL() != s.URL(site, enhancedSecurityPath) {
			t.Errorf("asked at %s", b.URL())
		}
		b.Press("Turn on for 7 users")
		b.See("Done: 7 enrolled, 2 unchanged, 6 skipped, 2 failed") // by itself, and it waits
		if heading := b.Text("dialog h2"); heading != "Two-factor turned on" || b.Text(":focus") != "Close" {
			t.Errorf("the dialog is %q, the focus is at %q", heading, b.Text(":focus"))
		}
		done := b.URL()
		b.Follow("Close")
		b.See("Two-factor is on: 7 users enrolled")
		b.Open(done) // no matter how late
		b.See("Done: 7 enrolled")
		b.Type("\x1b") // Escape
		b.See("Two-factor is on: 7 users enrolled")

		e := heldEnrolment(t, s, admin, false)
		b.Open(s.URL(site, enrolmentPath(e)))
		b.See("0 of 17 users done")
		moved := gatehouse.RunCounts{Changed: 5, Unchanged: 1, Told: 6}
		s.Clock.Add(30 * time.Second)
		advance(t, s, e, moved)
		b.See("6 of 17 users done")
		b.See("About 55 seconds left")
		if got := testkit.Eval[float64](b, "document.querySelector('progress').value"); got != 6 {
			t.Errorf("the bar is at %v", got)
		}
		b.Type("\x1b") // Escape
		testkit.Eventually(t, "the page before", func() bool { return b.URL() == s.URL(site, enhancedSecurityPath) })
		b.See("6 of 17 users done")
		b.Follow("See progress")
		b.See("6 of 17 users done")
		s.Clock.Add(hold)
		b.See("Done: 12 no longer enrolled") // in the same dialog, with its numbers
		if got := testkit.Eval[float64](b, "document.querySelector('progress').value"); got != 17 {
			t.Errorf("the bar ends at %v", got)
		}
		b.Follow("Close")
		b.See("Two-factor is off: 12 users no longer enrolled")
	})
}

// advance records some progress of a held enrolment, and holds it again.
func advance(t *testing.T, s *testkit.Server, e gatehouse.Enrolment, n gatehouse.RunCounts) {
	t.Helper()
	s.Write(func(q store.Queries) error {
		_, err := q.AdvanceRun(t.Context(), e.Run, "", n, s.Clock.Now().Add(hold))
		return err
	})
}

// If the events do not arrive, the page asks by itself.
func TestB02_WithoutEventsThePageAsks(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		b := testkit.Browser(t)
		browserSignIn(b, s, site, "Username", "msantos", password)
		b.See("Good ")
		e := heldEnrolment(t, s, admin, true)
		session := ""
		for _, cookie := range b.Cookies() {
			if cookie.Name == sessionCookie {
				session = cookie.Value
			}
		}
		for range 8 {
			if status, _ := listen(t, session, s, site, e); status != 200 {
				t.Fatalf("a stream: %d", status)
			}
		}
		b.AllowErrors("429")
		b.Open(s.URL(site, enrolmentPath(e)))
		b.See("0 of 1 user done")
		advance(t, s, e, gatehouse.RunCounts{Skipped: 1})
		b.See("1 of 1 user done")
		s.Clock.Add(hold)
		b.See("Done: 1 enrolled, 1 skipped")
		b.Follow("Close")
		b.See("Result for each user")
	})
}
