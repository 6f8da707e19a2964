package signin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// onEitherStage runs on stages where Meridian AU signs in with usernames or addresses, and
// recovers by link.
func onEitherStage(t *testing.T, scene func(t *testing.T, s *stage, st *site.Site)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := eitherStage(t, url, testkit.WithLimits(noLimits))
		scene(t, s, s.Sites.ByID("meridian-au"))
	})
}

func eitherStage(t *testing.T, url string, options ...testkit.ServerOption) *stage {
	t.Helper()
	change := func(dir string) {
		path := filepath.Join(dir, "meridian-au", "site.yaml")
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(strings.NewReplacer("sign_in_with: username", "sign_in_with: username-or-email",
				"recovery: challenge", "recovery: link").Replace(string(text))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &stage{t: t}
	s.Server = testkit.NewServer(t, url, append(options, testkit.WithSites(change))...)
	return s
}

// firm adds a company with an administrator.
func (s *stage) firm(st *site.Site, name string) (administrator gatehouse.User) {
	s.t.Helper()
	s.write(func(q store.Queries) error {
		return q.InsertCompany(ctx, gatehouse.Company{SiteID: st.ID, ID: "com_" + name, Name: name, AccountNumber: name, CreatedAt: s.Clock.Now()})
	})
	return s.claimant(st, "boss-"+name, "com_"+name, "boss-"+name+"@northgate.example", true, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
}

// claimant adds an account that has an address.
func (s *stage) claimant(st *site.Site, name, company, email string, confirmed bool, change func(*gatehouse.User)) gatehouse.User {
	s.t.Helper()
	return s.AddUser(st.ID, name, first, func(u *gatehouse.User) {
		u.CompanyID, u.Email, u.EmailConfirmed = company, email, confirmed
		if change != nil {
			change(u)
		}
	})
}

// What an administrator writes into their own company's accounts takes nothing away from a user
// who has confirmed the address in another one: not the reset link, not the sign-in by address,
// not the request for a forgotten username (security: claims and proof).
func TestAClaimTakesNothingFromTheOwnerOfAnAddress(t *testing.T) {
	const address = "ada@northgate.example"
	onEitherStage(t, func(t *testing.T, s *stage, st *site.Site) {
		rival, boss := s.firm(st, "rival"), s.firm(st, "home")
		for i := range 9 { // older than the owner's account, some newer
			if i == 7 {
				s.claimant(st, "ada", "com_home", address, true, nil)
			}
			s.claimant(st, fmt.Sprint("claim-", i), "com_rival", address, false, nil)
		}
		s.must(s.SignIn.SendResetLink(ctx, st, visitor(st), address))
		mails := s.sent(address)
		ours := 0
		for _, m := range mails {
			if !strings.Contains(m.Text, "claim-") {
				ours++
			}
		}
		if len(mails) != 2 || ours != 1 {
			t.Errorf("%d reset links, %d of them the owner's; want the owner's and one more", len(mails), ours)
		}
		s.must(s.SignIn.AskUsername(ctx, st, visitor(st), address, "It is about my order 4711."))
		if got := s.sent(boss.Email); len(got) != 1 {
			t.Errorf("the own administrator has %d requests", len(got))
		}
		if got := s.sent(rival.Email); len(got) != 0 {
			t.Errorf("another company reads the request:\n%s", got[0].Text)
		}
		out, err := s.enter(gatehouse.User{SiteID: st.ID, Username: address}, first, "")
		if err != nil || out.Step != gatehouse.StepDone {
			t.Fatalf("signing in by address: %q, %v", out.Step, err)
		}
		if in, err := s.SignIn.Session(ctx, st, out.Session); err != nil || in.User.Username != "ada" {
			t.Errorf("the address signs in %q, %v", in.User.Username, err)
		}
	})
}

// If nobody has confirmed an address, as after an import, everybody gets a link, the companies in
// turn. Nobody can sign in by address until one of them has proved it. Using a link is such a
// proof.
func TestAUsedLinkProvesTheAddress(t *testing.T) {
	const address = "ada@northgate.example"
	onEitherStage(t, func(t *testing.T, s *stage, st *site.Site) {
		s.firm(st, "rival")
		s.firm(st, "home")
		for i := range 7 {
			s.claimant(st, fmt.Sprint("claim-", i), "com_rival", address, false, nil)
		}
		ada := s.claimant(st, "ada", "com_home", address, false, nil)
		s.must(s.SignIn.SendResetLink(ctx, st, visitor(st), address))
		token := ""
		mails := s.sent(address)
		for _, m := range mails {
			if strings.Contains(m.Text, "claim-") {
				continue
			}
			for _, link := range m.Links() {
				if _, found, ok := strings.Cut(link, "/reset-password?token="); ok {
					token = found
				}
			}
		}
		if len(mails) != gatehouse.MostAccounts || token == "" {
			t.Fatalf("%d links, and for the account of a company with one: %q", len(mails), token)
		}
		_, err := s.enter(gatehouse.User{SiteID: st.ID, Username: address}, first, "")
		s.refused("by an address that eight claim", err, gatehouse.Unauthenticated, "sign-in-failed")
		s.must(s.SignIn.ResetPassword(ctx, st, visitor(st), token, reset(second)))
		if !s.User(ada).EmailConfirmed {
			t.Error("the link came to the address, and the address is not confirmed")
		}
		if out, err := s.enter(gatehouse.User{SiteID: st.ID, Username: address}, second, ""); err != nil || out.Step != gatehouse.StepDone {
			t.Errorf("by the address that is proved now: %q, %v", out.Step, err)
		}
	})
}

func reset(password string) signin.NewPassword {
	return signin.NewPassword{New: password, Repeat: password}
}
