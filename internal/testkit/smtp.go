package testkit

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"gatehouse"
)

// SMTP is a mail server on this machine that keeps what it receives. Its methods may be
// called from any goroutine.
type SMTP struct {
	host           string // host and port
	scheme         string
	user, password string
	startTLS       bool
	tls            *tls.Config
	roots          *x509.CertPool
	certificate    []byte

	mu         sync.Mutex // guards what follows
	server     *smtp.Server
	mails      []*Mail
	known      map[string]bool // the mails that have arrived, by Message-ID and recipients
	arrived    chan struct{}   // closed and renewed when a mail arrives
	refusal    error
	refusals   map[string]error // by recipient
	delay      time.Duration
	deliveries int
}

// SMTPOption changes a mail server's behaviour.
type SMTPOption func(*SMTP)

// RequireSTARTTLS makes a server accept mail over STARTTLS only, with a certificate for
// its address that is trusted by Roots.
func RequireSTARTTLS(s *SMTP) { s.scheme, s.startTLS = "smtp", true }

// ImplicitTLS makes a server speak TLS from the first byte.
func ImplicitTLS(s *SMTP) { s.scheme = "smtps" }

// RequireLogin makes a server accept mail only after a login.
func RequireLogin(user, password string) SMTPOption {
	return func(s *SMTP) { s.user, s.password = user, password }
}

// NewSMTP starts a mail server that ends with the test.
func NewSMTP(t testing.TB, options ...SMTPOption) *SMTP {
	t.Helper()
	s := &SMTP{host: "127.0.0.1:0", scheme: "smtp+plain", arrived: make(chan struct{}), refusals: map[string]error{}, known: map[string]bool{}}
	for _, option := range options {
		option(s)
	}
	if s.scheme != "smtp+plain" {
		if err := s.certify(); err != nil {
			t.Fatalf("a certificate for the mail server: %v", err)
		}
	}
	if err := s.start(); err != nil {
		t.Fatalf("starting a mail server: %v", err)
	}
	t.Cleanup(s.Stop)
	return s
}

// URL is the server's address in the form of the configuration: smtp+plain://, smtp://
// for STARTTLS, or smtps://.
func (s *SMTP) URL() string {
	u := url.URL{Scheme: s.scheme, Host: s.host}
	if s.user != "" {
		u.User = url.UserPassword(s.user, s.password)
	}
	return u.String()
}

// Addr is the server's host and port.
func (s *SMTP) Addr() string { return s.host }

// Roots are the roots of trust for the server's certificate.
func (s *SMTP) Roots() *x509.CertPool { return s.roots }

// CertificateFile writes the server's certificate as a PEM file, for a process
// that reads SSL_CERT_FILE.
func (s *SMTP) CertificateFile(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "smtp.pem")
	if err := os.WriteFile(file, s.certificate, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// ---- reading ----

// Wait returns the oldest mail to an address that no Wait has returned yet, and no mail
// twice. It waits a minute for one to arrive.
func (s *SMTP) Wait(t testing.TB, to string) Mail {
	t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		arrived := s.arrived
		for _, m := range s.mails {
			if !m.taken && m.isTo(to) {
				m.taken = true
				s.mu.Unlock()
				return *m
			}
		}
		s.mu.Unlock()
		select {
		case <-arrived:
		case <-deadline:
			t.Fatalf("no mail to %s came in %v; there came:%s", to, patience, s.list())
		}
	}
}

// All are all mails so far, in order of arrival.
func (s *SMTP) All() []Mail { return s.pick(func(*Mail) bool { return true }) }

// Unread are the mails to an address that no Wait has returned: to check that none was
// sent, once the sender has had its time.
func (s *SMTP) Unread(to string) []Mail {
	return s.pick(func(m *Mail) bool { return !m.taken && m.isTo(to) })
}

// Tries is how often the server was asked to accept a message, including refused ones.
func (s *SMTP) Tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deliveries
}

func (s *SMTP) pick(wanted func(*Mail) bool) []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	var mails []Mail
	for _, m := range s.mails {
		if wanted(m) {
			mails = append(mails, *m)
		}
	}
	return mails
}

func (s *SMTP) list() string {
	var b strings.Builder
	for _, m := range s.All() {
		fmt.Fprintf(&b, "\n  to %s: %s", strings.Join(m.To, ", "), m.Subject)
		if m.taken {
			b.WriteString(" (read before)")
		}
	}
	if b.Len() == 0 {
		return " none"
	}
	return b.String()
}

