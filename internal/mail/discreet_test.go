package mail_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// verificationCode is a message with its secret in the subject.
func (b *bench) verificationCode() mail.Message {
	return mail.VerificationCode{Code: "123273", ExpiresAt: b.clock.Now().Add(5 * time.Minute)}
}

// A mail server that quotes what it accepts or refuses puts no code and no password into
// the outbox, the log or an account.
func TestAnswersThatQuoteTheMail(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	u := b.hanna()
	for _, c := range []struct{ verb, answer, want string }{
		{".", "250 2.0.0 taken: 123 273 is your Meridian UK code", "250 2.0.0 …"},
		{".", "250 123 273 is your Meridian UK code", "250 …"},
		{".", "550 5.7.1 123 273 is your Meridian UK code", "550 5.7.1 …"},
		{".", "550-5.7.1 we do not like\r\n550 5.7.1 123\u00a0273 is your code", "550 5.7.1 …"},
		{".", "451 4.7.1 try again: 123-273", "451 4.7.1 …"},
		{".", "451 １２３ ２７３", "451 …"},
		{".", "451 4.7.123273 later", "451 …"},
		{".", "550 Kepu-37fan-Rodi-94tem-Gasu", "550 …"},
		{".", "550 see /confirm/AbCdEfGhIjKlMnOpQrStUvWxYz", "550 …"},
		{".", "123 273 is your Meridian UK code", "…"},
		{".", "is your code 123 273", "…"},
		{"RCPT", "550 5.1.1 <h7@lindenhof.example>: 123273", "550 5.1.1 …"},
		// What reveals nothing stays, as does what we say ourselves.
		{".", "550 5.7.1 refused by policy, see the reset-password manual", "550 5.7.1 refused by policy, see the reset-password manual"},
		{".", "451 later", "451 later"},
		{".", "554 5.7.606", "554 5.7.606"},
	} {
		t.Run(c.answer, func(t *testing.T) {
			log := &testkit.Log{}
			server := &script{answer: at(c.verb, c.answer)}
			s := b.sender(server.start(t))
			s.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			stop := b.run(s)
			m := b.message(b.verificationCode())
			got := b.await(s, m, store.MessageSent, store.MessageDeferred, store.MessageRefused)
			stop()
			if got.Reply != c.want {
				t.Errorf("the outbox has %q, want %q", got.Reply, c.want)
			}
			if text := log.String(); !strings.Contains(text, "message="+m.ID) || !strings.Contains(text, c.want) || shown(text) {
				t.Errorf("the log is %s", text)
			}
			if reason := b.bounce(u).Reason; shown(reason) {
				t.Errorf("the account has %q", reason)
			}
			b.later(m)
		})
	}
}

// secrets are in the answers of this file, grouped in any way. A log also has other digits.
var secrets = regexp.MustCompile(`123.{0,8}273|[ "]273\b|２７３|37fan|AbCdEf`)

func shown(text string) bool { return secrets.MatchString(text) }

