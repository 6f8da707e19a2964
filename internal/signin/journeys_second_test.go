package signin_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
	"gatehouse/internal/signin"
)

// secondStep is what the observer knows about the second step of an account (B05 to B12,
// B16, B19).
type secondStep struct {
	company, own bool
	switched     time.Time            // the company's switch, last
	onRequest    bool                 // codes are sent only when asked for
	finished     bool                 // a sign-in was: none is the very first any more
	trust        map[string]time.Time // since when, by browser
	sentAt       []time.Time          // codes, by mail
	entered      []time.Time          // codes, in all sign-ins
	chosen       []time.Time          // the own choice
	mailed       []string             // codes, oldest first
}

// halfStep is the second step of a sign-in in progress.
type halfStep struct {
	codes   []mailedOne // newest first
	entered int
	first   bool // with the password that came with the account (B16)
	proved  bool // by a code
	lent    bool // trust stood in for a code
	trusts  time.Time
}

// mailedOne is a code that was sent for a sign-in.
type mailedOne struct {
	code       string
	sent, ends time.Time
}

// The numbers of the requirements (B06 to B08, B12).
const (
	codeLives  = 5 * time.Minute
	codePause  = 30 * time.Second
	codesHour  = 5
	codesEnter = 5
	trustLives = 15 * 24 * time.Hour
	// The entries of a day: half of them for strangers, half for browsers that are known;
	// of each half, one half at once, the others in its course.
	codesAtOnce, codesDay = 25, 100
)

func since(times []time.Time, start time.Time) (n int) {
	for _, at := range times {
		if at.After(start) {
			n++
		}
	}
	return n
}

// wanted: by the company or by the person.
func (s *secondStep) wanted() bool { return s.company || s.own }

// trusted: not to be challenged in this browser, at this time (B08).
func (s *secondStep) trusted(browser string, now time.Time) bool {
	at, given := s.trust[browser]
	return given && now.Before(at.Add(trustLives)) && !at.Before(s.switched)
}

// codeDue: the sign-in needs a code before anything else.
func (s *secondStep) codeDue(h halfStep) bool {
	return s.wanted() && !h.proved && !h.lent && (!h.first || s.finished)
}

// hour is how many codes were sent in the last one.
func (s *secondStep) hour(now time.Time) int { return since(s.sentAt, now.Add(-time.Hour)) }

// nextCode is when the next code may be sent.
func (s *secondStep) nextCode(now time.Time) time.Time {
	next, n := now, len(s.sentAt)
	if n > 0 && s.sentAt[n-1].Add(codePause).After(next) {
		next = s.sentAt[n-1].Add(codePause)
	}
	if s.hour(now) >= codesHour && s.sentAt[n-codesHour].Add(time.Hour).After(next) {
		next = s.sentAt[n-codesHour].Add(time.Hour)
	}
	return next
}

// begun is the second step of a sign-in whose password has just been proved. A recovery
// never skips it.
func (j *journey) begun(browser string) halfStep {
	h, recovers := halfStep{first: j.initial}, j.temp && !j.initial
	h.lent = j.codeDue(h) && !recovers && j.trusted(browser, j.Clock.Now())
	return h
}

// came notes whether a code came by itself, as it does unless the person has chosen
// otherwise or has had too many (B05, B09).
func (j *journey) came(tab *tab) {
	if !j.onRequest && j.hour(j.Clock.Now()) < codesHour {
		j.comes(tab)
	}
}

// comes reads the code that must have been mailed for a sign-in at this moment.
func (j *journey) comes(tab *tab) {
	j.t.Helper()
	now := j.Clock.Now()
	code := j.codeFor(j.user.Email)
	j.sentAt, j.mailed = append(j.sentAt, now), append(j.mailed, code)
	tab.codes = append([]mailedOne{{code, now, now.Add(codeLives)}}, tab.codes...)
}

var codeSubject = regexp.MustCompile(`^(\d{3}) (\d{3}) is your `)

func (j *journey) codeFor(email string) string {
	j.t.Helper()
	for {
		if found := codeSubject.FindStringSubmatch(j.Mail.Wait(j.t, email).Subject); found != nil {
			return found[1] + found[2]
		}
	}
}

