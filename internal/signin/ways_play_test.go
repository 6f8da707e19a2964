package signin_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/budget"
)

// The real services do what the model does, on both databases, in every way to prove who one is.
// The walks try each kind of transition; `make test-long` tells more kinds apart. PostgreSQL does
// some of them.
func TestTheServicesDoWhatTheModelOfTheWaysDoes(t *testing.T) {
	kindOf := func(k wayKind) wayKind { k.other = false; return k }
	if budget.Long() {
		kindOf = func(k wayKind) wayKind { return k }
	}
	walks, kinds := planWays(exploredWays(), kindOf)
	acts := 0
	for _, w := range walks {
		acts += len(w.todo)
	}
	t.Logf("%d walks with %d acts try %d kinds of transitions", len(walks), acts, kinds)
	t.Run("sqlite", func(t *testing.T) { playWays(t, testkit.SQLiteURL(t), walks) })
	t.Run("postgres", func(t *testing.T) { playWays(t, testkit.PostgresURL(t), walks[:max(1, len(walks)/6)]) })
}

func playWays(t *testing.T, url string, walks []wayWalk) {
	t.Parallel()
	phones := testkit.NewPhones(t)
	s := raise(t, url, noLimits, phones.With(1e6))
	for _, w := range walks {
		if wrong := s.playWay(exploredWays(), w, phones); wrong != "" {
			t.Fatal(wrong)
		}
	}
}

// wayPlayer does a walk on the real services, with its own account and company.
type wayPlayer struct {
	*player
	phones *testkit.Phones
	number string
	from   string
	app    phone
	key    *testkit.Device
	codes  []string // recovery codes
	sent   [2]string
}

func (s *stage) newWayPlayer(begin wayState, phones *testkit.Phones) *wayPlayer {
	s.t.Helper()
	now := s.Clock.Now()
	s.Clock.Add(now.Truncate(gatehouse.AppPeriod).Add(gatehouse.AppPeriod).Sub(now)) // what apps show does not change in the middle of something
	p := &wayPlayer{player: newPlayer(s, modelState{password: ownPassword, finished: true}), phones: phones}
	n := walkers.Load()
	p.number, p.from = fmt.Sprintf("+44740%07d", n), fmt.Sprintf("198.18.%d.%d", n/250, n%250)
	p.st.Policy.FactorReset.BySupport, p.st.Policy.FactorReset.ByAdministrator = 0, 0
	if begin.phone {
		s.Clock.Add(time.Hour)
		in, here := s.here(p.user)
		made, err := s.own().BeginPhone(ctx, p.st, in, here, p.number)
		s.must(err)
		p.codes, err = s.own().ConfirmPhone(ctx, p.st, in, here, made.ID, phones.Code(p.number))
		s.must(err)
		_, err = s.SignIn.SignOut(ctx, p.st, in.Caller, in.Session, "")
		s.must(err)
		s.Clock.Add(time.Hour)
	}
	return p
}

func (p *wayPlayer) at(i int8) signin.At {
	at := p.player.at(i)
	at.Caller.IPAddress = p.from
	return at
}

// in is a browser's session.
func (p *wayPlayer) in(i int8) (signin.In, signin.Session) {
	p.t.Helper()
	tab := p.tabs[i]
	ses, err := p.SignIn.Session(ctx, p.st, tab.session)
	p.must(err)
	return signin.In{Session: tab.session, Device: tab.browser, Caller: ses.Caller(visitor(p.st))}, ses
}

// do performs an act, and returns the reply.
func (p *wayPlayer) do(a wayAct) (reply, error) {
	p.Clock.Add(time.Millisecond)
	tab := p.tabs[a.tab]
	switch a.verb {
	case wayPassword:
		return p.password(a.tab)
	case wayKeyAlone:
		answer := p.key.Answer(p.SignIn.SignInOptions(p.st, cookie))
		out, err := p.SignIn.Passkey(ctx, p.st, signin.PasskeyRequest{Answer: answer, Browser: cookie, Device: tab.browser, Caller: visitor(p.st)})
		tab.signIn = ""
		return p.led(a.tab, out, err)
	case waySignOut:
		_, err := p.SignIn.SignOut(ctx, p.st, visitor(p.st), tab.session, tab.signIn)
		return wayReply(err)
	case waySetUpApp, waySetUpKey, wayLater:
		return p.setUp(a)
	case wayReset:
		return wayReply(p.desk.ResetTwoFactor(ctx, p.st, operator, p.user.ID))
	case wayRequire:
		firm, err := p.Store.Read().Company(ctx, p.st.ID, p.user.CompanyID)
		p.must(err)
		p.require(p.user, map[gatehouse.Requirement]gatehouse.Requirement{gatehouse.RequireNothing: gatehouse.RequireFactor,
			gatehouse.RequireFactor: gatehouse.RequirePasskey, gatehouse.RequirePasskey: gatehouse.RequireNothing}[firm.Rule().Require])
		return fine, nil
	case wayMinutes:
		p.Clock.Add(4 * gatehouse.AppPeriod)
		return fine, nil
	case wayQuarter:
		p.Clock.Add(gatehouse.FreshFor + 2*gatehouse.AppPeriod)
		return fine, nil
	case wayProveByPassword, wayProveByApp, wayProveByRecovery, wayProveByKey:
		return p.proves(a)
	case wayAddApp, wayAddKey, wayRemoveApp, wayRemoveKey:
		return p.changes(a)
	}
	return p.enters(a)
}

