package signin_test

// others are the acts of administrators, the user's settings and time.
func (r rules) others(m modelState, v verb) (modelState, reply, bool) {
	may := true
	switch v {
	case setCompanyTwoFactor:
		m.company = !m.company
		for i := range m.browsers {
			if r.without != twoFactorEndsTrust {
				m.browsers[i].trusted, m.browsers[i].signIn.trust = 0, false
			}
		}
	case newTerms:
		may, m.terms = !m.terms, true
	case strangersGuess:
		may, m.besieged = !m.besieged, true
		return m, failed, may
	case forgot, answerRight, answerWrong, askLink, followLink:
		return r.recover(m, v)
	case correctEmail:
		r.newAddress(&m)
	case resetPassword:
		if m.account == deactivated {
			return m, refusedNow, true
		}
		if m.password != initialPassword || m.finished { // otherwise it is the invitation again
			m.password = recoveryPassword
		}
		m.tooLate, m.usedIn, m.browsers = false, 0, [2]browserState{}
		r.endRecovery(&m)
	case resetTwoFactor:
		m.own = false
		for i := range m.browsers {
			m.browsers[i].trusted, m.browsers[i].signIn = 0, signInState{}
		}
	case lockAccount:
		may, m.account = m.account == open, lockedByOperator
		r.end(&m)
	case unlockAccount:
		may = m.account.locked() || m.besieged
		if m.besieged = false; m.account.locked() {
			m.account = open
		}
	case deactivate:
		may, m.account = m.account == open, deactivated
		r.end(&m)
	case activate:
		may, m.account = m.account == deactivated, open
		m.recovery = noRecovery // it does not come back with the account
	default:
		m.time(v, r)
	}
	return m, fine, may
}

// recover is the outcome of a forgotten password: an answer gives a temporary one, a link a chosen
// one. Either ends all that was open, and the locks that strangers and the owner have caused by
// guessing.
func (r rules) recover(m modelState, v verb) (modelState, reply, bool) {
	switch {
	case v == forgot:
		m.recovery = byQuestion
		return m, fine, true
	case v == askLink:
		may := m.account.mayRecover() // otherwise no mail is sent
		m.recovery = byLink
		return m, fine, may
	case v == answerWrong, v == answerRight && m.recovery == byQuestion && !m.account.mayRecover():
		if m.recovery == byQuestion {
			m.recovery = noRecovery
		}
		return m, over, true
	case v == answerRight && m.recovery != byQuestion, v == followLink && m.recovery != byLink, !m.account.mayRecover():
		return m, over, true
	}
	m.password, m.account = ownPassword, open
	if v == answerRight {
		m.password = recoveryPassword
	}
	m.tooLate, m.usedIn, m.besieged = false, 0, false
	if r.without != recoveryEndsAll {
		m.browsers = [2]browserState{}
	}
	if r.without != recoveryOnce {
		m.recovery = noRecovery
	}
	return m, fine, true
}

// newAddress: what was mailed to the old address, and what a code from there has proved, becomes
// void.
func (r rules) newAddress(m *modelState) {
	if r.without != addressEndsRecovery {
		m.recovery = noRecovery
	}
	for i := range m.browsers {
		b := &m.browsers[i]
		if r.without != addressEndsTrust {
			b.trusted = 0
		}
		if r.without != addressEndsSignIns {
			b.signIn = signInState{}
		}
	}
	switch {
	case m.password == ownPassword:
	case m.account == deactivated: // who gets no mail
		m.tooLate = true
	default: // another one is sent, to the new address
		m.tooLate, m.usedIn = false, 0
	}
}

// end ends all that is open for the account; known browsers stay known.
func (r rules) end(m *modelState) {
	for i := range m.browsers {
		b := &m.browsers[i]
		if r.without != lockEnds {
			b.session, b.signIn = false, signInState{}
		}
		if r.without != lockEndsTrust {
			b.trusted = 0
		}
	}
}

// time is what the clock ends.
func (m *modelState) time(v verb, r rules) {
	m.sent = 0
	if m.recovery == byLink || v == weekPasses {
		m.recovery = noRecovery
	}
	for i := range m.browsers {
		b := &m.browsers[i]
		b.signIn.late, b.signIn.good = b.signIn.late || b.signIn.good > 0, 0
		if v == weekPasses {
			b.session, b.signIn = false, signInState{}
			if b.trusted++; b.trusted == 1 || b.trusted > 2 && r.without != trustEnds {
				b.trusted = 0
			}
			b.trusted = min(b.trusted, 2)
		}
	}
	m.tooLate = m.tooLate || v == weekPasses && m.password != ownPassword
}
