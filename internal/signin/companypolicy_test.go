package signin_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
)

// strict makes a user of a company of their own, which has a policy.
func (s *stage) strict(st *site.Site, name string, p gatehouse.CompanyPolicy) gatehouse.User {
	s.t.Helper()
	number := strings.ToUpper(strings.NewReplacer("@", "-", ".", "-").Replace(name))
	firm, err := s.desk.CreateCompany(ctx, st, operator, directory.CompanyFields{Name: "Southgate " + name, AccountNumber: number})
	s.must(err)
	u := s.AddUser(st.ID, name, first, func(u *gatehouse.User) { u.CompanyID = firm.ID })
	s.requires(u, p)
	return u
}

// requires sets the policy of a user's company.
func (s *stage) requires(u gatehouse.User, p gatehouse.CompanyPolicy) {
	s.t.Helper()
	s.must(s.desk.SetCompanyPolicy(ctx, s.Sites.ByID(u.SiteID), operator, u.CompanyID, p, ""))
}

// C09: sessions of a company end at its limits, in use or not, and those of another company at the
// site's. A session that has ended does not come back with a looser policy.
func TestC09SessionsEndAtTheCompanysLimits(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st := s.uk()
		u := s.strict(st, "ours", gatehouse.CompanyPolicy{SessionIdle: 10 * time.Minute, SessionAbsolute: time.Hour})
		other := s.addUser("theirs", nil)
		ours, theirs := s.open(u, first, ""), s.open(other, first, "")
		s.Clock.Add(9 * time.Minute)
		if !s.alive(st, ours.Session) || !s.alive(st, theirs.Session) {
			t.Fatal("a session ended early")
		}
		s.Clock.Add(10 * time.Minute)
		if s.alive(st, ours.Session) {
			t.Error("the company's idle limit does not count")
		}
		if !s.alive(st, theirs.Session) {
			t.Error("another company's session ended with it")
		}
		s.requires(u, gatehouse.CompanyPolicy{})
		if s.alive(st, ours.Session) {
			t.Error("a session that had ended came back when the company asked for less")
		}

		s.requires(u, gatehouse.CompanyPolicy{SessionAbsolute: time.Hour})
		ours = s.open(u, first, "")
		for range 5 {
			s.Clock.Add(11 * time.Minute)
			if !s.alive(st, ours.Session) || !s.alive(st, theirs.Session) {
				t.Fatal("a session in use ended early")
			}
		}
		s.Clock.Add(5 * time.Minute)
		if s.alive(st, ours.Session) || !s.alive(st, theirs.Session) {
			t.Error("the absolute limit of the company counts for the other one, or not for its own")
		}

		// It counts for sessions that are open when it is set, at once and for the same form posted again.
		s.requires(u, gatehouse.CompanyPolicy{})
		ours, theirs = s.open(u, first, ""), s.open(other, first, "")
		s.Clock.Add(20 * time.Minute)
		s.requires(u, gatehouse.CompanyPolicy{SessionIdle: 15 * time.Minute})
		if s.alive(st, ours.Session) || !s.alive(st, theirs.Session) {
			t.Error("open sessions: the company's is alive, or the other's is not")
		}
		if n, err := s.Store.Read().CountSessionsOf(ctx, st.ID, u.ID, s.Clock.Now()); n != 0 || err != nil {
			t.Errorf("%d sessions are kept, %v", n, err)
		}
	})
}

// B08: how long a device is trusted is the company's to shorten, also for those that are trusted.
func TestB08TrustEndsWithTheCompanysPolicy(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		day := 24 * time.Hour
		u, other := s.strict(s.uk(), "ours", gatehouse.CompanyPolicy{TrustedDevice: 7 * day}), s.addUser("theirs", nil)
		s.twoFactor(u, true)
		s.twoFactor(other, true)
		s.Clock.Add(time.Second)
		trust := func(u gatehouse.User) string {
			t.Helper()
			out, err := s.SignIn.EnterCode(ctx, s.uk(), s.atCode(u), signin.CodeForm{Code: s.mailedCode(u), Trust: true})
			s.must(err)
			return out.Device
		}
		ours, theirs := trust(u), trust(other)
		s.Clock.Add(6 * day)
		s.begin(u, first, ours, gatehouse.StepDone)
		s.Clock.Add(2 * day)
		s.begin(u, first, ours, gatehouse.StepCode)
		s.mailedCode(u)
		s.begin(other, first, theirs, gatehouse.StepDone)

		s.requires(u, gatehouse.CompanyPolicy{TrustedDevice: gatehouse.NeverTrusted})
		s.requires(u, gatehouse.CompanyPolicy{})
		s.begin(u, first, ours, gatehouse.StepCode) // not again, although the site's 15 days are not over
		s.mailedCode(u)
		s.trustedIn(u, 0)
		s.trustedIn(other, 1)

		s.requires(u, gatehouse.CompanyPolicy{TrustedDevice: gatehouse.NeverTrusted})
		s.Clock.Add(time.Hour)
		trust(u) // the box is not on the page; somebody may post it anyway
		s.trustedIn(u, 0)
		s.requires(u, gatehouse.CompanyPolicy{})
		s.trustedIn(u, 0)
	})
}

