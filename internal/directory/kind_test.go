package directory

import (
	"testing"
	"time"

	"gatehouse"
)

// What is kept about a user is all that the rules look at: every user of any kind fits the same
// filters as the sample of the kind, whatever is required.
func TestKindsFitWhatTheirUsersFit(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	today := gatehouse.DayOf(now, time.UTC)
	when := func(is bool) (at time.Time) {
		if is {
			at = now.AddDate(0, -1, 0)
		}
		return at
	}
	tried := 0
	for bits := range 1 << 9 {
		on := func(n int) bool { return bits&(1<<n) != 0 }
		for _, state := range []gatehouse.UserState{gatehouse.Active, gatehouse.Invited, gatehouse.Deactivated} {
			for _, email := range []string{"", "mira@northgate.example", "no address"} {
				u := gatehouse.User{Username: "mira", Email: email, State: state, Role: gatehouse.RoleUser, EmailConfirmed: on(0), OwnTwoFactor: on(1),
					LockedAt: when(on(2)), Bounce: gatehouse.Bounce{At: when(on(3))}, FirstSignInAt: when(on(4)), SoleUser: !on(5), SoleUserFor: "2026-01"}
				if on(6) {
					u.Factors, u.Apps = u.Factors+1, 1
				}
				if on(7) {
					u.Factors, u.Passkeys = u.Factors+2, 2
				}
				if on(8) {
					u.Factors, u.Role = u.Factors+1, gatehouse.RoleAdmin
				}
				for _, need := range []gatehouse.Requirement{gatehouse.RequireNothing, gatehouse.RequireCode, gatehouse.RequireFactor, gatehouse.RequirePasskey} {
					for _, seen := range []int{0, today - 30, today - 91} {
						is := gatehouse.UserFacts{User: u, Reachable: reachable(u), Need: need, Today: today, Seen: seen}
						sample := kindOf(u).facts()
						sample.Need, sample.Today, sample.Seen = need, today, seen
						tried++
						if is.Groups() != sample.Groups() {
							t.Fatalf("%+v is in %v, and the sample in %v", u, is.Groups().All(), sample.Groups().All())
						}
						for _, f := range gatehouse.FactorFilters {
							if f.Fits(is) != f.Fits(sample) {
								t.Fatalf("%+v, %s, %s: %v", u, need, f, f.Fits(is))
							}
						}
						if u.Role != sample.Role {
							t.Fatalf("%+v has another role", u)
						}
					}
				}
			}
		}
	}
	if tried < 50_000 {
		t.Errorf("%d were tried", tried)
	}
}
