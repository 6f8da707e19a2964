package directory_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// Every method, for everybody who must not use it: anything of another company does not exist, and
// a caller who administers nothing is refused before anything is looked up (invariant 6, B01).
func TestWhoMayWhat(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	u, admin := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser), h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin)
	other := h.company(h.uk, "2", "Other")
	neighbour := h.user(h.uk, other.ID, "neighbour", gatehouse.RoleAdmin)
	abroad := h.user(h.au, h.company(h.au, "10482", "Northgate").ID, "AOkafor", gatehouse.RoleAdmin)
	twin := as(abroad) // the same company's ID on another site
	twin.CompanyID = c.ID

	ctx := t.Context()
	message, browser := store.NewID("msg", h.now), store.NewID("dev", h.now)
	h.write(func(q store.Queries) error { // no password, which a reset would drop
		return q.InsertMessage(ctx, store.Message{SiteID: u.SiteID, ID: message, CompanyID: u.CompanyID, UserID: u.ID,
			Kind: "new-device", Recipient: u.Email, MessageID: message, CreatedAt: h.now, ExpiresAt: h.now.Add(time.Hour)})
	})
	methods := map[string]func(c gatehouse.Caller) error{
		"Company":          func(by gatehouse.Caller) error { _, err := h.Company(ctx, h.uk, by, c.ID); return err },
		"CompanyByAccount": func(by gatehouse.Caller) error { _, err := h.CompanyByAccount(ctx, h.uk, by, "10482"); return err },
		"CountUsers":       func(by gatehouse.Caller) error { _, err := h.CountUsers(ctx, h.uk, by, c.ID); return err },
		"Users":            func(by gatehouse.Caller) error { _, err := h.Users(ctx, h.uk, by, c.ID, "", 10); return err },
		"User":             func(by gatehouse.Caller) error { _, err := h.User(ctx, h.uk, by, u.ID); return err },
		"UserByUsername":   func(by gatehouse.Caller) error { _, err := h.UserByUsername(ctx, h.uk, by, "msantos"); return err },
		"Locks":            func(by gatehouse.Caller) error { _, err := h.Locks(ctx, h.uk, by, u.ID); return err },
		"Events":           func(by gatehouse.Caller) error { _, err := h.Events(ctx, h.uk, by, u.ID, 10); return err },
		"People": func(by gatehouse.Caller) error {
			_, err := h.FindUsers(ctx, h.uk, by, c.ID, directory.UserList{Limit: 10})
			return err
		},
		"CountFound": func(by gatehouse.Caller) error {
			_, err := h.CountFound(ctx, h.uk, by, c.ID, gatehouse.UserFilter{})
			return err
		},
		"EachFound": func(by gatehouse.Caller) error {
			return h.EachFound(ctx, h.uk, by, c.ID, gatehouse.UserFilter{}, func(gatehouse.User) error { return nil })
		},
		"Messages":       func(by gatehouse.Caller) error { _, err := h.Messages(ctx, h.uk, by, u.ID, 10); return err },
		"Standing":       func(by gatehouse.Caller) error { _, err := h.Standing(ctx, h.uk, by, u.ID); return err },
		"SendPassword":   func(by gatehouse.Caller) error { return h.SendPassword(ctx, h.uk, by, u.ID) },
		"Resend":         func(by gatehouse.Caller) error { return h.Resend(ctx, h.uk, by, u.ID, message) },
		"TwoFactor":      func(by gatehouse.Caller) error { _, err := h.TwoFactor(ctx, h.uk, by, u.ID); return err },
		"ResetTwoFactor": func(by gatehouse.Caller) error { return h.ResetTwoFactor(ctx, h.uk, by, u.ID) },
		"EndTrust": func(by gatehouse.Caller) error {
			h.write(func(q store.Queries) error { // a reset of the password has forgotten it
				_, _, err := q.DeviceSignedIn(ctx, u.SiteID, u.ID, browser, browser, "", "", h.now)
				return err
			})
			return h.EndTrust(ctx, h.uk, by, u.ID, browser)
		},
		"CreateUser": func(by gatehouse.Caller) error {
			_, err := h.CreateUser(ctx, h.uk, by, c.ID, directory.UserFields{Username: "n" + string(by.Kind) + by.UserID})
			return err
		},
		"ClearBounce": func(by gatehouse.Caller) error { _, err := h.ClearBounce(ctx, h.uk, by, u.ID); return err },
		"UpdateUser": func(by gatehouse.Caller) error {
			_, err := h.UpdateUser(ctx, h.uk, by, u.ID, directory.UserChange{FirstName: ptr("X")})
			return err
		},
		"CorrectEmail": func(by gatehouse.Caller) error {
			_, err := h.CorrectEmail(ctx, h.uk, by, u.ID, u.Email)
			return err
		},
		"Activate":      func(by gatehouse.Caller) error { return h.Activate(ctx, h.uk, by, u.ID) },
		"Unlock":        func(by gatehouse.Caller) error { return h.Unlock(ctx, h.uk, by, u.ID) },
		"ResetPassword": func(by gatehouse.Caller) error { _, err := h.ResetPassword(ctx, h.uk, by, u.ID); return err },
		"Deactivate":    func(by gatehouse.Caller) error { return h.Deactivate(ctx, h.uk, by, u.ID) },
	}
	for name, method := range methods {
		for who, want := range map[*gatehouse.Caller]gatehouse.Kind{
			ptr(gatehouse.Caller{}): gatehouse.Forbidden,
			ptr(gatehouse.Caller{Kind: gatehouse.Visitor, Role: "admin"}): gatehouse.Forbidden,
			ptr(as(u)):         gatehouse.Forbidden,
			ptr(as(neighbour)): gatehouse.NotFound,
			ptr(as(abroad)):    gatehouse.Forbidden,
			ptr(twin):          gatehouse.Forbidden,
		} {
			if err := method(*who); gatehouse.KindOf(err) != want {
				t.Errorf("%s by %+v: %v, want kind %d", name, *who, err, want)
			}
		}
	}
	if got := h.stored(h.uk, "MSantos"); got.FirstName != "Mira" || got.State != gatehouse.Invited {
		t.Errorf("somebody changed it: %+v", got)
	}
	for name, method := range methods {
		if name == "Deactivate" {
			continue
		}
		for _, by := range []gatehouse.Caller{as(admin), operator, {Kind: gatehouse.System}} {
			if err := method(by); err != nil {
				t.Errorf("%s by %s: %v", name, by.Kind, err)
			}
		}
	}
}

