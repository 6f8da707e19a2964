package mail_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const bounceAddress = "bounces@mail.uk.meridian.example"

// hanna adds the usual recipient as a user.
func (b *bench) hanna() gatehouse.User {
	b.t.Helper()
	to := mail.TestRecipient()
	u := gatehouse.User{SiteID: b.site.ID, ID: to.UserID, CompanyID: to.CompanyID, Username: "hkruse", Email: to.Email,
		Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: b.clock.Now()}
	err := b.store.Write(b.t.Context(), func(q store.Queries) error {
		return errors.Join(
			q.InsertCompany(b.t.Context(), gatehouse.Company{SiteID: b.site.ID, ID: to.CompanyID, Name: "Lindenhof", AccountNumber: "1", CreatedAt: b.clock.Now()}),
			q.InsertUser(b.t.Context(), u))
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

func (b *bench) bounce(u gatehouse.User) gatehouse.Bounce {
	b.t.Helper()
	u, err := b.store.Read().User(b.t.Context(), u.SiteID, u.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Bounce
}

// bounceEvents are the events about a user's mail that came back.
func (b *bench) bounceEvents(u gatehouse.User) (all []gatehouse.Event) {
	b.t.Helper()
	events, err := b.store.Read().EventsOfUser(b.t.Context(), u.SiteID, u.ID, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == gatehouse.EventMailBounced {
			all = append(all, e)
		}
	}
	return all
}

func (b *bench) receiver(log io.Writer) *mail.Receiver {
	l := slog.New(slog.NewTextHandler(log, nil))
	return &mail.Receiver{Store: b.store, Refusals: b.refusals(l), Now: b.clock.Now, Log: l, Name: "in.uk.meridian.example"}
}

const securityAddress = "security@platform.example"

func (b *bench) refusals(log *slog.Logger) *mail.Refusals {
	return &mail.Refusals{Outbox: b.outbox, SecurityAddress: securityAddress, Log: log, Sites: func(id string) *site.Site {
		if id == b.site.ID {
			return b.site
		}
		return nil
	}}
}

// reportToken is the token in the reports of testdata.
const reportToken = "k3wq7xh2mzpd5rtv4yln6abcef"

// report is one of testdata, about a message.
func report(t testing.TB, name string, m store.Message) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/reports/" + name + ".eml")
	if err != nil {
		t.Fatal(err)
	}
	token, _, _ := strings.Cut(m.MessageID, "@")
	return bytes.ReplaceAll(raw, []byte(reportToken), []byte(token))
}

func pathOf(m store.Message) string {
	token, _, _ := strings.Cut(m.MessageID, "@")
	return "bounces+" + token + "@mail.uk.meridian.example"
}

// Each message is sent with its own address for reports, if the site has one.
func TestReturnPath(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	s := b.sender(config(t, server))
	b.run(s)
	b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent)
	b.site.Sender.Bounces = bounceAddress
	one := b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent)
	two := b.await(s, b.message(mail.Samples()["temporary-password-reset"]), store.MessageSent)
	all := server.All()
	if len(all) != 3 || all[0].From != b.site.Sender.Address || pathOf(one) == pathOf(two) {
		t.Fatalf("%d mails, the first from %s", len(all), all[0].From)
	}
	for i, m := range []store.Message{one, two} {
		got := all[i+1]
		if got.From != pathOf(m) || !bytes.Contains(got.Raw, []byte("no-reply@uk.meridian.example")) || bytes.Contains(got.Raw, []byte("bounces+")) {
			t.Errorf("from %s:\n%s", got.From, got.Raw)
		}
	}
}

func TestReports(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b, server := newBench(t, url), testkit.NewSMTP(t)
		b.site.Sender.Bounces = bounceAddress
		u, log := b.hanna(), &bytes.Buffer{}
		r, s := b.receiver(log), b.sender(config(t, server))
		b.run(s)
		take := func(m store.Message, name, recipient string) {
			t.Helper()
			if err := r.Take(t.Context(), recipient, bytes.NewReader(report(t, name, m))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		sent := func() store.Message {
			return b.await(s, b.message(mail.Samples()["temporary-password-reset"]), store.MessageSent)
		}
		want := func(m store.Message, state store.MessageState, reply string) {
			t.Helper()
			got, err := b.store.Read().Message(t.Context(), m.SiteID, m.ID)
			if err != nil || got.State != state || got.Reply != reply {
				t.Errorf("the message is %s, %q, %v; want %s, %q", got.State, got.Reply, err, state, reply)
			}
		}

		first, second := sent(), sent()
		take(first, "delayed", pathOf(first))
		want(first, store.MessageSent, "delayed: 4.4.1 …")
		if b.bounce(u).Reason != "" || len(b.bounceEvents(u)) != 0 {
			t.Error("a delay counts against the address")
		}

		const unknown = "550 5.1.1 <hanna.kruse@lindenhof.example>: Recipient address rejected: User unknown in local recipient table"
		take(first, "failed-queue", pathOf(first))
		want(first, store.MessageBounced, unknown)
		marked := gatehouse.Bounce{At: b.clock.Now(), Reason: unknown, Reported: true}
		if b.bounce(u) != marked {
			t.Errorf("the address is %+v", b.bounce(u))
		}
		events := b.bounceEvents(u)
		if len(events) != 1 || events[0].ActorKind != gatehouse.System || events[0].CompanyID != u.CompanyID ||
			events[0].Detail["status"] != "5.1.1" || events[0].Detail["message"] != first.ID || len(events[0].Detail) != 2 {
			t.Errorf("the events are %+v", events)
		}
		want(second, store.MessageSent, "250 2.0.0 OK: queued")

		// A relay accepts everything: that is not a success.
		third := sent()
		if b.bounce(u) != marked {
			t.Error("a hand-over clears what a report has said")
		}
		take(third, "failed-headers-only", "") // by what was returned
		want(third, store.MessageBounced, "5.0.0 550 no mailbox by that name is currently available")
		if b.bounce(u) != marked || len(b.bounceEvents(u)) != 1 {
			t.Error("a second report marks the address again")
		}

		take(second, "delivered", pathOf(second))
		want(second, store.MessageSent, "delivered: 250 2.0.0 …")
		if b.bounce(u) != (gatehouse.Bounce{}) {
			t.Error("a later success does not clear the mark")
		}
		// An old report that comes again, by accident or not, has no effect.
		take(first, "failed-queue", pathOf(first))
		take(first, "delivered", pathOf(first))
		want(first, store.MessageBounced, unknown)
		if b.bounce(u) != (gatehouse.Bounce{}) || len(b.bounceEvents(u)) != 1 {
			t.Error("a report that is played again marks the address")
		}
		if text := log.String(); strings.Contains(text, "Kepu") || strings.Contains(text, "lindenhof") || !strings.Contains(text, "status=5.1.1") {
			t.Errorf("the log is %s", text)
		}
	})
}

// Mail that bounced from an address says nothing about an address that the user has
// since changed to.
func TestReportAboutAnEarlierAddress(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	u := b.hanna()
	s := b.sender(config(t, server))
	b.run(s)
	m := b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent)
	u.Email = "hanna@new.example"
	if err := b.store.Write(t.Context(), func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	if err := b.receiver(io.Discard).Take(t.Context(), pathOf(m), bytes.NewReader(report(t, "failed-queue", m))); err != nil {
		t.Fatal(err)
	}
	b.await(s, m, store.MessageBounced)
	if b.bounce(u) != (gatehouse.Bounce{}) {
		t.Error("the new address is marked")
	}
}

func TestReportsThatAreOfNoUse(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	u, m := b.hanna(), b.message(mail.Samples()["locked"])
	r := b.receiver(io.Discard)
	stranger := m
	stranger.MessageID = "aaaaaaaaaaaaaaaaaaaaaaaaaa@uk.meridian.example"
	for name, c := range map[string]struct {
		report    []byte
		recipient string
	}{
		"about no message of ours":        {report(t, "failed-queue", stranger), ""},
		"to an address that is none":      {report(t, "failed-queue", m), pathOf(stranger)},
		"neither address nor Message-ID":  {report(t, "failed-comments", m), ""},
		"forged, without the token first": {report(t, "forged", m), ""},
		"an automatic answer":             {report(t, "none-auto-reply", m), pathOf(m)},
		"an action that nobody knows":     {bytes.ReplaceAll(report(t, "failed-queue", m), []byte("Action: failed"), []byte("Action: eaten")), pathOf(m)},
		"nothing":                         {nil, pathOf(m)},
	} {
		if err := r.Take(t.Context(), c.recipient, bytes.NewReader(c.report)); !errors.Is(err, mail.ErrNoReport) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := b.store.Read().Message(t.Context(), m.SiteID, m.ID); err != nil || got.State != store.MessageWaiting || b.bounce(u) != (gatehouse.Bounce{}) {
		t.Errorf("something was changed: %s, %v", got.State, err)
	}
	b.store.Close()
	if err := r.Take(t.Context(), pathOf(m), bytes.NewReader(report(t, "failed-queue", m))); err == nil || errors.Is(err, mail.ErrNoReport) {
		t.Errorf("without the database: %v", err)
	}
}

// A report can be faster than the process that notes that the message was handed over.
func TestReportWhileBeingSent(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		u, r := b.hanna(), b.receiver(io.Discard)
		var m store.Message
		var once sync.Once
		server := &script{answer: func(_ int, line string) string {
			if line == "." {
				once.Do(func() {
					if err := r.Take(t.Context(), pathOf(m), bytes.NewReader(report(t, "failed-queue", m))); err != nil {
						t.Error(err)
					}
				})
			}
			return ""
		}}
		c := server.start(t)
		s := b.sender(c)
		m = b.message(mail.Samples()["temporary-password-reset"])
		stop := b.run(s)
		got := b.await(s, m, store.MessageBounced)
		stop()
		after, err := b.store.Read().Message(t.Context(), m.SiteID, m.ID)
		if err != nil || after.State != store.MessageBounced || got.Body != nil || !b.bounce(u).Reported || server.accepted() != 1 {
			t.Errorf("it is %s, sent %d times, %v", after.State, server.accepted(), err)
		}
	})
}

