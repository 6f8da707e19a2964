package signin_test

// rule is a rule of the model that a test can remove, to show that the invariants notice.
type rule int8

const (
	noRule rule = iota
	codeAsked
	recoveryAsks
	onlyFirst
	codeBound
	codeExpires
	codeTries
	lockEnds
	lockRefuses
	passwordEndsTrust
	passwordEndsOthers
	twoFactorEndsTrust
	trustEnds
	trustFixed
	trustOfOne
	lockEndsTrust
	removalEndsTrust
	lentEnds
	usedOnce
	replaced
	strangersWait
	recoveryOnce
	recoveryEndsAll
	passwordEndsRecovery
	addressEndsRecovery
	addressEndsTrust
	addressEndsSignIns
	ownEndsTrust

	ruleCount
)

var ruleNames = [ruleCount]string{
	"all rules", "a code is asked for", "a recovery asks for the code", "only the first sign-in asks for none", "a code is for its sign-in",
	"a code expires", "a sign-in has so many codes", "a lock ends all that is open", "a lock refuses the password", "a new password ends trust",
	"a new password ends everything else", "the switch ends trust", "trust ends", "trust does not slide", "trust is for one browser",
	"a lock ends trust", "removal ends trust", "trust that has ended finishes no sign-in", "a temporary password opens one sign-in",
	"a temporary password is replaced", "strangers who guessed too often are refused", "a recovery works once", "a recovery ends all that is open",
	"a new password ends recoveries", "a new address ends recoveries", "a new address ends trust", "a new address ends sign-ins",
	"the own choice ends trust",
}

func (r rule) String() string { return ruleNames[r] }

// rules are the model's, without one of them.
type rules struct{ without rule }

// due is NextStep: the code, then the password, then nothing.
func (r rules) due(m modelState, i int8) dueStep {
	in := m.browsers[i].signIn
	switch {
	case !in.there:
		return nothing
	case r.codeDue(m, in) && !in.proved:
		return codeDue
	case m.password != ownPassword && r.without != replaced:
		return passwordDue
	case m.terms:
		return termsDue
	}
	return nothingLeft
}

// codeDue: the company or the user wants it, except for the very first sign-in with the password
// that came with the account (B16).
func (r rules) codeDue(m modelState, in signInState) bool {
	first := in.origin == initialPassword && !m.finished
	switch r.without {
	case codeAsked:
		return false
	case recoveryAsks:
		first = in.origin != ownPassword && !m.finished
	case onlyFirst:
		first = in.origin == initialPassword
	}
	return (m.company || m.own) && !first
}

// do returns the outcome of an act; false: it is not possible here.
func (r rules) do(m modelState, a act) (modelState, reply, bool) {
	switch a.verb {
	case rightPassword:
		return r.enterPassword(m, a.browser)
	case wrongPassword:
		return m, failed, !m.browsers[a.browser].session
	case lastGuess:
		r.end(&m)
		may := m.browsers[a.browser].known && m.account == open
		m.account = lockedByGuesses
		return m, failed, may
	case sendCode:
		return r.send(m, a.browser)
	case enterNewest, enterNewestTrusting, enterOlder, enterLate, enterOthers, enterWrong:
		return r.enterCode(m, a)
	case choose, accept:
		return r.later(m, a)
	case changeOwn, signOutOther, removeOther, setOwnTwoFactor:
		return r.inSession(m, a)
	case colleague: // the browser then has another token, and what is bound to it moves along
		if m.company {
			return m, alsoAsked, true // even if the owner is trusted here
		}
		return m, alsoIn, true
	case signOut:
		b := &m.browsers[a.browser]
		may := b.session || b.signIn.there
		b.session, b.signIn = false, signInState{}
		return m, fine, may
	case endTrustIn:
		may := m.browsers[a.browser].trusted > 0
		m.browsers[a.browser].trusted = 0
		for i := range m.browsers { // any of them may have relied on it
			m.browsers[i].signIn = signInState{}
		}
		return m, fine, may
	}
	return r.others(m, a.verb)
}

func (r rules) enterPassword(m modelState, i int8) (modelState, reply, bool) {
	b, temporary := &m.browsers[i], m.password != ownPassword
	switch {
	case b.session:
		return m, "", false // the page leads home
	case m.account == deactivated, m.account.locked() && r.without != lockRefuses:
		return m, failed, true
	case m.besieged && !b.known && r.without != strangersWait:
		return m, failed, true
	case temporary && m.tooLate:
		return m, expired, true
	case temporary && m.usedIn != 0 && m.usedIn != i+1 && r.without != usedOnce:
		return m, used, true
	}
	b.signIn = signInState{there: true, origin: m.password}
	if temporary {
		m.usedIn = i + 1
	}
	trusted := b.trusted > 0 || r.without == trustOfOne && m.browsers[1-i].trusted > 0
	if trusted && !temporary && r.codeDue(m, b.signIn) {
		b.signIn.proved, b.signIn.lent = true, true
		if r.without == trustFixed {
			b.trusted = 1
		}
	}
	if r.due(m, i) == codeDue {
		if m.sent == modelAnHour {
			return m, toCodeBare, true
		}
		m.sent, b.signIn.good = m.sent+1, 1
	}
	return r.goOn(m, i)
}

