package journeys

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

func TestA08_TooManyWrongAttemptsLock(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "admin", password, func(u *gatehouse.User) {
			u.Role, u.FirstName, u.LastName = gatehouse.RoleAdmin, "Grace", "Bell"
		})
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		for i := range 6 {
			wantRefused(t, signIn(c, "msantos", "wrong-"+password))
			if i < 5 && len(s.Mail.All()) > 0 {
				t.Fatalf("mail after %d wrong attempts", i+1)
			}
		}
		m := s.Mail.Wait(t, u.Email)
		for _, want := range []string{"locked", "6 times", "Grace Bell", "help@uk.meridian.example", "/forgot-password"} {
			if !strings.Contains(m.Subject+m.Text, want) {
				t.Errorf("the owner is not told %q:\n%s\n%s", want, m.Subject, m.Text)
			}
		}
		p := signIn(c, "msantos", password)
		wantRefused(t, p)
		html, err := p.Find("main").Html()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"/forgot-password", "help@uk.meridian.example", "administrator", "account is locked"} {
			if !strings.Contains(html, want) {
				t.Errorf("the page does not say what to do next: no %q", want)
			}
		}
		unlock(t, s, u)
		wantHome(t, signIn(c, "msantos", password))
		for _, m := range s.Mail.Unread(u.Email) {
			if !strings.HasPrefix(m.Subject, "New sign-in") { // which is from a new device
				t.Errorf("one more mail: %s", m.Subject)
			}
		}
	})
}

// Five wrong attempts and a correct one, repeated at will: only consecutive ones count.
func TestA08_ARightAttemptBreaksTheRow(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		for range 3 {
			c := visitor(t, s, "meridian-uk")
			for range 5 {
				wantRefused(t, signIn(c, "msantos", "wrong"))
			}
			wantHome(t, signIn(c, "msantos", password))
		}
	})
}

// No matter how many guess at the same instant, no more than six are checked: the
// correct password among thirty wrong ones opens nothing once the six are used up.
func TestA08_ParallelAttemptsCannotExceedTheLimit(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		var all sync.WaitGroup
		for range 30 {
			c := visitor(t, s, "meridian-uk")
			page := c.Get("/sign-in")
			all.Go(func() { c.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": "wrong"}) })
		}
		all.Wait()
		counts, err := s.Store.Read().Attempts(t.Context(), "meridian-uk", u.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		if counts.All != 6 || counts.Open != 0 || counts.LockedAt.IsZero() {
			t.Errorf("of 30 attempts %d were judged, want 6, and a lock: %+v", counts.All, counts)
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "msantos", password))
		s.Mail.Wait(t, u.Email)
		if n := len(s.Mail.All()); n != 1 {
			t.Errorf("%d mails about one lock", n)
		}
	}, testkit.WithLimits(wide))
}

// wide are limits that no test reaches: the lockout is what is tested here.
var wide = signin.Limits{
	IP:       signin.Rate{Burst: 10_000, PerMinute: 10_000},
	Username: signin.Rate{Burst: 10_000, PerMinute: 10_000},
	Site:     signin.Rate{Burst: 10_000, PerMinute: 10_000},
}

// If many sign in at the same instant with the correct password, all get in: attempts
// that are still being verified are not wrong ones.
func TestA08_ParallelRightAttemptsAllSucceed(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		var all sync.WaitGroup
		for range 24 {
			c := visitor(t, s, "meridian-uk")
			page := c.Get("/sign-in")
			all.Go(func() {
				if p := c.Submit(page, signInForm, testkit.Values{"username": "msantos", "password": password}); p.Status != 200 {
					t.Errorf("status %d", p.Status)
				}
			})
		}
		all.Wait()
	})
}

// A stranger's guesses lock out strangers; the owner's own browser still works. Wrong
// attempts on that browser lock the account and end its sessions.
func TestA08_StrangersDoNotLockOutTheOwnersDevice(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		own := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(own, "msantos", password))
		stranger := visitor(t, s, "meridian-uk")
		for range 7 {
			wantRefused(t, signIn(stranger, "msantos", "wrong"))
		}
		wantHome(t, own.Get("/"))
		own.Press(own.Get("/"), "Sign out", nil)
		wantHome(t, signIn(own, "msantos", password))

		second := visitor(t, s, "meridian-uk") // another of the owner's, locked out as a stranger
		wantRefused(t, signIn(second, "msantos", password))
		unlock(t, s, u)
		wantHome(t, signIn(second, "msantos", password))

		own.Press(own.Get("/"), "Sign out", nil)
		for range 5 {
			wantRefused(t, signIn(own, "msantos", "wrong"))
		}
		if p := signIn(own, "msantos", "wrong"); p.Status != 401 {
			t.Errorf("sixth wrong attempt: %d", p.Status)
		}
		if !s.User(u).Locked() {
			t.Error("six wrong attempts in the owner's browser did not lock the account")
		}
		if p := second.Get("/"); p.Find(signInForm).Length() != 1 {
			t.Error("a session of the locked account is still open")
		}
		if p := signIn(own, "msantos", password); p.Status != 401 || !strings.Contains(p.Text("main"), "locked") {
			t.Errorf("the owner's browser is not told the truth: %d %q", p.Status, p.Text("main"))
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "msantos", password))
	})
}

