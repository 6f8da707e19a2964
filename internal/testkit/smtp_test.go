package testkit

import (
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const sample = "From: Gatehouse <no-reply@uk.test>\r\nTo: ann@example.test\r\nSubject: =?UTF-8?q?Your_code_=E2=80=93_Meridian?=\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
	"Your code is 042917.=\r\n Or: https://uk.test/go?t=3Dabc.\r\nCall 01234567890.\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+SGk8L2I+\r\n--b--\r\n"

func send(s *SMTP, to ...string) error { return deliver(s, sample, to...) }

func deliver(s *SMTP, text string, to ...string) error {
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		return err
	}
	defer c.Close()
	return c.SendMail("bounce@uk.test", to, strings.NewReader(text))
}

func TestSMTPKeepsMail(t *testing.T) {
	s := NewSMTP(t)
	if !strings.HasPrefix(s.URL(), "smtp+plain://127.0.0.1:") {
		t.Errorf("URL: %s", s.URL())
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		time.Sleep(20 * time.Millisecond)
		for _, to := range []string{"bob@example.test", "ann@example.test"} {
			if err := send(s, to); err != nil {
				t.Error(err)
			}
		}
	}()
	m := s.Wait(t, "Ann@Example.test")
	<-sent
	if m.From != "bounce@uk.test" || m.Subject != "Your code – Meridian" || m.HTML != "<b>Hi</b>" || m.TLS {
		t.Errorf("%+v", m)
	}
	if m.Code() != "042917" || !slices.Equal(m.Links(), []string{"https://uk.test/go?t=abc"}) {
		t.Errorf("code %q, links %q", m.Code(), m.Links())
	}
	if string(m.Raw) != sample || m.Header.Get("From") == "" {
		t.Errorf("raw: %q", m.Raw)
	}
	if len(s.All()) != 2 || len(s.Unread("ann@example.test")) != 0 || len(s.Unread("bob@example.test")) != 1 || s.Tries() != 2 {
		t.Errorf("all: %v", s.list())
	}
}

// A mail that is sent again is there once for those who wait, as it is for its reader.
func TestSMTPShowsAMailOnce(t *testing.T) {
	s := NewSMTP(t)
	for _, m := range []struct{ id, to string }{{"1", "ann@example.test"}, {"1", "bob@example.test"}, {"1", "ann@example.test"}, {"2", "ann@example.test"}} {
		if err := deliver(s, "Message-ID: <"+m.id+"@uk.test>\r\n"+sample, m.to); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"<1@uk.test>", "<2@uk.test>"} {
		if got := s.Wait(t, "ann@example.test").Header.Get("Message-ID"); got != want {
			t.Errorf("%s is read, not %s", got, want)
		}
	}
	if len(s.Unread("ann@example.test")) != 0 || len(s.Unread("bob@example.test")) != 1 || len(s.All()) != 4 {
		t.Errorf("all: %v", s.list())
	}
}

func TestSMTPMakesTrouble(t *testing.T) {
	s := NewSMTP(t)
	code := func(err error) int {
		var refused *smtp.SMTPError
		if errors.As(err, &refused) {
			return refused.Code
		}
		var protocol *textproto.Error
		if errors.As(err, &protocol) {
			return protocol.Code
		}
		return 0
	}
	s.Refuse(451, "later")
	if err := send(s, "ann@example.test"); code(err) != 451 {
		t.Errorf("refused with %v", err)
	}
	s.Refuse(0, "")
	s.RefuseTo("Bob@example.test", 550, "no such person")
	if err := send(s, "bob@example.test"); code(err) != 550 {
		t.Errorf("refused with %v", err)
	}
	s.Delay(100 * time.Millisecond)
	start := time.Now()
	if err := send(s, "ann@example.test"); err != nil || time.Since(start) < 100*time.Millisecond {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	s.Stop()
	if err := send(s, "ann@example.test"); err == nil {
		t.Error("a stopped server takes mail")
	}
	s.Start(t)
	if err := send(s, "ann@example.test"); err != nil {
		t.Error(err)
	}
	if got := len(s.All()); got != 2 {
		t.Errorf("%d mails", got)
	}
}

func TestSMTPWithTLSAndLogin(t *testing.T) {
	s := NewSMTP(t, RequireSTARTTLS, RequireLogin("gate", "s3cret"))
	if !strings.HasPrefix(s.URL(), "smtp://gate:s3cret@127.0.0.1:") {
		t.Errorf("URL: %s", s.URL())
	}
	if err := send(s, "ann@example.test"); err == nil {
		t.Error("it takes mail in the open")
	}
	c, err := smtp.DialStartTLS(s.Addr(), &tls.Config{RootCAs: s.Roots(), ServerName: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("bounce@uk.test", []string{"ann@example.test"}, strings.NewReader(sample)); err == nil {
		t.Error("it takes mail from anybody")
	}
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(sasl.NewPlainClient("", "gate", "s3cret")); err != nil {
		t.Fatal(err)
	}
	if err := c.SendMail("bounce@uk.test", []string{"ann@example.test"}, strings.NewReader(sample)); err != nil {
		t.Fatal(err)
	}
	if !s.Wait(t, "ann@example.test").TLS {
		t.Error("it came in the open")
	}

	s = NewSMTP(t, ImplicitTLS)
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Second}, "tcp", s.Addr(), &tls.Config{RootCAs: s.Roots()})
	if err != nil || !strings.HasPrefix(s.URL(), "smtps://") {
		t.Fatalf("%s: %v", s.URL(), err)
	}
	conn.Close()
}
