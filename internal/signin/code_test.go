package signin_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// careful adds a user of a company with Enhanced Security on.
func (s *stage) careful(name string, change func(*gatehouse.User)) gatehouse.User {
	s.t.Helper()
	u := s.addUser(name, change)
	s.twoFactor(u, true)
	return u
}

// mailedCode reads the code in a user's next mail that has one.
func (s *stage) mailedCode(u gatehouse.User) string {
	s.t.Helper()
	for {
		if code := s.Mail.Wait(s.t, u.Email).Code(); code != "" {
			return code
		}
	}
}

// atCode starts a sign-in that needs a code, on an unknown device.
func (s *stage) atCode(u gatehouse.User) signin.At {
	s.t.Helper()
	return s.at(s.uk(), s.begin(u, first, "", gatehouse.StepCode))
}

func (s *stage) code(at signin.At, code string) (signin.Outcome, error) {
	return s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: code})
}

func (s *stage) wantIn(at signin.At, code string) signin.Outcome {
	s.t.Helper()
	out, err := s.code(at, code)
	if err != nil || out.Step != gatehouse.StepDone || !s.alive(s.uk(), out.Session) {
		s.t.Fatalf("the code %s led to %+v, %v", code, out, err)
	}
	return out
}

func (s *stage) wrongCode(what string, at signin.At, code, want string) {
	s.t.Helper()
	_, err := s.code(at, code)
	s.faulty(what, err, want)
}

func (s *stage) codeState(at signin.At) signin.CodeState {
	s.t.Helper()
	state, err := s.SignIn.CodeState(ctx, s.uk(), at)
	s.must(err)
	return state
}

// not returns a code other than this one.
func not(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// codeMails returns how many codes were mailed to a user.
func (s *stage) codeMails(u gatehouse.User) int {
	s.t.Helper()
	return strings.Count(s.mails(u), "verification-code")
}

// B05, B06: the code is sent automatically, and opens its own sign-in once.
func TestB06ACodeOpensItsSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("mhopkins", func(u *gatehouse.User) { u.EmailConfirmed = true })
		at := s.atCode(u)
		code := s.mailedCode(u)
		s.Clock.Add(4*time.Minute + 59*time.Second)
		out := s.wantIn(at, " "+code[:3]+"-"+code[3:]+" ")
		ses, err := s.SignIn.Session(ctx, s.uk(), out.Session)
		s.must(err)
		if methods := ses.Assurance.Methods; len(methods) != 2 || methods[1] != gatehouse.MethodEmailCode {
			t.Errorf("the session's methods are %v", methods)
		}
		_, err = s.code(at, code)
		s.refused("the sign-in again", err, gatehouse.Unauthenticated, "no-sign-in")
		s.wrongCode("the code in another sign-in", s.atCode(u), code, "code code-wrong 4")
		events, err := s.Store.Read().EventsOfUser(ctx, u.SiteID, u.ID, 20)
		s.must(err)
		var kinds []string
		for _, e := range events {
			kinds = append([]string{strings.TrimPrefix(string(e.Kind), "sign_in.") + " " + string(e.Result)}, kinds...)
		}
		if got, want := strings.Join(kinds, ", "), "code.sent ok, password ok, code ok, done ok, code.sent ok, password ok, code wrong"; got != want {
			t.Errorf("events %q\nwant   %q", got, want)
		}
	})
}

// B06: each kind of refused code has its message, and what cannot be a code costs no try.
func TestB06CodesThatDoNotWork(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, other := s.careful("mhopkins", nil), s.careful("other", nil)
		yesterday := s.atCode(u)
		old := s.mailedCode(u)
		s.Clock.Add(24 * time.Hour)
		_, err := s.code(yesterday, old)
		s.refused("yesterday's sign-in", err, gatehouse.Unauthenticated, "no-sign-in")

		at := s.atCode(u)
		code := s.mailedCode(u) // before the next: mail overtakes mail
		otherTab := s.atCode(u)
		s.atCode(other)
		tabs, others := s.mailedCode(u), s.mailedCode(other)
		for typed, want := range map[string]string{"": "code required", " - ": "code required", "abcdef": "code code-form", code + "1": "code code-form",
			code[:5]: "code code-form", "41820O": "code code-form"} {
			s.wrongCode(typed, at, typed, want)
		}
		s.wrongCode("yesterday's", at, old, "code code-wrong 4")
		s.wrongCode("of another user", at, others, "code code-wrong 3")
		s.wrongCode("of another tab", at, tabs, "code code-wrong 2")
		if left := s.codeState(at).Left; left != 2 {
			t.Errorf("%d tries left, want 2", left)
		}
		s.Clock.Add(5 * time.Minute)
		s.wrongCode("five minutes old", at, code, "code code-expired 1")
		s.must(s.SignIn.SendCode(ctx, s.uk(), at))
		var fullWidth strings.Builder
		for _, r := range s.mailedCode(u) {
			fullWidth.WriteRune(r - '0' + '０')
		}
		s.wantIn(at, fullWidth.String())
		if s.step(s.uk(), otherTab.SignIn) != gatehouse.StepCode {
			t.Error("the other tab no longer waits for its code")
		}
	})
}

