package mail_test

import (
	cryptotls "crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

func TestDeferredThenSent(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		for name, trouble := range map[string]func(session int, line string) string{
			"MAIL 451":             at("MAIL", "451 4.3.0 try again later"),
			"RCPT 450":             at("RCPT", "450 4.2.0 greylisted, see https://b.example/"),
			"DATA 452":             at("DATA", "452 4.3.1 no space"),
			"content 451":          at(".", "451 4.7.1 later"),
			"421":                  at("RCPT", "421 4.3.2 going down"),
			"hangs up at MAIL":     at("MAIL", hangUp),
			"hangs up after DATA":  at("DATA", hangUp),
			"hangs up at the dot":  at(".", hangUp),
			"silent at MAIL":       at("MAIL", sayNoting),
			"silent after the dot": at(".", sayNoting),
			"wants a sign-in":      at("MAIL", "530 5.7.0 authentication required"),
			"gibberish":            at("RCPT", "what?"),
		} {
			for _, extensions := range [][]string{nil, {"PIPELINING"}} { // one command after the other, and in one go
				server := &script{answer: trouble, extensions: extensions}
				c := server.start(t)
				if strings.HasPrefix(name, "silent") {
					c.Timeout = haste
				}
				s := b.sender(c)
				m := b.message(mail.Samples()["temporary-password-reset"])
				stop := b.run(s)
				got := b.await(s, m, store.MessageDeferred, store.MessageSent, store.MessageRefused)
				wait := got.DueAt.Sub(b.clock.Now())
				if got.State != store.MessageDeferred || got.Tries != 1 || got.Body == nil || got.Reply == "" || wait < 15*time.Second || wait > 20*time.Second {
					t.Fatalf("%s %s: it is %s after %d tries, due in %s: %s", name, extensions, got.State, got.Tries, wait, got.Reply)
				}
				server.do(nil)
				b.clock.Add(20 * time.Second)
				got = b.await(s, m, store.MessageSent)
				if got.Reply != "250 2.0.0 …" || got.Body != nil {
					t.Errorf("%s %s: it is sent with %q", name, extensions, got.Reply)
				}
				tries := gatehouse.MailTries(got.TryLog)
				if len(tries) != 2 || tries[0].State != "deferred" || tries[0].Reply == "" || tries[0].Relay != net.JoinHostPort(c.Host, c.Port) || tries[1].State != "sent" ||
					tries[1].Reply != got.Reply || !tries[1].At.After(tries[0].At) {
					t.Errorf("%s %s: its tries are %+v", name, extensions, tries)
				}
				stop()
			}
		}
	})
}

// at answers lines that begin like this.
func at(prefix, answer string) func(int, string) string {
	return func(_ int, line string) string {
		if strings.HasPrefix(line, prefix) {
			return answer
		}
		return ""
	}
}

func TestRefused(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	server.RefuseTo("hanna.kruse@lindenhof.example", 550, "no such user here")
	s := b.sender(config(t, server))
	b.run(s)
	got := b.await(s, b.message(mail.Samples()["temporary-password-reset"]), store.MessageRefused)
	if got.Reply != "550 5.0.0 no such user here" || got.Body != nil || got.DoneAt.IsZero() {
		t.Errorf("the row is %+v", got)
	}
	// The connection works for the next one.
	to := mail.TestRecipient()
	to.Email = "somebody.else@lindenhof.example"
	b.await(s, b.send(to, mail.Samples()["locked"]), store.MessageSent)
}

// A failure to connect, of any kind, says nothing about the message.
func TestConnectionTrouble(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	plain, tls := testkit.NewSMTP(t), testkit.NewSMTP(t, testkit.ImplicitTLS, testkit.RequireLogin("u", "p"))
	noTLS, stranger, password, nobody := config(t, plain), config(t, tls), config(t, tls), config(t, plain)
	noTLS.Security = mail.StartTLS
	stranger.Roots = nil
	password.Password = "wrong"
	nobody.Port = "1"
	greeting := (&script{greeting: "554 5.7.1 go away"}).start(t)
	other := certificate(t, "other.example")
	wrongName := (&script{tls: &cryptotls.Config{Certificates: []cryptotls.Certificate{other}}}).start(t)
	wrongName.Security, wrongName.Roots = mail.ImplicitTLS, x509.NewCertPool()
	wrongName.Roots.AddCert(other.Leaf)
	for want, c := range map[string]mail.SMTP{
		"does not offer STARTTLS": noTLS, "authority": stranger, "does not know this user": password,
		"no connection": nobody, "turns us away: 554": greeting, "for another name": wrongName,
	} {
		s := b.sender(c)
		m := b.message(mail.Samples()["locked"])
		stop := b.run(s)
		got := b.await(s, m, store.MessageDeferred, store.MessageRefused, store.MessageSent)
		if got.State != store.MessageDeferred || !strings.Contains(got.Reply, want) {
			t.Errorf("%s: it is %s: %s", want, got.State, got.Reply)
		}
		stop()
	}
	if n := plain.Tries() + tls.Tries(); n != 0 {
		t.Errorf("%d messages were begun", n)
	}
}

