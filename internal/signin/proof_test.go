package signin_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
)

// asksFor returns how a session's user would have to prove who they are.
func (s *stage) asksFor(in signin.In) []gatehouse.Way {
	s.t.Helper()
	state, err := s.SignIn.ProofState(ctx, s.uk(), in)
	s.must(err)
	return state.Ways
}

func (s *stage) proves(in signin.In, form signin.ProofForm) error {
	return s.SignIn.Prove(ctx, s.uk(), in, form)
}

// Without a factor, it is the password, counted as at the sign-in; and it is enough for a quarter
// of an hour.
func TestThePasswordProvesWhoSomebodyIs(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", nil)
		in := s.open(u, first, "")
		if ask := s.asksFor(in); len(ask) != 0 {
			t.Errorf("after the sign-in it asks for %v", ask)
		}
		s.must(s.proves(in, signin.ProofForm{Password: "not it"})) // it is not looked at
		s.Clock.Add(gatehouse.FreshFor)
		if ask := s.asksFor(in); !slices.Equal(ask, []gatehouse.Way{gatehouse.WayPassword}) {
			t.Fatalf("it asks for %v", ask)
		}
		s.faulty("no password", s.proves(in, signin.ProofForm{Way: gatehouse.WayPassword}), "current_password required")
		s.faulty("a wrong one", s.proves(in, signin.ProofForm{Password: "not it"}), "current_password password-wrong")
		if err := s.proves(in, signin.ProofForm{Way: gatehouse.WayApp, Code: "123456"}); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("a way that the user does not have: %v", err)
		}
		s.must(s.proves(in, signin.ProofForm{Password: first}))
		if ask := s.asksFor(in); len(ask) != 0 {
			t.Errorf("after the password it asks for %v", ask)
		}
		s.Clock.Add(gatehouse.FreshFor)
		if len(s.asksFor(in)) == 0 {
			t.Error("the password is enough for longer than a quarter of an hour")
		}
		for range 6 {
			err := s.proves(in, signin.ProofForm{Password: "not it"})
			if gatehouse.KindOf(err) == gatehouse.Unauthenticated {
				break
			}
		}
		if now := s.User(u); !now.Locked() {
			t.Error("guesses in a session do not lock the account")
		}
		s.over(in)
	})
}

// over reports a session that is still there.
func (s *stage) over(in signin.In) {
	s.t.Helper()
	if _, err := s.SignIn.Session(ctx, s.uk(), in.Session); gatehouse.KindOf(err) != gatehouse.Unauthenticated {
		s.t.Errorf("the session goes on: %v", err)
	}
}

// With a factor, the password proves nothing more. Codes are counted as at the sign-in: the fifth
// wrong one ends the session, and the owner is told.
func TestAFactorProvesWhoSomebodyIs(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", nil)
		in := s.open(u, first, "")
		app, codes := s.addApp(in, "Phone")
		if ask := s.asksFor(in); len(ask) != 0 {
			t.Errorf("it asks for %v, and the app was proved a moment ago", ask)
		}
		s.Clock.Add(gatehouse.FreshFor)
		if ask := s.asksFor(in); !slices.Equal(ask, []gatehouse.Way{gatehouse.WayApp, gatehouse.WayRecoveryCode}) {
			t.Fatalf("it asks for %v", ask)
		}
		if err := s.proves(in, signin.ProofForm{Way: gatehouse.WayPassword, Password: first}); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("the password: %v", err)
		}
		s.faulty("what cannot be a code", s.proves(in, signin.ProofForm{Code: "12"}), "code code-form")
		code := app.shows(s.Clock.Now())
		s.must(s.proves(in, signin.ProofForm{Code: code}))
		s.must(s.proves(in, signin.ProofForm{Code: code})) // the second of two clicks
		if ask := s.asksFor(in); len(ask) != 0 {
			t.Errorf("after the code it asks for %v", ask)
		}
		s.Clock.Add(gatehouse.FreshFor)
		s.faulty("the same code, later", s.proves(in, signin.ProofForm{Code: code}), "code app-code-wrong 4")
		s.must(s.proves(in, signin.ProofForm{Way: gatehouse.WayRecoveryCode, Code: codes[0]}))
		s.Clock.Add(gatehouse.FreshFor)
		s.faulty("a used recovery code", s.proves(in, signin.ProofForm{Way: gatehouse.WayRecoveryCode, Code: codes[0]}), "code recovery-code-used 4")
		wrong := "000000"
		if app.shows(s.Clock.Now()) == wrong {
			wrong = "111111"
		}
		for n := 3; n > 0; n-- {
			s.faulty("guesses", s.proves(in, signin.ProofForm{Code: wrong}), "code app-code-wrong "+string(rune('0'+n)))
		}
		var e *gatehouse.Error
		if err := s.proves(in, signin.ProofForm{Code: wrong}); !errors.As(err, &e) || e.Reason != signin.ReasonCodesOver {
			t.Errorf("the fifth: %v", err)
		}
		s.over(in)
		if text := s.mails(u); !strings.HasSuffix(text, "wrong-codes") {
			t.Errorf("the owner reads: %s", text)
		}
	})
}

// A trusted device skips the code at the sign-in, and not before a change that matters.
func TestTrustProvesNothing(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, app, _ := s.withApp("msantos", nil)
		at := s.atCode(u)
		out, err := s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: app.shows(s.Clock.Now()), Trust: true})
		s.must(err)
		s.Clock.Add(time.Hour)
		trusted := s.open(u, first, out.Device)
		if ask := s.asksFor(trusted); !slices.Equal(ask, []gatehouse.Way{gatehouse.WayApp, gatehouse.WayRecoveryCode}) {
			t.Errorf("right after a sign-in on a trusted device it asks for %v", ask)
		}
		own := s.own()
		if offers, err := own.OffersPasskey(ctx, s.uk(), s.User(u), s.session(trusted).Session); err != nil || offers {
			t.Errorf("WA-S03: a passkey is offered without the factor: %v, %v", offers, err)
		}
	})
}

// Ten clicks with one code are one proof, and no wrong entry.
func TestOneProofAtATime(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", nil)
		in := s.open(u, first, "")
		app, _ := s.addApp(in, "Phone")
		s.Clock.Add(gatehouse.FreshFor)
		code := app.shows(s.Clock.Now())
		var all sync.WaitGroup
		errs := make([]error, 5)
		for i := range errs {
			all.Go(func() { errs[i] = s.proves(in, signin.ProofForm{Code: code}) })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil && gatehouse.KindOf(err) != gatehouse.Unauthenticated { // a sixth entry at this moment
				t.Error(err)
			}
		}
		if ask := s.asksFor(in); len(ask) != 0 {
			t.Errorf("it asks for %v", ask)
		}
	})
}
