package signin_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// acts are what can happen next; each takes a second.
func (j *journey) acts() map[string]func(*rapid.T) {
	tabOf := func(t *rapid.T) *tab { return j.tabs[rapid.IntRange(0, 1).Draw(t, "tab")] }
	acts := map[string]func(*rapid.T){
		"right password": func(t *rapid.T) { j.signIn(t, tabOf(t), j.password) },
		"wrong password": func(t *rapid.T) { j.signIn(t, tabOf(t), wrong) },
		"old password": func(t *rapid.T) {
			j.signIn(t, tabOf(t), rapid.SampledFrom(append(j.old, wrong)).Draw(t, "which"))
		},
		"a stranger guesses": func(t *rapid.T) {
			for range rapid.IntRange(1, 7).Draw(t, "times") {
				j.signIn(t, &tab{}, wrong)
			}
		},
		"a step":             func(t *rapid.T) { j.goOn(t, tabOf(t)) },
		"the next step":      func(t *rapid.T) { j.goOn(t, tabOf(t)) },
		"a step that is not": func(t *rapid.T) { j.elsewhere(t, tabOf(t)) },
		"a wrong old one":    func(t *rapid.T) { j.slip(t, tabOf(t)) },
		"sign out of a tab":  func(t *rapid.T) { j.signOutTab(tabOf(t)) },
		"sign out":           func(t *rapid.T) { j.inSession(t, j.signOut) },
		"begin a recovery":   func(t *rapid.T) { j.forgot(t, rapid.Bool().Draw(t, "right address")) },
		"right answer":       func(t *rapid.T) { j.answerOne(t, j.any(t), true) },
		"wrong answer":       func(t *rapid.T) { j.answerOne(t, j.any(t), false) },
		"ask for a link":     func(t *rapid.T) { j.ask(t) },
		"follow a link":      func(t *rapid.T) { j.follow(t, j.any(t)) },
		"change the password": func(t *rapid.T) {
			right := rapid.IntRange(0, 2).Draw(t, "right") > 0
			j.inSession(t, func(in signin.In) { j.change(t, in, right) })
		},
		"new terms": func(t *rapid.T) { j.newTerms() },
		"some time": func(t *rapid.T) { j.Clock.Add(time.Duration(rapid.IntRange(1, 45).Draw(t, "minutes")) * time.Minute) },
		"much time": func(t *rapid.T) { j.Clock.Add(time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour) },
	}
	j.administration(acts)
	j.secondActs(acts, tabOf)
	for name, act := range acts {
		acts[name] = func(t *rapid.T) {
			j.Clock.Add(time.Second)
			act(t)
		}
	}
	acts[""] = j.check
	return acts
}

// administration adds what others do to the account.
func (j *journey) administration(acts map[string]func(*rapid.T)) {
	acts["administrator unlocks"] = func(*rapid.T) { j.unlocks() }
	acts["administrator resets"] = j.resets
	acts["administrator deactivates"] = func(*rapid.T) {
		j.must(j.desk.Deactivate(ctx, operator, j.st, j.user.ID))
		j.shut()
	}
	acts["administrator activates"] = func(*rapid.T) { j.activates() }
	acts["operator locks"] = func(t *rapid.T) {
		if rapid.IntRange(0, 3).Draw(t, "really") > 0 {
			return
		}
		j.close(func(q store.Queries) error {
			if _, err := q.LockUser(ctx, j.user.SiteID, j.user.ID, gatehouse.LockedByOperator, j.Clock.Now()); err != nil {
				return err
			}
			return q.EndAccess(ctx, j.user.SiteID, j.user.ID)
		})
	}
}

func (j *journey) unlocks() {
	j.must(j.desk.Unlock(ctx, operator, j.st, j.user.ID))
	clear(j.row)
	j.answers, j.answersLocked = 0, time.Time{}
}

func (j *journey) resets(t *rapid.T) {
	_, err := j.desk.ResetPassword(ctx, operator, j.st, j.user.ID)
	if j.u().State == gatehouse.Deactivated {
		if err == nil {
			t.Fatal("a deactivated account was reset")
		}
		return
	}
	j.must(err)
	j.Outbox.Hurry()
	j.end("", "")
	j.forget("")
	invited := j.initial // who has not signed in yet is invited once more
	j.set(j.mailedPassword(j.user), true)
	j.initial = invited
}

func (j *journey) activates() {
	if j.u().State == gatehouse.Deactivated {
		j.endRecoveries() // they do not come back with the account
	}
	j.must(j.desk.Activate(ctx, operator, j.st, j.user.ID))
}