// finishes checks that a session is opened after a code, unless none is asked for now,
// and notes what comes of it (invariant 1, B08).
func (j *journey) finishes(t *rapid.T, tab *tab, browser string) {
	now := j.Clock.Now()
	if j.codeDue(tab.halfStep) || tab.lent && j.wanted() && !j.trusted(tab.browser, now) {
		t.Fatalf("invariant 1: a session was opened without a code: %+v, %+v", j.secondStep, tab.halfStep)
	}
	if !tab.trusts.IsZero() {
		j.trust[browser] = tab.trusts
	}
	j.finished, tab.halfStep = true, halfStep{}
}

// unlent: a new password ends trust, also where it stood in for a code in this sign-in.
func (j *journey) unlent(tab *tab) {
	if !tab.lent {
		return
	}
	if tab.lent = false; j.codeDue(tab.halfStep) {
		j.came(tab)
	}
}

// lapsed: trust stood in when the password was entered, and has ended since.
func (j *journey) lapsed(tab *tab) bool {
	return tab.lent && j.wanted() && !j.trusted(tab.browser, j.Clock.Now())
}

func (j *journey) at(tab *tab) signin.At {
	return signin.At{SignIn: tab.signIn, Browser: tab.browser, Lang: "en-GB", Caller: visitor(j.st)}
}

// send asks for a code; patient: not before there may be one, if that is soon. What is
// ticked then is not stored.
func (j *journey) send(t *rapid.T, tab *tab, patient, _ bool) {
	if wait := j.nextCode(j.Clock.Now()).Sub(j.Clock.Now()); patient && wait <= codePause {
		j.Clock.Add(wait)
	}
	now, due, want := j.Clock.Now(), j.step(j.st, tab.signIn), ""
	switch {
	case due == "":
		want = "no-sign-in"
	case due != gatehouse.StepCode:
		want = "moved"
	case j.nextCode(now).After(now):
		want = signin.CodeCodeWait
	}
	err := j.SignIn.SendCode(ctx, j.st, j.at(tab))
	if got := told(err); got != want {
		t.Fatalf("B07: asking for a code: %q (%v), want %q", got, err, want)
	}
	if want == "" {
		j.comes(tab)
	}
}

// told is what the page for codes says: faults in the form, or a code of an error.
func told(err error) string {
	if err == nil {
		return ""
	}
	if faults := faultsOf(err); faults != "" {
		return faults
	}
	return codeOf(err)
}

// takes says what must come of six digits in a sign-in, "" for the way on.
func (j *journey) takes(tab *tab, code string) string {
	now, left, fault := j.Clock.Now(), codesEnter-tab.entered-1, "code-wrong"
	for _, c := range tab.codes {
		switch {
		case c.code == code && now.Before(c.ends):
			return ""
		case c.code == code:
			fault = "code-expired"
		}
	}
	if left == 0 {
		return signin.CodeCodesOver
	}
	return fmt.Sprint("code ", fault, " ", left)
}

// enter types something into the page for codes and checks what comes of it (invariants
// 1, 2 and 3).
func (j *journey) enter(t *rapid.T, tab *tab, form signin.CodeForm) {
	now, due, want := j.Clock.Now(), j.step(j.st, tab.signIn), ""
	code := strings.NewReplacer(" ", "", "-", "").Replace(form.Code) // as people type and paste it
	looked := false
	switch {
	case due == "":
		want = "no-sign-in"
	case due != gatehouse.StepCode:
		want = "moved"
	case len(code) != 6 || strings.Trim(code, "0123456789") != "":
		want = "code code-form"
	default:
		want, looked = j.takes(tab, code), true
	}
	out, err := j.SignIn.EnterCode(ctx, j.st, j.at(tab), form)
	got, today := told(err), since(j.entered, now.Add(-24*time.Hour))
	if looked && got == signin.CodeTooMany && today >= codesAtOnce {
		return // not looked at, and not counted
	}
	if got != want {
		t.Fatalf("B06: %q in %+v: %q (%v), want %q", form.Code, tab.halfStep, got, err, want)
	}
	if !looked {
		return
	}
	j.entered, tab.entered = append(j.entered, now), tab.entered+1
	switch {
	case today+1 > codesDay || tab.entered > codesEnter:
		t.Fatalf("invariant 3: %d codes were judged in a sign-in, %d in a day", tab.entered, today+1)
	case want == signin.CodeCodesOver:
		j.gone(tab)
	case want == "":
		j.proves(t, tab, form, out)
	}
}