func (p *wayPlayer) password(i int8) (reply, error) {
	tab := p.tabs[i]
	out, err := p.SignIn.Password(ctx, p.st, signin.PasswordRequest{Username: p.user.Username, Password: first, Device: tab.browser, Caller: visitor(p.st)})
	tab.signIn = out.SignIn
	if err == nil && out.SignIn != "" {
		facts, _, err := p.SignIn.InProgress(ctx, p.st, out.SignIn)
		p.must(err)
		p.write(func(q store.Queries) (err error) { // the entries that the model does not cover
			for range gatehouse.CodeTries - modelTries {
				_, err = q.CountCode(ctx, p.st.ID, facts.SignIn.ID, gatehouse.CodeTries)
			}
			return err
		})
		if facts.User.Factors == 0 {
			p.sent[i] = p.code()
		}
	}
	return p.led(i, out, err)
}

// led stores what a browser is given.
func (p *wayPlayer) led(i int8, out signin.Outcome, err error) (reply, error) {
	if err != nil {
		return wayReply(err)
	}
	tab := p.tabs[i]
	if out.Device != "" {
		tab.browser = out.Device
	}
	switch out.Step {
	case gatehouse.StepCode:
		return toCode, nil
	case gatehouse.StepFactor:
		return toSetUp, nil
	case gatehouse.StepDone:
		tab.session, tab.signIn = out.Session, ""
		return done, nil
	}
	return "", fmt.Errorf("led to %q", out.Step)
}

func (p *wayPlayer) enters(a wayAct) (reply, error) {
	form := signin.CodeForm{}
	switch a.verb {
	case waySendText:
		err := p.SignIn.SendText(ctx, p.st, p.at(a.tab))
		if err == nil {
			p.sent[a.tab] = p.phones.Code(p.number)
			return sentOne, nil
		}
		return wayReply(err)
	case wayEnterMail:
		form = signin.CodeForm{Code: p.sent[a.tab]}
	case wayEnterText:
		form = signin.CodeForm{Way: gatehouse.WayText, Code: p.sent[a.tab]}
	case wayEnterApp:
		form = signin.CodeForm{Way: gatehouse.WayApp, Code: p.app.shows(p.Clock.Now())}
	case wayEnterRecovery:
		form = signin.CodeForm{Way: gatehouse.WayRecoveryCode, Code: p.codes[0]}
	case wayEnterKey:
		state, err := p.SignIn.CodeState(ctx, p.st, p.at(a.tab))
		p.must(err)
		form = signin.CodeForm{Way: gatehouse.WayPasskey, Code: p.key.Answer(state.Passkey)}
	case wayEnterWrong:
		form = signin.CodeForm{Way: gatehouse.WayRecoveryCode, Code: "0000-0000-0000"}
		if p.User(p.user).Factors == 0 {
			form = signin.CodeForm{Code: not(p.sent[a.tab])}
		}
	}
	out, err := p.SignIn.EnterCode(ctx, p.st, p.at(a.tab), form)
	return p.led(a.tab, out, err)
}

func (p *wayPlayer) setUp(a wayAct) (reply, error) {
	at, out, made := p.at(a.tab), signin.Outcome{}, []string(nil)
	if a.verb == wayLater {
		out, err := p.SignIn.FactorLater(ctx, p.st, at)
		return p.led(a.tab, out, err)
	}
	if a.verb == waySetUpApp {
		p.must(p.SignIn.BeginAppInSignIn(ctx, p.st, at, "Phone"))
	}
	state, err := p.SignIn.FactorStep(ctx, p.st, at)
	p.must(err)
	if a.verb == waySetUpApp {
		p.app = phone{key: state.App.Key}
		out, made, err = p.SignIn.ConfirmAppInSignIn(ctx, p.st, at, p.app.shows(p.Clock.Now()))
	} else {
		var k signin.NewPasskey
		p.key = p.device()
		out, k, err = p.SignIn.CreatePasskeyInSignIn(ctx, p.st, at, p.key.Create(state.Passkey))
		made = k.Codes
	}
	p.keep(made)
	return p.led(a.tab, out, err)
}

// keep keeps new recovery codes.
func (p *wayPlayer) keep(made []string) {
	if len(made) > 0 {
		p.codes = made
	}
}

