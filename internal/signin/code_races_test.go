package signin_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// Invariant 2: the right code entered twenty times at the same instant does its step once, even
// beyond a sign-in's limit, and the last step opens one session.
func TestTheRightCodeAtTheSameInstant(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		enter := func(name string, u gatehouse.User) (signin.At, signin.Outcome) {
			t.Helper()
			at := s.atCode(u)
			code, outs := s.mailedCode(u), make([]signin.Outcome, many)
			winner := s.won(name, atOnce(func(i int) (err error) {
				outs[i], err = s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: code, Trust: i%2 == 0})
				return err
			}), "moved", "no-sign-in", signin.ReasonCodesOver, "fields")
			return at, outs[winner]
		}
		u := s.careful("impatient", nil)
		_, out := enter("the last step", u)
		n, err := s.Store.Read().CountSessionsOf(ctx, u.SiteID, u.ID, s.Clock.Now())
		if err != nil || n != 1 || !s.alive(s.uk(), out.Session) {
			t.Errorf("%d sessions, %v", n, err)
		}

		v := s.due("with-terms", gatehouse.StepTerms)
		at, out := enter("a step before the last", v)
		if out.Step != gatehouse.StepTerms || s.step(s.uk(), at.SignIn) != gatehouse.StepTerms {
			t.Errorf("the sign-in is led to %q and is at %q", out.Step, s.step(s.uk(), at.SignIn))
		}
	})
}

// Two tabs of one browser finish at the same instant and ask not to be challenged, while each
// other's code is tried in them, too: each tab opens a session with its own. The last token that
// the browser is given is trusted, and the earlier one is not: somebody may have copied it (B08).
func TestTwoTabsWithTrustAtTheSameInstant(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("tabbed", nil)
		home := s.wantIn(s.atCode(u), s.mailedCode(u)).Device
		for round := range 3 {
			s.Clock.Add(time.Hour)
			s.must(s.desk.ResetTwoFactor(ctx, s.uk(), operator, u.ID))
			var ats [2]signin.At
			var codes [2]string
			for i := range ats {
				ats[i] = s.at(s.uk(), s.begin(u, first, home, gatehouse.StepCode))
				ats[i].Device, codes[i] = home, s.mailedCode(u)
			}
			var own, others [2]error
			var outs [2]signin.Outcome
			var all sync.WaitGroup
			for i := range ats {
				enter := func(code string) (signin.Outcome, error) {
					return s.SignIn.EnterCode(ctx, s.uk(), ats[i], signin.CodeForm{Code: code, Trust: true})
				}
				all.Go(func() { outs[i], own[i] = enter(codes[i]) })
				all.Go(func() { _, others[i] = enter(codes[1-i]) })
			}
			all.Wait()
			if own[0] != nil || own[1] != nil || others[0] == nil || others[1] == nil {
				t.Fatalf("round %d: with its own code %v, with the other tab's %v", round, own, others)
			}
			n, err := s.Store.Read().CountSessionsOf(ctx, u.SiteID, u.ID, s.Clock.Now())
			if err != nil || n != 4*(round+1)-1 {
				t.Fatalf("round %d: %d sessions, %v", round, n, err)
			}
			s.begin(u, first, home, gatehouse.StepCode)
			s.mailedCode(u)
			for _, out := range outs {
				home = s.open(u, first, out.Device).Device
			}
			s.must(s.desk.ResetTwoFactor(ctx, s.uk(), operator, u.ID))
			s.begin(u, first, home, gatehouse.StepCode)
			s.mailedCode(u) // not to be mistaken for the next one
		}
	})
}

// trustedIn expects this number of trusted devices.
func (s *stage) trustedIn(u gatehouse.User, want int) {
	s.t.Helper()
	second, err := s.desk.TwoFactor(ctx, s.uk(), operator, u.ID)
	if err != nil || len(second.Trusted) != want {
		s.t.Fatalf("%s is trusted in %d browsers (%v), want %d", u.Username, len(second.Trusted), err, want)
	}
}

// The right code while an administrator resets the password, deactivates, locks, or switches
// Enhanced Security off: in either order, nothing stays open or trusted that must not be
// (invariants 1, 4 and 5).
func TestTheRightCodeWhileTheAccountIsClosed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for n := range 12 {
			u := s.careful(fmt.Sprint("closing-", n), nil)
			out, left, err := s.whileClosing(u, func() error { return s.closes(u, n%4) })
			session := out.Session != "" && s.alive(s.uk(), out.Session)
			if n%4 < 3 {
				if session || left != "" {
					t.Fatalf("%d: session %v, the sign-in is at %q", n, session, left)
				}
				s.trustedIn(u, 0)
				continue
			}
			if session != (err == nil) || session == (left == gatehouse.StepDone) { // no code is asked for now
				t.Fatalf("%d: session %v, the sign-in is at %q, %v", n, session, left, err)
			}
		}
	})
}

// whileClosing enters the right code, with trust, while something else is done, and returns the
// outcome and the state of the sign-in.
func (s *stage) whileClosing(u gatehouse.User, do func() error) (out signin.Outcome, left gatehouse.Step, err error) {
	s.t.Helper()
	at := s.atCode(u)
	code := s.mailedCode(u)
	var other error
	var both sync.WaitGroup
	both.Go(func() {
		out, err = s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: code, Trust: true})
	})
	both.Go(func() { other = do() })
	both.Wait()
	s.must(other)
	return out, s.step(s.uk(), at.SignIn), err
}

// The right code while an administrator resets two-factor: if the code was faster, the session
// survives; trust does not (B19).
func TestTheRightCodeWhileTwoFactorIsReset(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for n := range 6 {
			u := s.careful(fmt.Sprint("reset-", n), nil)
			out, left, err := s.whileClosing(u, func() error { return s.desk.ResetTwoFactor(ctx, s.uk(), operator, u.ID) })
			if session := out.Session != "" && s.alive(s.uk(), out.Session); session != (err == nil) || left != "" {
				t.Fatalf("%d: session %v, the sign-in is at %q, %v", n, session, left, err)
			}
			s.trustedIn(u, 0)
		}
	})
}

// closes does one of the things that end a sign-in.
func (s *stage) closes(u gatehouse.User, how int) error {
	switch how {
	case 0:
		_, err := s.desk.ResetPassword(ctx, s.uk(), operator, u.ID)
		return err
	case 1:
		return s.desk.Deactivate(ctx, s.uk(), operator, u.ID)
	case 2:
		return s.Store.Write(ctx, func(q store.Queries) error {
			_, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByOperator, s.Clock.Now())
			return errors.Join(err, endLocked(ctx, q, u))
		})
	}
	_, err := s.desk.SetTwoFactor(ctx, s.uk(), operator, u.CompanyID, gatehouse.EmailCodes(false), "")
	return err
}
