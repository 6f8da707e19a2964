package directory_test

import (
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
)

// What administrators say about their company is checked field by field, is theirs alone, and is not
// overwritten unseen.
func TestCompanyDetails(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c, d := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "20482", "Southgate")
		boss, stranger, user := h.leads(c.ID, "boss"), h.leads(d.ID, "stranger"), h.user(h.uk, c.ID, "user", gatehouse.RoleUser)
		ana := gatehouse.Contact{Name: "Ana Ruiz", About: "Orders", Email: "ana.ruiz@northgate.example", Phone: "+44 (0)20 7946-0011 x2"}
		set := func(by gatehouse.User, details gatehouse.CompanyDetails, seen string) error {
			return h.SetCompanyDetails(t.Context(), h.uk, as(by), c.ID, details, seen)
		}
		none := gatehouse.CompanyDetails{}.Version()
		want := gatehouse.CompanyDetails{Zone: "Asia/Tokyo", Contacts: []gatehouse.Contact{ana}, NoReport: true}
		if err := set(boss, gatehouse.CompanyDetails{Zone: "Asia/Tokyo", Contacts: []gatehouse.Contact{{}, ana, {Name: " "}}, NoReport: true}, none); err != nil {
			t.Fatal(err)
		}
		got, err := h.CompanyDetails(t.Context(), h.uk, as(boss), c.ID)
		if err != nil || got.Zone != want.Zone || !got.NoReport || !slices.Equal(got.Contacts, want.Contacts) {
			t.Errorf("%+v, %v", got, err)
		}
		if err := set(boss, gatehouse.CompanyDetails{}, none); gatehouse.ReasonOf(err) != directory.ReasonDetailsChanged {
			t.Errorf("over what was not seen: %v", err)
		}
		if err := set(boss, want, none); err != nil {
			t.Errorf("the same once more: %v", err)
		}
		for field, bad := range map[string]gatehouse.CompanyDetails{
			"zone":            {Zone: "Europe/Atlantis"},
			"contact_1_name":  {Contacts: []gatehouse.Contact{{Phone: "555 0100"}}},
			"contact_2_email": {Contacts: []gatehouse.Contact{ana, {Name: "B", Email: "b@"}}},
			"contact_1_email": {Contacts: []gatehouse.Contact{{Name: "Nobody can reach me"}}},
			"contact_1_phone": {Contacts: []gatehouse.Contact{{Name: "A", Phone: "call me"}}},
			"contact_1_about": {Contacts: []gatehouse.Contact{{Name: "A", Phone: "123", About: strings.Repeat("x", 300)}}},
		} {
			err := set(boss, bad, got.Version())
			e, is := err.(*gatehouse.Error)
			if !is || len(e.Fields) != 1 || e.Fields[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		for _, by := range []gatehouse.User{stranger, user} {
			if err := set(by, gatehouse.CompanyDetails{}, got.Version()); err == nil {
				t.Errorf("%s may", by.Username)
			}
			if _, err := h.CompanyDetails(t.Context(), h.uk, as(by), c.ID); err == nil {
				t.Errorf("%s sees them", by.Username)
			}
		}
		for _, zone := range gatehouse.Zones { // each is known where the program runs
			if err := set(boss, gatehouse.CompanyDetails{Zone: zone}, got.Version()); err != nil {
				t.Errorf("%s: %v", zone, err)
			}
			got.Zone, got.Contacts, got.NoReport = zone, nil, false
		}
	})
}
