package signin_test

// A second model, of the ways to prove who one is: one account, two browsers, an app, a passkey,
// a phone, recovery codes, codes by email where there is no factor yet, setting one up as a step of
// the sign-in, and fresh proof before factors change. What model_test.go is about (trust, recoveries
// of passwords, locks) is left out, so that all of it can be explored.
//
//	ways_model_test.go   the state, what can be done, and the outcome
//	ways_notes_test.go   the invariants, from what was done and replied alone
//	ways_play_test.go    every state, walks, and the same on the real services

import "fmt"

// wayState is everything that decides the next reply.
type wayState struct {
	need            need
	app, key, phone bool
	spent           bool // what the app shows now was used
	recovery        bool // the recovery code that is tried here has not been used
	mails, texts    int8 // codes that may still be sent
	tabs            [2]wayTab
}

// need is what the company requires.
type need int8

const (
	needNothing need = iota
	needFactor
	needPasskey
	needs
)

// wayTab is what a browser has open: a session, or a sign-in in progress.
type wayTab struct {
	session bool
	proof   strength // that is fresh in the session
	signIn  bool
	by      proofBy // of two-factor, in the sign-in
	entered int8    // entries that were judged
	sent    bool    // a code was sent for the sign-in
}

// strength is that of a proof before a change that matters.
type strength int8

const (
	stale strength = iota
	byThePassword
	byThePhone
	byTheFactor
)

// proofBy is how two-factor was proved.
type proofBy int8

const (
	unproved proofBy = iota
	byMail
	byText
	byApp
	byRecovery
	byKey
)

var strengths = map[proofBy]strength{unproved: byThePassword, byMail: byThePassword, byText: byThePhone, byApp: byTheFactor, byRecovery: byTheFactor, byKey: byTheFactor}

func (m wayState) factor() bool { return m.app || m.key || m.phone }

// met: the user has what the company requires.
func (m wayState) met() bool {
	return m.need == needNothing || m.key || m.need == needFactor && m.app
}

// accepts: where there is what the company requires, nothing weaker counts; a recovery code stands
// in for what was lost.
func (m wayState) accepts(by proofBy) bool {
	return m.need == needNothing || !m.met() || by == byKey || by == byRecovery || by == byApp && m.need == needFactor
}

// wanted is the strength of proof that a change of factors needs.
func (m wayState) wanted() strength {
	switch {
	case m.app || m.key:
		return byTheFactor
	case m.phone:
		return byThePhone
	}
	return byThePassword
}

// wayVerb is a kind of act.
type wayVerb int8

const (
	wayPassword wayVerb = iota
	wayKeyAlone         // a passkey in place of the password
	waySendText
	wayEnterMail
	wayEnterText
	wayEnterApp
	wayEnterRecovery
	wayEnterKey
	wayEnterWrong
	waySetUpApp // as a step of the sign-in
	waySetUpKey
	wayLater
	waySignOut
	wayProveByPassword
	wayProveByApp
	wayProveByRecovery
	wayProveByKey
	wayAddApp
	wayAddKey
	wayRemoveApp
	wayRemoveKey

	wayReset // from here on they are not of a browser
	wayRequire
	wayMinutes
	wayQuarter // after which no proof is fresh

	wayVerbs
)

var wayVerbNames = [wayVerbs]string{
	"right password", "passkey alone", "send a text message", "enter the mailed code", "enter the code of the message", "enter the app's code",
	"enter the recovery code", "answer with the passkey", "enter a wrong code", "set up an app", "set up a passkey", "later", "sign out",
	"prove by password", "prove by app", "prove by recovery code", "prove by passkey", "add an app", "add a passkey", "remove the app", "remove the passkey",
	"support resets", "the company requires something else", "two minutes pass", "a quarter of an hour passes",
}

type wayAct struct {
	verb wayVerb
	tab  int8
}

func (a wayAct) String() string {
	if a.verb >= wayReset {
		return wayVerbNames[a.verb]
	}
	return fmt.Sprintf("%c: %s", 'A'+rune(a.tab), wayVerbNames[a.verb])
}

var wayActs = func() (all []wayAct) {
	for v := range wayVerbs {
		all = append(all, wayAct{v, 0})
		if v < wayReset {
			all = append(all, wayAct{v, 1})
		}
	}
	return all
}()