func (j *journey) any(t *rapid.T) *recovering {
	if len(j.recoveries) == 0 {
		j.forgot(t, true)
	}
	latest := j.recoveries[max(0, len(j.recoveries)-4):]
	return latest[rapid.IntRange(0, len(latest)-1).Draw(t, "recovery")]
}

// inSession does something in one of the open sessions; without one, a tab goes on.
func (j *journey) inSession(t *rapid.T, do func(signin.In)) {
	if len(j.sessions) == 0 {
		j.goOn(t, j.tabs[0])
		return
	}
	do(j.sessions[rapid.IntRange(0, len(j.sessions)-1).Draw(t, "session")])
}

// forgot begins a recovery by challenge, which asks the same whatever the address and
// the state of the account (invariant 7).
func (j *journey) forgot(t *rapid.T, mine bool) {
	email, question := j.user.Email, j.u().ChallengeSet
	if !mine {
		email = "somebody@northgate.example"
	}
	token, err := j.SignIn.BeginRecovery(ctx, j.st, signin.RecoveryRequest{Username: j.user.Username, Email: email, Caller: visitor(j.st)})
	j.must(err)
	if got := j.asks(token); question && got != "pet 3" || got == "over" {
		t.Fatalf("invariant 7: asked %q", got)
	}
	j.recoveries = append(j.recoveries, &recovering{token: token, mine: mine && question, ends: j.Clock.Now().Add(j.st.Policy.SignIn)})
}

// ask asks for a link, which ends those of before.
func (j *journey) ask(t *rapid.T) {
	may, now := j.u().MayRecover(), j.Clock.Now()
	j.endRecoveries()
	if !may { // no mail comes
		if err := j.SignIn.SendResetLink(ctx, j.st, j.user.Email, visitor(j.st)); err != nil {
			t.Fatalf("invariant 7: %v", err)
		}
		return
	}
	j.recoveries = append(j.recoveries, &recovering{token: j.linkAt(j.st, j.user.Email), link: true, mine: true, ends: now.Add(j.st.Policy.ResetLink)})
}

func (j *journey) signOutTab(tab *tab) {
	token := tab.signIn
	j.must(j.SignIn.SignOut(ctx, j.st, "", token, visitor(j.st)))
	j.dead = append(j.dead, func() bool { return j.step(j.st, token) != "" })
	tab.signIn = ""
}

func (j *journey) signOut(in signin.In) {
	j.must(j.SignIn.SignOut(ctx, j.st, in.Session, "", visitor(j.st)))
	j.dead = append(j.dead, func() bool { return j.alive(j.st, in.Session) })
	j.sessions = slices.DeleteFunc(j.sessions, func(other signin.In) bool { return other.Session == in.Session })
}

// check asserts what must hold after every act.
func (j *journey) check(t *rapid.T) {
	u := j.u()
	j.checkSecond(t)
	for i, back := range j.dead {
		if back() {
			t.Fatalf("invariant 2, 4 or 5: the %dth thing that ended is back", i)
		}
	}
	for _, in := range j.sessions {
		if j.alive(j.st, in.Session) && !u.MaySignIn() {
			t.Fatalf("invariant 4: a session lives although the account is %s, locked %v", u.State, u.Locked())
		}
		if j.alive(j.press(), in.Session) {
			t.Fatal("invariant 6: a session is one at another site, too")
		}
	}
	for _, tab := range j.tabs {
		step := j.step(j.st, tab.signIn)
		if step != "" && !u.MaySignIn() {
			t.Fatalf("invariant 4: a sign-in is at %q; the account is %s, locked %v", step, u.State, u.Locked())
		}
		if j.step(j.press(), tab.signIn) != "" {
			t.Fatal("invariant 6: a sign-in is one at another site, too")
		}
		if tab.signIn != "" && j.alive(j.st, tab.signIn) {
			t.Fatal("invariant 1: a sign-in in progress is a session")
		}
	}
	n, err := j.Store.Read().CountSessionsOf(ctx, u.SiteID, u.ID, j.Clock.Now())
	if j.must(err); n > len(j.sessions) {
		t.Fatalf("invariant 1 or 5: %d sessions, and %d were opened and not ended", n, len(j.sessions))
	}
	for which, row := range j.row {
		if row > j.st.Policy.Lockout.Attempts {
			t.Fatalf("invariant 3: %d wrong passwords in a row by %q were judged", row, which)
		}
	}
}
