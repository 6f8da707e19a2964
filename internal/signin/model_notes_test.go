package signin_test

import "fmt"

// notes are what a careful observer of both browsers records, who knows what was done and replied,
// but not how replies are made. They check the invariants for both the model and the real
// services.
type notes struct {
	password passwordState // the origin of the present one
	tooLate  bool
	usedIn   int8
	finished bool
	company  bool
	own      bool
	account  accountState
	recovery recoveryState
	besieged bool
	browsers [2]browserNotes
}

type browserNotes struct {
	session bool
	known   bool // a sign-in was finished here
	trust   int8 // age of the code entered with the wish: 0 none, 1 this week, 2 last week
	// Of the sign-in in progress.
	password bool // the right one was entered
	origin   passwordState
	code     bool
	wish     bool
	lent     bool // there was trust when the password was entered
	entered  int8 // codes that were judged
}

func notesOf(m modelState) notes {
	return notes{password: m.password, finished: m.finished, company: m.company}
}

// seen is what is visible in both browsers at any time.
type seen [2]struct {
	session bool
	due     dueStep
}

func (r rules) seen(m modelState) (all seen) {
	for i := range m.browsers {
		all[i].session, all[i].due = m.browsers[i].session, r.due(m, int8(i))
	}
	return all
}

// take records an act with its reply and what is visible afterwards, and returns the violated
// invariant; empty if there is none.
func (n *notes) take(a act, said reply, now seen) string {
	b, other := &n.browsers[a.browser], &n.browsers[1-a.browser]
	wrong := ""
	onward := said == toCode || said == toCodeBare || said == toPassword || said == toTerms || said == done
	switch a.verb {
	case rightPassword:
		if onward {
			wrong = n.began(a.browser)
		}
	case wrongPassword, lastGuess:
		if onward {
			wrong = "invariant 1: a wrong password was taken for the right one"
		}
		if a.verb == lastGuess {
			n.account = lockedByGuesses
			n.endAll()
		}
	case enterNewest, enterNewestTrusting, enterOlder, enterLate, enterOthers, enterWrong:
		wrong = n.entered(a, said, onward)
	case choose:
		if onward {
			n.password = ownPassword
			n.usedIn, n.tooLate, b.trust, n.recovery = 0, false, 0, noRecovery
			*other = browserNotes{}
		}
	case changeOwn:
		b.trust, n.recovery = 0, noRecovery
		*other = browserNotes{}
	case signOutOther:
		b.trust = 0
		*other = browserNotes{}
	case removeOther:
		other.session, other.known = false, false
		other.endTrust()
	case signOut:
		*b = browserNotes{trust: b.trust, known: b.known}
	case endTrustIn:
		b.endSignIn()
		other.endSignIn()
		b.endTrust()
	case setOwnTwoFactor:
		n.own = !n.own
		n.endTrustAndSignIns()
	case colleague:
		if (said == alsoAsked) != n.company {
			wrong = "B08: a colleague in the same browser is not asked for a code"
		}
	case forgot, answerRight, answerWrong, askLink, followLink:
		wrong = n.recovers(a.verb, said)
	default:
		n.administration(a.verb, said)
	}
	if wrong == "" && said == done {
		wrong = n.opened(b)
	}
	if wrong == "" {
		wrong = n.compare(now)
	}
	return wrong
}

// began: the right password was entered, and accepted.
func (n *notes) began(i int8) string {
	b := &n.browsers[i]
	temporary := n.password != ownPassword
	switch {
	case n.account != open:
		return "invariant 4: a password was taken for an account that is closed"
	case n.besieged && !b.known:
		return "invariant 3: a stranger's password was judged after too many wrong ones"
	case temporary && n.tooLate:
		return "invariant 2: an expired temporary password opened a sign-in"
	case temporary && n.usedIn != 0 && n.usedIn != i+1:
		return "invariant 2: a temporary password opened a second sign-in"
	}
	if temporary {
		n.usedIn = i + 1
	}
	*b = browserNotes{trust: b.trust, known: b.known, password: true, origin: n.password, lent: b.trust > 0}
	return ""
}

func (n *notes) entered(a act, said reply, onward bool) string {
	b := &n.browsers[a.browser]
	if onward || said == wrongCode || said == lateCode || said == codesOver {
		if b.entered++; b.entered > modelTries {
			return "invariant 3: one code more was judged than a sign-in has"
		}
	}
	if !onward {
		if said == codesOver {
			b.endSignIn()
		}
		return ""
	}
	switch a.verb {
	case enterLate:
		return "B12: a code worked after its time"
	case enterOthers:
		return "invariant 2: a code worked in another sign-in"
	case enterWrong:
		return "invariant 1: a wrong code was taken for a right one"
	}
	b.code, b.wish = true, a.verb == enterNewestTrusting
	return ""
}

