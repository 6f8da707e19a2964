package signin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// journey is one account, whose owner and whose enemies use two tabs of two browsers,
// with what a careful observer knows about it.
type journey struct {
	*stage
	secondStep
	account   *account.Service
	st        *site.Site // with terms and numbers of its own
	user      gatehouse.User
	colleague gatehouse.User // at the same browsers; nobody yet
	password  string
	old       []string // passwords of before
	usedBy    string   // the browser that a temporary password has opened a sign-in in
	temp      bool
	initial   bool // the temporary password came with the account

	tabs       [2]*tab
	sessions   []signin.In
	recoveries []*recovering
	dead       []func() bool // of each thing that has ended: is it back?

	known         map[string]bool // browsers that have signed in
	row           map[string]int  // wrong passwords, by browser; "": strangers
	answers       int             // wrong answers in a row
	answersLocked time.Time
	n             int
}

// tab is one with a sign-in cookie of its own.
type tab struct {
	halfStep
	browser, signIn string
	wrong           int // old passwords typed wrongly in this sign-in
}

// recovering is a recovery in progress, by challenge or by link.
type recovering struct {
	token      string
	link, mine bool // mine: begun with the right address
	tries      int
	ends       time.Time
	over       bool
}

func (j *journey) word() string {
	j.n++
	return fmt.Sprintf("Word-%d-Number", j.n)
}

func (j *journey) u() gatehouse.User { return j.User(j.user) }

// key is under which a browser's wrong passwords are counted.
func (j *journey) key(browser string) string {
	if j.known[browser] {
		return browser
	}
	return ""
}

