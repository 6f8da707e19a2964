package journeys

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// A user who is stuck gets a new password from the administrator, no matter what was mailed
// before; the page says how far the user has got with it.
func TestA09_TheAdministratorSendsANewPassword(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		admin := administratorOf(t, s, u)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, u.Username, password))
		p, _ := userPage(admin, u)
		ask := admin.Follow(p, "Send a new password").Want(200)
		if !contains(ask.Text("main"), "Tom Adeyemi", u.Email, "24 hours", "stop working at once", "signed out") || len(s.Mail.Unread(u.Email)) > 1 {
			t.Errorf("%q", ask.Text("main"))
		}
		wantHome(t, c.Get("/"))
		if p := admin.Press(ask, "Send a new password", nil).Want(200); !p.Has("A new password has been sent") || temporaryPassword.Match(p.Body) {
			t.Errorf("%q", p.Text("main"))
		}
		wantSignedOut(t, c, "the user")
		first := temporaryPassword.FindString(mailAbout(t, s, u.Email, "temporary password").Text)
		wantBarriers(t, admin, u, []string{"A temporary password has been sent", "Sent: Today, 12:00"})

		// Another one supersedes it, on the page and at the sign-in.
		s.Mail.RefuseTo(u.Email, 451, "later")
		act(admin, u, "Send a new password").Want(200)
		lastMessage(t, s, u, store.MessageDeferred)
		s.Clock.Add(time.Second)
		act(admin, u, "Send a new password").Want(200)
		lastMessage(t, s, u, store.MessageDeferred)
		_, list := mailList(admin, u)
		if !contains(list[0], "Delayed", "Try now") || contains(list[1], "Try now") || !contains(list[1], "Replaced by a newer email") || !contains(list[2], "Replaced by a newer email") || contains(list[2], "Send a new password") {
			t.Errorf("%q", list)
		}
		s.Mail.RefuseTo(u.Email, 0, "")
		p, _ = mailList(admin, u)
		admin.Press(p, "Try now", nil).Want(200)
		second := temporaryPassword.FindString(mailAbout(t, s, u.Email, "temporary password").Text)
		wantRefused(t, signIn(c, u.Username, first))
		if p := signIn(c, u.Username, second); p.URL.Path != "/sign-in/password" {
			t.Fatalf("%d %s", p.Status, p.URL)
		}
		wantBarriers(t, admin, u, []string{"Temporary password used, no new password chosen", "same browser"})
		s.Clock.Add(24 * time.Hour)
		admin = visitor(t, s, "meridian-uk")
		wantHome(t, signIn(admin, "imarchetti", password))
		wantBarriers(t, admin, u, []string{"The temporary password has expired", "Send a new password"})
		_, list = mailList(admin, u)
		wantMail(t, list, "The password in it has expired", "Send a new password")
	})
}

// Each state of an account that keeps a user out has its words and its remedy on the
// administrator's page.
func TestA09_ThePageSaysWhyAndWhatToDo(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		first := s.AddUser("meridian-uk", "first", password, nil)
		admin := administratorOf(t, s, first)
		now := s.Clock.Now()
		invited := func(ends time.Time, by string) func(*gatehouse.User) {
			return func(u *gatehouse.User) {
				u.State, u.FirstSignInAt = gatehouse.Invited, time.Time{}
				u.Password.Origin, u.Password.SetAt, u.Password.ExpiresAt, u.Password.UsedBy = gatehouse.PasswordInitial, now.Add(-time.Hour), ends, by
			}
		}
		for name, c := range map[string]struct {
			change func(*gatehouse.User)
			want   []string
		}{
			"invited":     {invited(now.Add(time.Hour), ""), []string{"Invited, but not signed in yet", "valid until: Today, 13:00", "Invite again"}},
			"half":        {invited(now.Add(time.Hour), "b"), []string{"First sign-in not finished", "same browser until: Today, 13:00", "Invite again"}},
			"late":        {invited(now.Add(-time.Hour), ""), []string{"The invitation has expired", "Today, 11:00", "Invite again"}},
			"asked":       {func(u *gatehouse.User) { u.FirstSignInAt, u.Password = time.Time{}, gatehouse.Password{} }, []string{"This user was never invited", "Invite"}},
			"linked":      {func(u *gatehouse.User) { invited(now.Add(time.Hour), "")(u); u.Password.Hash = "" }, []string{"Invited, but no password chosen yet", "until: Today, 13:00", "Invite again"}},
			"linked-late": {func(u *gatehouse.User) { invited(now.Add(-time.Hour), "")(u); u.Password.Hash = "" }, []string{"The invitation has expired", "Today, 11:00", "Invite again"}},
			"terms":       {func(u *gatehouse.User) { u.TermsAccepted = "2020-01" }, []string{"The terms of use are not accepted yet", "Only the user can accept them"}},
			"gone": {func(u *gatehouse.User) {
				u.State, u.DeletedAt, u.DeletedState = gatehouse.Deactivated, now.Add(-time.Hour), gatehouse.Active
			}, []string{"This user was deleted", "Deleted by", "Today, 11:00", "21 December 2026", "Restore"}},
			"empty":       {func(u *gatehouse.User) { u.Password.Hash = "" }, []string{"This user has no password", "Send a new password"}},
			"legacy":      {func(u *gatehouse.User) { u.FirstSignInAt = time.Time{} }, []string{"Not signed in here yet", "Send a new password"}},
			"nowhere":     {func(u *gatehouse.User) { u.Email, u.EmailConfirmed = "", false }, []string{"This user has no email address", "Save email address"}},
			"bad":         {func(u *gatehouse.User) { u.Email = "no address" }, []string{"Email cannot be sent to this address", "Save email address"}},
			"bouncing":    {func(u *gatehouse.User) { u.Bounce = gatehouse.Bounce{At: now, Reason: "5.1.1", Reported: true} }, []string{"Email to this address could not be delivered", "Save email address"}},
			"unconfirmed": {func(u *gatehouse.User) { u.EmailConfirmed = false }, []string{"The email address was never confirmed"}},
		} {
			u := s.AddUser("meridian-uk", name, password, c.change)
			if c.want[0] == "This user has no password" {
				u = s.AddUser("meridian-uk", name+"2", "", c.change)
			}
			wantBarriers(t, admin, u, c.want)
		}
	})
}
