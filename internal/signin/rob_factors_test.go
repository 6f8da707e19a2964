package signin_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// Nobody gets past what a company requires, or past a factor, in any of these ways.
func TestAThiefOfFactors(t *testing.T) {
	onStage(t, func(_ *testing.T, s *stage) { s.robFactors("msantos") })
}

// robFactors tries to sign in as users of a name without what is required.
func (s *stage) robFactors(name string) {
	s.t.Helper()
	for end, rob := range []func(string){s.robRequirement, s.robTrust, s.robApp, s.robPasskey} {
		u := s.addUser(name+strconv.Itoa(end), nil)
		s.require(u, gatehouse.RequireNothing) // all of them are of one company
		rob(name + "-" + strconv.Itoa(end))
	}
}

func (s *stage) require(u gatehouse.User, need gatehouse.Requirement) {
	s.t.Helper()
	s.write(func(q store.Queries) error {
		_, err := q.SetTwoFactor(ctx, u.SiteID, u.CompanyID, gatehouse.TwoFactorRule{Require: need}, s.Clock.Now())
		return err
	})
}

// notOpened fails the test if a sign-in got somewhere that it must not.
func (s *stage) notOpened(what string, out signin.Outcome, err error) {
	s.t.Helper()
	if err == nil && out.Session != "" {
		s.t.Fatalf("%s: there is a session", what)
	}
}

// robRequirement: where an app or a passkey is required, "not now" opens nothing, and neither does
// an app that has not shown a right code. Where a passkey is required, an app's code opens nothing.
func (s *stage) robRequirement(name string) {
	s.t.Helper()
	u := s.addUser(name, func(u *gatehouse.User) { u.FirstSignInAt, u.Password.Origin = time.Time{}, gatehouse.PasswordChosen })
	s.require(u, gatehouse.RequireFactor)
	s.Clock.Add(time.Minute)
	at := s.atCode(u)
	out, err := s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: s.mailedCode(u)})
	s.notOpened("a code by email", out, err)
	if err != nil || out.Step != gatehouse.StepFactor {
		s.t.Fatalf("after the code: %+v, %v", out, err)
	}
	at = s.at(s.uk(), out)
	out, err = s.SignIn.FactorLater(ctx, s.uk(), at)
	s.notOpened("later", out, err)
	s.must(s.SignIn.BeginAppInSignIn(ctx, s.uk(), at, "Phone"))
	state, err := s.SignIn.FactorStep(ctx, s.uk(), at)
	s.must(err)
	app := phone{key: state.App.Key}
	wrong := gatehouse.AppCode(app.key, gatehouse.AppStep(s.Clock.Now())+500)
	out, _, err = s.SignIn.ConfirmAppInSignIn(ctx, s.uk(), at, wrong)
	s.notOpened("a wrong first code", out, err)
	out, _, err = s.SignIn.ConfirmAppInSignIn(ctx, s.uk(), at, app.shows(s.Clock.Now()))
	if err != nil || out.Session == "" {
		s.t.Fatalf("the first code: %+v, %v", out, err)
	}

	key := s.device()
	in, here := signin.In{Session: out.Session, Device: out.Device, Caller: visitor(s.uk())}, s.session(signin.In{Session: out.Session})
	in.Caller = here.Caller(in.Caller)
	_, err = s.create(in, here.Session, key, false)
	s.must(err)
	s.require(u, gatehouse.RequirePasskey)
	s.Clock.Add(2 * time.Minute)
	at = s.atCode(u)
	out, err = s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Way: gatehouse.WayApp, Code: app.shows(s.Clock.Now())})
	s.notOpened("an app's code where a passkey is required", out, err)
}

// robTrust: a trusted device does not stand in for the code where a factor is to be set up.
func (s *stage) robTrust(name string) {
	s.t.Helper()
	u := s.addUser(name, nil)
	s.require(u, gatehouse.RequireCode)
	out, err := s.SignIn.EnterCode(ctx, s.uk(), s.atCode(u), signin.CodeForm{Code: s.mailedCode(u), Trust: true})
	if err != nil || out.Session == "" {
		s.t.Fatalf("the code: %+v, %v", out, err)
	}
	s.Clock.Add(time.Minute)
	s.write(func(q store.Queries) error { // a site's rule that begins, as time does: a company's switch ends trust
		_, err := q.SetTwoFactor(ctx, u.SiteID, u.CompanyID, gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor}, s.Clock.Now().Add(-time.Hour))
		return err
	})
	again, err := s.enter(u, first, out.Device)
	if err != nil || again.Step != gatehouse.StepCode {
		s.t.Fatalf("a trusted device: %q, %v, want the code first", again.Step, err)
	}
}

