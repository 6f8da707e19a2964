package directory_test

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// Nothing in the database names somebody who was erased, or has the address, and colleagues keep
// theirs. What the person did to others can still be read, without the name.
func TestAnErasedPersonIsNamedNowhere(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		h := newHouse(t, url)
		firm := h.company(h.uk, "10482", "Northgate")
		boss := h.user(h.uk, firm.ID, "ZQuill", gatehouse.RoleUser)
		colleague, second := h.user(h.uk, firm.ID, "Colleague", gatehouse.RoleUser), h.leads(firm.ID, "Second")
		h.leads(firm.ID, "Third")
		h.write(func(q store.Queries) error {
			boss.FirstName, boss.LastName = "Zadie", "Quill"
			return q.UpdateProfile(t.Context(), boss, h.now)
		})
		h.ok(h.Act(t.Context(), h.uk, as(second), boss.ID, gatehouse.ActMakeAdmin, "")) // which the third is told
		boss = h.stored(h.uk, "zquill")
		h.signIn(boss)
		by := as(boss)
		by.IPAddress, by.UserAgent = "198.51.100.77", "Quillbrowser/1.0"
		h.ok(h.Act(t.Context(), h.uk, by, colleague.ID, gatehouse.ActDeactivate, ""))
		h.ok(h.SetCompanyDetails(t.Context(), h.uk, by, firm.ID, gatehouse.CompanyDetails{Contacts: []gatehouse.Contact{{Name: "Zadie Quill", About: "Orders", Email: "ZQuill@northgate.example"}}}, gatehouse.CompanyDetails{}.Version()))
		h.tell(boss, h.now, gatehouse.EventSignIn, gatehouse.ResultWrong, "198.51.100.77")
		h.ok(h.corrected(second, boss, "zadie.quill@northgate.example"))
		now := h.stored(h.uk, "zquill")
		named := func() (found []string) {
			for _, mark := range []string{"zquill", "zadie", "198.51.100.77", "quillbrowser"} {
				found = append(found, testkit.Search(t, url, mark)...)
			}
			return found
		}
		if before := named(); len(before) < 10 {
			t.Fatalf("only %q", before)
		}
		for _, by := range []gatehouse.Caller{as(second), as(now), asOperator(h.operator("sec", gatehouse.RoleSecurity))} {
			if _, err := h.Erase(t.Context(), h.uk, by, now.ID); gatehouse.KindOf(err) != gatehouse.Forbidden {
				t.Errorf("%s erases: %v", by.Role, err)
			}
		}
		planned, err := h.Erasable(t.Context(), h.uk, operator, now.ID)
		h.ok(err)
		owner := asOperator(h.operator("own", gatehouse.RoleOwner))
		receipt, err := h.Erase(t.Context(), h.uk, owner, now.ID)
		h.ok(err)
		if len(receipt.Tables) != len(planned.Tables) || receipt.UserID != now.ID || receipt.CompanyID != firm.ID {
			t.Errorf("planned %+v\nand done %+v", planned, receipt)
		}
		if after := named(); len(after) > 0 {
			t.Errorf("still in %q", after)
		}
		if found := testkit.Search(t, url, "colleague@northgate.example"); len(found) == 0 {
			t.Error("a colleague is gone, too")
		}
		events := h.events(colleague)
		if events[len(events)-1] != gatehouse.EventUserDeactivated {
			t.Errorf("what was done to a colleague: %q", events)
		}
		if again := h.user(h.uk, firm.ID, "ZQuill", gatehouse.RoleUser); again.ID == now.ID {
			t.Error("the old account again")
		}
		h.now = h.now.Add(time.Minute)
		h.ok(h.RemoveDeleted(t.Context(), h.byID))
		if _, err := h.User(t.Context(), h.uk, operator, now.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("the account after the job: %v", err)
		}
	})
}

// Operators are not erased, and nobody at another site.
func TestWhoIsNotErased(t *testing.T) {
	h := once(t)
	u, op := h.user(h.au, h.company(h.au, "1", "Abroad").ID, "elsewhere", gatehouse.RoleUser), h.operator("own", gatehouse.RoleOwner)
	if _, err := h.Erase(t.Context(), h.uk, operator, u.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
		t.Errorf("at another site: %v", err)
	}
	for _, by := range []gatehouse.Caller{operator, asOperator(op)} {
		if _, err := h.Erase(t.Context(), h.operators, by, op.ID); gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("an operator: %v", err)
		}
	}
}
