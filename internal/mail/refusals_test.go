package mail_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// user adds somebody, in an existing company.
func (b *bench) user(name, address string) gatehouse.User {
	b.t.Helper()
	u := gatehouse.User{SiteID: b.site.ID, ID: store.NewID("usr", b.clock.Now()), CompanyID: mail.TestRecipient().CompanyID, Username: name,
		Email: address, Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: b.clock.Now()}
	if err := b.store.Write(b.t.Context(), func(q store.Queries) error { return q.InsertUser(b.t.Context(), u) }); err != nil {
		b.t.Fatal(err)
	}
	return u
}

// handedOver enqueues a mail to a user, as if it were on its way.
func (b *bench) handedOver(u gatehouse.User) store.Message {
	b.t.Helper()
	return b.send(mail.To(b.site, u), mail.Samples()["locked"])
}

// comesBack takes a report that a message failed.
func (b *bench) comesBack(r *mail.Receiver, m store.Message, status, diagnostic string) {
	b.t.Helper()
	text := "From: MAILER-DAEMON@relay.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n" +
		"Final-Recipient: rfc822; " + m.Recipient + "\r\nAction: failed\r\nStatus: " + status + "\r\nDiagnostic-Code: smtp; " + diagnostic + "\r\n\r\n--b--\r\n"
	if err := r.Take(b.t.Context(), pathOf(m), strings.NewReader(text)); err != nil {
		b.t.Error(err)
	}
}

// A user with an address that looks like another user's to the database, or is the same,
// reads the token in their own mail and sends a report: nobody else is marked, and none
// of the attacker's words reach the other user's page. A report of success does not end
// somebody else's mark either.
func TestReportsCountForTheirOwnReaderOnly(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		b.hanna()
		r := b.receiver(io.Discard)
		for i, pair := range [][2]string{
			{"mira@strasse.example", "mira@stra\u00dfe.example"},
			{"nikos@\u03bf\u03b4\u03cc\u03c3.example", "nikos@\u03bf\u03b4\u03cc\u03c2.example"},
			{"mark@lindenhof.example", "mar\u212a@lindenhof.example"},
			{"alice@lindenhof.example", "ALICE@lindenhof.example"},
			{"zoe@lindenhof.example", "\uff5aoe@lindenhof.example"},
			{"jos\u00e9@lindenhof.example", "jose\u0301@lindenhof.example"},
			{"same@lindenhof.example", "same@lindenhof.example"},
		} {
			victim, attacker := b.user(fmt.Sprintf("victim%d", i), pair[0]), b.user(fmt.Sprintf("attacker%d", i), pair[1])
			b.comesBack(r, b.handedOver(attacker), "5.1.1", "550 5.1.1 your administrator was dismissed, call us")
			if got := b.bounce(victim); got != (gatehouse.Bounce{}) || len(b.bounceEvents(victim)) != 0 {
				t.Errorf("%q: a report about %q marks it: %+v", pair[0], pair[1], got)
			}
			if got := b.bounce(attacker); !got.Reported || len(b.bounceEvents(attacker)) != 1 {
				t.Errorf("%q: the own report does not count: %+v", pair[1], got)
			}
			b.comesBack(r, b.handedOver(victim), "5.1.1", "550 5.1.1 unknown")
			arrived := bytes.ReplaceAll(report(t, "delivered", b.handedOver(attacker)), []byte("hanna.kruse"), []byte("x"))
			if err := r.Take(t.Context(), "", bytes.NewReader(arrived)); err != nil {
				t.Error(err)
			}
			if b.bounce(victim) == (gatehouse.Bounce{}) || b.bounce(attacker) != (gatehouse.Bounce{}) {
				t.Errorf("%q: a mark is ended by an arrival at %q", pair[0], pair[1])
			}
			b.clock.Add(2 * time.Hour) // so that none of this is too many
		}
	})
}

