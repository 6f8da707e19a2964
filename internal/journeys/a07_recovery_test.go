package journeys

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const (
	newPassword = "Violet-Anchor-93-Sail"
	answer      = "The  Little Drummers"
)

// answeringUser adds a user who has set a challenge question on the page.
func answeringUser(t *testing.T, s *testkit.Server, siteID, username string, change func(*gatehouse.User)) gatehouse.User {
	t.Helper()
	u := s.AddUser(siteID, username, password, func(u *gatehouse.User) {
		u.ChallengeSet = false
		if change != nil {
			change(u)
		}
	})
	c := visitor(t, s, siteID)
	p := signIn(c, username, password)
	if p.URL.Path != "/sign-in/challenge" {
		t.Fatalf("not asked for a challenge question: %s %q", p.URL, p.Text("h1"))
	}
	wantHome(t, c.Submit(p, challengeForm, testkit.Values{"question": "concert", "answer": answer, "current_password": password}))
	return u
}

const (
	passwordForm  = "form[action='/sign-in/password']"
	challengeForm = "form[action='/sign-in/challenge']"
	termsForm     = "form[action='/sign-in/terms']"
	soleUserForm  = "form[action='/sign-in/sole-user']"
	forgotForm    = "form[action='/forgot-password']"
	answerForm    = "form[action='/forgot-password/challenge']"
	resetForm     = "form[action='/reset-password']"
)

// forget begins a recovery on the page and returns the result.
func forget(c *testkit.Client, username, email string) *testkit.Page {
	start := c.Follow(c.Get("/sign-in"), "Forgot password?")
	return c.Submit(start, forgotForm, testkit.Values{"username": username, "email": email})
}

var temporaryPassword = regexp.MustCompile(`[A-Z][a-z]{3}-[0-9]{2}[a-z]{3}-[A-Z][a-z]{3}-[0-9]{2}[a-z]{3}-[A-Z][a-z]{3}`)

// recoverPassword goes through a whole recovery and returns the temporary password of the mail.
func recoverPassword(t *testing.T, s *testkit.Server, u gatehouse.User) string {
	t.Helper()
	c := visitor(t, s, u.SiteID)
	sent := c.Submit(forget(c, u.Username, u.Email), answerForm, testkit.Values{"answer": answer})
	if sent.Status != 200 || sent.URL.Path != "/forgot-password/sent" {
		t.Fatalf("the right answer led to %d %s %q", sent.Status, sent.URL, sent.Text("main"))
	}
	return temporaryPassword.FindString(mailAbout(t, s, u.Email, "temporary password").Text)
}

// mailAbout waits for the mail to an address with this in its subject; others are
// skipped.
func mailAbout(t *testing.T, s *testkit.Server, to, subject string) testkit.Mail {
	t.Helper()
	for {
		if m := s.Mail.Wait(t, to); strings.Contains(m.Subject, subject) {
			return m
		}
	}
}

// mailsAbout counts the mails with this in their subject.
func mailsAbout(s *testkit.Server, subject string) int {
	n := 0
	for _, m := range s.Mail.All() {
		if strings.Contains(m.Subject, subject) {
			n++
		}
	}
	return n
}

func TestA07_ForgottenPasswordByChallengeQuestion(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		elsewhere := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(elsewhere, "msantos", password))
		c := visitor(t, s, "meridian-uk")
		p := forget(c, " MSANTOS ", strings.ToUpper(u.Email))
		if p.Status != 200 || p.URL.Path != "/forgot-password/challenge" || p.Text("label[for=answer]") != "What was the first concert you went to?" {
			t.Fatalf("%d %s %q", p.Status, p.URL, p.Text("main"))
		}
		if got := p.Text(".steps p"); got != "Step 2 of 3" {
			t.Error(got)
		}
		// The answer ignores case, and spaces around and between words.
		sent := c.Press(p, "Get my password", testkit.Values{"answer": "  the little DRUMMERS "})
		sender := s.Sites.ByID("meridian-uk").Sender.Address
		for _, want := range []string{"Check your email", sender, "24 hours", "safe-sender list", "administrator", "help@uk.meridian.example"} {
			if !sent.Has(want) {
				t.Errorf("the page does not say %q: %q", want, sent.Text("main"))
			}
		}
		m := mailAbout(t, s, u.Email, "temporary password")
		temporary := temporaryPassword.FindString(m.Text)
		if from := m.Header.Get("From"); !strings.Contains(from, sender) || temporary == "" {
			t.Fatalf("the mail is from %q and has the password %q", from, temporary)
		}
		if p := c.Get("/forgot-password/sent"); p.Status != 200 || p.Text("main") != sent.Text("main") {
			t.Error("the page does not survive a reload")
		}
		if p := elsewhere.Get("/"); p.Find(signInForm).Length() != 1 {
			t.Error("a session of before is still open")
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "msantos", password))
		p = signIn(c, "msantos", temporary)
		if p.URL.Path != "/sign-in/password" {
			t.Fatalf("the temporary password leads to %s", p.URL)
		}
		wantHome(t, c.Submit(p, passwordForm, testkit.Values{"old_password": temporary, "new_password": newPassword, "repeat_password": newPassword}))
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "msantos", temporary))
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "msantos", newPassword))
	})
}