func TestWhatOnlyOperatorsMay(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	admin := as(h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin))
	_, create := h.CreateCompany(t.Context(), h.uk, admin, directory.CompanyFields{Name: "X", AccountNumber: "1"})
	_, update := h.UpdateCompany(t.Context(), h.uk, admin, c.ID, directory.CompanyChange{Name: ptr("Meridian Support")})
	_, companies := h.Companies(t.Context(), h.uk, admin, "", 10)
	_, users := h.SiteUsers(t.Context(), h.uk, admin, "", 10)
	for name, err := range map[string]error{"CreateCompany": create, "UpdateCompany": update, "Companies": companies, "SiteUsers": users} {
		if gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Errorf("%s by an administrator: %v", name, err)
		}
	}
}

func TestAdministratorsAndTheirOwnAccount(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	u := h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin)
	me := as(u)
	if err := h.Deactivate(t.Context(), h.uk, me, u.ID); gatehouse.KindOf(err) != gatehouse.Conflict {
		t.Errorf("deactivate: %v", err)
	}
	if _, err := h.ResetPassword(t.Context(), h.uk, me, u.ID); gatehouse.KindOf(err) != gatehouse.Conflict {
		t.Errorf("reset: %v", err)
	}
	_, err := h.UpdateUser(t.Context(), h.uk, me, u.ID, directory.UserChange{Role: ptr(gatehouse.RoleUser), Email: ptr("thief@quill.example")})
	if fields(err) != "role=own-account email=own-account" {
		t.Errorf("role and address: %v", err)
	}
	if _, err := h.UpdateUser(t.Context(), h.uk, me, u.ID, directory.UserChange{FirstName: ptr("Ada")}); err != nil {
		t.Errorf("name: %v", err)
	}
	_, err = h.Import(t.Context(), h.uk, me, strings.NewReader("account_number,username,active\n10482,aokafor,no\n"), directory.ImportOptions{})
	if gatehouse.KindOf(err) != gatehouse.Invalid || h.stored(h.uk, "AOkafor").State == gatehouse.Deactivated {
		t.Errorf("deactivated by import: %v", err)
	}
}
