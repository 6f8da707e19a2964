package signin_test

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// journey is one account, whose owner and whose enemies use two tabs of two browsers,
// with what a careful observer knows about it.
type journey struct {
	*stage
	st       *site.Site // with terms of its own
	user     gatehouse.User
	password string
	old      []string // passwords of before
	usedBy   string   // the browser that a temporary password has opened a sign-in in
	temp     bool

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

func newJourney(s *stage) *journey {
	counter.Lock()
	counter.n++
	name := fmt.Sprintf("player-%d", counter.n)
	counter.Unlock()
	st := *s.uk()
	j := &journey{stage: s, st: &st, password: first, known: map[string]bool{}, row: map[string]int{}, tabs: [2]*tab{{}, {}}}
	j.user = s.asked(s.person(name, nil)) // in a browser of the past
	return j
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
	for _, tab := range j.tabs {
		if tab.signIn != "" && tab.signIn != signIn {
			token := tab.signIn
			j.dead = append(j.dead, func() bool { return j.step(j.st, token) != "" })
			tab.signIn = ""
		}
	}
}

// forget makes all browsers but one strangers', with what was counted for them, and ends
// recoveries and links: what every new password does (invariant 5).
func (j *journey) forget(browser string) {
	for b := range j.known {
		if b != browser {
			delete(j.known, b)
			delete(j.row, b)
		}
	}
	j.endRecoveries()
}

func (j *journey) endRecoveries() {
	for _, r := range j.recoveries {
		r.over = r.over || r.mine
	}
}

// set is what the observer notes about a new password.
func (j *journey) set(password string, temp bool) {
	j.old = append(j.old, j.password)
	j.password, j.temp, j.usedBy = password, temp, ""
}

// opened checks what must be true when a session is opened (invariants 1 and 4).
func (j *journey) opened(t *rapid.T, tab *tab, out signin.Outcome) {
	u := j.u()
	if !u.MaySignIn() || u.Password.Temporary() || gatehouse.TermsDue(j.st.Site, u) || gatehouse.SoleUserDue(j.st.Site, u) || !u.ChallengeSet {
		t.Fatalf("invariant 1 or 4: a session was opened for %+v", u)
	}
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
	switch {
	case err != nil:
	case out.Step == gatehouse.StepDone:
		j.opened(t, tab, out)
	default:
		if j.temp {
			j.end("all sessions", "") // there are none; the other sign-ins end
			tab.browser, j.usedBy = out.Browser, out.Browser
		}
		tab.signIn, tab.wrong = out.SignIn, 0
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
		j.end("", "")
	}
}

// goOn does the step that is due in a tab, as a person would, or begins there. No act is
// ever skipped: the library would end the journey for it.
func (j *journey) goOn(t *rapid.T, tab *tab) {
	due := j.step(j.st, tab.signIn)
	at := signin.At{SignIn: tab.signIn, Browser: tab.browser, Lang: "en-GB", Caller: visitor(j.st)}
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
		}
	case gatehouse.StepTerms:
		out, err = j.SignIn.AcceptTerms(ctx, j.st, at, yesForm(j.st))
	case gatehouse.StepSoleUser:
		out, err = j.SignIn.AnswerSoleUser(ctx, j.st, at, "yes")
	default:
		t.Fatalf("a sign-in in progress is at %s", due)
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
		if j.answersLocked.IsZero() {
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

// fewer divides how often the library tries something, while a test runs.
func fewer(t *testing.T, by int) {
	f := flag.Lookup("rapid.checks")
	was := f.Value.String()
	n, err := strconv.Atoi(was)
	if err != nil {
		t.Fatal(err)
	}
	f.Value.Set(strconv.Itoa(max(1, n/by))) //nolint:errcheck // it is a number
	t.Cleanup(func() { f.Value.Set(was) })  //nolint:errcheck // it was there
}

// Invariants 1, 2, 3, 4, 5 and 7 against the real services, on both databases: whatever
// the order in which tabs, recoveries, strangers, administrators and time interleave.
func TestInvariantsOfTheJourneys(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := newStage(t, url, noLimits)
		fewer(t, map[string]int{"sqlite": 4, "postgres": 10}[s.Store.Engine()])
		rapid.Check(t, func(rt *rapid.T) { rt.Repeat(newJourney(s).acts()) })
	})
}

// newTerms puts another version of the terms in force.
func (j *journey) newTerms() {
	st := *j.st
	st.TermsVersion = j.word()
	st.Terms = []site.Terms{{Version: st.TermsVersion, Texts: map[string]string{"en-GB": "1. " + st.TermsVersion}}}
	j.st = &st
}

func (j *journey) close(change func(q store.Queries) error) { j.write(change); j.end("", "") }
