package signin_test

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// A12: the request goes to those who can help, once, with its message; the requester learns
// nothing.
func TestA12AForgottenUsernameIsPassedOn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, id := range []string{"east", "west", "south"} {
			s.write(func(q store.Queries) error {
				return q.InsertCompany(ctx, gatehouse.Company{SiteID: "meridian-uk", ID: "com_" + id, Name: id, AccountNumber: id, CreatedAt: s.Clock.Now()})
			})
		}
		add := func(name, company, email string, role gatehouse.Role) gatehouse.User {
			return s.addUser(name, func(u *gatehouse.User) { u.CompanyID, u.Role = "com_"+company, role; u.Email = email })
		}
		const asker = "ada@northgate.example"
		admins := []gatehouse.User{
			add("admin-east-1", "east", "admin-east-1@northgate.example", gatehouse.RoleAdmin),
			add("admin-east-2", "east", "admin-east-2@northgate.example", gatehouse.RoleAdmin),
			add("admin-west", "west", "admin-west@northgate.example", gatehouse.RoleAdmin),
		}
		add("ada.bloom", "east", asker, gatehouse.RoleUser)
		add("ada.b", "east", asker, gatehouse.RoleAdmin) // is one herself, and cannot help
		add("bloom", "west", "ADA@northgate.example", gatehouse.RoleUser)
		add("ada.south", "south", asker, gatehouse.RoleAdmin) // the company's only one
		quiet := add("colleague", "east", "colleague@northgate.example", gatehouse.RoleUser)
		ask := func(email, message string) error {
			return s.SignIn.AskUsername(ctx, s.uk(), visitor(s.uk()), email, message)
		}
		s.must(ask("  Ada@Northgate.example ", "I moved to\r\nsales.\n"))
		for i, to := range admins {
			m := s.sent(to.Email)
			if len(m) != 1 {
				t.Fatalf("%s has %d mails", to.Username, len(m))
			}
			text := m[0].Text
			east := i < 2
			if !strings.Contains(text, "Ada@Northgate.example") || !strings.Contains(text, "sales.") || strings.Contains(text, "ada.bloom") != east ||
				strings.Contains(text, "ada.b\n") != east && strings.Contains(text, "ada.b,") != east || strings.Contains(text, "bloom") == false {
				t.Errorf("%s reads\n%s", to.Username, text)
			}
		}
		if m := s.sent(s.uk().Support.Email); len(m) != 1 || !strings.Contains(m[0].Text, "ada.south") || strings.Contains(m[0].Text, "ada.bloom") {
			t.Errorf("support has %d mails: %+v", len(m), m)
		}
		for _, address := range []string{asker, quiet.Email} {
			if m := s.sent(address); len(m) != 0 {
				t.Errorf("%s was told %q", address, m[0].Subject)
			}
		}
		before := len(s.Mail.All())
		for _, nobody := range []string{"nobody@northgate.example", " nobody@northgate.example ", "nobody@bücher.example"} {
			s.must(ask(nobody, ""))
		}
		s.sent("")
		if now := len(s.Mail.All()); now != before {
			t.Errorf("%d mails about an address that is nobody's", now-before)
		}
		long := strings.Repeat("é", signin.MaxMessage-2)
		s.must(ask("x@y.example", long+"\r\nx"))
		s.faulty("too long", ask("x@y.example", long+"\nxx"), "message too-long")
		s.faulty("a NUL", ask("x@y.example", "a\x00b"), "message character")
		s.faulty("no text", ask("x@y.example", "a\xffb"), "message character")
		s.faulty("no address", ask("", ""), "email required")
		s.faulty("no address at all", ask("ada", strings.Repeat("x", 501)), "email email, message too-long")
	})
}

// Requests that cause mail to somebody else are limited, alike for known and unknown names; one
// kind of request does not use up another's limit. Only too many requests from one network get an
// error.
func TestRequestsForMailAreLimited(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		limits := noLimits
		limits.RecoveryName, limits.RecoveryIP = signin.Rate{Burst: 3, PerHour: 3}, signin.Rate{Burst: 25, PerMinute: 1}
		s := newStage(t, url, limits)
		u := s.reader("reader", nil)
		local := s.addUser("local", nil)
		for what, ask := range map[string]func(name string) error{
			"link":     func(name string) error { return s.SignIn.SendResetLink(ctx, s.press(), visitor(s.press()), name) },
			"username": func(name string) error { return s.SignIn.AskUsername(ctx, s.uk(), visitor(s.uk()), name, "") },
			"challenge": func(name string) error {
				_, err := s.SignIn.BeginRecovery(ctx, s.uk(), signin.RecoveryRequest{Username: name, Email: local.Email, Caller: visitor(s.uk())})
				return err
			},
		} {
			for _, name := range map[string][]string{"link": {u.Email, "nobody@northgate.example"}, "username": {local.Email, "nobody@northgate.example"},
				"challenge": {"local", "nobody"}}[what] {
				for _, typed := range []string{name, strings.ToUpper(name), " " + name} {
					s.must(ask(typed))
				}
				s.sent("")
				before := len(s.Mail.All())
				if s.must(ask(name)); len(s.sent("")) != 0 || len(s.Mail.All()) > before {
					t.Errorf("%s for %s: a fourth mail", what, name)
				}
			}
		}
		var err error
		for n := 0; err == nil && n < 26; n++ {
			err = s.SignIn.SendResetLink(ctx, s.press(), visitor(s.press()), strings.Repeat("x", n+1)+"@y.example")
		}
		s.refused("many names from one address", err, gatehouse.TooMany, signin.ReasonTooManyRecoveries)
		elsewhere := visitor(s.press())
		elsewhere.IPAddress = "198.51.100.9"
		s.must(s.SignIn.SendResetLink(ctx, s.press(), elsewhere, "new@y.example"))
	})
}