// goOn leads a sign-in to what is due now.
func (r rules) goOn(m modelState, i int8) (modelState, reply, bool) {
	switch r.due(m, i) {
	case codeDue:
		return m, toCode, true
	case passwordDue:
		return m, toPassword, true
	case termsDue:
		return m, toTerms, true
	}
	in := m.browsers[i].signIn
	if in.lent && r.codeDue(m, in) && m.browsers[i].trusted == 0 && r.without != lentEnds && r.without != trustOfOne {
		return m, noSignIn, true
	}
	return finish(m, i), done, true
}

// finish makes the session of a sign-in with nothing left to do.
func finish(m modelState, i int8) modelState {
	b := &m.browsers[i]
	if b.signIn.trust {
		b.trusted = 1
	}
	b.known, b.session, b.signIn, m.finished = true, true, signInState{}, true
	return m
}

func (r rules) send(m modelState, i int8) (modelState, reply, bool) {
	switch r.due(m, i) {
	case nothing:
		return m, noSignIn, !m.browsers[i].session
	case codeDue:
	default:
		return m, movedOn, true
	}
	if m.sent == modelAnHour {
		return m, waitFirst, true
	}
	m.sent++
	m.browsers[i].signIn.good++
	return m, sentOne, true
}

func (r rules) enterCode(m modelState, a act) (modelState, reply, bool) {
	in, others := &m.browsers[a.browser].signIn, m.browsers[1-a.browser].signIn
	switch r.due(m, a.browser) {
	case nothing:
		return m, noSignIn, a.verb == enterWrong && !m.browsers[a.browser].session
	case codeDue:
	default:
		return m, movedOn, a.verb == enterWrong
	}
	right, may, said := false, true, wrongCode
	switch a.verb {
	case enterNewest, enterNewestTrusting:
		right, may = true, in.good >= 1
	case enterOlder:
		right, may = true, in.good >= 2
	case enterLate:
		right, may, said = r.without == codeExpires, in.late, lateCode
	case enterOthers:
		right, may = r.without == codeBound, others.good >= 1
	}
	if right {
		in.proved, in.trust, in.good, in.late = true, a.verb == enterNewestTrusting, 0, false
		n, said, _ := r.goOn(m, a.browser)
		return n, said, may
	}
	if in.wrong++; in.wrong >= modelTries && r.without != codeTries {
		*in, said = signInState{}, codesOver
	}
	in.wrong = min(in.wrong, modelTries)
	return m, said, may
}

// later does the steps after the code: a temporary password is replaced, which ends everything
// else (invariant 5), and new terms are accepted.
func (r rules) later(m modelState, a act) (modelState, reply, bool) {
	want := map[verb]dueStep{choose: passwordDue, accept: termsDue}[a.verb]
	switch r.due(m, a.browser) {
	case nothing:
		return m, noSignIn, !m.browsers[a.browser].session
	case want:
	case codeDue: // since the password was entered
		return r.sendLate(m, a.browser)
	default:
		return m, movedOn, true
	}
	if a.verb == accept {
		n := m
		n.terms = false
		if n, said, may := r.goOn(n, a.browser); said != noSignIn {
			return n, said, may
		}
		return m, noSignIn, true
	}
	m.password, m.usedIn = ownPassword, 0
	r.newPassword(&m, a.browser)
	return r.goOn(m, a.browser)
}

// sendLate sends the first code of a sign-in automatically if it becomes due late (B05).
func (r rules) sendLate(m modelState, i int8) (modelState, reply, bool) {
	in := &m.browsers[i].signIn
	if in.good > 0 || in.late || m.sent == modelAnHour {
		return m, movedOn, true
	}
	m.sent, in.good = m.sent+1, 1
	return m, movedSent, true
}

// newPassword is the effect of a new password on everything but the browser in which it was
// chosen.
func (r rules) newPassword(m *modelState, i int8) {
	if r.without != passwordEndsTrust {
		m.browsers[i].trusted = 0
	}
	if r.without != passwordEndsOthers {
		m.browsers[1-i] = browserState{}
	}
	r.endRecovery(m)
}

func (r rules) endRecovery(m *modelState) {
	if r.without != passwordEndsRecovery {
		m.recovery = noRecovery
	}
}

// inSession is what the owner does in a session about everything else.
func (r rules) inSession(m modelState, a act) (modelState, reply, bool) {
	b, other := &m.browsers[a.browser], &m.browsers[1-a.browser]
	may := b.session
	switch a.verb {
	case changeOwn:
		r.newPassword(&m, a.browser)
	case signOutOther:
		b.trusted, *other = 0, browserState{}
	case removeOther:
		may = may && other.known
		other.known, other.session = false, false
		if r.without != removalEndsTrust {
			other.trusted = 0
		}
	case setOwnTwoFactor:
		m.own = !m.own
		for i := range m.browsers {
			if r.without != ownEndsTrust {
				m.browsers[i].trusted = 0
			}
			m.browsers[i].signIn = signInState{}
		}
	}
	return m, fine, may
}
