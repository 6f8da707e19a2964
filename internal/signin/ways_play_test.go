package signin_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/budget"
)

// wayPlace is a state of the model with the notes up to it.
type wayPlace struct {
	wayState
	wayNotes
}

// wayStart are the accounts that walks begin with: without a factor, and with a phone.
func wayStart() []wayState {
	return []wayState{{mails: 1, texts: 1}, {phone: true, recovery: true, mails: 1, texts: 1}}
}

// wayGraph is everything reachable, breadth first.
type wayGraph struct {
	rules  wayRules
	places []wayPlace
	number map[wayPlace]int32
	from   []wayCame
	wrong  string
	at     wayCame
	// ways are what can be done at each place, and where it leads.
	ways [][]wayEdge
}

type wayCame struct {
	place int32
	act   wayAct
}

type wayEdge struct {
	act  wayAct
	to   int32
	kind wayKind
}

// wayKind tells transitions apart that walks try once each.
type wayKind struct {
	verb            wayVerb
	said            reply
	need            need
	app, key, phone bool
	fresh, other    bool // a strong proof in the session; the other browser is signing in
}

func (g *wayGraph) add(p wayPlace, from wayCame) int32 {
	n, known := g.number[p]
	if !known {
		n = int32(len(g.places))
		g.number[p] = n
		g.places, g.from = append(g.places, p), append(g.from, from)
	}
	return n
}

// exploreWays goes everywhere, or until an invariant is violated.
func exploreWays(r wayRules) *wayGraph {
	g := &wayGraph{rules: r, number: map[wayPlace]int32{}}
	for _, m := range wayStart() {
		g.add(wayPlace{m, wayNotesOf(m)}, wayCame{-1, wayAct{}})
	}
	for i := int32(0); int(i) < len(g.places); i++ {
		var ways []wayEdge
		for _, a := range wayActs {
			next, said, may := g.rules.do(g.places[i].wayState, a)
			if !may {
				continue
			}
			p := wayPlace{next, g.places[i].wayNotes}
			if g.wrong = p.take(a, said, r.seen(next)); g.wrong != "" {
				g.at = wayCame{i, a}
				return g
			}
			m := g.places[i].wayState
			ways = append(ways, wayEdge{a, g.add(p, wayCame{i, a}), wayKind{a.verb, said, m.need, m.app, m.key, m.phone,
				m.tabs[a.tab].proof >= m.wanted(), m.tabs[1-a.tab].signIn}})
		}
		g.ways = append(g.ways, ways)
	}
	return g
}

// trace writes out the way to a violation for people.
func (g *wayGraph) trace() string {
	var todo []string
	for at := g.at; at.place >= 0; at = g.from[at.place] {
		_, said, _ := g.rules.do(g.places[at.place].wayState, at.act)
		todo = append(todo, fmt.Sprintf("%s: %s", at.act, said))
	}
	slices.Reverse(todo)
	return strings.Join(todo, "\n")
}

var exploredWays = sync.OnceValue(func() *wayGraph { return exploreWays(wayRules{}) })

// The invariants hold in every state that the ways to prove oneself lead to, in any order, with
// set-up and proof in a session as steps.
func TestTheModelOfTheWaysHoldsTheInvariants(t *testing.T) {
	g := exploredWays()
	if g.wrong != "" {
		t.Fatalf("%s:\n%s", g.wrong, g.trace())
	}
	t.Logf("%d states", len(g.places))
	if len(g.places) < 5_000 {
		t.Errorf("only %d states were reached", len(g.places))
	}
}

// The invariants notice a missing rule.
func TestTheInvariantsOfTheWaysNeedEveryRule(t *testing.T) {
	for without := allWayRules + 1; without < wayRuleCount; without++ {
		g := exploreWays(wayRules{without})
		if g.wrong == "" {
			t.Errorf("without %q nothing goes wrong in %d states", without, len(g.places))
			continue
		}
		t.Logf("without %q: %s:\n%s", without, g.wrong, g.trace())
	}
}

// wayWalk is what is done with one account.
type wayWalk struct {
	begin wayState
	todo  []wayAct
}

// longestWay is how much is done with one account: it has a limit of codes in a day.
const longestWay = 40

// planWays plans walks that try every kind of transition, each time going to the nearest untried
// one. The second return value is how many kinds there are.
func planWays(g *wayGraph, kindOf func(wayKind) wayKind) (walks []wayWalk, kinds int) {
	untried := map[wayKind]bool{}
	for _, ways := range g.ways {
		for _, e := range ways {
			untried[kindOf(e.kind)] = true
		}
	}
	kinds = len(untried)
	for len(untried) > 0 {
		best := wayWalk{}
		for start := range wayStart() {
			w, at := wayWalk{begin: g.places[start].wayState}, int32(start)
			tried := map[wayKind]bool{}
			for len(w.todo) < longestWay {
				way := g.nearest(at, func(k wayKind) bool { return untried[kindOf(k)] && !tried[kindOf(k)] })
				if way == nil {
					break
				}
				for _, e := range way {
					w.todo, at = append(w.todo, e.act), e.to
					tried[kindOf(e.kind)] = true
				}
			}
			if len(w.todo) > 0 {
				best = w
				for k := range tried {
					delete(untried, k)
				}
				walks = append(walks, best)
			}
		}
		if best.todo == nil {
			break
		}
	}
	return walks, kinds
}

// nearest is the shortest way from a place to a transition that is wanted; nil: there is none.
func (g *wayGraph) nearest(from int32, wanted func(wayKind) bool) []wayEdge {
	type step struct {
		before int32
		edge   wayEdge
	}
	came, queue := map[int32]step{from: {before: -1}}, []int32{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range g.ways[at] {
			if wanted(e.kind) {
				way := []wayEdge{e}
				for ; came[at].before >= 0; at = came[at].before {
					way = append(way, came[at].edge)
				}
				slices.Reverse(way)
				return way
			}
			if _, known := came[e.to]; !known {
				came[e.to] = step{at, e}
				queue = append(queue, e.to)
			}
		}
	}
	return nil
}

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
func (p *wayPlayer) seen() (all seenWays) {
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