// robApp: a code of an app works once, and a sign-in that had only the password when the app came
// ends.
func (s *stage) robApp(name string) {
	s.t.Helper()
	u, app, _ := s.withApp(name, nil)
	code := app.shows(s.Clock.Now())
	out, err := s.SignIn.EnterCode(ctx, s.uk(), s.atCode(u), signin.CodeForm{Way: gatehouse.WayApp, Code: code})
	if err != nil || out.Session == "" {
		s.t.Fatalf("the app's code: %+v, %v", out, err)
	}
	out, err = s.SignIn.EnterCode(ctx, s.uk(), s.atCode(u), signin.CodeForm{Way: gatehouse.WayApp, Code: code})
	s.notOpened("the same code again", out, err)

	late := s.addUser(name+"-late", nil)
	s.require(late, gatehouse.RequireFactor)
	s.Clock.Add(time.Minute)
	mine, err := s.SignIn.EnterCode(ctx, s.uk(), s.atCode(late), signin.CodeForm{Code: s.mailedCode(late)})
	s.must(err)
	s.Clock.Add(2 * time.Minute)
	theirs, err := s.SignIn.EnterCode(ctx, s.uk(), s.atCode(late), signin.CodeForm{Code: s.mailedCode(late)})
	s.must(err)
	at := s.at(s.uk(), mine)
	s.must(s.SignIn.BeginAppInSignIn(ctx, s.uk(), at, "Phone"))
	state, err := s.SignIn.FactorStep(ctx, s.uk(), at)
	s.must(err)
	_, _, err = s.SignIn.ConfirmAppInSignIn(ctx, s.uk(), at, phone{key: state.App.Key}.shows(s.Clock.Now()))
	s.must(err)
	if _, _, err := s.SignIn.InProgress(ctx, s.uk(), theirs.SignIn); err == nil {
		s.t.Fatal("a sign-in that has not proved the new factor goes on")
	}
}

// robPasskey: an answer works once and in its browser, a passkey alone has verified its user, and
// another user's proves nothing.
func (s *stage) robPasskey(name string) {
	s.t.Helper()
	d, others := s.device(), s.device()
	u := s.withPasskey(name, d)
	s.withPasskey(name+"-other", others)
	answer := d.Answer(s.options())
	if out, err := s.use(answer); err != nil || out.Session == "" {
		s.t.Fatalf("the passkey: %+v, %v", out, err)
	}
	again := signin.PasskeyRequest{Answer: answer, Browser: cookie, Caller: visitor(s.uk())}
	again.Caller.Post = "another form"
	out, err := s.SignIn.Passkey(ctx, s.uk(), again)
	s.notOpened("an answer that was used", out, err)
	out, err = s.SignIn.Passkey(ctx, s.uk(), signin.PasskeyRequest{Answer: d.Answer(s.options()), Browser: "another-browser", Caller: visitor(s.uk())})
	s.notOpened("an answer in another browser", out, err)
	flags := d.Flags
	d.Flags &^= 4 // user verified
	out, err = s.use(d.Answer(s.options()))
	s.notOpened("a passkey that has not verified its user", out, err)
	d.Flags = flags
	at := s.atCode(u)
	state, err := s.SignIn.CodeState(ctx, s.uk(), at)
	s.must(err)
	out, err = s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Way: gatehouse.WayPasskey, Code: others.Answer(state.Passkey)})
	s.notOpened("another user's passkey", out, err)
}

// Of 20 forms with the first code of an app, sent at one instant, one makes a session and is given
// the recovery codes.
func TestASetUpIsFinishedOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", nil)
		s.require(u, gatehouse.RequireFactor)
		out, err := s.SignIn.EnterCode(ctx, s.uk(), s.atCode(u), signin.CodeForm{Code: s.mailedCode(u)})
		s.must(err)
		at := s.at(s.uk(), out)
		s.must(s.SignIn.BeginAppInSignIn(ctx, s.uk(), at, "Phone"))
		state, err := s.SignIn.FactorStep(ctx, s.uk(), at)
		s.must(err)
		code := phone{key: state.App.Key}.shows(s.Clock.Now())
		var sessions, codes atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				out, fresh, err := s.SignIn.ConfirmAppInSignIn(ctx, s.uk(), at, code)
				if err == nil && out.Session != "" {
					sessions.Add(1)
				}
				codes.Add(int64(len(fresh)))
			})
		}
		all.Wait()
		if now := s.User(u); sessions.Load() != 1 || codes.Load() != gatehouse.RecoveryCodes || now.Apps != 1 || now.Factors != 1 {
			t.Errorf("%d sessions, %d recovery codes, %d apps", sessions.Load(), codes.Load(), now.Apps)
		}
	})
}
