package signin_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
)

// phone is a user's authenticator app.
type phone struct {
	key []byte
	off time.Duration // how far its clock is off
}

func (p phone) shows(at time.Time) string {
	return gatehouse.AppCode(p.key, gatehouse.AppStep(at.Add(p.off)))
}

// withApp adds a user who has set up an app, and returns the recovery codes that came with it.
func (s *stage) withApp(name string, change func(*gatehouse.User)) (gatehouse.User, phone, []string) {
	s.t.Helper()
	u := s.addUser(name, change)
	in := s.open(u, first, "")
	app, codes := s.addApp(in, "Phone")
	_, err := s.SignIn.SignOut(ctx, s.uk(), in.Caller, in.Session, "")
	s.must(err)
	s.Clock.Add(time.Minute) // the code that confirmed it is used up
	return s.User(u), app, codes
}

// addApp sets up an app in a session.
func (s *stage) addApp(in signin.In, name string) (phone, []string) {
	s.t.Helper()
	own := &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}
	ses := s.session(in)
	in.Caller = ses.Caller(in.Caller)
	made, err := own.BeginApp(ctx, s.uk(), in, ses.Session, name)
	s.must(err)
	app := phone{key: made.Key}
	codes, err := own.ConfirmApp(ctx, s.uk(), in, ses.Session, made.ID, app.shows(s.Clock.Now()))
	s.must(err)
	return app, codes
}

func (s *stage) recoveryCode(at signin.At, code string) (signin.Outcome, error) {
	return s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: code, Way: gatehouse.WayRecoveryCode, Trust: true})
}

// A user with an app must enter its code, no matter what the company wants, and no code is mailed:
// anyone who reads the mailbox can also get the password. Each code works once, in one sign-in,
// and the session says what was proved.
func TestAnAppIsAskedForAtEachSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, app, _ := s.withApp("msantos", nil)
		at := s.atCode(u)
		if state := s.codeState(at); !slices.Equal(state.Ways, []gatehouse.Way{gatehouse.WayApp, gatehouse.WayRecoveryCode}) || state.Email != "" {
			t.Errorf("%+v", state)
		}
		s.refused("a code by mail", s.SignIn.SendCode(ctx, s.uk(), at), gatehouse.Conflict, signin.ReasonNoEmail)
		if n := s.codeMails(u); n != 0 {
			t.Errorf("%d codes were mailed", n)
		}
		code := app.shows(s.Clock.Now())
		s.wrongCode("none", at, not(code), "code app-code-wrong 4")
		s.wrongCode("no code", at, "12", "code code-form")
		s.wrongCode("nothing", at, " ", "code required")
		out := s.wantIn(at, " "+code[:3]+" "+code[3:])
		if ses := s.session(signin.In{Session: out.Session}); !slices.Equal(ses.Assurance.Methods, []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodTOTP}) || ses.Assurance.Level != 1 {
			t.Errorf("%+v", ses.Assurance)
		}
		again := s.atCode(u)
		s.wrongCode("used", again, code, "code app-code-used 4")
		s.wrongCode("the one before", again, app.shows(s.Clock.Now().Add(-gatehouse.AppPeriod)), "code app-code-used 3")
		s.Clock.Add(gatehouse.AppPeriod)
		s.wantIn(again, app.shows(s.Clock.Now()))
	})
}

// Five wrong entries end a sign-in, over all ways together, and the owner is told.
func TestWrongCodesCountAcrossWays(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, app, _ := s.withApp("msantos", nil)
		at, bad := s.atCode(u), not(app.shows(s.Clock.Now()))
		for i, left := range []string{"4", "3", "2", "1"} {
			if i%2 == 0 {
				s.wrongCode("app", at, bad, "code app-code-wrong "+left)
				continue
			}
			_, err := s.recoveryCode(at, "0000-0000-0000")
			s.faulty("recovery code", err, "code recovery-code-wrong "+left)
		}
		_, err := s.recoveryCode(at, "0000-0000-0000")
		s.refused("the fifth", err, gatehouse.Unauthenticated, signin.ReasonCodesOver)
		if _, err := s.code(at, app.shows(s.Clock.Now())); gatehouse.KindOf(err) != gatehouse.Unauthenticated {
			t.Errorf("a sign-in that has ended: %v", err)
		}
		if !strings.Contains(s.mails(u), "wrong-codes") {
			t.Error("the owner was not told")
		}
	})
}