// A11: a new password meets the company's rules wherever it is chosen by somebody who is known: in a
// session, at a sign-in, and on the page of a link.
func TestA11NewPasswordsMeetTheCompanysRules(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		const short, long = "Heron-42-Moor", "Heron-42-Moor-and-Kestrel"
		u := s.strict(s.uk(), "ours", gatehouse.CompanyPolicy{NoContextWords: true})
		other := s.addUser("theirs", nil)
		change := func(u gatehouse.User, chosen string) error {
			t.Helper()
			_, err := s.SignIn.ChangePassword(ctx, s.uk(), s.open(u, first, ""), signin.NewPassword{Old: first, New: chosen, Repeat: chosen})
			return err
		}
		s.faulty("the company's name", change(u, "Southgate Ours"), "new_password password-digit, new_password password-username, new_password password-context")
		s.requires(u, gatehouse.CompanyPolicy{PasswordLength: 20})
		s.begin(u, first, "", gatehouse.StepPassword) // it has 16
		at := s.at(s.uk(), s.begin(u, first, "", gatehouse.StepPassword))
		_, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, signin.NewPassword{Old: first, New: short, Repeat: short})
		s.faulty("too short for the company", err, "new_password password-length")
		out, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, signin.NewPassword{Old: first, New: long, Repeat: long})
		if err != nil || out.Step != gatehouse.StepDone {
			t.Fatalf("a long one: %+v, %v", out, err)
		}
		s.begin(u, long, "", gatehouse.StepDone)
		s.must(change(other, short)) // the other company has the site's rules

		reader := s.strict(s.press(), "reader@southgate.example", gatehouse.CompanyPolicy{PasswordLength: 20})
		colleague := s.reader("colleague", nil)
		const phrase = "two herons and a" // 16, where the site wants 15
		s.faulty("by link", s.useLink(s.link(reader.Email), phrase), "new_password password-length")
		s.must(s.useLink(s.link(colleague.Email), phrase))
		rules, err := s.SignIn.PasswordRules(ctx, s.press(), reader)
		if err != nil || rules.MinLength != 20 {
			t.Errorf("the page of a link would say %d characters, %v", rules.MinLength, err)
		}
	})
}

// A08: passwords become as old as the company allows.
func TestA08PasswordsExpireAtTheCompanysAge(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		day := 24 * time.Hour
		st := *s.uk()
		st.Policy.Password.MaxAge = 365 * day
		u, other := s.strict(s.uk(), "ours", gatehouse.CompanyPolicy{}), s.addUser("theirs", nil)
		s.must(s.desk.SetCompanyPolicy(ctx, &st, operator, u.CompanyID, gatehouse.CompanyPolicy{PasswordAge: 90 * day}, ""))
		s.Clock.Add(91 * day)
		for _, test := range []struct {
			u    gatehouse.User
			want gatehouse.Step
		}{{u, gatehouse.StepPassword}, {other, gatehouse.StepDone}} {
			out, err := s.SignIn.Password(ctx, &st, signin.PasswordRequest{Username: test.u.Username, Password: first, Caller: visitor(&st)})
			if err != nil || out.Step != test.want {
				t.Errorf("%s: %q, %v, want %q", test.u.Username, out.Step, err, test.want)
			}
		}
	})
}

// Invariant 7: what strangers see and can count does not depend on a company's policy.
func TestStrangersCannotTellCompaniesApart(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		all := gatehouse.CompanyPolicy{SessionIdle: 5 * time.Minute, SessionAbsolute: time.Hour, TrustedDevice: gatehouse.NeverTrusted, PasswordLength: 20, NoContextWords: true}
		names := []string{s.strict(s.uk(), "ours", all).Username, s.addUser("theirs", nil).Username, "nobody"}
		var answers [3][]string
		for i, name := range names {
			for range s.uk().Policy.Lockout.Attempts + 2 {
				_, err := s.SignIn.Password(ctx, s.uk(), signin.PasswordRequest{Username: name, Password: wrong, Caller: visitor(s.uk())})
				answers[i] = append(answers[i], err.Error())
			}
			_, err := s.SignIn.Password(ctx, s.uk(), signin.PasswordRequest{Username: name, Password: first, Caller: visitor(s.uk())})
			answers[i] = append(answers[i], err.Error()) // locked for strangers
		}
		for i := range answers {
			if got, want := strings.Join(answers[i], "\n"), strings.Join(answers[2], "\n"); got != want {
				t.Errorf("%s is answered\n%s\nan unknown name\n%s", names[i], got, want)
			}
		}
		for _, name := range names[:2] { // after as many wrong ones, in every company
			u, err := s.Store.Read().UserByUsername(ctx, "meridian-uk", name)
			s.must(err)
			if counts := s.counts(u); counts.Row != s.uk().Policy.Lockout.Attempts {
				t.Errorf("%s was locked after %d", name, counts.Row)
			}
		}
	})
}
