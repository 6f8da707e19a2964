package journeys

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// userPage is the page of a user, and what blocks the user, each in words.
func userPage(c *testkit.Client, u gatehouse.User) (*testkit.Page, []string) {
	p := c.Get("/company/users/" + u.ID).Want(200)
	return p, p.Texts("[data-barrier]")
}

// act does something on a user's page: the link leads to the question, and its button
// does it.
func act(c *testkit.Client, u gatehouse.User, name string) *testkit.Page {
	p, _ := userPage(c, u)
	return c.Press(c.Follow(p, name).Want(200), name, nil)
}

// wantBarriers compares what blocks a user: a few words of each, in order.
func wantBarriers(t *testing.T, c *testkit.Client, u gatehouse.User, want ...[]string) *testkit.Page {
	t.Helper()
	p, got := userPage(c, u)
	if len(got) != len(want) {
		t.Fatalf("%d things stand in the way, want %d: %q", len(got), len(want), got)
	}
	for i := range want {
		if !contains(got[i], want[i]...) {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
	return p
}

func guess(t *testing.T, c *testkit.Client, u gatehouse.User) {
	t.Helper()
	for range 6 {
		signIn(c, u.Username, "wrong")
	}
}

// newestEvent is the newest event about a user.
func newestEvent(t *testing.T, s *testkit.Server, u gatehouse.User) gatehouse.Event {
	t.Helper()
	all, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 1)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0]
}

// For any lock, the page says what caused it, since when, from where and whom it keeps
// out; the administrator unlocks after a question, and the user is told and signs in.
func TestA08_TheAdministratorUnlocks(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		admin := administratorOf(t, s, u)
		wantBarriers(t, admin, u)
		own := visitor(t, s, "meridian-uk")
		guess(t, own, u)
		wantBarriers(t, admin, u, []string{"Sign-in is blocked after too many wrong passwords", "Since: Today, 12:00. It does not end on its own.", "came from 127.0.0.1", "has not signed in on any device before", "Unlock"})
		p := act(admin, u, "Unlock").Want(200)
		if !p.Has("The account is unlocked") || p.Find("[data-barrier]").Length() != 0 {
			t.Errorf("%q", p.Text("main"))
		}
		if e := newestEvent(t, s, u); e.Kind != gatehouse.EventUnlocked || e.ActorName != "imarchetti" {
			t.Errorf("%+v", e)
		}
		if m := mailAbout(t, s, u.Email, "unlocked"); !contains(m.Text, "Ines Marchetti") {
			t.Errorf("%s", m.Text)
		}
		wantHome(t, signIn(own, u.Username, password))

		// From now on, strangers do not lock out the owner's own browser.
		stranger := visitor(t, s, "meridian-uk")
		guess(t, stranger, u)
		wantBarriers(t, admin, u, []string{"Sign-in from new devices is blocked", "own devices still work", "Unlock"})
		wantHome(t, own.Get("/"))
		// The owner's browser locks the account.
		signOut(own)
		guess(t, own, u)
		wantBarriers(t, admin, u,
			[]string{"Locked after too many wrong passwords", "Device: ", "every device has been signed out", "Unlock"},
			[]string{"Sign-in from new devices is blocked"})
		p, _ = userPage(admin, u)
		ask := admin.Follow(p, "Unlock").Want(200)
		if !contains(ask.Text("main"), "Tom Adeyemi", "with the same password", "counted from zero", "told by email") || !s.User(u).Locked() {
			t.Errorf("%q", ask.Text("main"))
		}
		admin.Press(ask, "Unlock", nil).Want(200)
		admin.Press(ask, "Unlock", nil).Want(200) // a second click does no harm
		wantBarriers(t, admin, u)
		wantHome(t, signIn(own, u.Username, password))
		// There is nothing left to ask.
		if p := admin.Get(ask.URL.Path); p.URL.Path != "/company/users/"+u.ID {
			t.Errorf("asked at %s", p.URL)
		}

		for _, c := range []struct {
			reason gatehouse.LockReason
			want   []string
		}{
			{gatehouse.LockedByTotal, []string{"Locked after too many wrong passwords overall", "100 wrong passwords", "Unlock"}},
			{gatehouse.LockedByAdministrator, []string{"Locked by an administrator", "Unlock"}},
		} {
			lockAs(t, s, u, c.reason)
			wantBarriers(t, admin, u, c.want)
			act(admin, u, "Unlock").Want(200)
			wantBarriers(t, admin, u)
		}
		// What support has locked, support unlocks.
		stale := lockedPage(t, s, admin, u)
		wantBarriers(t, admin, u, []string{"Locked by Meridian UK support", "only support", "Contact support"})
		p = admin.Press(stale, "Unlock", nil)
		if p.Status != 403 || !contains(p.Text("[role=alert]"), "Only support can unlock this account") || p.Find("[role=alert] a[href='/contact']").Length() != 1 || !s.User(u).Locked() {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
	})
}