func (m *Mail) isTo(address string) bool {
	return slices.ContainsFunc(m.To, func(to string) bool { return gatehouse.SameMailbox(to, address) })
}

// isAgain: the mail has arrived before. The outbox sends a mail again if its lease ends while the
// mail is being sent, as it does if a test sets the clock on by an hour at that moment. Some tests
// send thousands, so what has arrived is looked up and not looked through.
func (s *SMTP) isAgain(m *Mail) bool {
	id := m.Header.Get("Message-ID")
	if id == "" {
		return false
	}
	key := strings.Join(append([]string{id}, m.To...), "\n")
	before := s.known[key]
	s.known[key] = true
	return before
}

// ---- making trouble ----

// Refuse answers every recipient with an error from now on: a temporary one for codes
// from 400, a permanent one from 500. Code 0 accepts mail again.
func (s *SMTP) Refuse(code int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = refusal(code, text)
}

// RefuseTo is Refuse for one recipient.
func (s *SMTP) RefuseTo(address string, code int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[strings.ToLower(address)] = refusal(code, text)
}

// Delay makes the server take this long before it accepts a message.
func (s *SMTP) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Stop ends the server and cuts its connections; earlier mail stays.
func (s *SMTP) Stop() {
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()
	if server != nil {
		server.Close() //nolint:errcheck // it is gone either way
	}
}

// Start starts the server again at the address it had.
func (s *SMTP) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatalf("starting the mail server again: %v", err)
	}
}

func refusal(code int, text string) error {
	if code == 0 {
		return nil
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

// ---- serving ----

func (s *SMTP) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return errors.New("it is running")
	}
	listener, err := net.Listen("tcp", s.host)
	if err != nil {
		return err
	}
	s.host = listener.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{server: s, conn: c}, nil
	}))
	server.Domain = "mail.test"
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.MaxMessageBytes = 30 << 20
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.ErrorLog = log.New(io.Discard, "", 0)
	if s.startTLS {
		server.TLSConfig = s.tls
	} else if s.tls != nil {
		listener = tls.NewListener(listener, s.tls)
	}
	s.server = server
	go server.Serve(listener) //nolint:errcheck // ends with Close
	return nil
}

type smtpSession struct {
	server   *SMTP
	conn     *smtp.Conn
	loggedIn bool
	mail     Mail
}

func (c *smtpSession) AuthMechanisms() []string {
	if c.server.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != c.server.user || password != c.server.password {
			return smtp.ErrAuthFailed
		}
		c.loggedIn = true
		return nil
	}), nil
}

func (c *smtpSession) Reset()        { c.mail = Mail{} }
func (c *smtpSession) Logout() error { return nil }

func (c *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	_, c.mail.TLS = c.conn.TLSConnectionState()
	switch {
	case c.server.startTLS && !c.mail.TLS:
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Must issue a STARTTLS command first"}
	case c.server.user != "" && !c.loggedIn:
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	c.server.mu.Lock()
	c.server.deliveries++
	c.server.mu.Unlock()
	c.mail.From = from
	return nil
}

func (c *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if err := c.server.refusal; err != nil {
		return err
	}
	if err := c.server.refusals[strings.ToLower(to)]; err != nil {
		return err
	}
	c.mail.To = append(c.mail.To, to)
	return nil
}

func (c *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := c.mail
	m.Raw = raw
	if err := m.parse(); err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "cannot be read: " + err.Error()}
	}
	s := c.server
	s.mu.Lock()
	delay := s.delay
	s.mu.Unlock()
	time.Sleep(delay)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != c.conn.Server() { // stopped meanwhile: this mail was never accepted
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "going down"}
	}
	m.taken = s.isAgain(&m)
	s.mails = append(s.mails, &m)
	close(s.arrived)
	s.arrived = make(chan struct{})
	return nil
}

// certify makes a self-signed certificate for this machine.
func (s *SMTP) certify() error {
	made, err := selfSigned("localhost", "mail.test")
	if err != nil {
		return err
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(made.Leaf)
	s.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Leaf.Raw})
	s.tls = &tls.Config{Certificates: []tls.Certificate{made}, MinVersion: tls.VersionTLS12}
	return nil
}
