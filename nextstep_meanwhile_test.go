package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
	"pgregory.net/rapid"
)

// A change from outside between two steps (a lock, a reset, a new version of the
// terms, the company's switch, the end of a trust) is seen at the next one.
func TestWhatChangesMeanwhileCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyScene(t)
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			switch rapid.IntRange(0, 6).Draw(t, "change") {
			case 0:
				c.locked = !c.locked
			case 1:
				c.state = rapid.SampledFrom([]gatehouse.UserState{gatehouse.Active, gatehouse.Deactivated}).Draw(t, "state")
			case 2:
				c.terms = rapid.SampledFrom([]string{"", "v1", "v2"}).Draw(t, "terms")
			case 3:
				c.company = !c.company
			case 4:
				c.trusted = !c.trusted
			case 5:
				c.ranOut = !c.ranOut
			case 6:
				c.reset = !c.reset
			}
			done := gatehouse.NextStep(c.site(), c.facts(), noon) == gatehouse.StepDone
			if done != (len(c.due()) == 0) {
				t.Fatalf("done = %v with %v due", done, c.due())
			}
		}
	})
}

func anyScene(t *rapid.T) scene {
	b := func(name string) bool { return rapid.Bool().Draw(t, name) }
	s := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	return scene{
		proved: true, whose: "own", state: gatehouse.Active,
		company: b("company"), own: b("own"), second: b("second"), trusted: b("trusted"), signedInBefore: b("before"),
		opened:   gatehouse.PasswordOrigin(s("opened", "chosen", "initial", "recovery", "")),
		password: gatehouse.PasswordOrigin(s("password", "chosen", "initial", "recovery")), age: s("age", "", "fresh", "old"),
		byChallenge: b("by challenge"), challengeSet: b("set"), terms: s("terms", "", "v1", "v2"), accepted: s("accepted", "", "v1", "v2"),
		asksSole: b("asks"), answeredSoleUser: s("answered", "", "v1", "v2", "once"),
	}
}

func TestASignInRunsOutAtItsTime(t *testing.T) {
	f := proved().facts()
	for _, test := range []struct {
		now  time.Time
		want gatehouse.Step
	}{
		{f.SignIn.ExpiresAt.Add(-time.Microsecond), gatehouse.StepDone},
		{f.SignIn.ExpiresAt, gatehouse.StepCredentials},
		{f.SignIn.ExpiresAt.Add(time.Hour), gatehouse.StepCredentials},
	} {
		if got := gatehouse.NextStep(proved().site(), f, test.now); got != test.want {
			t.Errorf("at %s: NextStep = %s, want %s", test.now, got, test.want)
		}
	}
}

// Invariant 6: a sign-in of one site is void on another, even if one process serves both hosts and
// the cookie is copied by hand.
func TestASignInOfOneSiteIsNothingAtAnother(t *testing.T) {
	other := proved().site()
	other.ID = "meridian-au"
	if got := gatehouse.NextStep(other, proved().facts(), noon); got != gatehouse.StepCredentials {
		t.Errorf("a sign-in of meridian-uk at meridian-au: NextStep = %s", got)
	}
}

// Invariant 1: a password that was reset after it was proved is no longer valid. Otherwise anyone
// who proved the old one would now be asked to choose the next. That holds for a reset at any
// time, by any clock, and also after the sign-in has chosen a password itself.
func TestAResetMeanwhileVoidsTheOldPassword(t *testing.T) {
	temporary := func(setAt time.Time) gatehouse.Password {
		return gatehouse.Password{Hash: "temporary", Origin: gatehouse.PasswordRecovery, SetAt: setAt, ExpiresAt: noon.Add(time.Hour)}
	}
	for _, after := range []time.Duration{time.Second, 0, -time.Hour, 23 * time.Hour} {
		f := proved().facts()
		f.User.Password = temporary(f.SignIn.CredentialsAt.Add(after))
		if got := gatehouse.NextStep(proved().site(), f, noon); got != gatehouse.StepCredentials {
			t.Errorf("a reset %s after the proof: NextStep = %s", after, got)
		}
	}
	f := proved().facts()
	record(proved().site(), &f, gatehouse.StepPassword)
	if got := gatehouse.NextStep(proved().site(), f, noon); got != gatehouse.StepDone {
		t.Errorf("chosen in this sign-in: NextStep = %s", got)
	}
	f.User.Password = temporary(noon.Add(time.Second))
	if got := gatehouse.NextStep(proved().site(), f, noon.Add(time.Minute)); got != gatehouse.StepCredentials {
		t.Errorf("a reset after that: NextStep = %s", got)
	}
}

// The database returns the time in another location; it is the same instant.
func TestThePasswordsTimeIsComparedAsAnInstant(t *testing.T) {
	f := proved().facts()
	f.SignIn.PasswordSetAt = f.SignIn.PasswordSetAt.In(time.FixedZone("", 3600))
	if got := gatehouse.NextStep(proved().site(), f, noon); got != gatehouse.StepDone {
		t.Errorf("NextStep = %s", got)
	}
}
