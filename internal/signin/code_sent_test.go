package signin_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit"
)

// B07: half a minute between codes, five an hour over all sign-ins of a user; pressing ten times
// at once sends one.
func TestB07HowManyCodesAreSent(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("eager", nil)
		at := s.atCode(u)
		send := func() error { return s.SignIn.SendCode(ctx, s.uk(), at) }
		wait := func(what string, want time.Duration) {
			t.Helper()
			var e *gatehouse.Error
			err := send()
			s.refused(what, err, gatehouse.TooMany, signin.ReasonCodeWait)
			if errors.As(err, &e); e.RetryAfter != want {
				t.Errorf("%s: wait %v, want %v", what, e.RetryAfter, want)
			}
			if next := s.codeState(at).NextAt; !next.Equal(s.Clock.Now().Add(want)) {
				t.Errorf("%s: the page says %v", what, next)
			}
		}
		wait("at once", 30*time.Second)
		s.Clock.Add(29 * time.Second)
		wait("a second too early", time.Second)
		s.Clock.Add(time.Second)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { _ = send() })
		}
		all.Wait()
		if n := s.codeMails(u); n != 2 {
			t.Errorf("ten presses at once made %d codes of 2", n)
		}
		at = s.atCode(u) // the third, in another sign-in
		for range 2 {
			s.Clock.Add(time.Minute)
			s.must(send())
		}
		s.Clock.Add(time.Minute)
		wait("a sixth", 56*time.Minute+30*time.Second)
		at = s.atCode(u)
		if state := s.codeState(at); !state.SentAt.IsZero() || s.codeMails(u) != 5 {
			t.Errorf("a new sign-in got one more code: %+v", state)
		}
		s.Clock.Add(time.Hour)
		at = s.atCode(u)
		if n := s.codeMails(u); n != 6 {
			t.Errorf("an hour later %d codes in all, want 6", n)
		}
	})
}

// B09: the choice is remembered once a right code has proved who made it.
func TestB09CodesOnRequest(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("chooser", nil)
		at := s.atCode(u)
		_, err := s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: s.mailedCode(u), OnRequest: true})
		s.must(err)
		at = s.atCode(u)
		if state := s.codeState(at); !state.User.CodesOnRequest || !state.SentAt.IsZero() || s.codeMails(u) != 1 {
			t.Fatalf("%d codes were sent: %+v", s.codeMails(u), state)
		}
		s.Clock.Add(time.Minute)
		s.must(s.SignIn.SendCode(ctx, s.uk(), at))
		s.wantIn(at, s.mailedCode(u)) // with the box ticked
		if s.User(u).CodesOnRequest {
			t.Error("the choice is not taken back")
		}
		at = s.atCode(u)
		s.mailedCode(u)
		_, err = s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: "000000", OnRequest: true})
		s.faulty("a wrong code", err, "code code-wrong 4")
		if s.User(u).CodesOnRequest {
			t.Error("who has only the password chooses for the owner")
		}
	})
}

// B07: neither a reload nor a prefetch sends anything.
func TestB07LookingSendsNothing(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("reader", nil)
		at := s.atCode(u)
		for range 20 {
			s.codeState(at)
			s.Clock.Add(time.Minute)
		}
		if n := s.codeMails(u); n != 1 {
			t.Errorf("%d codes", n)
		}
	})
}

// C13: a code that will not arrive is known to be lost, whether it was refused or could not be
// delivered in time.
func TestC13ALostCode(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		refused, late := s.careful("refused", nil), s.careful("late", nil)
		s.Mail.Refuse(550, "no such user")
		at := s.atCode(refused)
		eventually := func(at signin.At) {
			t.Helper()
			testkit.Eventually(t, "another try", func() bool { return s.codeState(at).Lost })
		}
		eventually(at)
		s.Mail.Refuse(451, "try again later")
		tries := s.Mail.Tries()
		lateAt := s.atCode(late)
		if s.codeState(lateAt).Lost {
			t.Error("lost before its time is over")
		}
		testkit.Eventually(t, "another try", func() bool { return s.Mail.Tries() > tries })
		s.Clock.Add(5 * time.Minute)
		eventually(lateAt)
		s.Mail.Refuse(0, "")
		s.must(s.SignIn.SendCode(ctx, s.uk(), lateAt))
		s.wantIn(lateAt, s.mailedCode(late))
		if n := len(s.sent(late.Email)); n != 2 { // the other one says that a new device signed in
			t.Errorf("%d mails came: a code that had expired was sent", n)
		}
	})
}

// Nothing is sent without an address, and the page says so; signing out ends the sign-in (B11).
func TestB05WithoutAnAddress(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("unreachable", func(u *gatehouse.User) { u.Email = "" })
		at := s.atCode(u)
		if state := s.codeState(at); state.Email != "" || !state.SentAt.IsZero() {
			t.Errorf("%+v", state)
		}
		s.refused("asking for one", s.SignIn.SendCode(ctx, s.uk(), at), gatehouse.Conflict, signin.ReasonNoEmail)
		_, err := s.SignIn.SignOut(ctx, s.uk(), visitor(s.uk()), "", at.SignIn)
		s.must(err)
		_, err = s.SignIn.CodeState(ctx, s.uk(), at)
		s.refused("after signing out", err, gatehouse.Unauthenticated, "no-sign-in")
	})
}