// proves proves in a session who its user is, as the page does that asks before a change.
func (p *wayPlayer) proves(a wayAct) (reply, error) {
	in, _ := p.in(a.tab)
	form := signin.ProofForm{Way: map[wayVerb]gatehouse.Way{wayProveByPassword: gatehouse.WayPassword, wayProveByApp: gatehouse.WayApp,
		wayProveByRecovery: gatehouse.WayRecoveryCode, wayProveByKey: gatehouse.WayPasskey}[a.verb]}
	switch a.verb {
	case wayProveByPassword:
		form.Password = first
	case wayProveByApp:
		form.Code = p.app.shows(p.Clock.Now())
	case wayProveByRecovery:
		form.Code = p.codes[0]
	case wayProveByKey:
		state, err := p.SignIn.ProofState(ctx, p.st, in)
		p.must(err)
		if form.Code = "none is asked for"; state.Passkey != "" {
			form.Code = p.key.Answer(state.Passkey)
		}
	}
	return wayReply(p.SignIn.Prove(ctx, p.st, in, form))
}

// changes adds or removes a factor in a session. What asks for proof first is the guard of the
// routes, by the same function.
func (p *wayPlayer) changes(a wayAct) (reply, error) {
	in, ses := p.in(a.tab)
	ask, err := p.SignIn.AskProof(ctx, ses.Session, ses.User)
	p.must(err)
	if len(ask) > 0 {
		return proveFirst, nil
	}
	switch a.verb {
	case wayAddApp:
		made, err := p.own.BeginApp(ctx, p.st, in, ses.Session, "Phone")
		p.must(err)
		p.app = phone{key: made.Key}
		codes, err := p.own.ConfirmApp(ctx, p.st, in, ses.Session, made.ID, p.app.shows(p.Clock.Now()))
		p.keep(codes)
		return wayReply(err)
	case wayAddKey:
		p.key = p.device()
		made, err := p.create(in, ses.Session, p.key, false)
		p.keep(made.Codes)
		return wayReply(err)
	}
	kind := map[wayVerb]gatehouse.FactorKind{wayRemoveApp: gatehouse.FactorApp, wayRemoveKey: gatehouse.FactorPasskey}[a.verb]
	all, err := p.Store.Read().Factors(ctx, p.st.ID, p.user.ID)
	p.must(err)
	for _, f := range all {
		if f.Kind == kind && f.Confirmed() {
			return wayReply(p.own.RemoveFactor(ctx, p.st, in, ses.Session, f.ID))
		}
	}
	return "", fmt.Errorf("there is no %s", kind)
}

// wayReply returns the reply for an error; it returns unknown errors unchanged.
func wayReply(err error) (reply, error) {
	if err == nil {
		return fine, nil
	}
	switch reasonOf(err) {
	case signin.ReasonCodesOver:
		return codesOver, nil
	case signin.ReasonOtherWay:
		return notThatWay, nil
	}
	left := fmt.Sprint(" ", modelTries-1)
	switch faultsOf(err) {
	case "code code-wrong" + left, "code recovery-code-wrong" + left:
		return wrongCode, nil
	case "code app-code-used" + left, "code recovery-code-used" + left:
		return usedUp, nil
	case "code way-refused":
		return notThatWay, nil
	case "remove factor-required", "remove passkey-required":
		return mustStay, nil
	}
	return "", err
}

// seen returns what is visible in both browsers.
func (p *wayPlayer) seen() (all seen) {
	for i, tab := range p.tabs {
		all[i].session = p.alive(p.st, tab.session)
		all[i].due = map[gatehouse.Step]dueStep{"": nothing, gatehouse.StepCode: codeDue, gatehouse.StepFactor: setUpDue,
			gatehouse.StepDone: nothingLeft}[p.step(p.st, tab.signIn)]
	}
	return all
}

// playWay does a walk and compares every reply, and what is visible then, with the model's.
func (s *stage) playWay(g *wayGraph, w wayWalk, phones *testkit.Phones) string {
	s.t.Helper()
	p, m, n := s.newWayPlayer(w.begin, phones), w.begin, wayNotesOf(w.begin)
	way := fmt.Sprintf("with a phone: %t", w.begin.phone)
	for i, a := range w.todo {
		next, want, _ := g.rules.do(m, a)
		got, err := p.do(a)
		way += fmt.Sprintf("\n%3d. %s: %s", i+1, a, got)
		now := p.seen()
		switch wrong := n.take(a, got, now); {
		case err != nil || got != want:
			return fmt.Sprintf("replied %q (%v), the model says %q (%s)\n%s", got, err, want, wrong, way)
		case now != g.rules.seen(next):
			return fmt.Sprintf("seen %v, the model says %v (%s)\n%s", now, g.rules.seen(next), wrong, way)
		case wrong != "":
			return wrong + "\n" + way
		}
		m = next
	}
	return ""
}
