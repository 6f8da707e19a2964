package signin_test

import (
	"errors"
	"fmt"
	"testing"

	"gatehouse"
	"gatehouse/internal/signin"
)

// In a suspended company, an account is to strangers what it was: wrong passwords are counted, and
// lock. Only the right one is told; and it opens nothing, with no cookie that was there before.
func TestASuspendedCompanyToldOnlyAfterARightPassword(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("suspended", nil)
		in := s.open(u, first, "")
		s.must(s.desk.Suspend(ctx, s.uk(), operator, u.CompanyID, "not paid", ""))
		if s.alive(s.uk(), in.Session) {
			t.Error("the session goes on")
		}
		var told *signin.SuspendedError
		if _, err := s.enter(u, first, ""); !errors.As(err, &told) || gatehouse.KindOf(err) != gatehouse.Unauthenticated {
			t.Errorf("the right password: %v", err)
		}
		_, err := s.enter(u, wrong, "")
		_, stranger := s.enter(gatehouse.User{SiteID: u.SiteID, Username: "nobody-here"}, wrong, "")
		if errors.As(err, &told) || err.Error() != stranger.Error() {
			t.Errorf("a wrong password: %v; a name that nobody has: %v", err, stranger)
		}
		for range s.uk().Policy.Lockout.Attempts {
			s.enter(u, wrong, "") //nolint:errcheck // counted
		}
		if _, err := s.enter(u, first, ""); errors.As(err, &told) {
			t.Error("strangers may guess without limit")
		}
		s.must(s.desk.Unlock(ctx, s.uk(), operator, u.ID))
		s.must(s.desk.Resume(ctx, s.uk(), operator, u.CompanyID, ""))
		if s.alive(s.uk(), in.Session) {
			t.Error("the session is back")
		}
		s.open(u, first, "")
	})
}

// Sign-ins while the company is being suspended, and resumed: whatever the order, nothing that was
// opened before is alive when it has returned, nor later (invariant 4).
func TestNoSessionSurvivesASuspension(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for n := range 8 {
			u := s.addUser(fmt.Sprint("racer-", n), nil)
			clients := s.signsIn(u)
			s.must(s.desk.Suspend(ctx, s.uk(), operator, u.CompanyID, "not paid", ""))
			s.noneAlive(clients.sessions(), "a session is alive after the suspension")
			clients.Wait()
			s.noneAlive(clients.sessions(), "a session was opened in the suspended company")
			s.must(s.desk.Resume(ctx, s.uk(), operator, u.CompanyID, ""))
			s.noneAlive(clients.sessions(), "a session is back after the suspension")
		}
	})
}
