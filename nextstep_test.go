package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse"
	"pgregory.net/rapid"
)

// order is the order of the steps, as docs/architecture.md lists them.
var order = []gatehouse.Step{
	gatehouse.StepCredentials, gatehouse.StepCode, gatehouse.StepPassword, gatehouse.StepChallenge,
	gatehouse.StepTerms, gatehouse.StepSoleUser, gatehouse.StepDone,
}

// scene is everything that can matter to a sign-in, in words. site and facts turn it into the
// rule's arguments, and due judges it independently.
type scene struct {
	proved, ranOut   bool
	whose            string // "own", "nobody", "another"
	movedSite        bool   // the user belongs to another site now
	elsewhere        bool   // the sign-in is shown to another site
	reset            bool   // the user's password differs from the proved one
	state            gatehouse.UserState
	locked           bool
	company, own     bool // who wants a second step
	second, trusted  bool
	signedInBefore   bool
	opened           gatehouse.PasswordOrigin // the password that was proved
	password         gatehouse.PasswordOrigin // the user's password now
	age              string                   // "", "fresh", "old": of a password on a site that lets them expire
	byChallenge      bool
	challengeSet     bool
	terms, accepted  string
	asksSole         bool
	answeredSoleUser string
}

// due is the specification: the table of docs/architecture.md, one line a step.
func (c scene) due() []gatehouse.Step {
	secondWanted := c.company || c.own
	firstEver := !c.signedInBefore && c.opened == gatehouse.PasswordInitial
	answerFor := map[bool]string{true: "once", false: c.terms}[c.terms == ""]
	table := []struct {
		step gatehouse.Step
		due  bool
	}{
		{gatehouse.StepCredentials, !c.proved || c.ranOut || c.whose != "own" || c.movedSite || c.elsewhere || c.reset ||
			c.locked || c.state != gatehouse.Active && c.state != gatehouse.Invited},
		{gatehouse.StepCode, secondWanted && !c.second && (c.opened == gatehouse.PasswordRecovery || !firstEver && !c.trusted)},
		{gatehouse.StepPassword, c.password != gatehouse.PasswordChosen || c.age == "old"},
		{gatehouse.StepChallenge, c.byChallenge && !c.challengeSet},
		{gatehouse.StepTerms, c.terms != "" && c.accepted != c.terms},
		{gatehouse.StepSoleUser, c.asksSole && c.answeredSoleUser != answerFor},
	}
	var steps []gatehouse.Step
	for _, line := range table {
		if line.due {
			steps = append(steps, line.step)
		}
	}
	return steps
}

func (c scene) site() gatehouse.Site {
	s := gatehouse.Site{
		ID: "meridian-uk", Recovery: gatehouse.RecoverByLink, Policy: gatehouse.ClassicPolicy(),
		TermsVersion: c.terms, AsksSoleUser: c.asksSole,
	}
	if c.elsewhere {
		s.ID = "meridian-nz"
	}
	if c.byChallenge {
		s.Recovery = gatehouse.RecoverByChallenge
	}
	if c.age != "" {
		s.Policy.Password.MaxAge = 90 * 24 * time.Hour
	}
	return s
}

func (c scene) facts() gatehouse.SignInFacts {
	when := func(yes bool, at time.Time) time.Time {
		if yes {
			return at
		}
		return time.Time{}
	}
	setAt := noon.Add(-24 * time.Hour)
	if c.age == "old" {
		setAt = noon.Add(-90 * 24 * time.Hour)
	}
	f := gatehouse.SignInFacts{
		SignIn: gatehouse.SignIn{
			ID: "sin_1", SiteID: "meridian-uk", UserID: map[string]string{"own": "usr_1", "another": "usr_2"}[c.whose],
			CredentialsAt: when(c.proved, noon.Add(-2*time.Minute)), Origin: c.opened, PasswordSetAt: setAt,
			TwoFactorAt: when(c.second, noon.Add(-time.Minute)),
			CreatedAt:   noon.Add(-3 * time.Minute), ExpiresAt: noon.Add(27 * time.Minute),
		},
		User: gatehouse.User{
			ID: "usr_1", SiteID: "meridian-uk", State: c.state, LockedAt: when(c.locked, noon.Add(-time.Minute)),
			Password:      gatehouse.Password{Hash: "hash", Origin: c.password, SetAt: setAt},
			FirstSignInAt: when(c.signedInBefore, noon.Add(-200*24*time.Hour)),
			ChallengeSet:  c.challengeSet, TermsAccepted: c.accepted, SoleUserFor: c.answeredSoleUser, OwnTwoFactor: c.own,
		},
		Company: gatehouse.EmailCodes(c.company), DeviceTrusted: c.trusted,
	}
	if c.ranOut {
		f.SignIn.ExpiresAt = noon
	}
	if c.movedSite {
		f.User.SiteID = "meridian-au"
	}
	if c.reset {
		f.SignIn.PasswordSetAt = setAt.Add(-time.Microsecond)
	}
	return f
}

