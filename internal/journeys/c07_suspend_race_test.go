package journeys

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit"
)

// besideSuspension suspends a company while others do something, a little later in each round, so that
// each of them is first once.
func besideSuspension(t *testing.T, s *testkit.Server, st *site.Site, companyID string, round int, others ...func()) {
	t.Helper()
	var all sync.WaitGroup
	for _, do := range others {
		all.Go(do)
	}
	time.Sleep(time.Duration(round) * 2 * time.Millisecond)
	if err := s.Directory.Suspend(t.Context(), st, operator, companyID, "not paid", ""); err != nil {
		t.Error(err)
	}
	all.Wait()
}

// While a company is suspended, one user signs in, another one is in the middle of the first sign-in,
// and an administrator requires two-factor of everybody: whichever is first, nobody is in afterwards.
// When the suspension ends, everybody gets in with the password that was set; a temporary one that was
// used leads to another.
func TestC07_NobodySlipsInBesideASuspension(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		st := s.Sites.ByID("meridian-uk")
		for round := range 5 {
			boss := elsewhere(t, s, st.ID, fmt.Sprint("boss", round), administrator)
			mary := s.AddUser(st.ID, fmt.Sprint("mary", round), password, func(u *gatehouse.User) { u.CompanyID = boss.CompanyID })
			first := s.AddUser(st.ID, fmt.Sprint("first", round), temporary, func(u *gatehouse.User) {
				asNewcomer(s, st.ID)(u)
				u.CompanyID = boss.CompanyID
			})
			admin, signing, beginning := visitor(t, s, st.ID), visitor(t, s, st.ID), visitor(t, s, st.ID)
			wantHome(t, signIn(admin, boss.Username, password))
			ask := admin.Submit(admin.Get(enhancedSecurityPath), twoFactorForm, testkit.Values{"two_factor": "enabled"}).Want(200)
			change := signIn(beginning, first.Username, temporary).Want(200)
			choose := func() *testkit.Page {
				return beginning.Submit(change, passwordForm, testkit.Values{"old_password": temporary, "new_password": newPassword, "repeat_password": newPassword})
			}
			besideSuspension(t, s, st, boss.CompanyID, round,
				func() { signIn(signing, mary.Username, password) },
				func() { choose() },
				func() { admin.Submit(ask, twoFactorForm, nil) })
			nobody := func(when string) {
				t.Helper()
				for _, one := range []*testkit.Client{admin, signing, beginning} {
					wantSignedOut(t, one, fmt.Sprint("round ", round, ", ", when, ": one of them"))
				}
			}
			nobody("suspended")
			if p := choose(); p.Status == 200 && p.URL.Path != "/sign-in" {
				t.Errorf("round %d: the first sign-in goes on at %s", round, p.URL)
			}
			if err := s.Directory.Resume(t.Context(), st, operator, boss.CompanyID, ""); err != nil {
				t.Fatal(err)
			}
			nobody("resumed")
			if p := signIn(visitor(t, s, st.ID), mary.Username, password); p.Status != 200 {
				t.Errorf("round %d: the user afterwards: %d %q", round, p.Status, p.Text("main"))
			}
			with, used := signIn(visitor(t, s, st.ID), first.Username, newPassword), signIn(visitor(t, s, st.ID), first.Username, temporary)
			if with.Status != 200 && !used.Has("Email me a new one") {
				t.Errorf("round %d: the newcomer afterwards: %d %q, %q", round, with.Status, with.Text("main"), used.Text("main"))
			}
		}
	})
}

// Somebody accepts an invitation while the company is suspended: the link has either set the password
// before, or leads to another one when the suspension has ended; nobody is in meanwhile.
func TestC07_AnInvitationIsAcceptedBesideASuspension(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		st := s.Sites.ByID("inkwell")
		st.InvitesByLink = true
		for round := range 5 {
			guest := elsewhere(t, s, st.ID, fmt.Sprintf("guest%d@northgate.example", round), asNewcomer(s, st.ID))
			if err := s.Directory.Act(t.Context(), st, operator, guest.ID, gatehouse.ActInviteAgain, ""); err != nil {
				t.Fatal(err)
			}
			link := mailedLink(t, s, guest.Email, "/reset-password")
			c := visitor(t, s, st.ID)
			page := c.Get(link).Want(200)
			besideSuspension(t, s, st, guest.CompanyID, round, func() {
				c.Submit(page, "form[action='/reset-password']", testkit.Values{"new_password": newPassword, "repeat_password": newPassword})
			})
			wantSignedOut(t, c, fmt.Sprint("round ", round, ": the guest"))
			signIn(visitor(t, s, st.ID), guest.Username, newPassword).Want(401)
			if err := s.Directory.Resume(t.Context(), st, operator, guest.CompanyID, ""); err != nil {
				t.Fatal(err)
			}
			wantSignedOut(t, c, fmt.Sprint("round ", round, ", resumed: the guest"))
			set := signIn(visitor(t, s, st.ID), guest.Username, newPassword).Status == 200
			if again := visitor(t, s, st.ID).Get(link); !set && !again.Has("Send me a new link") {
				t.Errorf("round %d: no password is set, and the link leads to %d %q", round, again.Status, again.Text("main"))
			}
		}
	})
}
