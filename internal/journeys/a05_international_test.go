package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

const written, asInTheDNS = "mira@exämple.example", "mira@xn--exmple-cua.example"

// mailsOfEmails are the subjects of mails about a change of address.
func mailsOfEmails(s *testkit.Server) (subjects []string) {
	for _, m := range s.Mail.All() {
		if strings.Contains(m.Text, "/account/email/") || strings.Contains(m.Subject, "email address") {
			subjects = append(subjects, m.Subject)
		}
	}
	return subjects
}

// People write an international domain in their own letters, and browsers as in the DNS.
// Changing only the first name does not change the address.
func TestA05_AnInternationalAddressStaysAsItIsWritten(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for siteID, label := range map[string]string{"meridian-uk": "Username", "inkwell": "Email address"} {
		name := written
		if siteID == "meridian-uk" {
			name = "mira"
		}
		u := s.AddUser(siteID, name, password, func(u *gatehouse.User) { u.Email = written })
		unchanged := func(when string) {
			t.Helper()
			if now := s.User(u); now.Email != written || now.Username != name || !now.EmailConfirmed || len(mailsOfEmails(s)) > 0 {
				t.Errorf("%s, %s: %+v, %q", siteID, when, now, mailsOfEmails(s))
			}
		}
		b := testkit.Browser(t)
		browserSignIn(b, s, siteID, label, name, password)
		b.See("Good ")
		b.Open(s.URL(siteID, "/account/profile"))
		if got := b.Value("Email address"); got != written {
			t.Errorf("%s: the field has %q", siteID, got)
		}
		b.Fill("First name", "Myra")
		b.Press("Save changes")
		b.See("Your changes are saved")
		if s.User(u).FirstName != "Myra" || b.Has("Waiting for you to confirm") {
			t.Errorf("%s: %+v %q", siteID, s.User(u), b.Text("main"))
		}
		unchanged("the profile")

		// A browser that has rewritten it anyway.
		c := visitor(t, s, siteID)
		wantHome(t, signIn(c, name, password))
		for _, posted := range []string{asInTheDNS, "mira@XN--EXMPLE-CUA.example"} {
			p := c.Submit(c.Get("/account/profile"), profileForm, testkit.Values{"email": posted, "last_name": "Santos"}).Want(200)
			if p.MustFind("#email").AttrOr("value", "") != written {
				t.Errorf("%s: %s", siteID, p.Text("main"))
			}
			unchanged("posted " + posted)
		}
		if siteID == "inkwell" {
			for _, typed := range []string{written, "MIRA@EXÄMPLE.example", asInTheDNS, "mira@exa\u0308mple.example"} {
				wantHome(t, signIn(visitor(t, s, siteID), typed, password))
			}
			wantRefused(t, signIn(visitor(t, s, siteID), "mira@example.example", password))
		}
	}
}

// The administrator's field returns what it was given.
func TestB19_AnInternationalAddressStaysAsItIsWritten(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	for siteID, label := range map[string]string{"meridian-uk": "Username", "inkwell": "Email address"} {
		name := map[string]string{"meridian-uk": "mira", "inkwell": written}[siteID]
		u := s.AddUser(siteID, name, password, func(u *gatehouse.User) { u.Email = written })
		admin := administratorOf(t, s, u)
		for _, posted := range []string{asInTheDNS, written} {
			admin.Submit(admin.Get("/company/users/"+u.ID), "form[action$='/email']", testkit.Values{"email": posted}).Want(200)
		}
		b := testkit.Browser(t)
		who := map[string]string{"meridian-uk": "imarchetti", "inkwell": "imarchetti@northgate.example"}[siteID]
		browserSignIn(b, s, siteID, label, who, password)
		b.See("Good ")
		b.Open(s.URL(siteID, "/company/users/"+u.ID))
		if got := testkit.Eval[string](b, "const f = document.querySelector(\"form[action$='/email']\"); f.closest('details').open = true; f.querySelector('#email').value"); got != written {
			t.Errorf("%s: the field has %q", siteID, got)
		}
		b.Press("Save email address")
		b.See("This is already the user’s email address")
		if now := s.User(u); now.Email != written || now.Username != name || !now.EmailConfirmed || len(mailsOfEmails(s)) > 0 {
			t.Errorf("%s: %+v %q", siteID, now, mailsOfEmails(s))
		}
	}
}

// C13, C03: recovery finds both spellings, and mail goes to the mailbox, with its domain
// as in the DNS.
func TestC13_AnInternationalAddressIsFoundInBothSpellings(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("inkwell", written, password, nil)
		for i, typed := range []string{written, asInTheDNS, "Mira@EXÄMPLE.example"} {
			c := visitor(t, s, "inkwell")
			c.Submit(c.Get("/forgot-password"), "form[action='/forgot-password']", testkit.Values{"email": typed}).Want(200)
			m := s.Mail.Wait(t, written)
			if m.To[0] != asInTheDNS {
				t.Errorf("%s: the mail goes to %s", typed, m.To[0])
			}
			if i == 0 && s.User(u).Email != written {
				t.Errorf("%+v", s.User(u))
			}
		}
	})
}