// Reports about us, or about a temporary problem, record what became of the message, and
// mark nobody, even if the words that show it may not be kept.
func TestReportsThatAreNotAboutTheAddress(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	u, r := b.hanna(), b.receiver(io.Discard)
	for _, c := range [][2]string{
		{"5.7.26", "550 5.7.26 this mail is unauthenticated, and no SPF record matches"},
		{"5.0.0", "550 message has a spam score of 12.5"},
		{"5.1.8", "550 5.1.8 the sender's domain does not resolve"},
		{"4.4.7", "550 4.4.7 QUEUE.Expired"},
		{"5.4.4", "Host not found"},
		{"5.2.3", "552 5.2.3 too long"},
	} {
		m := b.message(mail.Samples()["temporary-password-reset"])
		b.comesBack(r, m, c[0], c[1])
		got, err := b.store.Read().Message(t.Context(), m.SiteID, m.ID)
		if err != nil || got.State != store.MessageBounced || b.bounce(u) != (gatehouse.Bounce{}) || len(b.bounceEvents(u)) != 0 {
			t.Errorf("%v: the message is %s, the address %+v, %v", c, got.State, b.bounce(u), err)
		}
	}
}

// news are the mails to the security address.
func (b *bench) news() (all []store.Message) {
	b.t.Helper()
	found, err := b.store.Read().MessagesOfUser(b.t.Context(), b.site.ID, "", "", 100)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, m := range found {
		if m.Kind == "many-refusals" && m.Recipient == securityAddress {
			all = append(all, m)
		}
	}
	return all
}

// marked counts the marked users.
func (b *bench) marked(users []gatehouse.User) (n int) {
	for _, u := range users {
		if !b.bounce(u).At.IsZero() {
			n++
		}
	}
	return n
}

// One bad day of a mail server marks nobody: five users of a domain are marked, the
// sixth removes the marks, with a mail to the security address once a day. Afterwards,
// marks work.
func TestABadDayOfAMailServer(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b, log := newBench(t, url), &testkit.Log{}
		b.hanna()
		r := b.receiver(log)
		var users []gatehouse.User
		for i := range 12 {
			users = append(users, b.user(fmt.Sprintf("u%d", i), fmt.Sprintf("u%d@northgate.example", i)))
		}
		old := b.user("old", "old@northgate.example")
		b.comesBack(r, b.handedOver(old), "5.1.1", "550 5.1.1 unknown")
		b.clock.Add(61 * time.Minute)

		for _, u := range users[:5] {
			b.comesBack(r, b.handedOver(u), "5.1.2", "550 5.1.2 no such domain")
		}
		if b.marked(users) != 5 || len(b.news()) != 0 || strings.Contains(log.String(), "too many") {
			t.Fatalf("%d are marked, %d mails", b.marked(users), len(b.news()))
		}
		// Another kind of status and another domain are different causes.
		other := b.user("full", "full@northgate.example")
		b.comesBack(r, b.handedOver(other), "5.2.2", "552 5.2.2 full")
		elsewhere := b.user("else", "else@lindenhof.example")
		b.comesBack(r, b.handedOver(elsewhere), "5.1.1", "550 5.1.1 unknown")
		for _, u := range users[5:] {
			b.comesBack(r, b.handedOver(u), "5.1.1", "550 5.1.1 unknown")
		}
		if b.marked(users) != 0 || b.bounce(old).At.IsZero() || b.bounce(other).At.IsZero() || b.bounce(elsewhere).At.IsZero() {
			t.Errorf("%d are marked; before, another cause, another domain: %+v, %+v, %+v", b.marked(users), b.bounce(old), b.bounce(other), b.bounce(elsewhere))
		}
		events, err := b.store.Read().EventsOfUser(t.Context(), b.site.ID, users[0].ID, 10)
		if err != nil || len(events) != 2 || events[0].Kind != gatehouse.EventBounceCleared || events[0].Detail["cause"] != "5.1 northgate.example" {
			t.Errorf("the events are %+v, %v", events, err)
		}
		if n := len(b.news()); n != 1 || strings.Count(log.String(), "too many addresses are refused") != 1 {
			t.Errorf("%d mails, the log is %s", n, log.String())
		}
		if n, err := b.store.Read().CountRefusalsOver(t.Context(), b.clock.Now().Add(-time.Hour)); err != nil || n != 1 {
			t.Errorf("%d causes are over, %v", n, err)
		}

		// While it goes on, and for an hour after, nobody is marked; then it is as
		// before.
		b.clock.Add(59 * time.Minute)
		b.comesBack(r, b.handedOver(users[0]), "5.1.1", "550 5.1.1 unknown")
		if b.marked(users) != 0 {
			t.Error("marked while it goes on")
		}
		b.clock.Add(2 * time.Minute)
		b.comesBack(r, b.handedOver(users[1]), "5.1.1", "550 5.1.1 unknown")
		if b.marked(users) != 1 || len(b.news()) != 1 {
			t.Errorf("%d are marked when it is over", b.marked(users))
		}
	})
}

