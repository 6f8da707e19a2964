package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// clicker is a user with a browser that sends all forms in one way.
type clicker struct {
	*testkit.Tab
	t   *testing.T
	s   *testkit.Server
	way string
}

// clicking does something in each of the ways in which a form is sent more than once: a
// double click with the script that ignores the second one, one without it, and an answer
// that is lost, after which the browser or its user tries again. What the databases do with the
// same form again is tested on both without a browser: see twice.
func clicking(t *testing.T, do func(c *clicker)) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for _, way := range []string{"no-scripts", "lost", "scripts"} {
		c := &clicker{Tab: testkit.Browser(t), t: t, s: s, way: way}
		if way == "no-scripts" {
			c.NoJavaScript()
		}
		do(c)
	}
}

// send presses the button of a form that posts to a path.
func (c *clicker) send(button, path string) {
	c.t.Helper()
	before := c.s.Posts(path)
	switch c.way {
	case "scripts": // there is time for a second form
		c.twice(button, path, func() { time.Sleep(100 * time.Millisecond) })
	case "no-scripts":
		c.twice(button, path, func() { c.posted(path, before+2) })
	default:
		c.s.LoseAnswer(path)
		c.Press(button)
		if c.s.Posts(path) == before+1 { // Chromium has not asked again by itself
			c.Reload()
		}
	}
}

// twice clicks again once the first form has arrived, and gets no answer before then is
// done.
func (c *clicker) twice(button, path string, then func()) {
	c.t.Helper()
	before, release := c.s.Posts(path), c.s.HoldAnswers()
	defer release()
	c.PressTwice(button, func() { c.posted(path, before+1) }, func() { then(); release() })
}

// posted waits until this number of forms were posted to a path.
func (c *clicker) posted(path string, n int) {
	c.t.Helper()
	testkit.Eventually(c.t, "a form to be posted to "+path, func() bool { return c.s.Posts(path) >= n })
}

// sendOnce is send for a form that the script has posted once, and checks where it led.
func (c *clicker) sendOnce(button, path, want string) {
	c.t.Helper()
	before := c.s.Posts(path)
	c.send(button, path)
	c.See(want)
	if n := c.s.Posts(path) - before; (n == 1) != (c.way == "scripts") {
		c.t.Errorf("%s: %s was posted %d times", c.way, path, n)
	}
}

func (c *clicker) signIn(siteID, label, username, password, want string) {
	c.t.Helper()
	c.Open(c.s.URL(siteID, "/sign-in"))
	c.Fill(label, username)
	c.Fill("Password", password)
	c.sendOnce("Sign in", "/sign-in", want)
}

// A double click on every button of a first sign-in, and each answer lost once.
func TestB13_DoubleClicksInABrowser(t *testing.T) {
	clicking(t, func(c *clicker) {
		u := newcomer(c.s, "meridian-uk", c.way)
		c.signIn("meridian-uk", "Username", c.way, temporary, "Your password has expired")
		c.Fill("Old password", temporary)
		c.Fill("New password", newPassword)
		c.Fill("Repeat new password", newPassword)
		c.sendOnce("Change password", "/sign-in/password", "Set a challenge question")
		c.Fill("Question", "What was the name of your first pet?")
		c.Fill("Answer", "Biscuit the cat")
		c.Fill("Current password", newPassword)
		c.sendOnce("Save and continue", "/sign-in/challenge", "Accept the terms of use")
		c.Check("I declare that I have read and accepted the terms of use")
		c.sendOnce("Submit", "/sign-in/terms", "Are you the only person who uses this sign-in?")
		c.Check("Yes, only I use it")
		c.sendOnce("Save and continue", "/sign-in/sole-user", "Good ")
		if n := sessionsOf(c.t, c.s, u); n != 1 {
			c.t.Errorf("%s: %d sessions", c.way, n)
		}
	})
}