// picker hands out the digits of a number, each in its own base, so counting up covers every
// combination.
type picker struct{ n int }

func pick[T any](p *picker, from ...T) T {
	v := from[p.n%len(from)]
	p.n /= len(from)
	return v
}

func yesNo(p *picker) bool { return pick(p, false, true) }

// credentialScenes are all combinations of what affects the credentials.
func credentialScenes() []scene {
	var all []scene
	for n := range 2 * 2 * 3 * 2 * 2 * 2 * 5 * 2 {
		p := &picker{n}
		all = append(all, scene{
			proved: yesNo(p), ranOut: yesNo(p), whose: pick(p, "own", "nobody", "another"),
			movedSite: yesNo(p), elsewhere: yesNo(p), reset: yesNo(p),
			state:  pick(p, gatehouse.Invited, gatehouse.Active, gatehouse.Deactivated, "suspended", ""),
			locked: yesNo(p), password: gatehouse.PasswordChosen, opened: gatehouse.PasswordChosen,
		})
	}
	return all
}

// eachLaterScene calls f with all combinations of what affects the steps after the credentials.
func eachLaterScene(start scene, f func(scene)) {
	origins := []gatehouse.PasswordOrigin{gatehouse.PasswordChosen, gatehouse.PasswordInitial, gatehouse.PasswordRecovery}
	for n := range 32 * 4 * 9 * 4 * 6 * 8 {
		p, c := &picker{n}, start
		c.company, c.own, c.second, c.trusted, c.signedInBefore = yesNo(p), yesNo(p), yesNo(p), yesNo(p), yesNo(p)
		c.opened = pick(p, append(origins, "")...) // no password: a passkey
		c.password, c.age = pick(p, origins...), pick(p, "", "fresh", "old")
		c.byChallenge, c.challengeSet = yesNo(p), yesNo(p)
		c.terms, c.accepted = pick(p, "", "v2"), pick(p, "", "v1", "v2")
		c.asksSole, c.answeredSoleUser = yesNo(p), pick(p, "", "v1", "v2", "once")
		f(c)
	}
}

func proved() scene {
	return scene{proved: true, whose: "own", state: gatehouse.Active, password: gatehouse.PasswordChosen, opened: gatehouse.PasswordChosen}
}

// checkNext compares the rule with the specification. Done, and only Done, means
// that nothing is due.
func checkNext(t *testing.T, c scene) {
	t.Helper()
	want := gatehouse.StepDone
	if due := c.due(); len(due) > 0 {
		want = due[0]
	}
	if got := gatehouse.NextStep(c.site(), c.facts(), noon); got != want {
		t.Fatalf("NextStep = %s, want %s\n%+v", got, want, c)
	}
}

func TestNextStepIsTheFirstStepThatIsDue(t *testing.T) {
	eachLaterScene(proved(), func(c scene) { checkNext(t, c) })
	for _, c := range credentialScenes() {
		checkNext(t, c)
		c.company, c.password, c.terms, c.asksSole = true, gatehouse.PasswordInitial, "v2", true
		checkNext(t, c)
	}
}

// Invariants 1 and 4: without credentials of a user who may sign in, the only step is the
// credentials.
func TestNothingGoesPastCredentials(t *testing.T) {
	bad := slices.DeleteFunc(credentialScenes(), func(c scene) bool { return !slices.Contains(c.due(), gatehouse.StepCredentials) })
	rapid.Check(t, func(t *rapid.T) {
		c := anyScene(t)
		b := rapid.SampledFrom(bad).Draw(t, "credentials")
		c.proved, c.ranOut, c.whose, c.state, c.locked = b.proved, b.ranOut, b.whose, b.state, b.locked
		c.movedSite, c.elsewhere, c.reset = b.movedSite, b.elsewhere, b.reset
		if got := gatehouse.NextStep(c.site(), c.facts(), noon); got != gatehouse.StepCredentials {
			t.Fatalf("NextStep = %s for %+v", got, c)
		}
	})
	if got := gatehouse.NextStep(classicSite(), gatehouse.SignInFacts{}, noon); got != gatehouse.StepCredentials {
		t.Errorf("no facts at all: NextStep = %s", got)
	}
	nobody := proved().facts()
	nobody.SignIn.UserID, nobody.User.ID = "", ""
	if got := gatehouse.NextStep(proved().site(), nobody, noon); got != gatehouse.StepCredentials {
		t.Errorf("nobody's sign-in for nobody: NextStep = %s", got)
	}
}

