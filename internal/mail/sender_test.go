package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

func TestSends(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		for name, server := range map[string]*testkit.SMTP{
			"plain":    testkit.NewSMTP(t),
			"STARTTLS": testkit.NewSMTP(t, testkit.RequireSTARTTLS, testkit.RequireLogin("u", "p")),
			"TLS":      testkit.NewSMTP(t, testkit.ImplicitTLS, testkit.RequireLogin("u", "p")),
		} {
			t.Run(name, func(t *testing.T) {
				s := b.sender(config(t, server))
				var waiting []store.Message
				for _, msg := range mail.Samples() {
					m := b.message(msg)
					if m.State != store.MessageWaiting || m.Body == nil || m.Secret != (msg.Secret() != "") || m.Kind != msg.Kind() {
						t.Errorf("the row is %+v", m)
					}
					if secret := msg.Secret(); secret != "" && (bytes.Contains(m.Body, []byte(secret)) || strings.Contains(m.Subject, secret)) {
						t.Error("the database holds the secret")
					}
					waiting = append(waiting, m)
				}
				stop := b.run(s)
				for _, m := range waiting {
					got := b.await(s, m, store.MessageSent)
					if got.Body != nil || got.Reply != "250 2.0.0 OK: queued" || !got.DoneAt.Equal(b.clock.Now()) || got.Lease != "" {
						t.Errorf("the row is %+v", got)
					}
				}
				stop()
				for _, m := range server.All() {
					if m.TLS != (name != "plain") {
						t.Errorf("over TLS is %v", m.TLS)
					}
				}
				if len(server.All()) != len(mail.Samples()) {
					t.Errorf("%d mails arrived", len(server.All()))
				}
			})
		}
	})
}

// The mail is part of the transaction that it is about.
func TestNothingIsSentOfWhatIsRolledBack(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	b.store.Write(t.Context(), func(q store.Queries) error { //nolint:errcheck // it fails on purpose
		if err := b.outbox.Enqueue(t.Context(), q, b.site, mail.TestRecipient(), mail.Samples()["locked"]); err != nil {
			t.Error(err)
		}
		return errWanted
	})
	s := b.sender(config(t, server))
	b.run(s)
	m := b.message(mail.Samples()["unlocked-operator"])
	b.await(s, m, store.MessageSent)
	if all := server.All(); len(all) != 1 || !strings.Contains(all[0].Subject, "unlocked") {
		t.Errorf("%d mails arrived", len(all))
	}
}

func TestExpiry(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	server.Refuse(451, "not now")
	s := b.sender(config(t, server))
	b.run(s)
	m := b.message(mail.TemporaryPassword{Username: "u", Password: "Kepu-37fan", ExpiresAt: b.clock.Now().Add(10 * time.Second), For: mail.PasswordForReset})
	if got := b.await(s, m, store.MessageDeferred); !got.DueAt.Equal(m.ExpiresAt) {
		t.Errorf("it is due at %s, after it expires at %s", got.DueAt, m.ExpiresAt)
	}
	b.clock.Add(10 * time.Second)
	got := b.await(s, m, store.MessageExpired)
	if got.Body != nil || got.Reply != "451 4.0.0 not now" {
		t.Errorf("the row is %+v", got)
	}
	n, _, err := b.store.Read().MailQueue(t.Context(), b.clock.Now())
	if err != nil || n != 0 || len(server.All()) != 0 {
		t.Errorf("%d wait, %d were sent, %v", n, len(server.All()), err)
	}
}

