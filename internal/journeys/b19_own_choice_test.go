package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const securityForm = "form[action='/account/security']"

// A user in a company without Enhanced Security chooses codes anyway, and later no
// longer: that requires the password if the sign-in is not recent.
func TestB19_TheOwnChoiceOfTwoFactor(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for siteID, name := range map[string]string{"meridian-uk": "msantos", "inkwell": "msantos@northgate.example"} {
			u := s.AddUser(siteID, name, password, func(u *gatehouse.User) { u.Email = "mira." + siteID + "@northgate.example" })
			if siteID == "inkwell" {
				u = s.User(u)
			}
			c := visitor(t, s, siteID)
			wantHome(t, signIn(c, u.Username, password))
			p := c.Follow(c.Get("/account/profile"), "Two-factor authentication").Want(200)
			if on := p.Has("15 days"); on != (siteID == "meridian-uk") {
				t.Errorf("%s: trust is spoken of: %v", siteID, on)
			}
			p = c.Submit(p, securityForm, testkit.Values{"own_two_factor": "on", "send_automatically": "off"}).Want(200)
			if now := s.User(u); !p.Has("Your choice has been saved") || !now.OwnTwoFactor || !now.CodesOnRequest {
				t.Errorf("%s %q", p.URL, p.Text("main"))
			}
			if m := mailAbout(t, s, u.Email, "was turned on"); !strings.Contains(m.Text, u.Email) {
				t.Errorf("%s", m.Text)
			}
			if home := c.Get("/"); !strings.Contains(home.Text("#card-checkup"), "Two-factor authentication is on") {
				t.Errorf("%q", home.Text("#card-checkup"))
			}
			// The next sign-in waits for "Send a code".
			other := visitor(t, s, siteID)
			q := wantCodePage(t, other, u)
			q = other.Press(q, "Send a code", nil)
			wantHome(t, enterCode(other, q, mailedCode(t, s, u.Email)))

			s.Clock.Add(gatehouse.FreshFor)
			p = c.Get("/account/security").Want(200)
			p = c.Submit(p, securityForm, testkit.Values{"own_two_factor": "off"}).Want(403)
			for _, typed := range []string{"", "not it"} {
				bad := stepUp(c, p, testkit.Values{"current_password": typed}).Want(422)
				if bad.Find("#current_password-error").Length() != 1 || bad.Find("input[type=password][value]").Length() != 0 || !s.User(u).OwnTwoFactor {
					t.Errorf("%q: %q", typed, bad.Text("main"))
				}
				p = bad
			}
			p = stepUp(c, p, testkit.Values{"current_password": password}).Want(200)
			if p.Find("#own_two_factor-off[checked]").Length() != 1 || !s.User(u).OwnTwoFactor {
				t.Errorf("%q", p.Text("main"))
			}
			p = c.Submit(p, securityForm, nil).Want(200)
			if !p.Has("Your choice has been saved") || s.User(u).OwnTwoFactor {
				t.Errorf("%q", p.Text("main"))
			}
			mailAbout(t, s, u.Email, "was turned off")
			wantHome(t, other.Get("/")) // other sessions stay
			wantHome(t, signIn(visitor(t, s, siteID), u.Username, password))
		}
	})
}

// Nobody can lock themselves out with codes that never arrive: what is missing is said
// first, even if the form is sent anyway.
func TestB19_TheOwnChoiceNeedsAnAddress(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		for name, c := range map[string]struct {
			change func(*gatehouse.User)
			want   string
		}{
			"nowhere":     {func(u *gatehouse.User) { u.Email = "" }, "You have no email address"},
			"unconfirmed": {func(u *gatehouse.User) { u.EmailConfirmed = false }, "not confirmed yet"},
			"bouncing":    {func(u *gatehouse.User) { u.Bounce = gatehouse.Bounce{At: s.Clock.Now(), Reported: true} }, "could not be delivered"},
		} {
			u := s.AddUser("meridian-uk", name, password, c.change)
			b := visitor(t, s, "meridian-uk")
			wantHome(t, signIn(b, name, password))
			p := b.Get("/account/security").Want(200)
			if !p.Has(c.want) || p.Find("main a[href='/account/profile']").Length() < 2 || p.Find("#own_two_factor").Length() != 0 {
				t.Errorf("%s: %q", name, p.Text("main"))
			}
			token := p.MustFind("main [name=form_token]").First().AttrOr("value", "")
			bad := b.Post("/account/security", map[string][]string{"form_token": {token}, "own_two_factor": {"on"}})
			if bad.Status != 422 || bad.Find("#own_two_factor-error").Length() != 1 || s.User(u).OwnTwoFactor {
				t.Errorf("%s: %d %q", name, bad.Status, bad.Text("main"))
			}
		}
		u := careful(t, s, "meridian-uk", "msantos", nil)
		if p := trusting(t, s, u).Get("/account/security"); !p.Has("Enhanced Security is on for Northgate Systems Ltd") || !p.Has("There is one device on which we do not currently ask for a code") {
			t.Errorf("%q", p.Text("main"))
		}
	})
}