// B07: slow mail does no harm. Each code is valid for its own five minutes.
func TestB07AnEarlierCodeStaysGood(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("patient", nil)
		send := func(at signin.At) string {
			s.Clock.Add(2 * time.Minute)
			s.must(s.SignIn.SendCode(ctx, s.uk(), at))
			return s.mailedCode(u)
		}
		at := s.atCode(u)
		early := s.mailedCode(u)
		if late := send(at); late == early {
			t.Error("the new code is the old one")
		}
		s.wantIn(at, early)

		at = s.atCode(u)
		early = s.mailedCode(u)
		late := send(at)
		s.Clock.Add(3 * time.Minute)
		s.wrongCode("the first after five minutes", at, early, "code code-expired 4")
		s.wantIn(at, late)
	})
}

// B06: the fifth wrong code ends the sign-in; the right one as the fifth does not.
func TestB06FiveWrongCodesEndTheSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("unlucky", nil)
		four := func() (signin.At, string) {
			at := s.atCode(u)
			code := s.mailedCode(u)
			for _, left := range []string{"4", "3", "2", "1"} {
				s.wrongCode("wrong", at, not(code), "code code-wrong "+left)
			}
			return at, code
		}
		at, code := four()
		s.wantIn(at, code)
		at, code = four()
		_, err := s.code(at, not(code))
		s.refused("the fifth", err, gatehouse.Unauthenticated, signin.ReasonCodesOver)
		_, err = s.code(at, code)
		s.refused("the right one as the sixth", err, gatehouse.Unauthenticated, "no-sign-in")
		s.Clock.Add(time.Minute)
		at = s.atCode(u)
		s.wrongCode("its code in the next sign-in", at, code, "code code-wrong 4")
		s.wantIn(at, s.mailedCode(u))
	})
}

// A returned code shows that mail arrives; one sent to an earlier address opens nothing.
func TestCodesAndTheAddress(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("mover", func(u *gatehouse.User) { u.EmailConfirmed = false })
		s.write(func(q store.Queries) error {
			_, err := q.MarkBounced(ctx, u.SiteID, u.ID, u.Email, gatehouse.Bounce{At: s.Clock.Now(), Reason: "550 no", Reported: true})
			return err
		})
		at := s.atCode(u)
		s.wantIn(at, s.mailedCode(u))
		if now := s.User(u); !now.EmailConfirmed || now.Bouncing() {
			t.Errorf("after a code came back: %+v", now)
		}
		events, err := s.Store.Read().EventsOfUser(ctx, u.SiteID, u.ID, 20)
		s.must(err)
		confirmed := 0
		for _, e := range events {
			if e.Kind == gatehouse.EventEmailConfirmed {
				confirmed++
			}
		}
		if confirmed != 1 {
			t.Errorf("%d events say that the address is confirmed", confirmed)
		}

		at = s.atCode(u)
		code, fresh := s.mailedCode(u), "elsewhere@northgate.example"
		_, err = s.desk.UpdateUser(ctx, s.uk(), operator, u.ID, directory.UserChange{Email: &fresh})
		s.must(err)
		if _, err := s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: code}); gatehouse.KindOf(err) != gatehouse.Unauthenticated {
			t.Errorf("a code of the old address: %v", err)
		}
		s.Clock.Add(time.Minute)
		s.wantIn(s.atCode(s.User(u)), s.mailedCode(gatehouse.User{Email: fresh}))
		if now := s.User(u); !now.EmailConfirmed || now.Email != fresh {
			t.Errorf("the new address: %+v", now)
		}
	})
}

// Enhanced Security is switched on in the middle of a sign-in: the next post of any step leads to
// the code and sends it, once.
func TestB05SwitchedOnDuringASignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for i, step := range []gatehouse.Step{gatehouse.StepTerms, gatehouse.StepPassword} { // with and without looking first
			u := s.due("halfway-"+strconv.Itoa(i), step)
			s.twoFactor(u, false)
			at := s.at(s.uk(), s.begin(u, first, "", step))
			s.twoFactor(u, true)
			post := map[gatehouse.Step]func() (signin.Outcome, error){
				gatehouse.StepTerms:    func() (signin.Outcome, error) { return s.SignIn.AcceptTerms(ctx, s.uk(), at, yesForm(s.uk())) },
				gatehouse.StepPassword: func() (signin.Outcome, error) { return s.SignIn.ChoosePassword(ctx, s.uk(), at, chosen) },
			}[step]
			s.codeState(at)
			if n := s.codeMails(u); n != 0 {
				t.Fatalf("looking sent %d codes", n)
			}
			for range 3 {
				_, err := post()
				s.moved(string(step), err, gatehouse.StepCode)
			}
			if n := s.codeMails(u); n != 1 {
				t.Errorf("%s: %d codes were sent, want 1", step, n)
			}
			out, err := s.code(at, s.mailedCode(u))
			if err != nil || out.Step != step {
				t.Errorf("after the code: %+v, %v", out, err)
			}
			if out, err = post(); err != nil || out.Step != gatehouse.StepDone {
				t.Errorf("at last: %+v, %v", out, err)
			}
		}
	})
}

// Invariant 2: the same code at the same moment opens one session.
func TestACodeOpensOneSession(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("twice", nil)
		at := s.atCode(u)
		code := s.mailedCode(u)
		if opened := openedAtOnce(func(int) (signin.Outcome, error) { return s.code(at, code) }); opened != 1 {
			t.Errorf("one code opened %d sessions", opened)
		}
	})
}