// lockedPage is the question before an unlock, open while support locks the account.
func lockedPage(t *testing.T, s *testkit.Server, admin *testkit.Client, u gatehouse.User) *testkit.Page {
	t.Helper()
	lockAs(t, s, u, gatehouse.LockedByAttempts)
	p, _ := userPage(admin, u)
	ask := admin.Follow(p, "Unlock").Want(200)
	unlock(t, s, u)
	lockAs(t, s, u, gatehouse.LockedByOperator)
	return ask
}

// A lock that ends by itself says when, and once it has ended there is none.
func TestA08_TheAdministratorSeesWhenALockEnds(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", "mira@inkwell.example", password, nil)
		admin := administratorOf(t, s, u)
		own := visitor(t, s, "inkwell")
		wantHome(t, signIn(own, u.Username, password))
		signOut(own)
		guess(t, own, u)
		p := wantBarriers(t, admin, u, []string{"Locked after too many wrong passwords", "It ends on its own: Today, 13:00"})
		if !contains(p.Text(".head"), "Locked") {
			t.Errorf("%q", p.Text(".head"))
		}
		s.Clock.Add(time.Hour)
		admin = visitor(t, s, "inkwell")
		wantHome(t, signIn(admin, "imarchetti@northgate.example", password))
		if p := wantBarriers(t, admin, u); contains(p.Text(".head"), "Locked") {
			t.Errorf("%q", p.Text(".head"))
		}
	}, testkit.WithSite("inkwell", func(text string) string { return text + "\npolicy:\n  lockout:\n    unlock_after: 1h\n" }))
}

// Deactivated by whom and when; activated again with the previous password, and
// everything that was open stays ended.
func TestA08_TheAdministratorDeactivatesAndActivates(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		admin := administratorOf(t, s, u)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		p, _ := userPage(admin, u)
		ask := admin.Follow(p, "Deactivate").Want(200)
		if !contains(ask.Text("main"), "signed out on every device", "Nothing is deleted") || s.User(u).State != gatehouse.Active {
			t.Errorf("%q", ask.Text("main"))
		}
		if p := admin.Press(ask, "Deactivate", nil).Want(200); !p.Has("The account is deactivated") {
			t.Errorf("%q", p.Text("main"))
		}
		wantSignedOut(t, c, "the deactivated user")
		wantRefused(t, signIn(c, u.Username, password))
		p = wantBarriers(t, admin, u, []string{"This account is deactivated", "Deactivated by imarchetti: Today, 12:00.", "Activate"})
		if p.Find("main a[href$='/send-password'], main a[href$='/deactivate']").Length() != 0 {
			t.Error("what makes no sense is offered")
		}
		if p := act(admin, u, "Activate").Want(200); !p.Has("The account is active again") || p.Find("[data-barrier]").Length() != 0 {
			t.Errorf("%q", p.Text("main"))
		}
		if e := newestEvent(t, s, u); e.Kind != gatehouse.EventUserActivated || e.ActorName != "imarchetti" {
			t.Errorf("%+v", e)
		}
		wantSignedOut(t, c, "the activated user")
		wantHome(t, signIn(c, u.Username, password))
	})
}

