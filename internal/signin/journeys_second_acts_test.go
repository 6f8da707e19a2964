package signin_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// secondActs adds what can happen to the second step.
func (j *journey) secondActs(acts map[string]func(*rapid.T), tabOf func(*rapid.T) *tab) {
	ready := func(t *rapid.T) *tab { return j.ready(t, tabOf(t)) }
	acts["sign in as usual"] = func(t *rapid.T) { j.usual(t, tabOf(t)) }
	acts["sign in once more"] = acts["sign in as usual"]
	acts["back after days"] = func(t *rapid.T) { j.back(t, tabOf(t)) }
	acts["send a code"] = func(t *rapid.T) { j.send(t, ready(t), rapid.Bool().Draw(t, "patient"), seldom(t, "on request")) }
	acts["the right code"] = func(t *rapid.T) {
		tab := ready(t)
		j.enter(t, tab, j.form(t, tab.good))
	}
	acts["enter a code"] = func(t *rapid.T) {
		tab := ready(t)
		j.enter(t, tab, j.form(t, func(now time.Time, _ bool) string {
			return rapid.SampledFrom(j.someCodes(tab, now)).Draw(t, "code")
		}))
	}
	acts["enter an old code"] = func(t *rapid.T) {
		tab := ready(t)
		j.Clock.Add(time.Duration(rapid.IntRange(200, 320).Draw(t, "seconds")) * time.Second)
		j.enter(t, tab, j.form(t, func(now time.Time, _ bool) string {
			return rapid.SampledFrom(j.someCodes(tab, now)).Draw(t, "code")
		}))
	}
	acts["guess codes"] = func(t *rapid.T) {
		tab := ready(t)
		for range rapid.IntRange(1, codesEnter+1).Draw(t, "times") {
			j.enter(t, tab, signin.CodeForm{Code: j.noCode(), OnRequest: j.onRequest})
		}
	}
	acts["the code at another site"] = func(t *rapid.T) { j.abroad(t, tabOf(t)) }
	acts["a colleague in the same browser"] = func(t *rapid.T) { j.shares(t, tabOf(t)) }
	acts["some minutes"] = func(t *rapid.T) { j.Clock.Add(time.Duration(rapid.IntRange(20, 400).Draw(t, "seconds")) * time.Second) }
	acts["days"] = func(t *rapid.T) { j.Clock.Add(time.Duration(rapid.IntRange(3, 16).Draw(t, "days")) * 24 * time.Hour) }
	acts["own choice"] = func(t *rapid.T) { j.inSession(t, func(in signin.In) { j.chooses(t, in) }) }
	acts["sign out elsewhere"] = func(t *rapid.T) { j.inSession(t, func(in signin.In) { j.signOutElsewhere(t, in) }) }
	acts["remove the other browser"] = func(t *rapid.T) { j.inSession(t, func(in signin.In) { j.removeOther(t, in) }) }
	acts["the company switches"] = func(t *rapid.T) { j.switches(t, rapid.IntRange(0, 3).Draw(t, "on") > 0) }
	acts["administrator resets the second step"] = func(*rapid.T) {
		j.must(j.desk.ResetSecondStep(ctx, operator, j.st, j.user.ID))
		clear(j.trust)
		j.own = false
		j.endSignIns("")
	}
	acts["administrator ends trust"] = func(t *rapid.T) { j.endsTrust(t) }
	acts["administrator corrects the address"] = func(*rapid.T) {
		fresh := fmt.Sprintf("%s.%s@northgate.example", j.user.Username, j.word())
		_, err := j.desk.UpdateUser(ctx, operator, j.st, j.user.ID, directory.UserChange{Email: &fresh})
		j.must(err)
		j.Outbox.Hurry()
		j.user = j.u()
		j.endRecoveries()
		j.endCodes()
		j.endSignIns("")
		clear(j.trust) // a code from the old mailbox may have made it
		if initial := j.initial; j.temp && j.user.State != gatehouse.Deactivated {
			j.set(j.mailedPassword(j.user), true)
			j.initial = initial
		}
	}
}

func seldom(t *rapid.T, what string) bool { return rapid.IntRange(0, 5).Draw(t, what) == 5 }

// form is what is posted with a code; without one, a wrong one.
func (j *journey) form(t *rapid.T, code func(now time.Time, older bool) string) signin.CodeForm {
	f := signin.CodeForm{Code: code(j.Clock.Now(), seldom(t, "older")), Trust: rapid.Bool().Draw(t, "trust"), OnRequest: seldom(t, "on request")}
	if f.Code == "" {
		f.Code = j.noCode()
	}
	return f
}

// noCode is one that nobody was sent.
func (j *journey) noCode() string {
	for n := len(j.entered); ; n++ {
		if code := fmt.Sprintf("%06d", n); !slices.Contains(j.mailed, code) {
			return code
		}
	}
}