// opened: a session was opened.
func (n *notes) opened(b *browserNotes) string {
	first := b.origin == initialPassword && !n.finished
	trusted := b.lent && b.trust > 0 && b.origin == ownPassword
	switch {
	case n.account != open:
		return "invariant 4: a session was opened for an account that is closed"
	case !b.password:
		return "invariant 1: a session was opened without the right password"
	case n.password != ownPassword:
		return "invariant 1: a session was opened with a temporary password"
	case (n.company || n.own) && !b.code && !trusted && !first:
		return fmt.Sprintf("invariant 1, B08, B16: a session was opened without a code (a password of kind %d, trust %d)", b.origin, b.trust)
	}
	trust := b.trust
	if b.wish {
		trust = 1
	}
	*b = browserNotes{session: true, known: true, trust: trust}
	n.finished = true
	return ""
}

func (b *browserNotes) endTrust() { b.trust, b.lent = 0, false }

func (b *browserNotes) endSignIn() {
	*b = browserNotes{session: b.session, known: b.known, trust: b.trust}
}

// endAll: sessions, sign-ins and trust end.
func (n *notes) endAll() {
	for i := range n.browsers {
		n.browsers[i] = browserNotes{known: n.browsers[i].known}
	}
}

func (n *notes) endTrustAndSignIns() {
	for i := range n.browsers {
		n.browsers[i].endTrust()
		n.browsers[i].endSignIn()
	}
}

// recovers records an act about a forgotten password.
func (n *notes) recovers(v verb, said reply) string {
	switch {
	case v == forgot:
		n.recovery = byQuestion
	case v == askLink:
		n.recovery = byLink
	case said == over:
		if v != followLink && n.recovery == byQuestion { // the last answer that it accepted
			n.recovery = noRecovery
		}
	case v == answerWrong:
		return "invariant 1: a wrong answer was taken for the right one"
	case v == answerRight && n.recovery != byQuestion, v == followLink && n.recovery != byLink:
		return "invariant 2: a recovery worked that was over"
	case !n.account.mayRecover():
		return "invariant 4: a recovery worked for an account that is closed"
	default:
		n.password = map[verb]passwordState{answerRight: recoveryPassword, followLink: ownPassword}[v]
		n.tooLate, n.usedIn, n.besieged, n.recovery, n.account = false, 0, false, noRecovery, open
		n.browsers = [2]browserNotes{}
	}
	return ""
}

func (n *notes) administration(v verb, said reply) {
	switch {
	case said == refusedNow:
	case v == setCompanyTwoFactor:
		n.company = !n.company
		for i := range n.browsers {
			n.browsers[i].endTrust()
			n.browsers[i].wish = false
		}
	case v == strangersGuess:
		n.besieged = true
	case v == correctEmail:
		n.recovery = noRecovery
		n.endTrustAndSignIns()
		if n.tooLate = n.password != ownPassword && n.account == deactivated; n.password != ownPassword && !n.tooLate {
			n.usedIn = 0
		}
	case v == resetPassword:
		if n.password != initialPassword || n.finished {
			n.password = recoveryPassword
		}
		n.tooLate, n.usedIn, n.recovery = false, 0, noRecovery
		n.browsers = [2]browserNotes{}
	case v == resetTwoFactor:
		n.own = false
		n.endTrustAndSignIns()
	case v == lockAccount:
		n.account = lockedByOperator
		n.endAll()
	case v == deactivate:
		n.account = deactivated
		n.endAll()
	case v == unlockAccount:
		n.besieged = false
		if n.account.locked() {
			n.account = open
		}
	case v == activate:
		n.account, n.recovery = open, noRecovery
	case v == hourPasses && n.recovery == byLink:
		n.recovery = noRecovery
	case v == weekPasses:
		n.tooLate, n.recovery = n.password != ownPassword, noRecovery
		for i := range n.browsers {
			b := &n.browsers[i]
			*b = browserNotes{known: b.known, trust: []int8{0, 2, 0}[b.trust]}
		}
	}
}

// compare returns what is visible but must not be.
func (n *notes) compare(now seen) string {
	for i, b := range n.browsers {
		closed := n.account != open
		switch {
		case now[i].session && closed, now[i].due != nothing && closed:
			return "invariant 4: something is open although the account is closed"
		case now[i].session && !b.session:
			return "invariants 4 and 5: a session that was ended lives"
		case now[i].due != nothing && !b.password:
			return "invariants 4 and 5: a sign-in goes on that was ended"
		}
	}
	return ""
}