// The replies that the first model does not have.
const (
	toSetUp    reply = "a factor is to be set up"
	usedUp     reply = "used before"
	notThatWay reply = "not in this way"
	proveFirst reply = "prove it first"
	mustStay   reply = "the factor must stay"
)

// wayRule is a rule that a test can remove.
type wayRule int8

const (
	allWayRules wayRule = iota
	factorAsked
	appOnce
	recoveryCodeOnce
	waysTogether // all entries count together
	setUpDemanded
	onlyRequired
	proofAsked
	proofByTheBest
	lastStays
	changeEndsSignIns

	wayRuleCount
)

var wayRuleNames = [wayRuleCount]string{"all rules", "a factor is asked for", "a code of an app works once", "a recovery code works once",
	"all entries count together", "what is required is set up", "only what is required counts", "changes need proof",
	"the best factor proves", "the last factor stays", "a change ends sign-ins"}

func (r wayRule) String() string { return wayRuleNames[r] }

// wayRules are the model's, without one of them.
type wayRules struct{ without wayRule }

// due is NextStep: the code, then setting up a factor, then nothing.
func (r wayRules) due(m wayState, i int8) dueStep {
	t := m.tabs[i]
	asked := m.need != needNothing || m.factor() && r.without != factorAsked
	switch {
	case !t.signIn:
		return nothing
	case asked && (t.by == unproved || !m.accepts(t.by) && r.without != onlyRequired):
		return codeDue
	case !m.met() && r.without != setUpDemanded:
		return setUpDue
	}
	return nothingLeft
}

// setUpDue is a step that the first model does not have.
const setUpDue = nothingLeft + 1

// do returns the outcome of an act; false: it is not possible here.
func (r wayRules) do(m wayState, a wayAct) (wayState, reply, bool) {
	t := &m.tabs[a.tab]
	switch a.verb {
	case wayPassword:
		return r.password(m, a.tab)
	case wayKeyAlone:
		may := m.key && !t.session
		*t = wayTab{session: true, proof: byTheFactor}
		return m, done, may
	case waySignOut:
		may := t.session || t.signIn
		*t = wayTab{}
		return m, fine, may
	case waySetUpApp, waySetUpKey, wayLater:
		return r.setUp(m, a)
	case wayReset:
		m.app, m.key, m.phone, m.recovery, m.spent = false, false, false, false, false
		r.changed(&m, -1)
		return m, fine, true
	case wayRequire:
		m.need = (m.need + 1) % needs
		return m, fine, true
	case wayMinutes, wayQuarter:
		m.spent = false
		for i := range m.tabs {
			if a.verb == wayQuarter {
				m.tabs[i].proof = stale
			}
		}
		return m, fine, true
	}
	if a.verb >= wayProveByPassword {
		return r.inSession(m, a)
	}
	return r.enter(m, a)
}

func (r wayRules) password(m wayState, i int8) (wayState, reply, bool) {
	if m.tabs[i].session { // the page leads home
		return m, "", false
	}
	m.tabs[i] = wayTab{signIn: true}
	if r.due(m, i) != codeDue || m.factor() {
		return r.goOn(m, i)
	}
	if m.mails == 0 {
		return m, "", false
	}
	m.mails--
	m.tabs[i].sent = true
	return m, toCode, true
}

// goOn leads a sign-in to what is due now.
func (r wayRules) goOn(m wayState, i int8) (wayState, reply, bool) {
	switch r.due(m, i) {
	case codeDue:
		return m, toCode, true
	case setUpDue:
		return m, toSetUp, true
	}
	m.tabs[i] = wayTab{session: true, proof: strengths[m.tabs[i].by]}
	return m, done, true
}