// someCodes are codes that people and their enemies try in a sign-in: good and expired
// ones, the other tab's, those of before, and what is none.
func (j *journey) someCodes(tab *tab, now time.Time) []string {
	all := []string{j.noCode(), "abcdef", j.noCode() + "7", "41820"}
	for _, of := range []*halfStep{&j.tabs[0].halfStep, &j.tabs[1].halfStep, &tab.halfStep, &tab.halfStep, &tab.halfStep} {
		for _, c := range of.codes {
			all = append(all, c.code)
		}
	}
	all = append(all, j.mailed[max(0, len(j.mailed)-6):]...)
	if good := tab.good(now, true); good != "" {
		all = append(all, good, good[:3]+" "+good[3:], good[:3]+"-"+good[3:])
	}
	return all
}

// ready is a tab in which, mostly, a sign-in has begun.
func (j *journey) ready(t *rapid.T, tab *tab) *tab {
	if j.step(j.st, tab.signIn) == "" && !seldom(t, "none begun") {
		j.helped(t, tab)
		j.signIn(t, tab, j.password)
	}
	return tab
}

// helped: the administrator helps who cannot sign in.
func (j *journey) helped(t *rapid.T, tab *tab) {
	u := j.u()
	if u.State == gatehouse.Deactivated {
		j.activates()
	}
	if u.Locked() || j.row[j.key(tab.browser)] >= j.st.Policy.Lockout.Attempts {
		j.unlocks()
	}
	if !gatehouse.PasswordUsable(u.Password, j.Clock.Now()) || j.temp && j.usedBy != "" && j.usedBy != tab.browser {
		j.resets(t)
	}
}

// usual signs in with all that it takes, as on every day.
func (j *journey) usual(t *rapid.T, tab *tab) {
	sessions := len(j.sessions)
	j.helped(t, tab)
	j.signIn(t, tab, j.password)
	for n := 0; n < 5 && tab.signIn != "" && len(j.sessions) == sessions; n++ {
		j.Clock.Add(time.Second)
		j.goOn(t, tab)
	}
}

// back is somebody who is trusted in a browser, and comes back there after some days,
// with another step to do before which the trust may end.
func (j *journey) back(t *rapid.T, tab *tab) {
	j.usual(t, tab)
	at, given := j.trust[tab.browser]
	if !given {
		return
	}
	day := 24 * time.Hour
	later := rapid.SampledFrom([]time.Duration{day, 11 * day, trustLives - 10*time.Minute, trustLives}).Draw(t, "later")
	j.Clock.Add(max(0, at.Add(later).Sub(j.Clock.Now())))
	if rapid.Bool().Draw(t, "new terms") {
		j.newTerms()
	}
	j.signIn(t, tab, j.password)
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "switches") {
		j.Clock.Add(time.Second)
		j.switches(t, !j.company)
	}
	if rapid.Bool().Draw(t, "some minutes") {
		j.Clock.Add(11 * time.Minute)
	}
	j.goOn(t, tab)
}

// passes goes on at the code: with the one that came, or with another one.
func (j *journey) passes(t *rapid.T, tab *tab) {
	if tab.good(j.Clock.Now(), false) == "" {
		j.send(t, tab, true, j.onRequest)
		return
	}
	j.enter(t, tab, j.form(t, tab.good))
}

// abroad enters a code at another site, where it is nothing, and costs nothing
// (invariant 6).
func (j *journey) abroad(t *rapid.T, tab *tab) {
	form := j.form(t, tab.good)
	out, err := j.SignIn.EnterCode(ctx, j.press(), j.at(tab), form)
	if told(err) != "no-sign-in" {
		t.Fatalf("invariant 6: a code at another site: %+v, %v", out, err)
	}
}

// shares is somebody else of the company at this browser, who is challenged whoever else
// is not (B08).
func (j *journey) shares(t *rapid.T, tab *tab) {
	if j.colleague.ID == "" {
		j.colleague = j.person(j.user.Username+"-colleague", func(u *gatehouse.User) { u.CompanyID = j.user.CompanyID })
	}
	v := j.colleague
	out, err := j.SignIn.Password(ctx, j.st, signin.PasswordRequest{Username: v.Username, Password: first, Browser: tab.browser, Caller: visitor(j.st)})
	if err != nil || (out.Step == gatehouse.StepCode) != j.company {
		t.Fatalf("B08: the colleague is led to %q, %v; Enhanced Security: %v", out.Step, err, j.company)
	}
	if out.Step == gatehouse.StepCode {
		at := signin.At{SignIn: out.SignIn, Browser: tab.browser, Caller: visitor(j.st)}
		state, err := j.SignIn.CodeState(ctx, j.st, at)
		if j.must(err); state.SentAt.IsZero() {
			return // had too many in the last hour
		}
		out, err = j.SignIn.EnterCode(ctx, j.st, at, signin.CodeForm{Code: j.codeFor(v.Email)})
		j.must(err)
	}
	if out.Step == gatehouse.StepDone {
		j.renamed(tab.browser, out.Browser)
		tab.browser = out.Browser
	}
}

