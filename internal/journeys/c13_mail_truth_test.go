package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// mailList are the messages on the page of a user, newest first, in words.
func mailList(c *testkit.Client, u gatehouse.User) (*testkit.Page, []string) {
	p := c.Get("/company/users/" + u.ID).Want(200)
	return p, p.Texts("section[aria-labelledby=mails] .list > li")
}

// resetPassword has a temporary password mailed.
func resetPassword(t *testing.T, s *testkit.Server, u gatehouse.User) {
	t.Helper()
	if _, err := s.Directory.ResetPassword(t.Context(), s.Sites.ByID(u.SiteID), operator, u.ID); err != nil {
		t.Fatal(err)
	}
}

func wantMail(t *testing.T, got []string, all ...string) {
	t.Helper()
	if len(got) == 0 || !contains(got[0], all...) {
		t.Errorf("the page says %q, want %q", got, all)
	}
}

// Waiting, deferred with the reason, tried at once at the press of a button, handed over,
// refused with the reason, bounced, not sent in time: the administrator reads it, and
// does something about it; what the messages said is nowhere.
func TestC13_TheAdministratorSeesWhatBecameOfEachMail(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, func(u *gatehouse.User) { u.FirstName, u.LastName = "Tom", "Adeyemi" })
		admin := administratorOf(t, s, u)
		if p, list := mailList(admin, u); len(list) != 0 || !p.Has("No emails sent yet") {
			t.Errorf("%q", list)
		}
		s.Mail.RefuseTo(u.Email, 451, "come back <b>later</b>")
		resetPassword(t, s, u)
		lastMessage(t, s, u, store.MessageDeferred)
		p, list := mailList(admin, u)
		wantMail(t, list, "temporary password", "To "+u.Email, "Delayed. Next try: Today, 12:00", "The mail server said: 451", "come back <b>later</b>", "Try now")
		s.Mail.RefuseTo(u.Email, 0, "")
		p = admin.Press(p, "Try now", nil).Want(200)
		if !p.Has("The email is being sent") {
			t.Errorf("%q", p.Text("main"))
		}
		mailed := s.Mail.Wait(t, u.Email)
		secret := mailed.Text[strings.Index(mailed.Text, "\n\n"):]
		lastMessage(t, s, u, store.MessageSent)
		p, list = mailList(admin, u)
		wantMail(t, list, "Sent: Today, 12:00", "Send a new password")
		for word := range strings.FieldsSeq(secret) {
			if strings.Count(word, "-") > 1 && p.Has(strings.Trim(word, ".,:")) {
				t.Errorf("%s stands on the page", word)
			}
		}

		// Refused for good: the address is marked, and corrected.
		s.Mail.RefuseTo(u.Email, 550, "no such mailbox")
		resetPassword(t, s, u)
		lastMessage(t, s, u, store.MessageRefused)
		p, list = mailList(admin, u)
		wantMail(t, list, "Refused: Today, 12:00", "550", "no such mailbox")
		if alert := p.Text("main .alert-warn"); !contains(alert, "Email to this address could not be delivered", u.Email, "no such mailbox") {
			t.Errorf("%q", alert)
		}
		bad := admin.Submit(p, "form[action$='/email']", testkit.Values{"email": "tom@"}).Want(422)
		if bad.MustFind("#email").AttrOr("value", "") != "tom@" || !strings.HasPrefix(bad.Text("title"), "Error: ") || bad.Find("#email-error").Length() != 1 {
			t.Errorf("%q", bad.Text("main"))
		}
		if bad := admin.Submit(p, "form[action$='/email']", testkit.Values{"email": " "}).Want(422); s.User(u).Email != u.Email || bad.Find("#email-error").Length() != 1 {
			t.Error("an address was taken away")
		}
		const right = "tom.right@northgate.example"
		p = admin.Submit(bad, "form[action$='/email']", testkit.Values{"email": right}).Want(200)
		if now := s.User(u); now.Email != right || now.Bouncing() || now.EmailConfirmed || !p.Has("The email address is saved") || p.Find("main .alert-warn").Length() != 0 {
			t.Errorf("%+v %q", now, p.Text("main"))
		}
		act(admin, u, "Send a new password").Want(200)
		if m := s.Mail.Wait(t, right); !strings.Contains(m.Subject, "temporary password") {
			t.Errorf("%s", m.Subject)
		}

		// No mail server at all: the reason is not for customers.
		s.Mail.Stop()
		resetPassword(t, s, u)
		lastMessage(t, s, u, store.MessageDeferred)
		p, list = mailList(admin, u)
		wantMail(t, list, "Delayed", "Our mail server could not be reached")
		if strings.Contains(string(p.Body), "127.0.0.1") || strings.Contains(string(p.Body), "dial") {
			t.Errorf("the page names machines: %q", p.Text("main"))
		}
	})
}

