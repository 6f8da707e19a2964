package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// An administrator names whom colleagues can ask and chooses the company's clock; colleagues find
// both. What cannot be used is said at its field, and nothing typed is lost; what another
// administrator saved meanwhile is not overwritten without a word.
func TestA09_CompanyDetails(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		other := elsewhere(t, s, "meridian-uk", "other", func(*gatehouse.User) {})
		admin := administratorOf(t, s, u)
		page := admin.Get("/company/details").Want(200)
		const form = "form[action='/company/details']"
		wrong := admin.Submit(page, form, testkit.Values{"contact_1_name": "Ana Ruiz", "contact_1_email": "ana@", "contact_2_about": "Orders", "contact_2_phone": "ring me"}).Want(422)
		for _, want := range []string{"Enter an email address like", "Enter a name, or clear the whole contact", "Enter a phone number, such as"} {
			if !wrong.Has(want) {
				t.Errorf("%q is missing: %q", want, wrong.Text("main"))
			}
		}
		if wrong.MustFind("#contact_2_about").AttrOr("value", "") != "Orders" || wrong.MustFind("#contact_1_email").AttrOr("aria-invalid", "") != "true" {
			t.Error("what was typed is lost")
		}
		saved := admin.Submit(wrong, form, testkit.Values{"contact_1_email": "ana.ruiz@northgate.example", "contact_2_name": "=Front desk", "contact_2_phone": "020 7946 0011", "zone": "Asia/Tokyo"}).Want(200)
		if !saved.Has("Saved") || !saved.Has("JST") && !admin.Get("/company/users/"+u.ID).Has("JST") {
			t.Errorf("%q", saved.Text("main"))
		}
		late := admin.Submit(page, form, testkit.Values{"contact_1_name": "Someone else", "contact_1_phone": "555 0100"}).Want(409)
		if !late.Has("Another administrator changed this") || !late.Has("Ana Ruiz") || late.MustFind("#contact_1_name").AttrOr("value", "") != "Someone else" {
			t.Errorf("%q", late.Text("main"))
		}

		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "tadeyemi", password))
		if p := c.Get("/contact").Want(200); !p.Has("Ana Ruiz") || !p.Has("=Front desk") || !p.Has("020 7946 0011") {
			t.Errorf("%q", p.Text("main"))
		}
		if p := c.Get("/account/activity").Want(200); !strings.Contains(p.Text("main"), "Tokyo") {
			t.Errorf("the activity is not in the company's zone: %q", p.Text("main"))
		}
		if p := c.Get("/company/details"); p.Status == 200 && p.URL.Path == "/company/details" {
			t.Error("a user who is no administrator sees the company's page")
		}
		stranger := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(stranger, other.Username, password))
		if p := stranger.Get("/contact"); p.Has("Ana Ruiz") || visitor(t, s, "meridian-uk").Get("/contact").Has("Ana Ruiz") {
			t.Error("another company sees the contacts")
		}
	})
}
