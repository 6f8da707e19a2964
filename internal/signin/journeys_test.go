package signin_test

import (
	"flag"
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// newJourney is one of somebody who has been signing in for long, or was invited just
// now; the company may have switched already.
func newJourney(t *rapid.T, s *stage) *journey {
	counter.Lock()
	counter.n++
	name := fmt.Sprintf("player-%d", counter.n)
	counter.Unlock()
	st := *s.uk()
	st.Policy.Password.MaxAge = time.Duration(rapid.SampledFrom([]int{0, 10, 180}).Draw(t, "password expires")) * 24 * time.Hour
	j := &journey{stage: s, st: &st, password: first, known: map[string]bool{}, row: map[string]int{}, tabs: [2]*tab{{}, {}},
		account:    &account.Service{Store: s.Store, SignIn: s.SignIn, Outbox: s.Outbox, Keys: s.Keys, Now: s.Clock.Now},
		secondStep: secondStep{trust: map[string]time.Time{}}}
	firm := gatehouse.Company{SiteID: st.ID, ID: store.NewID("com", s.Clock.Now()), Name: "Eastgate Ltd", AccountNumber: name, CreatedAt: s.Clock.Now()}
	s.write(func(q store.Queries) error { return q.InsertCompany(ctx, firm) })
	if rapid.IntRange(0, 3).Draw(t, "invited") == 3 {
		j.user = s.person(name, func(u *gatehouse.User) { j.invited(u, firm) })
		j.temp, j.initial = true, true
	} else {
		j.user = s.asked(s.person(name, func(u *gatehouse.User) { u.CompanyID = firm.ID })) // in a browser of the past
		j.finished = true
	}
	j.user = j.u()
	if rapid.IntRange(0, 3).Draw(t, "Enhanced Security") > 0 {
		j.switches(t, true)
	}
	return j
}

// invited is somebody with the password that came with the account, and everything to do.
func (j *journey) invited(u *gatehouse.User, firm gatehouse.Company) {
	u.CompanyID, u.State, u.FirstSignInAt = firm.ID, gatehouse.Invited, time.Time{}
	u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, j.Clock.Now().Add(j.st.Policy.TemporaryPassword)
	u.ChallengeSet, u.TermsAccepted, u.SoleUserFor, u.SoleUser = false, "", "", false
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
		fewer(t, map[string]int{"sqlite": 3, "postgres": 8}[s.Store.Engine()])
		rapid.Check(t, func(rt *rapid.T) { rt.Repeat(newJourney(rt, s).acts()) })
	})
}