// A code that was not handed over in time is dropped, and the page says so; the user
// asks for another one, the administrator cannot.
func TestC13_ACodeThatIsTooLateIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "tadeyemi", nil)
		admin := administratorOf(t, s, u)
		s.Mail.Stop()
		c := visitor(t, s, "meridian-uk")
		wantCodePage(t, c, u)
		lastMessage(t, s, u, store.MessageDeferred)
		stale, _ := mailList(admin, u)
		s.Clock.Add(6 * time.Minute)
		lastMessage(t, s, u, store.MessageExpired)
		p, list := mailList(admin, u)
		wantMail(t, list, "one-time code", "Expired before sending: Today, 12:06")
		if p.Find("form[action$=resend]").Length() != 0 {
			t.Error("a code can be sent again by the administrator")
		}
		refused := admin.Press(stale, "Try now", nil)
		if refused.Status != 409 || !refused.Has("This email cannot be sent again") || !refused.Has("on the sign-in page") {
			t.Errorf("%d %q", refused.Status, refused.Text("main"))
		}
		s.Mail.Start(t)
		p = c.Press(c.Get("/sign-in/code"), "Send a new code", nil)
		testkit.Eventually(t, "a mail server that is there again", func() bool {
			s.Clock.Add(100 * time.Millisecond) // a sender that has just met the stopped one waits
			all, err := s.Store.Read().MessagesOfUser(t.Context(), u.SiteID, u.ID, "", 1)
			return err == nil && all[0].State == store.MessageSent
		})
		wantHome(t, enterCode(c, p, mailedCode(t, s, u.Email)))
	})
}

// A bounce shows the codes of the other mail system.
func TestC13_TheAdministratorSeesWhatCameBack(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u, address := s.AddUser("inkwell", "tom@northgate.example", password, nil), takesReports(t, s)
		admin := administratorOf(t, s, u)
		askLink(t, visitor(t, s, "inkwell"), u.Email)
		m := mailAbout(t, s, u.Email, "Choose a new password")
		lastMessage(t, s, u, store.MessageSent)
		long := "550 5.1.1 " + strings.Repeat("This mailbox does not exist. ", 8) + "<script>"
		if err := sendReport(address, m, "failed", "5.1.1", long); err != nil {
			t.Fatal(err)
		}
		lastMessage(t, s, u, store.MessageBounced)
		p, list := mailList(admin, u)
		wantMail(t, list, "Could not be delivered: Today, 12:00", "550 5.1.1")
		// Anybody can send a report: an administrator sees its codes, and not its words.
		if p.Find("section[aria-labelledby=mails] details code").Length() != 1 || p.Has("This mailbox does not exist") || p.Find("main script").Length() != 0 {
			t.Errorf("%q", p.Text("main"))
		}
		for _, link := range m.Links() {
			if _, token, ok := strings.Cut(link, "token="); ok && strings.Contains(string(p.Body), token) {
				t.Error("the link stands on the page")
			}
		}
	})
}

// Nobody is flooded with mail (429), and a user without an address gets nothing (409).
func TestC13_SendingAgainHasItsLimits(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "tadeyemi", password, nil)
		admin := administratorOf(t, s, u)
		resetPassword(t, s, u)
		lastMessage(t, s, u, store.MessageSent)
		p, _ := mailList(admin, u)
		ask := admin.Follow(p, "Send a new password").Want(200)
		for range 5 {
			admin.Press(ask, "Send a new password", nil).Want(200)
			lastMessage(t, s, u, store.MessageSent)
		}
		p = admin.Press(ask, "Send a new password", nil)
		if p.Status != 429 || p.Header.Get("Retry-After") == "" || !p.Has("wait 12 minutes") {
			t.Errorf("%d %q %q", p.Status, p.Header.Get("Retry-After"), p.Text("main"))
		}
		if got := p.MustFind("[name=return_to]").AttrOr("value", ""); got != "/company/users/"+u.ID {
			t.Errorf("the language menu leads to %s", got)
		}
		none := ""
		if _, err := s.Directory.UpdateUser(t.Context(), s.Sites.ByID(u.SiteID), operator, u.ID, directory.UserChange{Email: &none}); err != nil {
			t.Fatal(err)
		}
		p = admin.Press(ask, "Send a new password", nil)
		if p.Status != 409 || !p.Has("There is no address to send it to") || !p.Has("This user has no email address") {
			t.Errorf("%d %q", p.Status, p.Text("main"))
		}
	})
}