// proves is what follows from a right code.
func (j *journey) proves(t *rapid.T, tab *tab, form signin.CodeForm, out signin.Outcome) {
	j.onRequest, tab.proved, tab.codes = form.OnRequest, true, nil
	if form.Trust {
		tab.trusts = j.Clock.Now()
	}
	if out.Step == gatehouse.StepDone {
		token := tab.signIn
		j.dead = append(j.dead, func() bool { return j.step(j.st, token) != "" })
		j.opened(t, tab, out)
	}
}

// gone: a sign-in is over for good.
func (j *journey) gone(tab *tab) {
	token := tab.signIn
	j.dead = append(j.dead, func() bool { return j.step(j.st, token) != "" })
	tab.signIn = ""
}

// endCodes: what is in the mailbox opens nothing any more.
func (j *journey) endCodes() {
	now := j.Clock.Now()
	for _, tab := range j.tabs {
		for i := range tab.codes {
			if tab.codes[i].ends.After(now) {
				tab.codes[i].ends = now
			}
		}
	}
}

// renamed: the browser got another token, as it does when somebody signs in whom it does
// not know. Others who share it go along.
func (j *journey) renamed(old, fresh string) {
	if old == "" || old == fresh || !j.known[old] {
		return
	}
	delete(j.known, old)
	j.known[fresh] = true
	j.row[fresh] = j.row[old]
	delete(j.row, old)
	if at, given := j.trust[old]; given {
		delete(j.trust, old)
		j.trust[fresh] = at
	}
	for i := range j.sessions {
		if j.sessions[i].Browser == old {
			j.sessions[i].Browser = fresh
		}
	}
}

// checkSecond asserts after every act that a code is asked for when one is due, how many
// were sent and may be entered, and where the person is not challenged.
func (j *journey) checkSecond(t *rapid.T) {
	now := j.Clock.Now()
	for _, tab := range j.tabs {
		step := j.step(j.st, tab.signIn)
		if step != "" && (step == gatehouse.StepCode) != j.codeDue(tab.halfStep) {
			t.Fatalf("invariant 1: a sign-in is at %q: %+v, %+v", step, j.secondStep, tab.halfStep)
		}
		if step != gatehouse.StepCode {
			continue
		}
		state, err := j.SignIn.CodeState(ctx, j.st, j.at(tab))
		j.must(err)
		var newest mailedOne
		if len(tab.codes) > 0 {
			newest = tab.codes[0]
		}
		if state.Left != codesEnter-tab.entered || !state.SentAt.Equal(newest.sent) || !state.ExpiresAt.Equal(newest.ends) || !state.NextAt.Equal(j.nextCode(now)) {
			t.Fatalf("invariant 3: the page for codes says %+v at %v: %+v", state, now, tab.halfStep)
		}
	}
	if n := j.events(gatehouse.EventCodeSent); n != len(j.sentAt) || j.hour(now) > codesHour {
		t.Fatalf("B07: %d codes were sent, %d came, %d of them in an hour", n, len(j.sentAt), j.hour(now))
	}
	trusted := 0
	for browser := range j.trust {
		if j.trusted(browser, now) {
			trusted++
		}
	}
	step, err := j.desk.SecondStep(ctx, operator, j.st, j.user.ID)
	j.must(err)
	if step.Company != j.company || step.Own != j.own || len(step.Trusted) != trusted {
		t.Fatalf("invariant 5 or B08: %+v; %d browsers are trusted: %+v", step, trusted, j.secondStep)
	}
}

// good is a code that opens the sign-in: the newest, or an older one whose mail was
// overtaken.
func (tab *tab) good(now time.Time, older bool) string {
	good := slices.DeleteFunc(slices.Clone(tab.codes), func(c mailedOne) bool { return !now.Before(c.ends) })
	switch {
	case len(good) == 0:
		return ""
	case older:
		return good[len(good)-1].code
	}
	return good[0].code
}