// A person at a browser, from the link on the sign-in page to the dashboard.
func TestA07_InABrowser(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := answeringUser(t, s, "meridian-au", "koala", nil)
	b := testkit.Browser(t)
	b.Open(s.URL("meridian-au", "/sign-in"))
	b.Follow("Forgot password?")
	b.Press("Continue")
	b.See("2 things need your attention")
	if focus := testkit.Eval[string](b, "document.activeElement.getAttribute('role')"); focus != "alert" {
		t.Errorf("the focus is on %q, not on the summary", focus)
	}
	b.Fill("Username", "koala")
	b.Fill("Email address", u.Email)
	b.Press("Continue")
	b.Fill("What was the first concert you went to?", "no idea")
	b.Press("Get my password")
	b.See("That is not the answer. You have 2 tries left.")
	b.Fill("answer", answer)
	b.Screenshot("answer")
	b.Press("Get my password")
	b.See("Check your email")
	b.Screenshot("sent")
	temporary := temporaryPassword.FindString(mailAbout(t, s, u.Email, "temporary password").Text)
	b.Follow("Back to sign in")
	entersPassword(b, "Username", "koala", temporary)
	b.See("Your password has expired")
	choosePassword(b, temporary, newPassword)
	b.See("Good ")
}

func TestA07_ThreeWrongAnswersEndTheRecovery(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		c := visitor(t, s, "meridian-uk")
		p := forget(c, "msantos", u.Email)
		for _, left := range []string{"2 tries left", "1 try left"} {
			p = c.Submit(p, answerForm, testkit.Values{"answer": "nonsense"})
			if p.Status != 422 || !p.Has(left) || p.MustFind("#answer").AttrOr("aria-invalid", "") != "true" {
				t.Fatalf("%d %q, want %q", p.Status, p.Text("main"), left)
			}
			if p.MustFind("#answer").AttrOr("value", "") != "" {
				t.Error("the answer stands in the page")
			}
		}
		p = c.Submit(p, answerForm, testkit.Values{"answer": "nonsense"})
		if p.Status != 410 || !p.Has("This recovery has ended") || !p.Has("administrator") || !p.Has("help@uk.meridian.example") {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
		p.MustFind("main a[href='/forgot-password']")
		if p := c.Get("/forgot-password/challenge"); p.Status != 410 {
			t.Errorf("the question is asked again: %d", p.Status)
		}
		if n := mailsAbout(s, "temporary password"); n != 0 {
			t.Errorf("%d mails", n)
		}
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "msantos", password))
	})
}

