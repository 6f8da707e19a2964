package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

func TestA12_ForgottenUsername(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		admin := s.AddUser("meridian-uk", "admin", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		u := s.AddUser("meridian-uk", "tadeyemi-secret-name", password, func(u *gatehouse.User) { u.Email = "tom@northgate.example" })
		ask := func(address string) *testkit.Page {
			c := visitor(t, s, "meridian-uk")
			p := c.Follow(c.Get("/sign-in"), "Forgot username?")
			for _, want := range []string{"administrator", "0345 010 0482", "help@uk.meridian.example", "Monday to Friday"} {
				if !p.Has(want) {
					t.Errorf("whom to ask: no %q in %q", want, p.Text("main"))
				}
			}
			return c.Submit(p, "form[action='/forgot-username']", testkit.Values{"email": address, "message": "It is Tom, from the warehouse."})
		}
		known := ask(u.Email)
		if known.Status != 200 || known.URL.Path != "/forgot-username" || known.Find("form[action='/forgot-username']").Length() != 0 || strings.Contains(string(known.Body), u.Username) {
			t.Errorf("%d %s %q", known.Status, known.URL, known.Text("main"))
		}
		m := s.Mail.Wait(t, admin.Email)
		if !strings.Contains(m.Text, u.Username) || !strings.Contains(m.Text, "It is Tom, from the warehouse.") {
			t.Errorf("the administrator is told:\n%s", m.Text)
		}
		if unknown := ask("nobody@elsewhere.example"); unknown.Status != known.Status || unknown.Text("main") != known.Text("main") {
			t.Errorf("an unknown address: %d %q", unknown.Status, unknown.Text("main"))
		}
		for _, m := range s.Mail.All() {
			if strings.Contains(strings.Join(m.To, " "), u.Email) || strings.Contains(strings.Join(m.To, " "), "elsewhere") {
				t.Errorf("mail to %s", m.To)
			}
		}
		c := visitor(t, s, "meridian-uk")
		bad := c.Submit(c.Get("/forgot-username"), "form[action='/forgot-username']", testkit.Values{"email": "", "message": "  two\nlines " + long(500)})
		if bad.Status != 422 || !bad.Has("Enter your email address") || !strings.Contains(bad.Text("#message"), "two lines xxx") {
			t.Errorf("%d %q", bad.Status, bad.Text("main"))
		}
	})
}

// On a site that signs in by address, there is nothing to ask.
func TestA12_TheUsernameIsTheAddress(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	p := visitor(t, s, "inkwell").Get("/forgot-username")
	if p.Status != 200 || !p.Has("with your email address") || p.Find("form[action='/forgot-username']").Length() != 0 || !p.Has("support@inkwell.example") {
		t.Errorf("%d %q", p.Status, p.Text("main"))
	}
}
