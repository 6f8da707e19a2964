package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/mail"
	"gatehouse/internal/testkit"
)

func TestParseSMTPURL(t *testing.T) {
	for raw, want := range map[string]mail.SMTP{
		"smtp://mail.b.example":                      {Host: "mail.b.example", Port: "587", Security: mail.StartTLS},
		"smtp://user:p%40ss@mail.b.example:2587":     {Host: "mail.b.example", Port: "2587", Security: mail.StartTLS, Username: "user", Password: "p@ss"},
		"smtps://mail.b.example/":                    {Host: "mail.b.example", Port: "465", Security: mail.ImplicitTLS},
		"smtp+plain://127.0.0.1:1025":                {Host: "127.0.0.1", Port: "1025", Security: mail.Plain},
		"smtp+plain://u:p@localhost":                 {Host: "localhost", Port: "25", Security: mail.Plain, Username: "u", Password: "p"},
		"smtp://[2001:db8::1]:25?helo=out.b.example": {Host: "2001:db8::1", Port: "25", Security: mail.StartTLS, HELO: "out.b.example"},
	} {
		if got, err := mail.ParseSMTPURL(raw); err != nil || got != want {
			t.Errorf("%s: %#v, %v", raw, got, err)
		}
	}
	const password = "hunter2"
	for _, raw := range []string{
		"", "mail.b.example:25", "http://u:hunter2@b.example", "smtp://u:hunter2@", "smtp://u:hunter2@b.example/path", "smtp://u:hunter2@b.example#x",
		"smtp://u:hunter2#x@b.example", "smtp://u:hunter2/x@b.example", "smtp://u:hunter2%zz@b.example", "smtp://u@b.example", "smtp://:hunter2@b.example",
		"smtp+plain://u:hunter2@b.example", "smtp://u:hunter2@b.example?tls=no", "smtp://u:hunter2@b.example?helo=", "smtp://u:hunter2@b.example?helo=a%0d%0ab",
		"smtp://u:hunter2@b.example:port",
	} {
		_, err := mail.ParseSMTPURL(raw)
		if err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	c, _ := mail.ParseSMTPURL("smtps://u:hunter2@b.example")
	if s := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Contains(s, password) {
		t.Errorf("the password is in %s", s)
	}
}

func TestCheck(t *testing.T) {
	login := testkit.RequireLogin("gatehouse", "right")
	wrong := func(c *mail.SMTP) { c.Password = "wrong" }
	for name, c := range map[string]struct {
		server *testkit.SMTP
		change func(*mail.SMTP)
		want   string // in the error; "": none
	}{
		"plain":              {testkit.NewSMTP(t), nil, ""},
		"STARTTLS":           {testkit.NewSMTP(t, testkit.RequireSTARTTLS), nil, ""},
		"TLS":                {testkit.NewSMTP(t, testkit.ImplicitTLS), nil, ""},
		"STARTTLS and login": {testkit.NewSMTP(t, testkit.RequireSTARTTLS, login), nil, ""},
		"TLS and login":      {testkit.NewSMTP(t, testkit.ImplicitTLS, login), nil, ""},
		"wrong password":     {testkit.NewSMTP(t, testkit.ImplicitTLS, login), wrong, "does not know this user or password"},
		"no login there":     {testkit.NewSMTP(t), func(c *mail.SMTP) { c.Username, c.Password = "u", "p" }, "offers neither"},
		"nobody vouches": {testkit.NewSMTP(t, testkit.RequireSTARTTLS), func(c *mail.SMTP) { c.Roots = x509.NewCertPool() },
			"an authority that this machine does not know; name the file with that authority's certificate in smtp.ca_file"},
		"no STARTTLS":      {testkit.NewSMTP(t), func(c *mail.SMTP) { c.Security = mail.StartTLS }, "does not offer STARTTLS"},
		"TLS to plain":     {testkit.NewSMTP(t), func(c *mail.SMTP) { c.Security = mail.ImplicitTLS }, "no TLS with"},
		"plain to TLS":     {testkit.NewSMTP(t, testkit.ImplicitTLS), func(c *mail.SMTP) { c.Security, c.Timeout = mail.StartTLS, time.Second }, "smtps://"},
		"nobody listens":   {testkit.NewSMTP(t), func(c *mail.SMTP) { c.Port = "1" }, "no connection to the mail server"},
		"host that is not": {testkit.NewSMTP(t), func(c *mail.SMTP) { c.Host = "mail.invalid" }, "no connection to the mail server"},
	} {
		t.Run(name, func(t *testing.T) {
			config := config(t, c.server)
			if c.change != nil {
				c.change(&config)
			}
			err := mail.Check(t.Context(), config)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, want %q in it", err, c.want)
			case err != nil && (strings.Contains(err.Error(), "wrong") && !strings.Contains(name, "wrong") || strings.ContainsAny(err.Error(), "\r\n")):
				t.Errorf("the error says too much: %v", err)
			}
		})
	}
}

func TestCheckEndsInTime(t *testing.T) {
	for name, s := range map[string]*script{
		"no greeting": {greeting: sayNoting},
		"no answer":   {answer: func(int, string) string { return sayNoting }},
	} {
		c := s.start(t)
		c.Timeout = 200 * time.Millisecond
		began := time.Now()
		if err := mail.Check(t.Context(), c); err == nil || time.Since(began) > 20*time.Second {
			t.Errorf("%s: %v after %s", name, err, time.Since(began))
		}
		c.Timeout = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		began = time.Now()
		if err := mail.Check(ctx, c); err == nil || time.Since(began) > 20*time.Second {
			t.Errorf("%s, and the context ends: %v after %s", name, err, time.Since(began))
		}
		cancel()
	}
}

func TestWrongName(t *testing.T) {
	other := certificate(t, "other.example")
	s := &script{tls: &tls.Config{Certificates: []tls.Certificate{other}}}
	c := s.start(t)
	c.Security, c.Roots = mail.ImplicitTLS, x509.NewCertPool()
	c.Roots.AddCert(other.Leaf)
	if err := mail.Check(t.Context(), c); err == nil || !strings.Contains(err.Error(), "for another name") {
		t.Errorf("the error is %v", err)
	}
}

// certificate makes a self-signed one.
func certificate(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// A server that supports only LOGIN, and the names we announce.
func TestLoginAndHELO(t *testing.T) {
	step := 0
	s := &script{extensions: []string{"AUTH LOGIN XYZ"}}
	s.answer = func(_ int, line string) string {
		switch {
		case strings.HasPrefix(line, "AUTH LOGIN"):
			step = 1
			return "334 VXNlcm5hbWU6"
		case step == 1 && line == "Z2F0ZWhvdXNl": // gatehouse
			step = 2
			return "334 UGFzc3dvcmQ6"
		case step == 2 && line == "cmlnaHQ=": // right
			step = 3
			return "235 2.7.0 welcome"
		case step == 1 || step == 2:
			return "535 5.7.8 no"
		}
		return ""
	}
	c := s.start(t)
	c.Username, c.Password = "gatehouse", "right"
	if err := mail.Check(t.Context(), c); err != nil || step != 3 {
		t.Errorf("AUTH LOGIN: %v", err)
	}
	if s.count("EHLO [127.0.0.1]") != 1 {
		t.Errorf("without a name we are %v", s.lines)
	}
	c.HELO, step = "out.meridian.example", 0
	if err := mail.Check(t.Context(), c); err != nil || s.count("EHLO OUT.MERIDIAN.EXAMPLE") != 1 {
		t.Errorf("our own name: %v", err)
	}
}
