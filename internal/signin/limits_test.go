package signin_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit"
)

// limited plays a scene under this limit and no other.
func limited(t *testing.T, limits signin.Limits, scene func(t *testing.T, s *stage)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, url string) { scene(t, newStage(t, url, limits)) })
}

// One account cannot keep the hash gate full for everybody: both successful sign-ins and retyping
// the password are limited. Others are not slowed down by it.
func TestOneAccountDoesNotHashWithoutEnd(t *testing.T) {
	limited(t, signin.Limits{Account: signin.Rate{Burst: 3, PerMinute: 1}}, func(t *testing.T, s *stage) {
		u := s.addUser("busy", nil)
		in := s.open(u, first, "")
		confirm := func() error { return s.SignIn.Confirm(ctx, s.uk(), in, first) }
		enter := func() error { _, err := s.enter(u, first, in.Device); return err }
		for name, do := range map[string]func() error{"the password again": confirm, "signing in": enter} {
			for range 3 {
				s.must(do())
			}
			var e *gatehouse.Error
			if err := do(); !errors.As(err, &e) || e.Kind != gatehouse.TooMany || e.RetryAfter <= 0 {
				t.Errorf("%s, a fourth time: %v", name, err)
			}
		}
		if _, err := s.enter(s.addUser("other", nil), first, ""); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		s.Clock.Add(time.Minute)
		s.must(confirm())
		s.must(enter())
	})
}

// Anyone who knows the addresses of many colleagues cannot fill their administrator's mailbox, and
// is not told where the limit is.
func TestA12AnAdministratorIsNotFlooded(t *testing.T) {
	limited(t, signin.Limits{Company: signin.Rate{Burst: 2, PerHour: 2}}, func(t *testing.T, s *stage) {
		boss := s.addUser("boss", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		ask := func(i int) {
			u := s.addUser(fmt.Sprint("colleague-", i), nil)
			s.must(s.SignIn.AskUsername(ctx, s.uk(), visitor(s.uk()), u.Email, ""))
			events, err := s.Store.Read().EventsOfUser(ctx, u.SiteID, u.ID, 1)
			s.must(err)
			if len(events) != 1 || events[0].Kind != gatehouse.EventUsernameAsked {
				t.Errorf("request %d is not in the event log: %+v", i, events)
			}
		}
		for i := range 5 {
			ask(i)
		}
		if n := len(s.sent(boss.Email)); n != 2 {
			t.Errorf("%d of 5 requests reached the administrator, want 2", n)
		}
		s.Clock.Add(30 * time.Minute)
		ask(5)
		if n := len(s.sent(boss.Email)); n != 3 {
			t.Errorf("%d in all after half an hour, want 3", n)
		}
	})
}