// After a correction the page says what went out and what did not, so that nobody sends
// another password; and the mail that was replaced cannot be sent again.
func TestB19_ACorrectionSaysWhatWasDone(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		admin := administratorOf(t, s, u)
		correct := func(email string, want ...string) *testkit.Page {
			t.Helper()
			p, _ := userPage(admin, u)
			p = admin.Submit(p, "form[action$='/email']", testkit.Values{"email": email}).Want(200)
			if got := p.Text("main [role=status]"); !contains(got, want...) {
				t.Errorf("%q, want %q", got, want)
			}
			return p
		}
		correct("one@northgate.example", "The email address is saved", "old email address has been told", "No new password was sent")
		correct("one@northgate.example", "This is already the user’s email address")
		act(admin, u, "Send a new password")
		first := temporaryPassword.FindString(mailAbout(t, s, "one@northgate.example", "temporary password").Text)
		lastMessage(t, s, u, store.MessageSent)
		s.Clock.Add(time.Second)
		correct("two@northgate.example", "The email address is saved", "old email address has been told", "A new temporary password has been sent to the new address", "do not have to send another")
		second := temporaryPassword.FindString(mailAbout(t, s, "two@northgate.example", "temporary password").Text)
		lastMessage(t, s, u, store.MessageSent)
		_, list := mailList(admin, u)
		passwords, live := 0, 0
		for _, line := range list {
			if contains(line, "temporary password") {
				passwords++
				if contains(line, "Send a new password") || contains(line, "Try now") {
					live++
				} else if !contains(line, "Replaced by a newer email") {
					t.Errorf("%q", line)
				}
			}
		}
		if passwords != 2 || live != 1 {
			t.Errorf("%d mails with passwords, %d of them can be sent again: %q", passwords, live, list)
		}
		c := visitor(t, s, "meridian-uk")
		wantRefused(t, signIn(c, u.Username, first))
		if p := signIn(c, u.Username, second); p.URL.Path != "/sign-in/password" {
			t.Errorf("%d %s", p.Status, p.URL)
		}
		ask := admin.Get("/company/users/" + u.ID + "/deactivate").Want(200)
		admin.Press(ask, "Deactivate", nil).Want(200)
		correct("three@northgate.example", "The email address is saved", "No new one was sent, because the account is deactivated")
	})
}

