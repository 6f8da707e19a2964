package signin_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.nofailfile"); f != nil {
		f.Value.Set("true") //nolint:errcheck // a flag of the library; the tree stays clean
	}
	os.Exit(m.Run())
}

var operator = gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}

var noLimits = signin.Limits{
	Address: signin.Rate{Burst: 1e6, PerMinute: 1e6}, Username: signin.Rate{Burst: 1e6, PerMinute: 1e6}, Site: signin.Rate{Burst: 1e6, PerMinute: 1e6},
}

// world is one account on a real server, with what is known about it.
type world struct {
	s         *testkit.Server
	site      *site.Site
	directory *directory.Service
	user      gatehouse.User
	password  string // the right one; "" after it was voided
	temporary bool
	used      bool // it has opened a sign-in, in a browser that is not seen again
	old       []string
	state     gatehouse.UserState
	sessions  []string // tokens that may be alive
	dead      []string // tokens that were ended, for good
	pending   []string // of sign-ins in progress
	browser   string   // token of the owner's own browser; "" until the first sign-in
	row       map[string]int
}

var counter struct {
	sync.Mutex
	n int
}

func newWorld(t *testing.T, s *testkit.Server) *world {
	counter.Lock()
	counter.n++
	name := fmt.Sprintf("person-%d", counter.n)
	counter.Unlock()
	w := &world{s: s, site: s.Sites.ByID("meridian-uk"), password: "First-Password-1", state: gatehouse.Active, row: map[string]int{},
		directory: &directory.Service{Store: s.Store, Hasher: s.Hasher, Outbox: s.Outbox, Now: s.Clock.Now}}
	// Without an address, so that a reset gives the password to whoever asked for it.
	w.user = s.AddUser("meridian-uk", name, w.password, func(u *gatehouse.User) { u.Email = "" })
	return w
}

func (w *world) try(password, browser string) (signin.Outcome, error) {
	return w.s.SignIn.Password(context.Background(), w.site, signin.PasswordRequest{
		Username: w.user.Username, Password: password, Browser: browser,
		Caller: gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: w.site.ID, Address: "192.0.2.7", UserAgent: "test", Reference: "GH-TEST-TEST"},
	})
}

// signIn tries a password and checks the answer against what is known.
func (w *world) signIn(t *rapid.T, password string, own bool) {
	browser, which := "", "strangers"
	if own && w.browser != "" {
		browser, which = w.browser, "own"
	}
	before := w.s.User(w.user)
	out, err := w.try(password, browser)
	right := password == w.password && w.password != ""
	lockedOut := before.Locked() || w.row[which] >= w.site.Policy.Lockout.Attempts
	switch {
	case err == nil && !right:
		t.Fatalf("invariant 1: %q opened a sign-in, the password is %q", password, w.password)
	case err == nil && (lockedOut || w.state == gatehouse.Deactivated):
		t.Fatalf("invariant 4: signed in while locked (%v) or %s", lockedOut, w.state)
	case right && w.used && !lockedOut && w.state == gatehouse.Active && !w.expired() && codeOf(err) != signin.CodeTemporaryUsed:
		t.Fatalf("invariant 2: a temporary password opened a second sign-in: %+v, %v", out, err)
	case err != nil && right && !w.used && !lockedOut && w.state == gatehouse.Active && !w.expired():
		t.Fatalf("the right password was refused: %v", err)
	case err == nil && w.temporary != (out.Step == gatehouse.StepPassword):
		t.Fatalf("temporary %v, and the next step is %s", w.temporary, out.Step)
	case err == nil && out.Step == gatehouse.StepDone:
		w.sessions, w.browser = append(w.sessions, out.Session), out.Browser
	case err == nil:
		w.pending, w.used = append(w.pending, out.SignIn), w.temporary
	}
	if after := w.s.User(w.user); after.Locked() && !before.Locked() {
		w.endAll()
	}
	w.count(which, err == nil || right && !lockedOut && w.state == gatehouse.Active, lockedOut)
}

// count keeps the rows of wrong attempts as a person would count them.
func (w *world) count(which string, right, lockedOut bool) {
	switch {
	case lockedOut && w.row[which] >= w.site.Policy.Lockout.Attempts:
	case right:
		w.row[which] = 0
	default:
		w.row[which]++
	}
}

// endAll: what was open is dead from now on, whatever becomes of the account.
func (w *world) endAll() {
	w.dead = append(w.dead, w.sessions...)
	w.sessions = nil
}

func (w *world) expired() bool {
	u := w.s.User(w.user)
	return !gatehouse.PasswordUsable(u.Password, w.s.Clock.Now())
}