// A site's users at many domains: then it is the relay.
func TestABadDayOfTheRelay(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	b.hanna()
	r := b.receiver(io.Discard)
	var users []gatehouse.User
	for i := range 26 {
		users = append(users, b.user(fmt.Sprintf("u%d", i), fmt.Sprintf("u@company%d.example", i)))
		b.comesBack(r, b.handedOver(users[i]), "5.1.1", "550 5.1.1 unknown")
		if want := (i + 1) % 26; b.marked(users) != want {
			t.Fatalf("after %d refusals %d are marked", i+1, b.marked(users))
		}
	}
	if len(b.news()) != 1 {
		t.Errorf("%d mails", len(b.news()))
	}
}

// The same limits apply at the hand-over, even if several processes learn of it at the
// same moment.
func TestABadDayAtTheHandOver(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b, server := newBench(t, url), testkit.NewSMTP(t)
		b.hanna()
		var users []gatehouse.User
		var sent []store.Message
		for i := range 12 {
			u := b.user(fmt.Sprintf("u%d", i), fmt.Sprintf("u%d@northgate.example", i))
			server.RefuseTo(u.Email, 550, "no such user")
			users, sent = append(users, u), append(sent, b.handedOver(u))
		}
		one, two := b.sender(config(t, server)), b.sender(config(t, server))
		b.run(one)
		b.run(two)
		for _, m := range sent {
			b.await(one, m, store.MessageRefused)
		}
		if b.marked(users) != 0 || len(b.news()) != 1 {
			t.Errorf("%d are marked, %d mails", b.marked(users), len(b.news()))
		}
	})
}

func TestReportsAtTheSameMoment(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		b.hanna()
		var users []gatehouse.User
		var sent []store.Message
		for i := range 8 {
			users = append(users, b.user(fmt.Sprintf("u%d", i), fmt.Sprintf("u%d@northgate.example", i)))
			sent = append(sent, b.handedOver(users[i]))
		}
		var all sync.WaitGroup
		for _, m := range sent {
			r := b.receiver(io.Discard)
			all.Go(func() { b.comesBack(r, m, "5.1.1", "550 5.1.1 unknown") })
		}
		all.Wait()
		if b.marked(users) != 0 || len(b.news()) != 1 {
			t.Errorf("%d are marked, %d mails", b.marked(users), len(b.news()))
		}
	})
}

// Without a security address, or with an unusable one, everything else is done.
func TestNobodyToTellOfRefusals(t *testing.T) {
	for _, address := range []string{"", "nobody"} {
		b := newBench(t, testkit.SQLiteURL(t))
		b.hanna()
		r := b.receiver(io.Discard)
		r.Refusals.SecurityAddress = address
		var users []gatehouse.User
		for i := range 6 {
			users = append(users, b.user(fmt.Sprintf("u%d", i), fmt.Sprintf("u%d@northgate.example", i)))
			b.comesBack(r, b.handedOver(users[i]), "5.1.1", "550 5.1.1 unknown")
		}
		if b.marked(users) != 0 {
			t.Errorf("%q: %d are marked", address, b.marked(users))
		}
	}
}