// The same with a code: no second one is sent, and none is counted as wrong.
func TestB06_DoubleClicksOnTheCode(t *testing.T) {
	clicking(t, func(c *clicker) {
		u := careful(c.t, c.s, "meridian-uk", c.way, nil)
		c.signIn("meridian-uk", "Username", c.way, password, "Check your email")
		c.Fill("code", mailedCode(c.t, c.s, u.Email))
		c.sendOnce("Verify", "/sign-in/code", "Good ")
		sent, entered := eventsOf(c.t, c.s, u, gatehouse.EventCodeSent), eventsOf(c.t, c.s, u, gatehouse.EventCode)
		if n := sessionsOf(c.t, c.s, u); n != 1 || sent != 1 || entered != 1 {
			c.t.Errorf("%s: %d sessions, %d codes sent, %d entered", c.way, n, sent, entered)
		}
	})
}

// The same with the links in mails: a new password, a new address, and the old one
// restored.
func TestC03_DoubleClicksOnLinks(t *testing.T) {
	clicking(t, func(c *clicker) {
		address, changed := c.way+"@inkwell.example", "new."+c.way+"@inkwell.example"
		u := c.s.AddUser("inkwell", address, password, nil)
		askLink(c.t, visitor(c.t, c.s, "inkwell"), address)
		c.Open(c.s.URL("inkwell", linkIn(c.t, c.s, mailAbout(c.t, c.s, address, "Choose a new password"))))
		c.Fill("New password", newPassword)
		c.Fill("Repeat new password", newPassword)
		c.sendOnce("Save new password", "/reset-password", "Your password has been changed")
		if n := eventsOf(c.t, c.s, u, gatehouse.EventPasswordChanged); n != 1 {
			c.t.Errorf("%s: changed %d times", c.way, n)
		}
		c.signIn("inkwell", "Email address", address, newPassword, "Good ")
		profile := visitor(c.t, c.s, "inkwell")
		wantHome(c.t, signIn(profile, address, newPassword))
		profile.Submit(profile.Get("/account/profile"), profileForm, testkit.Values{"email": changed}).Want(200)
		confirm, undo := mailedLink(c.t, c.s, changed, "/account/email/confirm"), mailedLink(c.t, c.s, address, "/account/email/undo")
		c.Open(c.s.URL("inkwell", confirm))
		c.sendOnce("Confirm this address", "/account/email/confirm", "Your email address is confirmed")
		if got := c.s.User(u).Email; got != changed {
			c.t.Errorf("%s: %s", c.way, got)
		}
		c.Open(c.s.URL("inkwell", undo))
		c.sendOnce("Restore my email address", "/account/email/undo", "Your email address is restored")
		if got := c.s.User(u).Email; got != address {
			c.t.Errorf("%s: %s", c.way, got)
		}
	})
}

// The same with the confirmation of Enhanced Security: one enrolment, to which every click
// leads.
func TestB02_DoubleClicksOnTheConfirmation(t *testing.T) {
	clicking(t, func(c *clicker) {
		u := c.s.AddUser("meridian-uk", c.way, password, administrator)
		secure(c.t, c.s, u, false)
		c.signIn("meridian-uk", "Username", c.way, password, "Good ")
		c.Open(c.s.URL("meridian-uk", enhancedSecurityPath))
		c.Check("Enable")
		c.Press("Save")
		before, err := c.s.Store.Read().Enrolments(c.t.Context(), u.SiteID, u.CompanyID, "", 100)
		if err != nil {
			c.t.Fatal(err)
		}
		c.send("Turn on for", enhancedSecurityPath)
		testkit.Eventually(c.t, "the run", func() bool { return strings.Contains(c.URL(), "/company/enrolments/") })
		after, err := c.s.Store.Read().Enrolments(c.t.Context(), u.SiteID, u.CompanyID, "", 100)
		if err != nil || len(after) != len(before)+1 {
			c.t.Errorf("%s: %d runs, %v", c.way, len(after)-len(before), err)
		}
	})
}