// check asserts what must hold after every step.
func (w *world) check(t *rapid.T) {
	u := w.s.User(w.user)
	for _, token := range w.sessions {
		ses, err := w.s.SignIn.Session(context.Background(), w.site, token)
		if err == nil && !u.MaySignIn() {
			t.Fatalf("invariant 4: a session lives although the account is %s, locked %v", u.State, u.Locked())
		}
		if err == nil && ses.CreatedAt.Before(u.Password.SetAt) {
			t.Fatal("invariant 5: a session from before the password was set lives")
		}
		for _, other := range w.s.Sites.All() {
			if other.ID == w.site.ID {
				continue
			}
			if _, err := w.s.SignIn.Session(context.Background(), other, token); err == nil {
				t.Fatalf("invariant 6: the session is one at %s, too", other.ID)
			}
		}
	}
	for _, token := range w.dead {
		if _, err := w.s.SignIn.Session(context.Background(), w.site, token); err == nil {
			t.Fatal("invariant 4 or 5: a session that was ended is alive again")
		}
	}
	for _, token := range w.pending {
		if _, step, err := w.s.SignIn.InProgress(context.Background(), w.site, token); err == nil && (!u.MaySignIn() || step == gatehouse.StepDone) {
			t.Fatalf("a sign-in in progress is at %s; the account may sign in: %v", step, u.MaySignIn())
		}
		if _, err := w.s.SignIn.Session(context.Background(), w.site, token); err == nil {
			t.Fatal("a sign-in in progress opens a session")
		}
	}
	for _, which := range []string{"strangers", "own"} {
		if w.row[which] > w.site.Policy.Lockout.Attempts {
			t.Fatalf("invariant 3: %d wrong attempts in a row by %s were judged", w.row[which], which)
		}
	}
	if strings.Contains(w.s.Log.String(), w.password) && w.password != "" {
		t.Fatal("the password is in the log")
	}
}

func (w *world) must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) actions() map[string]func(*rapid.T) {
	ctx := context.Background()
	return map[string]func(*rapid.T){
		"right password": func(t *rapid.T) { w.signIn(t, w.password+w.ifVoid(), rapid.Bool().Draw(t, "own")) },
		"wrong password": func(t *rapid.T) { w.signIn(t, "Wrong-Guess-1", rapid.Bool().Draw(t, "own")) },
		"old password": func(t *rapid.T) {
			if len(w.old) == 0 {
				t.Skip("none")
			}
			w.signIn(t, rapid.SampledFrom(w.old).Draw(t, "which"), rapid.Bool().Draw(t, "own"))
		},
		"administrator unlocks": func(t *rapid.T) {
			w.must(t, w.directory.Unlock(ctx, operator, w.site, w.user.ID))
			clear(w.row)
		},
		"administrator deactivates": func(t *rapid.T) {
			w.must(t, w.directory.Deactivate(ctx, operator, w.site, w.user.ID))
			w.state = gatehouse.Deactivated
			w.endAll()
		},
		"administrator resets": func(t *rapid.T) {
			issued, err := w.directory.ResetPassword(ctx, operator, w.site, w.user.ID)
			if w.state == gatehouse.Deactivated {
				if err == nil {
					t.Fatal("the password of a deactivated account was reset")
				}
				return
			}
			w.must(t, err)
			w.old = append(w.old, w.password)
			w.password, w.temporary, w.used = issued.Password, true, false
			w.endAll()
			w.browser = "" // it is a stranger's from now on
			delete(w.row, "own")
			for _, token := range w.pending {
				if _, _, err := w.s.SignIn.InProgress(ctx, w.site, token); err == nil {
					t.Fatal("invariant 5: a sign-in with the old password goes on after the reset")
				}
			}
		},
		"administrator activates": func(t *rapid.T) {
			w.must(t, w.directory.Activate(ctx, operator, w.site, w.user.ID))
			w.state = gatehouse.Active
		},
		"sign out": func(t *rapid.T) {
			if len(w.sessions) == 0 {
				t.Skip("none")
			}
			token := rapid.SampledFrom(w.sessions).Draw(t, "which")
			w.must(t, w.s.SignIn.SignOut(ctx, w.site, token, "", operator))
			w.dead = append(w.dead, token)
			w.sessions = slices.DeleteFunc(w.sessions, func(s string) bool { return s == token })
		},
		"time passes": func(t *rapid.T) {
			w.s.Clock.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second)
		},
		"": w.check,
	}
}

func (w *world) ifVoid() string {
	if w.password == "" {
		return "Nothing-Fits-1"
	}
	return ""
}

// Invariants 1, 3, 4, 5 and 6 against the real services, on both databases: whatever
// the order of right and wrong passwords, the administrator's acts, and time.
func TestInvariantsOfSignIn(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url, testkit.WithLimits(noLimits))
		rapid.Check(t, func(rt *rapid.T) { rt.Repeat(newWorld(t, s).actions()) })
	})
}