// acting is who acts in a session; false if the session has run out.
func (j *journey) acting(in signin.In) (signin.Session, signin.In, bool) {
	ses, err := j.SignIn.Session(ctx, j.st, in.Session)
	if gatehouse.KindOf(err) == gatehouse.Unauthenticated {
		return ses, in, false
	}
	j.must(err)
	in.Caller = ses.Caller(visitor(j.st))
	return ses, in, true
}

// chooses turns the own choice, which ends trust and half-finished sign-ins.
func (j *journey) chooses(t *rapid.T, in signin.In) {
	ses, in, alive := j.acting(in)
	if !alive {
		return
	}
	now, confirmed := j.Clock.Now(), j.u().EmailConfirmed
	form := account.SecurityForm{Own: map[bool]string{true: "off", false: "on"}[j.own], CurrentPassword: j.password}
	switch err := j.account.SaveSecurity(ctx, j.st, in, ses.Session, form); {
	case err == nil && (j.own || confirmed):
	case !j.own && !confirmed && faultsOf(err) == "own_two_factor two-factor-unconfirmed":
		return
	case codeOf(err) == account.CodeTwoFactorOften && since(j.chosen, now.Add(-time.Hour)) >= 5:
		return
	default:
		t.Fatalf("the own choice %+v, confirmed %v: %v", form, confirmed, err)
	}
	if j.own && !gatehouse.IsFresh(ses.CreatedAt, now) { // the password was asked for
		j.row[j.key(in.Browser)] = 0
	}
	j.own, j.chosen = !j.own, append(j.chosen, now)
	clear(j.trust)
	j.endSignIns("")
}

// signOutElsewhere ends all but one session, and the trust in that browser, too (B08).
func (j *journey) signOutElsewhere(t *rapid.T, in signin.In) {
	ses, in, alive := j.acting(in)
	if !alive {
		return
	}
	if err := j.account.SignOutElsewhere(ctx, j.st, in.Caller, ses.Session); err != nil {
		t.Fatalf("signing out elsewhere: %v", err)
	}
	clear(j.trust)
	j.end(in.Session, "")
	j.strangers(in.Browser)
}

// removeOther removes another browser than the one that is used, with its sessions.
func (j *journey) removeOther(t *rapid.T, in signin.In) {
	ses, in, alive := j.acting(in)
	others := slices.DeleteFunc(slices.Sorted(maps.Keys(j.known)), func(b string) bool { return b == in.Browser })
	if !alive || len(others) == 0 {
		return
	}
	other := others[0]
	if err := j.account.RemoveDevice(ctx, j.st, in.Caller, ses.Session, j.browserID(other)); err != nil {
		t.Fatalf("removing a browser: %v", err)
	}
	delete(j.known, other)
	delete(j.row, other)
	delete(j.trust, other)
	for _, in := range j.sessions {
		if in.Browser == other {
			j.dead = append(j.dead, func() bool { return j.alive(j.st, in.Session) })
		}
	}
	j.sessions = slices.DeleteFunc(j.sessions, func(in signin.In) bool { return in.Browser == other })
}

func (j *journey) browserID(token string) string {
	id, err := j.Store.Read().Browser(ctx, j.st.ID, j.user.ID, secret.HashToken(token), time.Time{})
	j.must(err)
	return id
}

// switches is what the company's switch does: from this moment on, and once.
func (j *journey) switches(t *rapid.T, on bool) {
	_, err := j.desk.SwitchTwoFactor(ctx, operator, j.st, j.user.CompanyID, on, "")
	want := map[bool]string{true: directory.CodeSwitched, false: ""}[on == j.company]
	if told(err) != want {
		t.Fatalf("switched from %v to %v: %v", j.company, on, err)
	}
	if err == nil {
		j.company, j.switched = on, j.Clock.Now()
	}
}

// endsTrust has the person asked for a code again in one browser; sign-ins that may have
// relied on the trust end.
func (j *journey) endsTrust(t *rapid.T) {
	known := slices.Sorted(maps.Keys(j.known))
	if len(known) == 0 {
		j.goOn(t, j.tabs[0])
		return
	}
	browser := known[rapid.IntRange(0, len(known)-1).Draw(t, "browser")]
	j.must(j.desk.EndTrust(ctx, operator, j.st, j.user.ID, j.browserID(browser)))
	if _, given := j.trust[browser]; given {
		delete(j.trust, browser)
		j.endSignIns("")
	}
}

// events is how many of a kind the log has about the account.
func (j *journey) events(kind gatehouse.EventKind) int {
	all, err := j.Store.Read().EventPageOfUser(ctx, j.st.ID, j.user.ID, store.EventPage{Kinds: []gatehouse.EventKind{kind}, Limit: 1000})
	j.must(err)
	return len(all)
}
