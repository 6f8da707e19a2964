package directory_test

import (
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// The last owner stays, no matter who is how fast: two owners who take the role from each other, or
// turn each other off, leave one.
func TestTheLastOwnerStays(t *testing.T) {
	for name, act := range map[string]func(h *house, by gatehouse.Caller, id string) error{
		"role": func(h *house, by gatehouse.Caller, id string) error {
			return h.SetOperatorRole(t.Context(), h.operators, by, id, gatehouse.RoleSupport)
		},
		"deactivate": func(h *house, by gatehouse.Caller, id string) error {
			return h.Deactivate(t.Context(), h.operators, by, id)
		},
	} {
		each(t, func(t *testing.T, h *house) {
			owners := []gatehouse.User{h.operator("one", gatehouse.RoleOwner), h.operator("two", gatehouse.RoleOwner)}
			var all sync.WaitGroup
			for i, u := range owners {
				all.Go(func() {
					err := act(h, asOperator(owners[1-i]), u.ID)
					if kind := gatehouse.KindOf(err); err != nil && kind != gatehouse.Conflict && kind != gatehouse.Forbidden {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			all.Wait()
			left, now := []gatehouse.User{}, h.listed()
			for _, u := range now {
				if u.Leads() {
					left = append(left, u)
				}
			}
			if len(left) != 1 {
				t.Fatalf("%s: %d owners are left", name, len(left))
			}
			if err := act(h, operator, left[0].ID); gatehouse.KindOf(err) != gatehouse.Conflict || err == nil {
				t.Errorf("%s by a command: %v", name, err)
			}
		})
	}
}

// operator makes an operator who has signed in before.
func (h *house) operator(name string, role gatehouse.Role) gatehouse.User {
	h.t.Helper()
	u, link, err := h.CreateOperator(h.t.Context(), h.operators, operator, directory.UserFields{Username: name, Email: name + "@platform.example", Role: role})
	if err != nil || link == "" {
		h.t.Fatal(err)
	}
	h.write(func(q store.Queries) error { return q.SetUserState(h.t.Context(), u.SiteID, u.ID, gatehouse.Active) })
	u.State = gatehouse.Active
	return u
}

// listed are all operators.
func (h *house) listed() []gatehouse.User {
	h.t.Helper()
	all, err := h.Operators(h.t.Context(), h.operators, operator)
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// Operators do to users what their role is good for, and nothing to each other unless they are
// owners; one who was turned off a moment ago does nothing.
func TestWhatRolesDo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		st := h.operators
		callers := map[gatehouse.Role]gatehouse.Caller{}
		for _, role := range gatehouse.OperatorRoles {
			callers[role] = asOperator(h.operator(string(role), role))
		}
		c := h.company(h.uk, "10482", "Northgate")
		u := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
		h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin)
		other := callers[gatehouse.RoleSupport].UserID
		for role, by := range callers {
			for name, test := range map[string]struct {
				may gatehouse.OperatorAct
				do  func() error
			}{
				"see":       {gatehouse.OperatorSee, func() error { _, err := h.User(t.Context(), h.uk, by, u.ID); return err }},
				"companies": {gatehouse.OperatorSee, func() error { _, err := h.Companies(t.Context(), h.uk, by, "", 5); return err }},
				"unlock":    {gatehouse.OperatorUnlock, func() error { return h.Unlock(t.Context(), h.uk, by, u.ID) }},
				"password":  {gatehouse.OperatorPassword, func() error { return h.SendPassword(t.Context(), h.uk, by, u.ID) }},
				"factors":   {gatehouse.OperatorFactors, func() error { return h.ResetTwoFactor(t.Context(), h.uk, by, u.ID) }},
				"suspend":   {gatehouse.OperatorSuspend, func() error { return h.Activate(t.Context(), h.uk, by, u.ID) }},
				"create": {gatehouse.OperatorCompanies, func() error {
					_, err := h.CreateCompany(t.Context(), h.uk, by, directory.CompanyFields{Name: "New", AccountNumber: string(role)})
					return err
				}},
				"operators": {gatehouse.OperatorOperators, func() error { _, err := h.Operators(t.Context(), st, by); return err }},
				"another operator": {gatehouse.OperatorOperators, func() error {
					if by.UserID == other {
						_, err := h.User(t.Context(), st, by, callers[gatehouse.RoleOwner].UserID)
						return err
					}
					_, err := h.User(t.Context(), st, by, other)
					return err
				}},
				"a password to read": {"", func() error { _, err := h.ResetPassword(t.Context(), h.uk, by, u.ID); return err }},
				"a user with a password": {"", func() error {
					_, err := h.CreateUser(t.Context(), h.uk, by, c.ID, directory.UserFields{Username: "x" + string(role)})
					return err
				}},
				"a company of operators": {"", func() error {
					_, err := h.CreateCompany(t.Context(), st, by, directory.CompanyFields{Name: "New", AccountNumber: "x"})
					return err
				}},
			} {
				if err := test.do(); (gatehouse.KindOf(err) == gatehouse.Forbidden && err != nil) == gatehouse.OperatorMay(role, test.may) {
					t.Errorf("%s by %s: %v", name, role, err)
				}
			}
		}
		late := callers[gatehouse.RoleSecurity]
		if err := h.Deactivate(t.Context(), st, operator, late.UserID); err != nil {
			t.Fatal(err)
		}
		if err := h.Unlock(t.Context(), h.uk, late, u.ID); gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("by somebody who was turned off: %v", err)
		}
	})
}

// asOperator is the caller of a signed-in operator.
func asOperator(u gatehouse.User) gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.Operator, SiteID: u.SiteID, CompanyID: u.CompanyID, UserID: u.ID, Role: u.Role, Name: u.DisplayName()}
}
