package signin_test

// wayNotes are what was done and replied, from which the invariants are checked. They know the
// requirements, and nothing of how the model or the code fulfil them.
type wayNotes struct {
	need            need
	app, key, phone bool
	appUsed, spent  bool // what the app shows now; the recovery code
	tabs            [2]wayTabNotes
}

type wayTabNotes struct {
	password bool // proved in the sign-in in progress
	by       proofBy
	entered  int8
	session  bool
	proof    strength // of what was proved within a quarter of an hour
}

func wayNotesOf(m wayState) wayNotes {
	return wayNotes{need: m.need, app: m.app, key: m.key, phone: m.phone}
}

func (r wayRules) seen(m wayState) (all seen) {
	for i := range m.tabs {
		all[i].session, all[i].due = m.tabs[i].session, r.due(m, int8(i))
	}
	return all
}

// take records an act with its reply and what is visible afterwards, and returns the violated
// invariant; empty if there is none.
func (n *wayNotes) take(a wayAct, said reply, now seen) string {
	t, wrong := &n.tabs[a.tab], ""
	onward := said == done || said == toSetUp || said == toCode
	switch a.verb {
	case wayPassword:
		*t = wayTabNotes{password: onward}
	case wayKeyAlone:
		*t = wayTabNotes{password: true, by: byKey}
	case wayEnterMail, wayEnterText, wayEnterApp, wayEnterRecovery, wayEnterKey, wayEnterWrong:
		wrong = n.entered(a, said, onward, now[a.tab].due == codeDue)
	case waySetUpApp, waySetUpKey:
		if onward {
			t.by = map[wayVerb]proofBy{waySetUpApp: byApp, waySetUpKey: byKey}[a.verb]
			n.changes(map[wayVerb]wayVerb{waySetUpApp: wayAddApp, waySetUpKey: wayAddKey}[a.verb], a.tab)
		}
	case waySignOut:
		*t = wayTabNotes{}
	case wayProveByPassword, wayProveByApp, wayProveByRecovery, wayProveByKey:
		wrong = n.proved(a, said)
	case wayAddApp, wayAddKey, wayRemoveApp, wayRemoveKey:
		wrong = n.changed(a, said)
	case wayReset:
		n.app, n.key, n.phone, n.appUsed, n.spent = false, false, false, false, false
		n.endSignIns(-1)
	case wayRequire:
		n.need = (n.need + 1) % needs
	case wayMinutes, wayQuarter:
		n.appUsed = false
		for i := range n.tabs {
			if a.verb == wayQuarter {
				n.tabs[i].proof = stale
			}
		}
	}
	if wrong == "" && said == done {
		wrong = n.opened(t)
	}
	for i, t := range n.tabs {
		if wrong == "" && now[i].due != nothing && !t.password {
			wrong = "invariant 5: a sign-in goes on that has not proved the new factor"
		}
		if wrong == "" && now[i].session && !t.session {
			wrong = "invariant 1: there is a session that was not opened"
		}
	}
	return wrong
}

// entered: something was entered where a code was due. An entry after the last is not judged, and
// ends nothing.
func (n *wayNotes) entered(a wayAct, said reply, onward, still bool) string {
	t := &n.tabs[a.tab]
	if said == codesOver && still {
		return ""
	}
	if onward || said == wrongCode || said == usedUp || said == codesOver {
		if t.entered++; t.entered > modelTries {
			return "invariant 3: one entry more was judged than a sign-in has"
		}
	}
	if said == codesOver {
		*t = wayTabNotes{}
	}
	if !onward {
		return ""
	}
	t.by = map[wayVerb]proofBy{wayEnterMail: byMail, wayEnterText: byText, wayEnterApp: byApp, wayEnterRecovery: byRecovery, wayEnterKey: byKey}[a.verb]
	switch {
	case a.verb == wayEnterWrong:
		return "invariant 1: a wrong code was taken for a right one"
	case a.verb == wayEnterApp && n.appUsed:
		return "invariant 2: a code of an app worked twice"
	case a.verb == wayEnterRecovery && n.spent:
		return "invariant 2: a recovery code worked twice"
	}
	n.appUsed, n.spent = n.appUsed || a.verb == wayEnterApp, n.spent || a.verb == wayEnterRecovery
	return ""
}

// opened: a session was opened.
func (n *wayNotes) opened(t *wayTabNotes) string {
	factor := n.app || n.key || n.phone
	there := n.key || n.app && n.need == needFactor || n.need == needNothing
	strong := t.by == byKey || t.by == byRecovery || t.by == byApp && n.need != needPasskey
	switch {
	case !t.password:
		return "invariant 1: a session was opened without password and passkey"
	case !there:
		return "C10: a session was opened without what the company requires"
	case factor && t.by == unproved, n.need == needNothing && factor && t.by == byMail:
		return "invariant 1: a session was opened without the factor"
	case n.need != needNothing && !strong:
		return "C10: a session was opened by something weaker than the company requires"
	}
	*t = wayTabNotes{session: true, proof: strengths[t.by]}
	return ""
}

// proved: a proof was asked for in a session. If one is fresh, nothing is used.
func (n *wayNotes) proved(a wayAct, said reply) string {
	t := &n.tabs[a.tab]
	if said != fine || t.proof >= n.wanted() {
		return ""
	}
	switch a.verb {
	case wayProveByPassword:
		t.proof = max(t.proof, byThePassword)
		if n.wanted() > byThePassword {
			return "ASVS 7.5.1: the password was enough, though there is a factor"
		}
		return ""
	case wayProveByApp:
		if n.appUsed {
			return "invariant 2: a code of an app worked twice"
		}
		n.appUsed = true
	case wayProveByRecovery:
		if n.spent {
			return "invariant 2: a recovery code worked twice"
		}
		n.spent = true
	}
	t.proof = byTheFactor
	return ""
}

func (n *wayNotes) wanted() strength {
	return wayState{app: n.app, key: n.key, phone: n.phone}.wanted()
}

// changed: a factor was added or removed in a session.
func (n *wayNotes) changed(a wayAct, said reply) string {
	if said != fine {
		return ""
	}
	proof, wanted := n.tabs[a.tab].proof, n.wanted()
	met := wayState{need: n.need, app: n.app, key: n.key}.met()
	n.changes(a.verb, -1)
	switch {
	case proof < wanted:
		return "ASVS 7.5.1: factors were changed without fresh proof"
	case met && !(wayState{need: n.need, app: n.app, key: n.key}).met():
		return "C10: the last factor was removed that the company requires"
	}
	if a.verb == wayAddApp || a.verb == wayAddKey {
		n.tabs[a.tab].proof = byTheFactor
	}
	return ""
}

// changes records a change of factors.
func (n *wayNotes) changes(v wayVerb, except int8) {
	if !n.app && !n.key && !n.phone {
		n.spent = false // new recovery codes
	}
	switch v {
	case wayAddApp:
		n.app, n.appUsed = true, true
	case wayAddKey:
		n.key = true
	case wayRemoveApp:
		n.app, n.appUsed = false, false
	case wayRemoveKey:
		n.key = false
	}
	n.endSignIns(except)
}

// endSignIns: what is in progress has to begin again, except in one browser.
func (n *wayNotes) endSignIns(except int8) {
	for i := range n.tabs {
		if int8(i) != except && !n.tabs[i].session {
			n.tabs[i] = wayTabNotes{}
		}
	}
}