// What expires between two looks for expired messages is claimed, but not sent.
func TestExpiryBetweenTwoLooks(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	s := b.sender(config(t, server))
	late := b.message(mail.TemporaryPassword{Username: "u", Password: "Kepu-37fan", ExpiresAt: b.clock.Now().Add(time.Hour), For: mail.PasswordForReset})
	if err := b.store.Write(t.Context(), func(q store.Queries) error { // it is tried later
		_, err := q.HurryMessage(t.Context(), late.SiteID, late.ID, late.ExpiresAt)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b.run(s)
	first := b.message(mail.Samples()["unlocked-operator"])
	b.await(s, first, store.MessageSent) // with a look
	b.clock.Add(time.Hour)
	b.await(s, late, store.MessageExpired)
	if all := server.All(); len(all) != 1 {
		t.Errorf("%d mails arrived, want 1", len(all))
	}
}

// Two senders on one database: everything goes out, nothing twice.
func TestTwoSendersNeverSendTwice(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		const count = 120 // more than one claim takes
		one := newBench(t, url)
		two := newBench(t, url)
		two.keys, two.clock = one.keys, one.clock
		server := testkit.NewSMTP(t)
		c := config(t, server)
		senders := []*mail.Sender{one.sender(c), two.sender(c)}
		for _, s := range senders {
			one.run(s)
		}
		err := one.store.Write(t.Context(), func(q store.Queries) error {
			for i := range count {
				to := mail.TestRecipient()
				to.Email = fmt.Sprintf("user%d@lindenhof.example", i)
				if err := one.outbox.Enqueue(t.Context(), q, one.site, to, mail.Samples()["locked"]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range senders {
			s.Nudge()
		}
		drained(t, one)
		seen := map[string]int{}
		for _, m := range server.All() {
			seen[m.To[0]]++
		}
		for to, n := range seen {
			if n != 1 {
				t.Errorf("%s got %d", to, n)
			}
		}
		if len(seen) != count {
			t.Errorf("%d of %d were sent", len(seen), count)
		}
	})
}

// drained waits until nothing is left to send.
func drained(t testing.TB, b *bench) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n, _, err := b.store.Read().MailQueue(context.Background(), b.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages are left", n)
		}
	}
}

// Messages held by a process that died are sent by another when its claim is over, and
// not before.
func TestLeaseOfADeadProcess(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	m := b.message(mail.Samples()["locked"])
	claim := store.Claim{Lease: "dead", Now: b.clock.Now(), Until: b.clock.Now().Add(time.Minute), Limit: 10}
	err := b.store.Write(t.Context(), func(q store.Queries) error {
		got, err := q.ClaimMessages(t.Context(), claim)
		if len(got) != 1 {
			t.Errorf("%d claimed", len(got))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s := b.sender(config(t, server))
	b.run(s)
	other := b.message(mail.Samples()["unlocked-operator"])
	b.await(s, other, store.MessageSent)
	if got := b.await(s, m, store.MessageSending); got.Lease != "dead" || len(server.All()) != 1 {
		t.Errorf("the message of another process is %s under %q", got.State, got.Lease)
	}
	b.clock.Add(time.Minute)
	b.await(s, m, store.MessageSent)
	// If it is alive after all, its result comes too late.
	err = b.store.Write(t.Context(), func(q store.Queries) error {
		lost, err := q.FinishMessages(t.Context(), []store.MessageResult{{SiteID: m.SiteID, ID: m.ID, Lease: "dead", State: store.MessageDeferred, At: b.clock.Now()}})
		if len(lost) != 1 {
			t.Error("a lost claim is not noticed")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.await(s, m, store.MessageSent)
}

// A sender that is told to stop finishes what it has started and gives back the rest.
func TestStop(t *testing.T) {
	b, begun, goOn := newBench(t, testkit.SQLiteURL(t)), make(chan bool, 1), make(chan bool)
	server := &script{answer: func(_ int, line string) string {
		if line == "." {
			begun <- true
			<-goOn
		}
		return ""
	}}
	c := server.start(t)
	c.Timeout = 10 * time.Second
	s := b.sender(c)
	s.Workers = 1
	first := b.message(mail.Samples()["locked"])
	second := b.message(mail.Samples()["locked"])
	stop := b.run(s)
	s.Nudge()
	<-begun
	time.AfterFunc(100*time.Millisecond, func() { close(goOn) })
	stop()
	for m, want := range map[string]store.MessageState{first.ID: store.MessageSent, second.ID: store.MessageWaiting} {
		got, err := b.store.Read().Message(t.Context(), b.site.ID, m)
		if err != nil || got.State != want || got.Lease != "" || got.Tries != 0 {
			t.Errorf("a message is %s under %q, want %s, %v", got.State, got.Lease, want, err)
		}
	}
	if n := server.accepted(); n != 1 {
		t.Errorf("%d were sent", n)
	}
}

// A panic costs one message one try.
func TestPanic(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	var log bytes.Buffer
	var mu sync.Mutex
	var panics atomic.Int32
	s := b.sender(config(t, server))
	s.Log = slog.New(slog.NewTextHandler(writer(func(p []byte) { mu.Lock(); defer mu.Unlock(); log.Write(p) }), nil))
	s.Sites = func(string) *site.Site {
		if panics.Add(1) == 1 {
			panic("as the test wants it")
		}
		return b.site
	}
	b.run(s)
	m := b.message(mail.Samples()["temporary-password-reset"])
	if got := b.await(s, m, store.MessageDeferred, store.MessageSent); got.State != store.MessageDeferred {
		t.Errorf("it is %s", got.State)
	}
	b.clock.Add(time.Minute)
	b.await(s, m, store.MessageSent)
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(log.String(), "as the test wants it") || strings.Contains(log.String(), mail.Samples()["temporary-password-reset"].Secret()) {
		t.Error("the log does not tell of the panic, or tells the password")
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

// What cannot be opened or belongs elsewhere is not sent.
func TestSealing(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	// Written before the sender runs, which reads the site.
	here := b.site.ID
	b.site.ID = "gone"
	lost := b.message(mail.Samples()["locked"])
	b.site.ID = here
	s := b.sender(config(t, server))
	stop := b.run(s)
	if got := b.await(s, lost, store.MessageDeferred); !strings.Contains(got.Reply, "not configured here") {
		t.Errorf("a message of a site that is gone: %s", got.Reply)
	}
	stop()
	// Somebody with write access to the database moves one message's content into
	// another's row.
	m := b.message(mail.Samples()["temporary-password-reset"])
	m.ID, m.Recipient = store.NewID("msg", b.clock.Now().Add(time.Second)), "thief@evil.example"
	if err := b.store.Write(t.Context(), func(q store.Queries) error { return q.InsertMessage(t.Context(), m) }); err != nil {
		t.Fatal(err)
	}
	s = b.sender(config(t, server))
	b.run(s)
	if got := b.await(s, m, store.MessageDeferred); !strings.Contains(got.Reply, "another message") {
		t.Errorf("a stolen content: %s", got.Reply)
	}
	for _, m := range server.All() {
		if m.To[0] != mail.TestRecipient().Email {
			t.Errorf("a mail went to %s", m.To[0])
		}
	}
}

func TestRunChecksItsConfiguration(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	for name, change := range map[string]func(*mail.Sender){
		"half a login":      func(s *mail.Sender) { s.SMTP.Username = "u" },
		"password readable": func(s *mail.Sender) { s.SMTP.Host, s.SMTP.Username, s.SMTP.Password = "b.example", "u", "p" },
		"DKIM without key":  func(s *mail.Sender) { s.DKIM = []mail.DKIM{{Domain: "b.example", Selector: "s"}} },
	} {
		s := b.sender(mail.SMTP{Host: "127.0.0.1", Port: "1", Security: mail.Plain})
		change(s)
		if err := s.Run(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Without a nudge a message waits no longer than the next look at the outbox.
func TestPolling(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	b.run(b.sender(config(t, server)))
	time.Sleep(50 * time.Millisecond)
	b.message(mail.Samples()["locked"])
	server.Wait(t, mail.TestRecipient().Email)
}

func BenchmarkSend(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			url := testkit.SQLiteURL(b)
			if engine == "postgres" {
				url = testkit.PostgresURL(b)
			}
			bench, server := newBench(b, url), &script{}
			c := server.start(b)
			c.Timeout = 10 * time.Second
			for range (b.N + 999) / 1000 {
				err := bench.store.Write(b.Context(), func(q store.Queries) error {
					for range min(1000, b.N) {
						if err := bench.outbox.Enqueue(b.Context(), q, bench.site, mail.TestRecipient(), mail.Samples()["locked"]); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			stop := bench.run(bench.sender(c))
			drained(b, bench)
			b.StopTimer()
			stop()
			b.ReportMetric(float64(server.accepted())/b.Elapsed().Seconds(), "mails/s")
		})
	}
}