// Nobody can act on other companies' users, on their own account, with an old sign-in,
// without limit, or after losing the role.
func TestA08_WhoMayNotAct(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		other := elsewhere(t, s, "meridian-uk", "neighbour", func(*gatehouse.User) {})
		admin := administratorOf(t, s, u)
		user := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(user, u.Username, password))
		me, err := s.Store.Read().UserByUsername(t.Context(), "meridian-uk", "imarchetti")
		if err != nil {
			t.Fatal(err)
		}
		post := func(c *testkit.Client, id, name string) *testkit.Page {
			token := c.Get("/account/password").MustFind("[name=form_token]").First().AttrOr("value", "")
			return c.Post("/company/users/"+id+"/"+name, map[string][]string{"form_token": {token}})
		}
		names := []string{"unlock", "activate", "deactivate", "send-password"}
		for _, name := range names {
			for _, id := range []string{other.ID, "usr_0123456789abcdef0123456789abcdef", "x"} {
				if got, did := admin.Get("/company/users/"+id+"/"+name).Status, post(admin, id, name).Status; got != 404 || did != 404 {
					t.Errorf("%s of another company's: %d, %d", name, got, did)
				}
			}
			if got, did := user.Get("/company/users/"+u.ID+"/"+name).Status, post(user, u.ID, name).Status; got != 403 || did != 403 {
				t.Errorf("%s by a user: %d, %d", name, got, did)
			}
			for _, p := range []*testkit.Page{admin.Get("/company/users/" + me.ID + "/" + name), post(admin, me.ID, name)} {
				if p.Status != 409 || !p.Has("This is your own account") {
					t.Errorf("%s of the own account: %d %q", name, p.Status, p.Text("main"))
				}
			}
		}
		before := newestEvent(t, s, u)

		// An old sign-in requires proof; pages from when it was recent, too.
		p, _ := userPage(admin, u)
		recent := admin.Follow(p, "Send a new password").Want(200)
		s.Clock.Add(gatehouse.FreshFor)
		admin.Press(recent, "Send a new password", nil).MustFind("form[action='/step-up']")
		asked := admin.Get("/company/users/" + u.ID + "/send-password").Want(200)
		for _, given := range []string{"", "wrong"} {
			if p := stepUp(admin, asked, testkit.Values{"current_password": given}); p.Status != 422 || p.Find("#current_password-error").Length() != 1 {
				t.Errorf("%q: %d %q", given, p.Status, p.Text("main"))
			}
		}
		for _, name := range names {
			if p := post(admin, other.ID, name); p.Find("form[action='/step-up']").Length() != 1 {
				t.Errorf("%s of another company's, with an old sign-in: %d", name, p.Status)
			}
		}
		if newestEvent(t, s, u).ID != before.ID {
			t.Error("something was done")
		}
		ask := stepUp(admin, asked, testkit.Values{"current_password": password}).Want(200)
		for range 5 {
			admin.Submit(ask, "main form[action$='/send-password']", nil).Want(200)
		}
		p = admin.Submit(ask, "main form[action$='/send-password']", nil)
		if p.Status != 429 || p.Header.Get("Retry-After") == "" || !contains(p.Text("[role=alert]"), "Too many emails in a short time", "wait 12 minutes") {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}

		// Somebody who was an administrator when the page was opened.
		demoted := gatehouse.RoleUser
		me.Role = demoted
		s.Write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), me, time.Time{}) })
		before = newestEvent(t, s, u)
		if p := admin.Submit(ask, "main form[action$='/send-password']", nil); p.Status != 403 {
			t.Errorf("demoted: %d", p.Status)
		}
		if err := s.Directory.Deactivate(t.Context(), s.Sites.ByID("meridian-uk"), operator, me.ID); err != nil {
			t.Fatal(err)
		}
		if p := admin.Submit(ask, "main form[action$='/send-password']", nil); p.Status == 200 && p.URL.Path != "/sign-in" {
			t.Errorf("deactivated: %d %s", p.Status, p.URL)
		}
		if newestEvent(t, s, u).ID != before.ID {
			t.Error("something was done")
		}
	})
}

// In a browser: from Enhanced Security, which promises a code "after you unlock the
// account", to the locked users, to one of them, and unlocked.
func TestA08_TheAdministratorUnlocksInABrowser(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		s.AddUser("meridian-uk", "imarchetti", password, administrator)
		lockAs(t, s, u, gatehouse.LockedByAttempts)
		b := testkit.Browser(t)
		browserSignIn(b, s, "meridian-uk", "Username", "imarchetti", password)
		b.See("Good ")
		b.Open(s.URL("meridian-uk", enhancedSecurityPath))
		b.Check("Enable")
		b.See("after you unlock the account")
		b.Click("a[href='/company/users?group=locked']")
		unlockInBrowser(b)
		if s.User(u).Locked() {
			t.Error("still locked")
		}
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), u.Username, password))
	})
}

func unlockInBrowser(b *testkit.Tab) {
	b.Follow("Tom Adeyemi")
	b.See("Locked after too many wrong passwords")
	b.Follow("Unlock")
	b.See("Unlock this account?")
	b.Press("Unlock")
	b.See("The account is unlocked")
}
