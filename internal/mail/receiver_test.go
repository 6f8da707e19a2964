package mail_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// listen serves reports until the test, or the function returned, ends it.
func (b *bench) listen(secure *tls.Config) (address string, log *testkit.Log, stop func()) {
	b.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	log = &testkit.Log{}
	r := b.receiver(log)
	stop = b.until("receiver", func(ctx context.Context) error { return r.Serve(ctx, l, secure) })
	return l.Addr().String(), log, stop
}

func dial(t testing.TB, address string) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// wantCode says which answer an error contains; 0: none.
func wantCode(t testing.TB, what string, err error, code int) {
	t.Helper()
	var refused *smtp.SMTPError
	if code == 0 && err != nil || code != 0 && (!errors.As(err, &refused) || refused.Code != code) {
		t.Errorf("%s: %v, want %d", what, err, code)
	}
}

func TestReceiver(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		b.site.Sender.Bounces = bounceAddress
		u := b.hanna()
		s := b.sender(config(t, testkit.NewSMTP(t)))
		b.run(s)
		m := b.await(s, b.message(mail.Samples()["temporary-password-reset"]), store.MessageSent)
		other := b.await(s, b.message(mail.Samples()["locked"]), store.MessageSent)
		address, log, _ := b.listen(nil)
		send := func(from, to string, content []byte) error {
			c := dial(t, address)
			defer c.Close()
			return c.SendMail(from, []string{to}, bytes.NewReader(content))
		}

		wantCode(t, "a sender", send("hanna.kruse@lindenhof.example", pathOf(m), report(t, "failed-queue", m)), 550)
		stranger := m
		stranger.MessageID = "aaaaaaaaaaaaaaaaaaaaaaaaaa@uk.meridian.example"
		for _, to := range []string{pathOf(stranger), bounceAddress, "postmaster@mail.uk.meridian.example", u.Email, "bounces+x@mail.uk.meridian.example"} {
			wantCode(t, to, send("", to, report(t, "failed-queue", m)), 550)
		}
		c := dial(t, address)
		wantCode(t, "MAIL", c.Mail("", nil), 0)
		wantCode(t, "RCPT", c.Rcpt(pathOf(m), nil), 0)
		wantCode(t, "a second recipient", c.Rcpt(pathOf(other), nil), 452)
		wantCode(t, "too large", send("", pathOf(m), append(report(t, "failed-queue", m), bytes.Repeat([]byte("x: y\r\n"), 200_000)...)), 552)
		wantCode(t, "an automatic answer", send("", pathOf(m), report(t, "none-auto-reply", m)), 0)
		if got, _ := b.store.Read().Message(t.Context(), m.SiteID, m.ID); got.State != store.MessageSent || b.bounce(u) != (gatehouse.Bounce{}) {
			t.Fatalf("the message is %s, the address %+v", got.State, b.bounce(u))
		}

		wantCode(t, "a report", send("", strings.ToUpper(pathOf(m)), report(t, "failed-groupware", m)), 0)
		got, err := b.store.Read().Message(t.Context(), m.SiteID, m.ID)
		if err != nil || got.State != store.MessageBounced || !b.bounce(u).Reported || len(b.bounceEvents(u)) != 1 {
			t.Errorf("the message is %s, the address %+v, %v", got.State, b.bounce(u), err)
		}
		// The address that it was sent to identifies the message, not what is returned.
		wantCode(t, "a success", send("", pathOf(other), report(t, "relayed", m)), 0)
		if b.bounce(u) != (gatehouse.Bounce{}) {
			t.Errorf("the address is %+v", b.bounce(u))
		}
		if text := log.String(); strings.Contains(text, "Kepu") || !strings.Contains(text, "not a report") {
			t.Errorf("the log is %s", text)
		}

		b.store.Close()
		wantCode(t, "without the database", send("", pathOf(m), report(t, "failed-queue", m)), 451)
	})
}

func TestReceiverOffersTLS(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	m := b.message(mail.Samples()["locked"])
	address, _, _ := b.listen(&tls.Config{Certificates: []tls.Certificate{certificate(t, "in.uk.meridian.example")}})
	c, err := smtp.DialStartTLS(address, &tls.Config{InsecureSkipVerify: true}) // as mail servers do among each other
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	wantCode(t, "over TLS", c.SendMail("", []string{pathOf(m)}, bytes.NewReader(report(t, "failed-queue", m))), 0)
	if got, _ := b.store.Read().Message(t.Context(), m.SiteID, m.ID); got.State != store.MessageBounced {
		t.Errorf("the message is %s", got.State)
	}
	plain, err := smtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	wantCode(t, "without", plain.Mail("", nil), 0)
}

// A silent connection is in nobody's way, and does not delay shutdown.
func TestReceiverEnds(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	address, _, stop := b.listen(nil)
	idle := dial(t, address)
	wantCode(t, "MAIL", idle.Mail("", nil), 0)
	began := time.Now()
	stop()
	if time.Since(began) > 5*time.Second {
		t.Errorf("it took %s to end", time.Since(began))
	}
	if _, err := net.DialTimeout("tcp", address, time.Second); err == nil {
		t.Error("it listens on")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.receiver(io.Discard).Serve(ended, l, nil); err != nil {
		t.Errorf("one that has ended before it began: %v", err)
	}
}

// On real sockets: silent connections hold all places, and a mail server still delivers its
// report. A proxy in between gives them addresses of many networks.
func TestReceiverHeldBySilentConnections(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	m := b.message(mail.Samples()["locked"])
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.receiver(io.Discard).Serve(ctx, &scattered{Listener: inner}, nil) }()
	defer func() { stop(); <-ended }()
	for range 25 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	done := make(chan error, 1)
	go func() {
		c, err := smtp.Dial(inner.Addr().String())
		if err == nil {
			defer c.Close()
			err = c.SendMail("", []string{pathOf(m)}, bytes.NewReader(report(t, "failed-queue", m)))
		}
		done <- err
	}()
	select {
	case err := <-done:
		if got, _ := b.store.Read().Message(t.Context(), m.SiteID, m.ID); err != nil || got.State != store.MessageBounced {
			t.Errorf("%v, the message is %s", err, got.State)
		}
	case <-time.After(time.Minute):
		t.Error("silent connections hold the listener")
	}
}

// scattered is a listener with connections from many networks.
type scattered struct {
	net.Listener
	n int
}

func (s *scattered) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	s.n++
	return far{c, &net.TCPAddr{IP: net.IPv4(192, 0, 2, byte(s.n)), Port: 4711}}, nil
}

// A mail server that checks certificates accepts ours.
func TestReceiverProvesItsName(t *testing.T) {
	b := newBench(t, testkit.SQLiteURL(t))
	m := b.message(mail.Samples()["locked"])
	own := certificate(t, "in.uk.meridian.example")
	address, _, _ := b.listen(&tls.Config{Certificates: []tls.Certificate{own}})
	leaf, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	c, err := smtp.DialStartTLS(address, &tls.Config{RootCAs: roots, ServerName: "in.uk.meridian.example"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	wantCode(t, "over TLS", c.SendMail("", []string{pathOf(m)}, bytes.NewReader(report(t, "failed-queue", m))), 0)
	other, err := smtp.DialStartTLS(address, &tls.Config{RootCAs: roots, ServerName: "other.example"})
	if err == nil {
		defer other.Close()
		err = other.Noop()
	}
	if err == nil {
		t.Error("it proves another name")
	}
}