// A recovery code replaces a lost phone, once, makes no device trusted, and the owner is told.
func TestARecoveryCodeWorksOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, _, codes := s.withApp("msantos", nil)
		if len(codes) != gatehouse.RecoveryCodes {
			t.Fatalf("%d codes", len(codes))
		}
		at := s.atCode(u)
		_, err := s.recoveryCode(at, "K7MP")
		s.faulty("too short", err, "code recovery-code-form")
		out, err := s.recoveryCode(at, strings.ToLower(gatehouse.GroupRecoveryCode(codes[3])))
		if err != nil || out.Step != gatehouse.StepDone || !s.alive(s.uk(), out.Session) {
			t.Fatalf("%+v, %v", out, err)
		}
		s.trustedIn(u, 0)
		again := s.atCode(u)
		_, err = s.recoveryCode(again, codes[3])
		s.faulty("used", err, "code recovery-code-used 4")
		if state := s.codeState(again); state.CodesLeft != gatehouse.RecoveryCodes-1 {
			t.Errorf("%d left", state.CodesLeft)
		}
		if n := strings.Count(s.mails(u), "factor-changed"); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

// Of 20 clients with the same app code, or the same recovery code, one gets in.
func TestACodeThatManyHaveOpensOneSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, app, codes := s.withApp("msantos", nil)
		for what, enter := range map[string]func(signin.At) (signin.Outcome, error){
			"app":           func(at signin.At) (signin.Outcome, error) { return s.code(at, app.shows(s.Clock.Now())) },
			"recovery code": func(at signin.At) (signin.Outcome, error) { return s.recoveryCode(at, codes[0]) },
		} {
			var all []signin.At
			for range many {
				all = append(all, s.atCode(u))
			}
			if opened := openedAtOnce(func(i int) (signin.Outcome, error) { return enter(all[i]) }); opened != 1 {
				t.Errorf("%s: %d got in", what, opened)
			}
		}
	})
}

// A forgotten password does not bypass an app, however the new one is set.
func TestARecoveryDoesNotSkipAnApp(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, app, _ := s.withApp("msantos", nil)
		_, err := s.desk.ResetPassword(ctx, s.uk(), operator, u.ID)
		s.must(err)
		temporary := s.mailedPassword(u)
		at := s.at(s.uk(), s.begin(u, temporary, "", gatehouse.StepCode))
		out, err := s.code(at, app.shows(s.Clock.Now()))
		if err != nil || out.Step != gatehouse.StepPassword {
			t.Errorf("%+v, %v", out, err)
		}
	})
}

// A phone that is 40 seconds slow, or fast, is found again by two codes in a row.
func TestAPhoneWithAWrongClockGetsIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, app, _ := s.withApp("msantos", nil)
		for _, off := range []time.Duration{-70 * time.Second, 40 * time.Second} {
			s.Clock.Add(10 * time.Minute)
			app.off = off
			at := s.atCode(u)
			s.wrongCode("the first", at, app.shows(s.Clock.Now()), "code app-code-wrong 4")
			s.Clock.Add(gatehouse.AppPeriod)
			s.wantIn(at, app.shows(s.Clock.Now()))
			s.Clock.Add(gatehouse.AppPeriod)
			s.wantIn(s.atCode(u), app.shows(s.Clock.Now()))
		}
	})
}

// A day's wrong entries are limited for an account, over all sign-ins and ways, though each sign-in
// takes five; the owner's own device has a half to itself, which strangers cannot use up.
func TestWrongEntriesOfADayCountAcrossWays(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		g := &guesser{stage: s}
		u, app, _ := s.withApp("msantos", nil)
		own := s.wantIn(s.atCode(u), app.shows(s.Clock.Now())).Device
		judged := func(browser string) (n int) {
			for { // sign-ins
				out, err := s.enter(u, first, browser)
				s.must(err)
				at := s.at(s.uk(), out)
				at.Device = browser
				for i := range gatehouse.CodeTries {
					if i%2 == 0 {
						_, err = s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Way: gatehouse.WayApp, Code: not(app.shows(s.Clock.Now()))})
					} else {
						_, err = s.recoveryCode(at, "0000-0000-0000")
					}
					if gatehouse.KindOf(err) == gatehouse.TooMany {
						return n
					}
					n++
				}
			}
		}
		const half = gatehouse.CodeDayTries/4 - 1 // at once, without the right one; as many again over the day
		if n := judged(""); n != half {
			t.Errorf("%d entries of strangers were judged, want %d", n, half)
		}
		s.Clock.Add(2 * time.Minute)
		s.wantIn(s.atOwn(u, own), app.shows(s.Clock.Now()))
		for range 12 {
			judged("")
			s.Clock.Add(2 * time.Hour)
		}
		if n := g.wrongEvents(u); n > gatehouse.CodeDayTries/2 {
			t.Errorf("%d entries of strangers were judged in a day", n)
		}
		s.wantIn(s.atOwn(u, own), app.shows(s.Clock.Now()))
	})
}

// atOwn starts a sign-in that needs a code, on a known device.
func (s *stage) atOwn(u gatehouse.User, browser string) signin.At {
	s.t.Helper()
	at := s.at(s.uk(), s.begin(u, first, browser, gatehouse.StepCode))
	at.Device = browser
	return at
}
