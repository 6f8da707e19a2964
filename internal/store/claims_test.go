package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
)

// Users who have confirmed an address come before all who have not, regardless of number and
// order; among equals, no company fills the list.
func TestAccountsOfAnAddressComeInTheOrderOfTheirClaims(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, dice := t.Context(), rand.New(rand.NewPCG(1, 2))
		for n := range 3 {
			write(t, s, func(q store.Queries) error {
				return q.InsertCompany(ctx, gatehouse.Company{SiteID: "one", ID: fmt.Sprint("com_", n), Name: "c", AccountNumber: fmt.Sprint(n), CreatedAt: noon})
			})
		}
		for round := range 25 {
			email := fmt.Sprintf("round-%d@northgate.example", round)
			var all []gatehouse.User
			write(t, s, func(q store.Queries) error {
				var failed error
				for i := range 1 + dice.IntN(14) {
					u := gatehouse.User{SiteID: "one", ID: fmt.Sprintf("usr_%d_%02d", round, i), CompanyID: fmt.Sprint("com_", min(2, dice.IntN(5))),
						Username: fmt.Sprintf("u-%d-%d", round, i), Email: email, EmailConfirmed: dice.IntN(5) == 0,
						Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: noon}
					if dice.IntN(4) == 0 {
						u.State = gatehouse.Deactivated
					}
					all, failed = append(all, u), errors.Join(failed, q.InsertUser(ctx, u))
				}
				return failed
			})
			got, err := s.Read().UsersByEmail(ctx, "one", email, gatehouse.MostAccounts)
			if err != nil || len(got) != min(len(all), gatehouse.MostAccounts) {
				t.Fatalf("%d of %d accounts, %v", len(got), len(all), err)
			}
			inOrder(t, all, got)
		}
	})
}

func inOrder(t *testing.T, all, got []gatehouse.User) {
	t.Helper()
	claim, turns := gatehouse.ConfirmedClaim, map[string]int{}
	for i, u := range got {
		if u.EmailClaim() < claim {
			t.Fatalf("account %d has a better claim than the one before it: %+v", i, got)
		}
		if u.EmailClaim() > claim {
			claim, turns = u.EmailClaim(), map[string]int{}
		}
		turns[u.CompanyID]++
	}
	for _, left := range all { // out of the list
		if slices.ContainsFunc(got, func(u gatehouse.User) bool { return u.ID == left.ID }) {
			continue
		}
		last := got[len(got)-1]
		if left.EmailClaim() < last.EmailClaim() {
			t.Fatalf("%+v is left out for %+v", left, last)
		}
		// No company of equal claim has two turns more than this one's.
		for company, n := range turns {
			if left.EmailClaim() == claim && n > turns[left.CompanyID]+1 {
				t.Fatalf("%s has %d places and %s has %d", company, n, left.CompanyID, turns[left.CompanyID])
			}
		}
	}
}
