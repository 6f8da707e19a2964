package journeys

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// takesReports makes a server listen for reports, and returns where.
func takesReports(t *testing.T, s *testkit.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Reports.Serve(ctx, l, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// sendReport sends a delivery status notification about a mail as the recipient's mail
// system does.
func sendReport(address string, about testkit.Mail, action, status, diagnostic string) error {
	c, err := smtp.Dial(address)
	if err != nil {
		return err
	}
	defer c.Close()
	headers, _, _ := strings.Cut(string(about.Raw), "\r\n\r\n")
	text := fmt.Sprintf(`From: MAILER-DAEMON@mx.inkwell.example
To: %s
Subject: Delivery Status Notification
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

This is what became of your mail.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.inkwell.example

Final-Recipient: rfc822; %s
Action: %s
Status: %s
Diagnostic-Code: smtp; %s

--b
Content-Type: text/rfc822-headers

`, about.From, about.To[0], action, status, diagnostic)
	text = strings.ReplaceAll(text, "\n", "\r\n") + headers + "\r\n\r\n--b--\r\n"
	return c.SendMail("", []string{about.From}, strings.NewReader(text))
}

// lastMessage is the newest message to a user, once it has reached a state.
func lastMessage(t *testing.T, s *testkit.Server, u gatehouse.User, want store.MessageState) (m store.Message) {
	t.Helper()
	testkit.Eventually(t, "a message that is "+string(want), func() bool {
		all, err := s.Store.Read().MessagesOfUser(t.Context(), u.SiteID, u.ID, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 1 {
			m = all[0]
		}
		return m.State == want
	})
	return m
}

var returnPath = regexp.MustCompile(`^bounces\+[a-z2-7]{26}@mail\.inkwell\.example$`)

func TestC13_MailTruth_Bounces(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u, address := s.AddUser("inkwell", mira, password, nil), takesReports(t, s)
		u = s.User(u)
		c := visitor(t, s, "inkwell")
		mailed := func() testkit.Mail {
			askLink(t, c, u.Email)
			m := mailAbout(t, s, u.Email, "Choose a new password")
			if !returnPath.MatchString(m.From) || strings.Contains(string(m.Raw), "bounces+") {
				t.Fatalf("the envelope's sender is %s", m.From)
			}
			lastMessage(t, s, u, store.MessageSent)
			return m
		}
		tell := func(m testkit.Mail, action, status, diagnostic string) {
			t.Helper()
			if err := sendReport(address, m, action, status, diagnostic); err != nil {
				t.Fatal(err)
			}
		}

		// It comes back.
		first := mailed()
		tell(first, "delayed", "4.2.1", "451 4.2.1 mailbox busy")
		if m := lastMessage(t, s, u, store.MessageSent); m.Reply != "delayed: 451 4.2.1 mailbox busy" || s.User(u).Bouncing() {
			t.Errorf("of a delay is known %q", m.Reply)
		}
		tell(first, "failed", "5.1.1", "550 5.1.1 no such mailbox")
		marked := gatehouse.Bounce{At: s.Clock.Now(), Reason: "550 5.1.1 no such mailbox", Reported: true}
		if m := lastMessage(t, s, u, store.MessageBounced); m.Reply != marked.Reason || m.Body != nil || s.User(u).Bounce != marked {
			t.Errorf("the message says %q, the address is %+v", m.Reply, s.User(u).Bounce)
		}
		events, err := s.Store.Read().EventsOfUser(t.Context(), u.SiteID, u.ID, 1)
		if err != nil || len(events) != 1 || events[0].Kind != gatehouse.EventMailBounced || events[0].ActorKind != gatehouse.System ||
			events[0].Detail["status"] != "5.1.1" {
			t.Errorf("the newest event is %+v, %v", events, err)
		}

		// That the relay accepts the next one is not a success; its delivery is.
		second := mailed()
		if s.User(u).Bounce != marked {
			t.Errorf("after a hand-over the address is %+v", s.User(u).Bounce)
		}
		tell(second, "delivered", "2.0.0", "250 2.0.0 taken")
		if s.User(u).Bouncing() {
			t.Error("the address bounces after a mail was delivered")
		}

		// Using a mailed link is one, too.
		third := mailed()
		tell(third, "failed", "5.2.2", "552 5.2.2 mailbox full")
		if !s.User(u).Bouncing() {
			t.Error("the address does not bounce again")
		}
		p := c.Submit(c.Get(linkIn(t, s, third)), resetForm, testkit.Values{"new_password": newPassword, "repeat_password": newPassword})
		if p.Status != 200 || s.User(u).Bouncing() {
			t.Errorf("after the use of a link: %d, %+v", p.Status, s.User(u).Bounce)
		}

		// Somebody who has not received one of our mails can say nothing about anybody.
		forged := first
		forged.From = "bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa@mail.inkwell.example"
		var refused *smtp.SMTPError
		if err := sendReport(address, forged, "failed", "5.1.1", "550 no"); !errors.As(err, &refused) || refused.Code != 550 || s.User(u).Bouncing() {
			t.Errorf("a report about no message: %v", err)
		}
		for _, m := range []testkit.Mail{first, second, third} {
			if token := strings.TrimPrefix(linkIn(t, s, m), "/reset-password?token="); strings.Contains(s.Log.String(), token) {
				t.Error("the log has a token")
			}
		}
	})
}

func TestC13_MailTruth_RefusedAtTheHandOver(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.User(s.AddUser("inkwell", mira, password, nil))
		c := visitor(t, s, "inkwell")
		s.Mail.RefuseTo(u.Email, 550, "No such user")
		askLink(t, c, u.Email)
		m := lastMessage(t, s, u, store.MessageRefused)
		testkit.Eventually(t, "a mark", func() bool { return s.User(u).Bouncing() })
		if got := s.User(u).Bounce; got.Reported || got.Reason != m.Reply || m.Reply != "550 5.0.0 No such user" {
			t.Errorf("the address is %+v, the message says %q", got, m.Reply)
		}
		s.Mail.RefuseTo(u.Email, 0, "")
		askLink(t, c, u.Email)
		lastMessage(t, s, u, store.MessageSent)
		if s.User(u).Bouncing() {
			t.Error("the address bounces after a mail was taken")
		}
	})
}

func TestC13_MailTruth_AConfirmedAddressArrives(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.User(s.AddUser("inkwell", mira, password, func(u *gatehouse.User) {
			u.EmailConfirmed = false
			u.Bounce = gatehouse.Bounce{At: s.Clock.Now(), Reason: "5.1.1", Reported: true}
		}))
		c := visitor(t, s, "inkwell")
		wantHome(t, signIn(c, mira, password))
		c.Submit(c.Get("/account/profile"), "form[action='/account/email/send']", nil)
		if !s.User(u).Bouncing() {
			t.Error("the mark is gone before anything arrived")
		}
		c.Submit(c.Get(mailedLink(t, s, u.Email, "/account/email/confirm")), "form[action='/account/email/confirm']", nil)
		if got := s.User(u); !got.EmailConfirmed || got.Bouncing() {
			t.Errorf("after the confirmation: %v, %+v", got.EmailConfirmed, got.Bounce)
		}
	})
}