// If the server has closed a kept connection, that costs a new one, not a try.
func TestKeptConnection(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), &script{}
	s := b.sender(server.start(t))
	s.Workers = 1
	b.run(s)
	for range 3 {
		b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent)
	}
	if n := server.count("EHLO"); n != 1 {
		t.Errorf("three messages took %d connections", n)
	}
	server.cut()
	if got := b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent, store.MessageDeferred); got.State != store.MessageSent {
		t.Errorf("after the server closed the connection: %s", got.Reply)
	}
	server.do(func(session int, line string) string {
		if session == 2 && strings.HasPrefix(line, "MAIL") {
			return "421 4.4.2 idle for too long"
		}
		return ""
	})
	if got := b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent, store.MessageDeferred); got.State != store.MessageSent {
		t.Errorf("after 421: %s", got.Reply)
	}
}

// A server defers everything for ten minutes: notices wait for it, and go out once.
func TestTenMinutesOf451(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	server.Refuse(451, "come back later")
	s := b.sender(config(t, server))
	b.run(s)
	began := b.clock.Now()
	code := b.message(mail.TemporaryPassword{Username: "u", Password: "Kepu-37fan", ExpiresAt: began.Add(5 * time.Minute), For: mail.PasswordForReset})
	notice := b.message(mail.Samples()["locked"])
	tries := 0
	for b.clock.Now().Before(began.Add(10 * time.Minute)) {
		tries++
		got := b.awaitTries(s, notice, tries)
		if got.State != store.MessageDeferred || got.Reply != "451 4.0.0 come back later" {
			t.Fatalf("it is %s: %s", got.State, got.Reply)
		}
		b.clock.Add(got.DueAt.Sub(b.clock.Now()))
	}
	if tries < 5 || tries > 8 {
		t.Errorf("%d tries in ten minutes", tries)
	}
	server.Refuse(0, "")
	b.await(s, notice, store.MessageSent)
	b.await(s, code, store.MessageExpired) // nobody waits for it now
	if n := len(server.All()); n != 1 {
		t.Errorf("%d mails arrived", n)
	}
}

// awaitTries waits until a message has been tried that many times.
func (b *bench) awaitTries(s *mail.Sender, m store.Message, tries int) (got store.Message) {
	b.t.Helper()
	testkit.Eventually(b.t, "a try", func() bool {
		got = b.await(s, m, store.MessageDeferred, store.MessageSending, store.MessageSent)
		return got.State != store.MessageSending && got.Tries >= tries
	})
	return got
}

// A slow server holds up nobody's code, and is not asked twice.
func TestSlowServer(t *testing.T) {
	b, server := newBench(t, testkit.SQLiteURL(t)), testkit.NewSMTP(t)
	server.Delay(300 * time.Millisecond)
	s := b.sender(config(t, server))
	b.run(s)
	for range 30 {
		b.message(mail.Samples()["locked"])
	}
	s.Nudge()
	testkit.Eventually(t, "the first mails", func() bool { return len(server.All()) > 0 })
	to := mail.TestRecipient()
	to.Email = "urgent@lindenhof.example"
	before := len(server.All())
	b.await(s, b.send(to, mail.Samples()["temporary-password-reset"]), store.MessageSent)
	// What the sender has in hand goes first, which is not much if a server is slow.
	at := slices.IndexFunc(server.All(), func(m testkit.Mail) bool { return slices.Contains(m.To, to.Email) })
	if at < 0 || at > before+20 {
		t.Errorf("what is urgent came as number %d, after %d when it was written", at+1, before)
	}
	drained(t, b)
	if n := len(server.All()); n != 31 || server.Tries() != 31 {
		t.Errorf("%d mails arrived in %d tries", n, server.Tries())
	}
}
