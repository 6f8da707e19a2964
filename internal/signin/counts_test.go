package signin_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit"
	"gatehouse/internal/testkit/budget"
)

// tally is one account and an independent count of its wrong passwords: those of strangers, and
// those on the owner's device.
type tally struct {
	*stage
	user      gatehouse.User
	dice      *rand.Rand
	device    string // the owner's, which is known
	strangers int
	own       int
	opened    int // by strangers, each of whom then has a known device
	acts      []string
}

// Invariant 3: in any order of right and wrong passwords from strangers and from the owner's
// device, the sixth wrong one in a row is the last to be judged: from strangers it locks out
// strangers, from the owner it locks the account, until an administrator unlocks it. This test
// uses the real numbers; in the model of the sign-in, a single wrong password is one too many.
func TestWrongPasswordsAreCountedInWhateverOrder(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := newStage(t, url, noLimits)
		for n := range budget.Of(6, 300) {
			g := &tally{stage: s, user: s.addUser(fmt.Sprint("guessed-", n), nil), dice: rand.New(rand.NewPCG(3, uint64(n)))}
			g.device = s.open(g.user, first, "").Device
			for range 40 {
				g.act()
			}
		}
	})
}

func (g *tally) act() {
	g.t.Helper()
	g.Clock.Add(time.Duration(1+g.dice.IntN(600)) * time.Second)
	which := g.dice.IntN(16)
	g.acts = append(g.acts, fmt.Sprint(which))
	switch {
	case which < 5:
		g.guess(wrong, "", &g.strangers)
	case which < 10:
		g.guess(wrong, g.device, &g.own)
	case which < 12 && g.opened < 8: // with many more, the owner's device would be forgotten
		g.opened++
		g.guess(first, "", &g.strangers)
	case which < 14:
		g.guess(first, g.device, &g.own)
	default:
		g.must(g.desk.Unlock(ctx, g.uk(), operator, g.user.ID))
		g.strangers, g.own = 0, 0
	}
}

// guess enters a password, and checks the response and what is locked then.
func (g *tally) guess(password, browser string, row *int) {
	g.t.Helper()
	most := g.uk().Policy.Lockout.Attempts
	before := g.User(g.user).Locked()
	out, err := g.enter(g.user, password, browser)
	may := password == first && *row < most && !before
	if may != (err == nil) || err != nil && reasonOf(err) != signin.ReasonFailed {
		g.t.Fatalf("%q in %q after %d wrong ones, locked %v: %+v, %v; done: %v", password, browser, *row, before, out, err, g.acts)
	}
	switch {
	case may:
		*row = 0
	case *row < most && (password == wrong || before):
		*row++
	}
	locks := browser != "" && *row == most
	if after := g.User(g.user).Locked(); after != (before || locks) {
		g.t.Fatalf("locked %v after %d wrong ones by strangers and %d by the owner; done: %v", after, g.strangers, g.own, g.acts)
	}
}

// Invariant 6: a session, a sign-in in progress and a code are void on another site.
func TestNothingOfASignInIsWorthAnythingAtAnotherSite(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("traveller", nil)
		at := s.atCode(u)
		code := s.mailedCode(u)
		for _, st := range s.Sites.All() {
			if st.ID == u.SiteID {
				continue
			}
			if step := s.step(st, at.SignIn); step != "" {
				t.Errorf("the sign-in is at %q at %s", step, st.ID)
			}
			if _, err := s.SignIn.EnterCode(ctx, st, at, signin.CodeForm{Code: code}); reasonOf(err) != "no-sign-in" {
				t.Errorf("the code at %s: %v", st.ID, err)
			}
		}
		out, err := s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: code})
		if err != nil || !s.alive(s.uk(), out.Session) {
			t.Fatalf("at home: %+v, %v", out, err)
		}
		for _, st := range s.Sites.All() {
			if st.ID != u.SiteID && s.alive(st, out.Session) {
				t.Errorf("the session is one at %s, too", st.ID)
			}
		}
	})
}
