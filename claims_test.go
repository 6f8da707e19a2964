package gatehouse_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gatehouse"
)

// anyClaims draws the accounts that have one address, in the order of their claims.
func anyClaims(t *rapid.T, most int) []gatehouse.User {
	users := make([]gatehouse.User, rapid.IntRange(0, most).Draw(t, "accounts"))
	for i := range users {
		users[i] = gatehouse.User{ID: fmt.Sprint("usr_", i), CompanyID: rapid.SampledFrom([]string{"east", "west", "south"}).Draw(t, "company"),
			EmailConfirmed: rapid.Bool().Draw(t, "confirmed"),
			State:          rapid.SampledFrom([]gatehouse.UserState{gatehouse.Invited, gatehouse.Active, gatehouse.Deactivated}).Draw(t, "state")}
	}
	byClaim(users)
	return users
}

func byClaim(users []gatehouse.User) {
	slices.SortStableFunc(users, func(a, b gatehouse.User) int { return cmp.Compare(a.EmailClaim(), b.EmailClaim()) })
}

func count(users []gatehouse.User, with func(gatehouse.User) bool) (n int) {
	for _, u := range users {
		if with(u) {
			n++
		}
	}
	return n
}

func confirmed(u gatehouse.User) bool   { return u.EmailConfirmed }
func unconfirmed(u gatehouse.User) bool { return !u.EmailConfirmed }

// No matter what others claim, if exactly one account has confirmed its address, the address
// identifies it, it is among those that are helped, and requests about it go to its company and to
// no other that has not confirmed the address.
func TestClaimsNeverBeatProof(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		others := slices.DeleteFunc(anyClaims(t, 12), confirmed)
		owner := gatehouse.User{ID: "usr_owner", CompanyID: "north", EmailConfirmed: true, State: gatehouse.Active}
		users := append(others, owner)
		byClaim(users)
		if u, ok := gatehouse.MeantBy(users); !ok || u != owner {
			t.Fatalf("the address means %+v", u)
		}
		if helped := gatehouse.ConfirmedFirst(users); helped[0] != owner {
			t.Fatalf("%+v is helped before the owner", helped[0])
		}
		if hear := gatehouse.ConfirmedOnly(users); len(hear) != 1 || hear[0] != owner {
			t.Fatalf("%+v hear of it", hear)
		}
	})
}

// What the three rules return for any accounts.
func TestWhatClaimsLeave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		users := anyClaims(t, 9)
		before := slices.Clone(users)
		helped, hear := gatehouse.ConfirmedFirst(users), gatehouse.ConfirmedOnly(users)
		if !slices.Equal(users, before) {
			t.Fatal("the accounts were changed")
		}
		n := count(users, confirmed)
		if n == 0 && (!slices.Equal(helped, users) || !slices.Equal(hear, users)) {
			t.Fatal("where nobody has confirmed the address, nothing is left out")
		}
		if count(helped, confirmed) != n || n > 0 && len(hear) != n || count(hear, confirmed) != n {
			t.Fatalf("of %d confirmed ones %+v and %+v", n, helped, hear)
		}
		for _, company := range []string{"east", "west", "south"} {
			of := func(u gatehouse.User) bool { return u.CompanyID == company && unconfirmed(u) }
			if got, want := count(helped, of), count(users, of); n > 0 && got != min(want, 1) {
				t.Fatalf("%d of %d unconfirmed accounts of one company beside %d confirmed ones", got, want, n)
			}
		}
		best := 0
		for _, u := range users {
			if u.EmailClaim() == users[0].EmailClaim() {
				best++
			}
		}
		if u, ok := gatehouse.MeantBy(users); ok != (best == 1) || ok && u != users[0] {
			t.Fatalf("%d with the best claim, and the address means %+v, %v", best, u, ok)
		}
	})
}