func TestA08_AnExpiredTemporaryPasswordLeadsToRecovery(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "new.one", password, func(u *gatehouse.User) {
			u.State, u.Password.Origin, u.Password.ExpiresAt = gatehouse.Invited, gatehouse.PasswordInitial, s.Clock.Now().Add(24*time.Hour)
		})
		s.Clock.Add(24 * time.Hour)
		p := signIn(visitor(t, s, "meridian-uk"), "new.one", password)
		if p.Status != 401 || !strings.Contains(p.Text("main"), "expired") {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
		if p.Find("main form[action='/sign-in/temporary-password']").Length() == 0 {
			t.Error("no way to a new one")
		}
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "new.one", "wrong"))
	})
}

// If the site lets a lock end by itself, it ends at its time, not before.
func TestA08_ALockEndsByItselfWhereTheSiteSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("inkwell", "mira@inkwell.example", password, nil)
		c := visitor(t, s, "inkwell")
		for range 6 {
			wantRefused(t, signIn(c, "mira@inkwell.example", "wrong"))
		}
		s.Clock.Add(59 * time.Minute)
		wantRefused(t, signIn(c, "mira@inkwell.example", password))
		s.Clock.Add(2 * time.Minute)
		wantHome(t, signIn(c, "mira@inkwell.example", password))
	}, testkit.WithSite("inkwell", func(text string) string { return text + "\npolicy:\n  lockout:\n    unlock_after: 1h\n" }))
}

func unlock(t *testing.T, s *testkit.Server, u gatehouse.User) {
	t.Helper()
	s.Write(func(q store.Queries) error {
		if err := q.UnlockUser(t.Context(), u.SiteID, u.ID); err != nil {
			return err
		}
		_, err := q.End(t.Context(), store.Ending{User: u, Change: gatehouse.Unlocked})
		return err
	})
}

// The same for an account that the owner's own browser has locked: its page says until
// when, and the correct password works again at that time.
func TestA08_AnAccountsLockEndsByItselfWhereTheSiteSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", "mira@inkwell.example", password, nil)
		own := visitor(t, s, "inkwell")
		own.Press(signIn(own, u.Username, password), "Sign out", nil)
		for range 6 {
			signIn(own, u.Username, "wrong")
		}
		if !s.User(u).Locked() {
			t.Fatal("the account is not locked")
		}
		if m := mailAbout(t, s, u.Email, "locked"); !strings.Contains(m.Text, "the lock ends on its own") {
			t.Errorf("the mail does not say that it ends:\n%s", m.Text)
		}
		s.Clock.Add(59 * time.Minute)
		if p := signIn(own, u.Username, password); p.Status != 401 || !strings.Contains(p.Text("h1"), "locked until") {
			t.Errorf("a minute before: %d %q", p.Status, p.Text("h1"))
		}
		wantRefused(t, signIn(visitor(t, s, "inkwell"), u.Username, password))
		s.Clock.Add(2 * time.Minute)
		wantHome(t, signIn(own, u.Username, password))
		if s.User(u).Locked() {
			t.Error("signed in, and still locked")
		}
	}, testkit.WithSite("inkwell", func(text string) string { return text + "\npolicy:\n  lockout:\n    unlock_after: 1h\n" }))
}

// A short password of the previous system proves less than the modern profile's long
// ones, even on a modern site.
func TestA01_AShortLegacyPasswordClaimsNothing(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for name, c := range map[string]struct {
			password string
			level    string
		}{"short": {"eight-ch", `"assurance_level":0`}, "long": {"fifteen-or-more-chars", `"assurance_level":1`}} {
			who := name + "@inkwell.example"
			s.AddUser("inkwell", who, c.password, nil)
			client := visitor(t, s, "inkwell")
			wantHome(t, signIn(client, who, c.password))
			if p := client.Get("/api/v1/session"); !strings.Contains(string(p.Body), c.level) {
				t.Errorf("%s: %s, want %s", name, p.Body, c.level)
			}
		}
	})
}

// Strangers who keep trying a name are slowed down; the owner's own browser is not.
func TestA08_StrangersDoNotUseUpTheOwnersAttempts(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		own := visitor(t, s, "meridian-uk")
		own.Press(signIn(own, "msantos", password), "Sign out", nil)
		stranger := visitor(t, s, "meridian-uk")
		for {
			if signIn(stranger, "msantos", "wrong").Status == 429 {
				break
			}
		}
		wantHome(t, signIn(own, "msantos", password))
	}, testkit.WithLimits(signin.Limits{IP: signin.Rate{Burst: 1000, PerMinute: 60}, Username: signin.Rate{Burst: 10, PerMinute: 1}, Site: signin.Rate{Burst: 1000, PerMinute: 60}}))
}

// After a reset no browser is known: somebody who had the old password is treated as a
// stranger.
func TestA08_AResetMakesStrangersOfAllDevices(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		thief := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(thief, "msantos", password))
		office := &directory.Service{Desk: s.SignIn.Desk, Hasher: s.Hasher}
		if _, err := office.ResetPassword(t.Context(), s.Sites.ByID(u.SiteID), gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}, u.ID); err != nil {
			t.Fatal(err)
		}
		for range 7 {
			wantRefused(t, signIn(thief, "msantos", password))
		}
		if s.User(u).Locked() {
			t.Error("the thief's browser locked the account for everybody")
		}
	})
}