// A stranger sees the same whether or not such an account exists, and whether or not it
// has that address, or any.
func TestA07_AnUnknownNameGetsTheSamePages(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		s.AddUser("meridian-uk", "no.mail", password, func(u *gatehouse.User) { u.Email = "" })
		question := func(username, email string) (string, []string) {
			c := visitor(t, s, "meridian-uk")
			p := forget(c, username, email)
			asked := p.Text("label[for=answer]")
			same := func(p *testkit.Page) string {
				p.Find("#reference").SetText("REFERENCE")
				return p.URL.Path + strings.ReplaceAll(p.Text("main"), asked, "QUESTION")
			}
			pages := []string{same(p)}
			for range 3 {
				p = c.Submit(p, answerForm, testkit.Values{"answer": "nonsense"})
				pages = append(pages, same(p))
			}
			return asked, pages
		}
		_, want := question("msantos", u.Email)
		for _, who := range [][2]string{{"msantos", "wrong@northgate.example"}, {"nobody", "nobody@northgate.example"}, {"no.mail", "no.mail@northgate.example"}} {
			first, got := question(who[0], who[1])
			again, _ := question(who[0], who[1])
			if first != again || !strings.HasSuffix(first, "?") {
				t.Errorf("%s is asked %q, then %q", who, first, again)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s, page %d: %q\nfor the right address: %q", who, i, got[i], want[i])
				}
			}
		}
		if n := mailsAbout(s, "temporary password"); n != 0 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestA07_ATemporaryPasswordWorksOnceAndExpires(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		temporary := recoverPassword(t, s, u)
		first := visitor(t, s, "meridian-uk")
		if p := signIn(first, "msantos", temporary); p.URL.Path != "/sign-in/password" {
			t.Fatalf("%s", p.URL)
		}
		second := signIn(visitor(t, s, "meridian-uk"), "msantos", temporary)
		if second.Status != 401 || !second.Has("has already been used") {
			t.Errorf("in another browser: %d %q", second.Status, second.Text("main"))
		}
		second.MustFind("main form[action='/sign-in/temporary-password']")
		// After closing the window, the recovery starts again from its beginning.
		forgetCookie(first, "gatehouse-signin")
		if p := signIn(first, "msantos", temporary); p.URL.Path != "/sign-in/password" {
			t.Errorf("begun again in the same browser: %d %s", p.Status, p.URL)
		}

		temporary = recoverPassword(t, s, u)
		s.Clock.Add(s.Sites.ByID("meridian-uk").Policy.TemporaryPassword)
		late := signIn(visitor(t, s, "meridian-uk"), "msantos", temporary)
		if late.Status != 401 || !late.Has("has expired") || !late.Has("24 hours") {
			t.Errorf("too late: %d %q", late.Status, late.Text("main"))
		}
	})
}

// forgetCookie does to a cookie what closing the browser does.
func forgetCookie(c *testkit.Client, name string) {
	c.SetCookie(&http.Cookie{Name: name, Path: "/", MaxAge: -1})
}

// A completed recovery ends a lock by wrong attempts (A08), but not one that somebody
// set.
func TestA08_ARecoveryUnlocks(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		stranger := visitor(t, s, "meridian-uk")
		for range 6 {
			wantRefused(t, signIn(stranger, "msantos", "wrong"))
		}
		wantRefused(t, signIn(stranger, "msantos", password))
		temporary := recoverPassword(t, s, u)
		p := signIn(stranger, "msantos", temporary)
		wantHome(t, stranger.Submit(p, passwordForm, testkit.Values{"old_password": temporary, "new_password": newPassword, "repeat_password": newPassword}))

		blocked := answeringUser(t, s, "meridian-uk", "blocked", nil)
		lockAs(t, s, blocked, gatehouse.LockedByAdministrator)
		c := visitor(t, s, "meridian-uk")
		p = c.Submit(forget(c, "blocked", blocked.Email), answerForm, testkit.Values{"answer": answer})
		if p.Status != 422 || !p.Has("2 tries left") {
			t.Errorf("an administrator's lock: %d %q", p.Status, p.Text("main"))
		}
	})
}

func lockAs(t *testing.T, s *testkit.Server, u gatehouse.User, reason gatehouse.LockReason) {
	t.Helper()
	s.Write(func(q store.Queries) error {
		_, err := q.LockUser(t.Context(), u.SiteID, u.ID, reason, s.Clock.Now())
		return err
	})
}

// Somebody else's form, or an old one: the recovery that has ended is reported as
// ended, and the questions of others stay as they are.
func TestA07_ARecoveryRunsOut(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := answeringUser(t, s, "meridian-uk", "msantos", nil)
		if p := visitor(t, s, "meridian-uk").Get("/forgot-password/challenge"); p.Status != 410 {
			t.Errorf("a question without a recovery: %d", p.Status)
		}
		c := visitor(t, s, "meridian-uk")
		p := forget(c, "msantos", u.Email)
		s.Clock.Add(time.Hour)
		if p := c.Submit(p, answerForm, testkit.Values{"answer": answer}); p.Status != 410 {
			t.Errorf("an hour later: %d %q", p.Status, p.Text("main"))
		}
	})
}