func TestARecoveryNeverSkipsTheCode(t *testing.T) {
	eachLaterScene(proved(), func(c scene) {
		if c.opened != gatehouse.PasswordRecovery || c.second || !c.company && !c.own {
			return
		}
		if got := gatehouse.NextStep(c.site(), c.facts(), noon); got != gatehouse.StepCode {
			t.Fatalf("NextStep = %s for %+v", got, c)
		}
	})
}

// B16: the very first sign-in does not require a code; one with the same initial password again,
// or after any other sign-in, does.
func TestB16TheFirstSignInAsksForNoCode(t *testing.T) {
	c := proved()
	c.company, c.opened, c.password = true, gatehouse.PasswordInitial, gatehouse.PasswordInitial
	for _, test := range []struct {
		name   string
		change func(*scene)
		want   gatehouse.Step
	}{
		{"initial password, never signed in", func(*scene) {}, gatehouse.StepPassword},
		{"the new password is already chosen", func(c *scene) { c.password = gatehouse.PasswordChosen }, gatehouse.StepDone},
		{"signed in before", func(c *scene) { c.signedInBefore = true }, gatehouse.StepCode},
		{"never signed in, but the password was chosen", func(c *scene) { c.opened = gatehouse.PasswordChosen }, gatehouse.StepCode},
		{"never signed in, but the password is from a recovery", func(c *scene) { c.opened = gatehouse.PasswordRecovery }, gatehouse.StepCode},
		{"never signed in, opened by a passkey", func(c *scene) { c.opened = "" }, gatehouse.StepCode},
	} {
		c := c
		test.change(&c)
		if got := gatehouse.NextStep(c.site(), c.facts(), noon); got != test.want {
			t.Errorf("%s: NextStep = %s, want %s", test.name, got, test.want)
		}
	}
}

// Every completed step leads to a later one: no cycles, no repeats, and no step is skipped. A
// temporary password is always replaced on the way (invariant 2: it opens one sign-in).
func TestDoingTheStepMakesProgress(t *testing.T) {
	eachLaterScene(proved(), func(c scene) {
		s, f := c.site(), c.facts()
		var walked []gatehouse.Step
		for range order {
			step := gatehouse.NextStep(s, f, noon)
			if step == gatehouse.StepDone {
				break
			}
			walked = append(walked, step)
			record(s, &f, step)
		}
		if want := c.due(); !slices.Equal(walked, want) {
			t.Fatalf("walked %v, want %v\n%+v", walked, want, c)
		}
		if !slices.IsSortedFunc(walked, func(a, b gatehouse.Step) int { return slices.Index(order, a) - slices.Index(order, b) }) {
			t.Fatalf("out of order: %v", walked)
		}
		if f.User.Password.Temporary() {
			t.Fatalf("done with a temporary password: %+v", c)
		}
	})
}

// record does what the handler of a step does to the facts, and nothing else.
func record(s gatehouse.Site, f *gatehouse.SignInFacts, step gatehouse.Step) {
	switch step {
	case gatehouse.StepCode:
		f.SignIn.TwoFactorAt = noon
	case gatehouse.StepPassword:
		f.User.Password = gatehouse.Password{Hash: "new", Origin: gatehouse.PasswordChosen, SetAt: noon}
		f.SignIn.PasswordSetAt = noon // chosen in this sign-in, so it continues
	case gatehouse.StepChallenge:
		f.User.ChallengeSet = true
	case gatehouse.StepTerms:
		f.User.TermsAccepted = s.TermsVersion
	case gatehouse.StepSoleUser:
		f.User.SoleUserFor = s.TermsVersion
		if s.TermsVersion == "" {
			f.User.SoleUserFor = "once"
		}
	}
}

// The list of steps that the user is shown is the list that the sign-in follows.
func TestDueStepsAreWhatNextStepGoesBy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyScene(t)
		want := c.due()
		if slices.Contains(want, gatehouse.StepCredentials) {
			want = want[:1] // the rest is not known yet
		}
		due := gatehouse.DueSteps(c.site(), c.facts(), noon)
		if !slices.Equal(due, want) {
			t.Fatalf("%v, want %v\n%+v", due, want, c)
		}
		next := gatehouse.NextStep(c.site(), c.facts(), noon)
		if len(due) == 0 && next != gatehouse.StepDone || len(due) > 0 && next != due[0] {
			t.Fatalf("NextStep = %s of %v", next, due)
		}
		if !slices.IsSortedFunc(due, func(a, b gatehouse.Step) int { return slices.Index(order, a) - slices.Index(order, b) }) {
			t.Fatalf("not in their order: %v", due)
		}
	})
}
