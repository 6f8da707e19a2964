package directory_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// Users come back in the states that they had, with what was changed of them meanwhile. While the
// company is suspended, nobody is invited or mailed, and an import changes data and opens nothing.
func TestASuspensionKeepsTheStates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		firm, other := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "10483", "Other")
		boss := h.user(h.uk, firm.ID, "Boss", gatehouse.RoleAdmin)
		off, on, bystander := h.user(h.uk, firm.ID, "Off", gatehouse.RoleUser), h.user(h.uk, firm.ID, "On", gatehouse.RoleUser), h.user(h.uk, other.ID, "Else", gatehouse.RoleUser)
		h.ok(h.Deactivate(t.Context(), h.uk, operator, off.ID))
		states := func() (all []gatehouse.UserState) {
			for _, u := range []gatehouse.User{boss, off, on, bystander} {
				now, err := h.User(t.Context(), h.uk, operator, u.ID)
				h.ok(err)
				all = append(all, now.State)
			}
			return all
		}
		before := states()
		h.ok(h.Suspend(t.Context(), h.uk, operator, firm.ID, " not  paid ", ""))
		for _, u := range []gatehouse.User{boss, off, on, bystander} {
			now, err := h.Store.Read().User(t.Context(), h.uk.ID, u.ID)
			h.ok(err)
			if now.Suspended() != (u.CompanyID == firm.ID) || now.Suspended() && now.MaySignIn() {
				t.Errorf("%s: suspended %v, may sign in %v", u.Username, now.Suspended(), now.MaySignIn())
			}
		}
		for name, do := range map[string]func() error{
			"suspend twice": func() error { return h.Suspend(t.Context(), h.uk, operator, firm.ID, "again", "") },
			"password":      func() error { return h.SendPassword(t.Context(), h.uk, operator, on.ID) },
			"invitation":    func() error { return h.Act(t.Context(), h.uk, operator, on.ID, gatehouse.ActInviteAgain, "") },
			"a new user": func() error {
				_, err := h.CreateUser(t.Context(), h.uk, operator, firm.ID, directory.UserFields{Username: "late", Email: "late@northgate.example"})
				return err
			},
			"a late form": func() error { return h.Resume(t.Context(), h.uk, operator, firm.ID, firm.Version()) },
		} {
			if err := do(); err == nil || gatehouse.KindOf(err) != gatehouse.Conflict {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := h.Import(t.Context(), h.uk, operator, strings.NewReader("account_number,username,first_name\n10482,On,Imported\n10482,Fresh,New\n"), directory.ImportOptions{})
		h.ok(err)
		if fresh, err := h.Store.Read().UserByUsername(t.Context(), h.uk.ID, "fresh"); err != nil || fresh.MaySignIn() {
			t.Errorf("an imported user: %v, may sign in %v", err, fresh.MaySignIn())
		}
		h.ok(h.Resume(t.Context(), h.uk, operator, firm.ID, ""))
		if after := states(); strings.Join(words(after), " ") != strings.Join(words(before), " ") {
			t.Errorf("before %v, after %v", before, after)
		}
		if now, err := h.User(t.Context(), h.uk, operator, on.ID); err != nil || now.FirstName != "Imported" {
			t.Errorf("%+v %v", now, err)
		}
		if err := h.Resume(t.Context(), h.uk, operator, firm.ID, ""); err == nil || gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("resumed twice: %v", err)
		}
	})
}

func words(states []gatehouse.UserState) (all []string) {
	for _, s := range states {
		all = append(all, string(s))
	}
	return all
}

// Of two operators who suspend a company at once, one has done it, and the other is told so; of a
// suspension and a renaming of what both have read, the second is told.
func TestTwoOperatorsSuspendAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		firm := h.company(h.uk, "10482", "Northgate")
		ops := []gatehouse.Caller{asOperator(h.operator("one", gatehouse.RoleSecurity)), asOperator(h.operator("two", gatehouse.RoleSecurity))}
		var all sync.WaitGroup
		errs := make([]error, len(ops))
		for i, by := range ops {
			all.Go(func() { errs[i] = h.Suspend(t.Context(), h.uk, by, firm.ID, "not paid", firm.Version()) })
		}
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%v, %v", errs[0], errs[1])
		}
		name := "Renamed"
		_, err := h.UpdateCompany(t.Context(), h.uk, operator, firm.ID, directory.CompanyChange{Name: &name, Seen: firm.Version()})
		if err == nil || gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("renamed as if it were not suspended: %v", err)
		}
		for what, err := range map[string]error{
			"another site": h.Suspend(t.Context(), h.au, ops[0], firm.ID, "x", ""),
			"support":      h.Suspend(t.Context(), h.uk, asOperator(h.operator("three", gatehouse.RoleSupport)), firm.ID, "x", ""),
			"no reason":    h.Suspend(t.Context(), h.uk, ops[0], firm.ID, " ", ""),
		} {
			if err == nil {
				t.Errorf("%s may", what)
			}
		}
		events := 0
		seen, _, err := h.Store.Read().EventsOfCompany(t.Context(), h.uk.ID, firm.ID, store.CompanyEvents{From: h.now.Add(-time.Hour), To: h.now.Add(time.Hour), Limit: 100, Window: 1000})
		h.ok(err)
		for _, e := range seen {
			if e.Kind == gatehouse.EventCompanySuspended {
				events++
			}
		}
		if events != 1 {
			t.Errorf("%d events", events)
		}
	})
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}