// later keeps a message from being tried again for now.
func (b *bench) later(m store.Message) {
	b.t.Helper()
	err := b.store.Write(b.t.Context(), func(q store.Queries) error {
		_, err := q.HurryMessage(b.t.Context(), m.SiteID, m.ID, m.ExpiresAt)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// A notice has no secret: everything that a server says about it is kept.
func TestAnswersAboutNoticesAreKept(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	s := b.sender((&script{answer: at(".", "250 2.0.0 Ok: queued as 4711")}).start(t))
	b.run(s)
	if got := b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent); got.Reply != "250 2.0.0 Ok: queued as 4711" {
		t.Errorf("the outbox has %q", got.Reply)
	}
}

// The same for reports, in which strangers write all fields.
func TestReportsThatQuoteTheMail(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	u := b.hanna()
	for _, c := range []struct{ status, diagnostic, want string }{
		{"5.7.1", "smtp; 550 5.7.1 123 273 is your Meridian UK code", "550 5.7.1 …"},
		{"5.7.1", "smtp; 550 spam: 123 273 is your Meridian UK code", "5.7.1 550 …"},
		{"5.7.1", "smtp; 123 273 is your Meridian UK code", "5.7.1 …"},
		{"5.7.1", "smtp; 451 273 is your Meridian UK code", "5.7.1 …"},
		{"5.123.273", "smtp; 550 no", "550 no"},
		{"123273", "smtp; 550 no", "550 no"},
		{"5.1.1", "smtp; 550 5.1.1 no such mailbox", "550 5.1.1 no such mailbox"},
		{"5.1.1", "", "5.1.1"},
	} {
		for _, action := range []string{"delayed", "failed"} {
			var log bytes.Buffer
			m := b.sent(b.verificationCode())
			if err := b.receiver(&log).Take(t.Context(), pathOf(m), strings.NewReader(dsn(action, c.status, c.diagnostic))); err != nil {
				t.Fatal(err)
			}
			want := c.want
			if action == "delayed" {
				want = "delayed: " + want
			}
			got, err := b.store.Read().Message(t.Context(), m.SiteID, m.ID)
			if err != nil || got.Reply != want {
				t.Errorf("%+v: the message has %q, want %q, %v", c, got.Reply, want, err)
			}
			if shown(log.String()) || shown(b.bounce(u).Reason) || shown(fmt.Sprint(b.bounceEvents(u))) {
				t.Errorf("%+v: the log is %s, the address %+v, the events %+v", c, log.String(), b.bounce(u), b.bounceEvents(u))
			}
		}
		if err := b.store.Write(t.Context(), func(q store.Queries) error { // for the next one to mark it
			_, err := q.ClearBounce(t.Context(), u.SiteID, u.ID, u.Email, true)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// A report about an old message may be about a mailbox that belongs to somebody else by
// now.
func TestReportsThatComeTooLate(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	u := b.hanna()
	const day = 24 * time.Hour
	early, late := b.sent(mail.Samples()["locked"]), b.sent(mail.Samples()["locked"])
	b.clock.Add(14*day - time.Second)
	take := func(m store.Message, log io.Writer) error {
		return b.receiver(log).Take(t.Context(), pathOf(m), strings.NewReader(dsn("failed", "5.1.1", "smtp; 550 unknown")))
	}
	var log bytes.Buffer
	b.clock.Add(2 * time.Second)
	if err := take(late, &log); err == nil || !strings.Contains(log.String(), "too late") || !strings.Contains(log.String(), late.ID) {
		t.Errorf("%v, the log is %s", err, log.String())
	}
	if got, _ := b.store.Read().Message(t.Context(), late.SiteID, late.ID); got.State != store.MessageSent || b.bounce(u) != (gatehouse.Bounce{}) {
		t.Errorf("after 14 days the message is %s, the address %+v", got.State, b.bounce(u))
	}
	b.clock.Add(-2 * time.Second)
	if err := take(early, io.Discard); err != nil || !b.bounce(u).Reported {
		t.Errorf("before that the address is %+v, %v", b.bounce(u), err)
	}
}

// sent is a message that was handed over now.
func (b *bench) sent(msg mail.Message) store.Message {
	b.t.Helper()
	m, now := b.message(msg), b.clock.Now()
	err := b.store.Write(b.t.Context(), func(q store.Queries) error {
		if _, err := q.ClaimMessages(b.t.Context(), store.Claim{Lease: m.ID, Now: now, Until: now.Add(time.Minute), Limit: 1}); err != nil {
			return err
		}
		_, err := q.FinishMessages(b.t.Context(), []store.MessageResult{{SiteID: m.SiteID, ID: m.ID, Lease: m.ID, State: store.MessageSent, At: now}})
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// dsn is a report in its shortest form.
func dsn(action, status, diagnostic string) string {
	text := "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
		"Action: " + action + "\nStatus: " + status + "\nDiagnostic-Code: " + diagnostic + "\n\n--b--\n"
	return strings.ReplaceAll(text, "\n", "\r\n")
}
