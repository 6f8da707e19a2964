package signin_test

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