func codeOf(err error) string {
	var e *gatehouse.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// end ends sessions and sign-ins in progress, but for one of each, for good.
func (j *journey) end(session, signIn string) {
	for _, in := range j.sessions {
		if in.Session != session {
			j.dead = append(j.dead, func() bool { return j.alive(j.st, in.Session) })
		}
	}
	j.sessions = slices.DeleteFunc(j.sessions, func(in signin.In) bool { return in.Session != session })
	j.endSignIns(signIn)
}

// endSignIns ends those in progress, but for one.
func (j *journey) endSignIns(signIn string) {
	for _, tab := range j.tabs {
		if tab.signIn != "" && tab.signIn != signIn {
			j.gone(tab)
		}
	}
}

// shut ends all that is open in the account's name, trust in browsers among it
// (invariant 4).
func (j *journey) shut() {
	j.end("", "")
	clear(j.trust)
}

// forget ends trust, makes all browsers but one strangers', with what was counted for
// them, and ends recoveries and links: what every new password does (invariant 5).
func (j *journey) forget(browser string) {
	clear(j.trust)
	j.strangers(browser)
	j.endRecoveries()
}

// strangers makes all browsers but one strangers', with what was counted for them.
func (j *journey) strangers(browser string) {
	for b := range j.known {
		if b != browser {
			delete(j.known, b)
			delete(j.row, b)
			delete(j.trust, b)
		}
	}
}

func (j *journey) endRecoveries() {
	for _, r := range j.recoveries {
		r.over = r.over || r.mine
	}
}

// set is what the observer notes about a new password.
func (j *journey) set(password string, temp bool) {
	j.old = append(j.old, j.password)
	j.password, j.temp, j.initial, j.usedBy = password, temp, false, ""
}

// opened checks what must be true when a session is opened (invariants 1 and 4).
func (j *journey) opened(t *rapid.T, tab *tab, out signin.Outcome) {
	u := j.u()
	if !u.MaySignIn() || gatehouse.PasswordExpired(j.st.Policy.Password, u.Password, j.Clock.Now()) || gatehouse.TermsDue(j.st.Site, u) || gatehouse.SoleUserDue(j.st.Site, u) || !u.ChallengeSet {
		t.Fatalf("invariant 1 or 4: a session was opened for %+v", u)
	}
	j.renamed(tab.browser, out.Browser) // trust that settles at the end gives the browser another token
	j.finishes(t, tab, out.Browser)
	tab.browser, tab.signIn = out.Browser, ""
	j.known[out.Browser] = true
	j.sessions = append(j.sessions, signin.In{Session: out.Session, Browser: out.Browser, Caller: visitor(j.st)})
}

// signIn types a password into a tab and checks what comes of it.
func (j *journey) signIn(t *rapid.T, tab *tab, password string) {
	before, key := j.u(), j.key(tab.browser)
	refused := j.row[key] >= j.st.Policy.Lockout.Attempts
	right := password == j.password && !refused && before.MaySignIn()
	want := signin.CodeFailed
	switch {
	case right && !gatehouse.PasswordUsable(before.Password, j.Clock.Now()):
		want = signin.CodeTemporaryExpired
	case right && j.temp && j.usedBy != "" && j.usedBy != tab.browser:
		want = signin.CodeTemporaryUsed
	case right:
		want = ""
	}
	out, err := j.SignIn.Password(ctx, j.st, signin.PasswordRequest{Username: j.user.Username, Password: password, Browser: tab.browser, Caller: visitor(j.st)})
	if err != nil && codeOf(err) != want || err == nil && want != "" {
		t.Fatalf("%q in %q: %+v, %v, want %q", password, tab.browser, out, err, want)
	}
	switch {
	case right:
		j.row[key] = 0
	case !refused:
		j.wrong(t, key, before)
	}
	if err != nil {
		return
	}
	tab.halfStep = j.begun(tab.browser)
	if out.Step == gatehouse.StepDone {
		j.opened(t, tab, out)
		return
	}
	if j.temp {
		j.endSignIns("")
		tab.browser, j.usedBy = out.Browser, out.Browser
	}
	tab.signIn, tab.wrong = out.SignIn, 0
	if j.codeDue(tab.halfStep) {
		j.came(tab)
	}
}

// wrong notes a wrong password; the sixth by a known browser locks the account, which
// ends all that is open (invariants 3 and 4).
func (j *journey) wrong(t *rapid.T, key string, before gatehouse.User) {
	j.row[key]++
	locks := key != "" && j.row[key] == j.st.Policy.Lockout.Attempts && !before.Locked()
	if after := j.u(); after.Locked() != (before.Locked() || locks) {
		t.Fatalf("invariant 3: %d wrong by %q, locked %v", j.row[key], key, after.Locked())
	}
	if locks {
		j.shut()
	}
}

// goOn does the step that is due in a tab, as a person would, or begins there. No act is
// ever skipped: the library would end the journey for it.
func (j *journey) goOn(t *rapid.T, tab *tab) {
	due := j.step(j.st, tab.signIn)
	at := j.at(tab)
	var out signin.Outcome
	var err error
	next := j.word()
	switch due {
	case gatehouse.StepDone: // the other tab did what was left: finished by signing in again
		j.elsewhere(t, tab)
		fallthrough
	case "":
		j.signIn(t, tab, j.password)
		return
	case gatehouse.StepCode:
		j.passes(t, tab)
		return
	case gatehouse.StepChallenge:
		out, err = j.SignIn.SetFirstChallenge(ctx, j.st, at, gatehouse.ChallengeForm{Question: "pet", Answer: answer, CurrentPassword: j.password})
	case gatehouse.StepPassword:
		out, err = j.SignIn.ChoosePassword(ctx, j.st, at, signin.NewPassword{Old: j.password, New: next, Repeat: next})
		if !gatehouse.PasswordUsable(j.u().Password, j.Clock.Now()) {
			if codeOf(err) != signin.CodeTemporaryExpired {
				t.Fatalf("with an expired password: %v", err)
			}
			return
		}
		if err == nil {
			j.end("", tab.signIn)
			j.forget(j.key(tab.browser))
			j.set(next, false)
			j.unlent(tab)
		}
	case gatehouse.StepTerms:
		out, err = j.SignIn.AcceptTerms(ctx, j.st, at, yesForm(j.st))
	case gatehouse.StepSoleUser:
		out, err = j.SignIn.AnswerSoleUser(ctx, j.st, at, "yes")
	default:
		t.Fatalf("a sign-in in progress is at %s", due)
	}
	if j.lapsed(tab) && codeOf(err) == "no-sign-in" {
		return // at the last step, and for somebody who can be asked for a code instead
	}
	if err != nil {
		t.Fatalf("%s: %v", due, err)
	}
	if out.Step == gatehouse.StepDone {
		token := tab.signIn
		j.dead = append(j.dead, func() bool { return j.step(j.st, token) != "" })
		j.opened(t, tab, out)
	}
}

// elsewhere posts a step that is not due: nothing comes of it (invariant 1).
func (j *journey) elsewhere(t *rapid.T, tab *tab) {
	due, before := j.step(j.st, tab.signIn), j.u()
	at := signin.At{SignIn: tab.signIn, Browser: tab.browser, Caller: visitor(j.st)}
	var err error
	if due == gatehouse.StepTerms {
		_, err = j.SignIn.AnswerSoleUser(ctx, j.st, at, "yes")
	} else {
		_, err = j.SignIn.AcceptTerms(ctx, j.st, at, yesForm(j.st))
	}
	want := map[bool]string{true: "no-sign-in", false: "moved"}[due == ""]
	if codeOf(err) != want || j.u() != before {
		t.Fatalf("a step beside %q: %v, want %q", due, err, want)
	}
	if due == gatehouse.StepCode && len(tab.codes) == 0 { // since the password was entered
		j.came(tab)
	}
}

// slip types a wrong old password: the fifth ends the sign-in (invariant 3).
func (j *journey) slip(t *rapid.T, tab *tab) {
	if j.step(j.st, tab.signIn) != gatehouse.StepPassword {
		j.elsewhere(t, tab)
		return
	}
	_, err := j.SignIn.ChoosePassword(ctx, j.st, signin.At{SignIn: tab.signIn, Caller: visitor(j.st)}, signin.NewPassword{Old: wrong, New: "Some-1-Word", Repeat: "Some-1-Word"})
	tab.wrong++
	if ended := tab.wrong == 5; ended != (codeOf(err) == "no-sign-in") || err == nil {
		t.Fatalf("the %dth wrong old password: %v", tab.wrong, err)
	}
}

// recovered is what every completed recovery does.
func (j *journey) recovered(password string, temp bool) {
	j.end("", "")
	j.forget("")
	j.set(password, temp)
	clear(j.row)
	j.answers, j.answersLocked = 0, time.Time{}
}

// answers gives an answer in a recovery; what is said depends on how many it has had,
// and on nothing else (invariant 7).
func (j *journey) answerOne(t *rapid.T, r *recovering, right bool) {
	before, now := j.u(), j.Clock.Now()
	if !j.answersLocked.IsZero() && !now.Before(j.answersLocked.Add(24*time.Hour)) {
		j.answers, j.answersLocked = 0, time.Time{}
	}
	over := r.over || r.link || r.tries >= gatehouse.RecoveryTries || !now.Before(r.ends)
	good := right && r.mine && !over && j.answersLocked.IsZero() && before.MayRecover()
	err := j.SignIn.AnswerChallenge(ctx, j.st, r.token, map[bool]string{true: strings.ToUpper(answer), false: "Rex"}[right], visitor(j.st))
	if good {
		if err != nil {
			t.Fatalf("the right answer: %v", err)
		}
		j.recovered(j.mailedPassword(j.user), true)
		return
	}
	want := "over"
	if !over {
		r.tries++
		if left := gatehouse.RecoveryTries - r.tries; left > 0 {
			want = fmt.Sprint("answer answer-wrong ", left)
		}
		if r.mine && j.answersLocked.IsZero() {
			j.answers++
		}
		if j.answers == j.st.Policy.Lockout.Attempts && j.answersLocked.IsZero() {
			j.answersLocked = now
		}
	}
	got := faultsOf(err)
	if codeOf(err) == signin.CodeRecoveryOver {
		got = "over"
	}
	if got != want || j.u() != before {
		t.Fatalf("invariant 2, 3 or 7: an answer to %+v: %q (%v), want %q", r, got, err, want)
	}
}

// follow uses a link: once, in its time, the newest (invariant 2).
func (j *journey) follow(t *rapid.T, r *recovering) {
	before, next := j.u(), j.word()
	good := r.link && !r.over && j.Clock.Now().Before(r.ends) && before.MayRecover()
	err := j.SignIn.ResetPassword(ctx, j.st, r.token, signin.NewPassword{New: next, Repeat: next}, visitor(j.st))
	if good != (err == nil) || !good && (codeOf(err) != signin.CodeLinkOver || j.u() != before) {
		t.Fatalf("a link %+v: %v", r, err)
	}
	if good {
		j.recovered(next, false)
	}
}

// change changes the password in a session, with the right one or a wrong one.
func (j *journey) change(t *rapid.T, in signin.In, right bool) {
	before, key, next := j.u(), j.key(in.Browser), j.word()
	if !j.alive(j.st, in.Session) {
		right = true // whatever is typed
	}
	alive := j.alive(j.st, in.Session)
	old := map[bool]string{true: j.password, false: wrong}[right]
	out, err := j.SignIn.ChangePassword(ctx, j.st, in, signin.NewPassword{Old: old, New: next, Repeat: next})
	switch {
	case !alive && codeOf(err) != "no-session", alive && right && err != nil, alive && !right && err == nil:
		t.Fatalf("in a session that is alive (%v), with the right password (%v): %v", alive, right, err)
	case alive && right:
		j.end(in.Session, "")
		token := in.Session
		j.dead = append(j.dead, func() bool { return j.alive(j.st, token) })
		j.sessions[0].Session = out.Session
		j.forget(in.Browser)
		j.row[key] = 0
		j.set(next, false)
	case alive:
		j.wrong(t, key, before)
	}
}

// newTerms puts another version of the terms in force.
func (j *journey) newTerms() {
	st := *j.st
	st.TermsVersion = j.word()
	st.Terms = []site.Terms{{Version: st.TermsVersion, Texts: map[string]string{"en-GB": "1. " + st.TermsVersion}}}
	j.st = &st
}

func (j *journey) close(change func(q store.Queries) error) { j.write(change); j.shut() }
