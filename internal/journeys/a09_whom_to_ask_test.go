package journeys

import (
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// A user who is stuck is referred to the company's administrator and to the site's
// support, no matter what fails.
func TestA09_WhoeverIsStuckIsPointedToBoth(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		stranger := visitor(t, s, "meridian-uk")
		pages := map[string]*testkit.Page{
			"a failed sign-in":     signIn(stranger, "nobody", "wrong"),
			"forgotten password":   stranger.Get("/forgot-password"),
			"the question":         forget(stranger, "nobody", "nobody@northgate.example"),
			"check your mail":      stranger.Get("/forgot-password/sent"),
			"forgotten username":   stranger.Get("/forgot-username"),
			"a request passed on":  stranger.Get("/forgot-username?sent"),
			"a recovery that ends": visitor(t, s, "meridian-uk").Get("/forgot-password/challenge"),
		}
		s.AddUser("meridian-uk", "gone", password, func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
		pages["a deactivated account"] = signIn(stranger, "gone", password)
		s.AddUser("meridian-uk", "late", password, func(u *gatehouse.User) {
			u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, s.Clock.Now()
		})
		pages["an expired temporary password"] = signIn(stranger, "late", password)
		for name, reason := range map[string]gatehouse.LockReason{"wrong": gatehouse.LockedByAttempts, "decided": gatehouse.LockedByAdministrator} {
			u := s.AddUser("meridian-uk", name, password, nil)
			own := visitor(t, s, "meridian-uk")
			own.Press(signIn(own, name, password), "Sign out", nil)
			lockAs(t, s, u, reason)
			p := signIn(own, name, password)
			if p.Text("h1") != "Your account is locked" {
				t.Errorf("locked, %s: %q", name, p.Text("h1"))
			}
			pages["locked, "+name] = p
		}
		for name, p := range pages {
			for _, want := range []string{"main a[href='tel:03450100482']", "main a[href='mailto:help@uk.meridian.example']"} {
				if p.Find(want).Length() == 0 {
					t.Errorf("%s: no %s in %q", name, want, p.Text("main"))
				}
			}
			if !p.Has("administrator") {
				t.Errorf("%s: no word of the administrator: %q", name, p.Text("main"))
			}
		}
	})
}