// enter is an entry where the code is due.
func (r wayRules) enter(m wayState, a wayAct) (wayState, reply, bool) {
	t, by, right, may := &m.tabs[a.tab], unproved, true, true
	switch a.verb {
	case waySendText:
		may = m.phone && m.texts > 0 && m.accepts(byText)
		m.texts--
		t.sent = true
		return m, sentOne, may && r.due(wayState{need: m.need, app: m.app, key: m.key, phone: m.phone, tabs: m.tabs}, a.tab) == codeDue
	case wayEnterMail:
		by, may = byMail, !m.factor() && t.sent
	case wayEnterText:
		by, may = byText, m.phone && t.sent
	case wayEnterApp:
		by, may, right = byApp, m.app, !m.spent || r.without == appOnce
	case wayEnterRecovery:
		by, may, right = byRecovery, m.factor(), m.recovery || r.without == recoveryCodeOnce
	case wayEnterKey:
		by, may = byKey, m.key
	case wayEnterWrong:
		right = false
	}
	switch {
	case r.due(m, a.tab) != codeDue || !may:
		return m, "", false
	case a.verb != wayEnterWrong && !m.accepts(by) && r.without != onlyRequired:
		return m, notThatWay, true
	case t.entered >= modelTries && r.without != waysTogether: // the last was right, and is no longer enough
		return m, codesOver, true
	}
	t.entered = min(t.entered+1, modelTries)
	if right {
		m.spent = m.spent || by == byApp
		m.recovery = m.recovery && by != byRecovery
		t.by = by
		return r.goOn(m, a.tab)
	}
	said := wrongCode
	if a.verb != wayEnterWrong {
		said = usedUp
	}
	if t.entered >= modelTries && r.without != waysTogether {
		*t, said = wayTab{}, codesOver
	}
	return m, said, true
}

// setUp sets up a factor as a step of the sign-in, or tries to go on without it.
func (r wayRules) setUp(m wayState, a wayAct) (wayState, reply, bool) {
	may := r.due(m, a.tab) == setUpDue
	switch a.verb {
	case wayLater:
		return m, toSetUp, may
	case waySetUpApp:
		may = may && m.need == needFactor
		r.add(&m, byApp)
	case waySetUpKey:
		r.add(&m, byKey)
	}
	m.tabs[a.tab].by = map[wayVerb]proofBy{waySetUpApp: byApp, waySetUpKey: byKey}[a.verb]
	r.changed(&m, a.tab)
	n, said, _ := r.goOn(m, a.tab)
	return n, said, may
}

// add adds a factor; the first one comes with recovery codes.
func (r wayRules) add(m *wayState, by proofBy) {
	m.recovery = m.recovery || !m.factor()
	if by == byApp {
		m.app, m.spent = true, true // its first code
		return
	}
	m.key = true
}

// changed ends the sign-ins that know nothing of a change of factors, except one.
func (r wayRules) changed(m *wayState, except int8) {
	for i := range m.tabs {
		if m.tabs[i].signIn && int8(i) != except && r.without != changeEndsSignIns {
			m.tabs[i] = wayTab{}
		}
	}
}

// inSession is an act in a session: a proof, or a change that asks for one.
func (r wayRules) inSession(m wayState, a wayAct) (wayState, reply, bool) {
	t := &m.tabs[a.tab]
	wanted := m.wanted()
	if r.without == proofByTheBest {
		wanted = byThePassword
	}
	fresh := t.proof >= wanted || r.without == proofAsked
	if a.verb <= wayProveByKey {
		return r.prove(m, a, fresh)
	}
	may := map[wayVerb]bool{wayAddApp: !m.app, wayAddKey: !m.key, wayRemoveApp: m.app, wayRemoveKey: m.key}[a.verb] && t.session
	if !fresh {
		return m, proveFirst, may
	}
	switch a.verb {
	case wayAddApp:
		r.add(&m, byApp)
		t.proof = byTheFactor
	case wayAddKey:
		r.add(&m, byKey)
		t.proof = byTheFactor
	default:
		before := m
		m.app, m.key = m.app && a.verb != wayRemoveApp, m.key && a.verb != wayRemoveKey
		if before.met() && !m.met() && r.without != lastStays {
			return before, mustStay, may
		}
		m.spent, m.recovery = m.spent && m.app, m.recovery && m.factor()
	}
	r.changed(&m, -1)
	return m, fine, may
}

// prove is a proof in a session, if none is fresh.
func (r wayRules) prove(m wayState, a wayAct, fresh bool) (wayState, reply, bool) {
	t, by := &m.tabs[a.tab], map[wayVerb]strength{wayProveByPassword: byThePassword}[a.verb]
	if by == stale {
		by = byTheFactor
	}
	may := t.session && map[wayVerb]bool{wayProveByPassword: true, wayProveByApp: m.app && !m.spent, wayProveByRecovery: m.recovery, wayProveByKey: m.key}[a.verb]
	switch {
	case fresh:
		return m, fine, may
	case by == byThePassword && m.factor() && r.without != proofByTheBest:
		return m, notThatWay, may
	}
	m.spent = m.spent || a.verb == wayProveByApp
	m.recovery = m.recovery && a.verb != wayProveByRecovery
	t.proof = by
	return m, fine, may
}