// What the server says at the hand-over counts until it accepts a mail to the address.
func TestMarksAtTheHandOver(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b, server := newBench(t, url), testkit.NewSMTP(t)
		u := b.hanna()
		s := b.sender(config(t, server))
		b.run(s)
		try := func(want store.MessageState) store.Message {
			t.Helper()
			return b.await(s, b.message(mail.Samples()["locked"]), want)
		}
		server.RefuseTo(u.Email, 450, "greylisted")
		deferred := try(store.MessageDeferred)
		server.RefuseTo(u.Email, 554, "no such user, perhaps")
		try(store.MessageRefused)
		if b.bounce(u) != (gatehouse.Bounce{}) {
			t.Errorf("marked for a wait, or for what is not about the address: %+v", b.bounce(u))
		}
		server.RefuseTo(u.Email, 550, "no such user here")
		m := try(store.MessageRefused)
		if got := b.bounce(u); got.Reported || got.Reason != "550 5.0.0 no such user here" || got.At.IsZero() {
			t.Errorf("the address is %+v", got)
		}
		try(store.MessageRefused)
		events := b.bounceEvents(u)
		if len(events) != 1 || events[0].Detail["status"] != "5.0.0" || events[0].Detail["message"] != m.ID {
			t.Errorf("the events are %+v", events)
		}
		server.RefuseTo(u.Email, 0, "")
		try(store.MessageSent)
		if b.bounce(u) != (gatehouse.Bounce{}) {
			t.Error("a mail that is taken does not clear the mark")
		}
		b.await(s, deferred, store.MessageDeferred)
	})
}
