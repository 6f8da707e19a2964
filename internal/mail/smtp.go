package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// Security is how a connection to the mail server is protected.
type Security string

// The kinds of connections.
const (
	// StartTLS begins in the clear and must switch to TLS before anything is said.
	StartTLS Security = "starttls"
	// ImplicitTLS is TLS from the first byte.
	ImplicitTLS Security = "tls"
	// Plain is readable by everybody on the way: for a server on the same machine
	// or in the same closed network.
	Plain Security = "plain"
)

// SMTP is the server that accepts our mail, and how to talk to it.
type SMTP struct {
	Host     string
	Port     string
	Security Security
	// Username and Password are empty if the server asks for none.
	Username, Password string
	// HELO is the name that we announce; empty: our network address.
	HELO string
	// Roots are the certificate authorities for the server; nil: the system's.
	Roots *x509.CertPool
	// Timeout is how long we wait for an answer; 0: 30 seconds.
	Timeout time.Duration
}

var smtpSchemes = map[string]struct {
	security Security
	port     string
}{
	"smtp":       {StartTLS, "587"},
	"smtps":      {ImplicitTLS, "465"},
	"smtp+plain": {Plain, "25"},
}

// ParseSMTPURL reads smtp://user:password@host:587 (STARTTLS required),
// smtps://host:465 (TLS from the start) or smtp+plain://host:25 (no TLS). With
// ?helo=NAME we announce that name. No error contains the URL, which has a password.
func ParseSMTPURL(raw string) (SMTP, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return SMTP{}, errors.New("SMTP URL: it cannot be read; write %40 for an @ in the password, %2F for a /, %25 for a %")
	}
	scheme, ok := smtpSchemes[u.Scheme]
	switch {
	case !ok:
		return SMTP{}, errors.New("SMTP URL: it begins with neither smtp:// nor smtps:// nor smtp+plain://")
	case u.Hostname() == "":
		return SMTP{}, errors.New("SMTP URL: it names no host")
	case u.Path != "" && u.Path != "/", u.Fragment != "":
		return SMTP{}, errors.New("SMTP URL: nothing may follow the host but ?helo=NAME; write %2F for a / and %23 for a # in the password")
	}
	c := SMTP{Host: u.Hostname(), Port: u.Port(), Security: scheme.security, Username: u.User.Username()}
	c.Password, _ = u.User.Password()
	if c.Port == "" {
		c.Port = scheme.port
	}
	for name, values := range u.Query() {
		if name != "helo" || len(values) != 1 || values[0] == "" || strings.ContainsAny(values[0], " \t\r\n\x00") {
			return SMTP{}, fmt.Errorf("SMTP URL: %q is no setting, only helo=NAME is", name)
		}
		c.HELO = values[0]
	}
	return c, c.check()
}

func (c SMTP) check() error {
	switch {
	case (c.Username == "") != (c.Password == ""):
		return errors.New("SMTP URL: user and password belong together")
	case c.Security == Plain && c.Username != "" && !c.loopback():
		return errors.New("SMTP URL: smtp+plain:// would send the password readable over the network; use smtp:// or smtps://")
	}
	return nil
}

func (c SMTP) loopback() bool {
	ip := net.ParseIP(c.Host)
	return c.Host == "localhost" || ip != nil && ip.IsLoopback()
}

// String is safe for logs: without the password.
func (c SMTP) String() string { return string(c.Security) + " " + c.address() }

// GoString keeps the password out of %#v too.
func (c SMTP) GoString() string { return c.String() }

func (c SMTP) address() string { return net.JoinHostPort(c.Host, c.Port) }

func (c SMTP) timeout() time.Duration {
	if c.Timeout <= 0 {
		return 30 * time.Second
	}
	return c.Timeout
}

// conn is a connection that is ready to take messages.
type conn struct {
	*smtp.Client
	raw     net.Conn
	timeout time.Duration
	usedAt  time.Time
}

// begin sets how long the server has for what comes next.
func (c *conn) begin(d time.Duration) error { return c.raw.SetDeadline(time.Now().Add(d)) }

// connect opens a connection, with TLS and signed in as configured. Its errors say
// what an operator can do.
func (c SMTP) connect(ctx context.Context) (*conn, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", c.address())
	if err != nil {
		return nil, fmt.Errorf("no connection to the mail server: %w; check host and port, and whether a firewall is between", err)
	}
	// The context ends everything below.
	stop := context.AfterFunc(ctx, func() { raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := raw.SetDeadline(time.Now().Add(c.timeout())); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	client, err := c.handshake(ctx, raw)
	if err != nil {
		raw.Close()
		return nil, err
	}
	return &conn{Client: client, raw: raw, timeout: c.timeout(), usedAt: time.Now()}, nil
}

// handshake turns a bare connection into one that accepts messages.
func (c SMTP) handshake(ctx context.Context, raw net.Conn) (*smtp.Client, error) {
	config := &tls.Config{ServerName: c.Host, RootCAs: c.Roots, MinVersion: tls.VersionTLS12}
	stream := raw
	if c.Security == ImplicitTLS {
		wrapped := tls.Client(raw, config)
		if err := wrapped.HandshakeContext(ctx); err != nil {
			return nil, c.adviseTLS(err)
		}
		stream = wrapped
	}
	client, err := smtp.NewClient(stream, c.Host)
	if err != nil {
		var reply *textproto.Error
		if errors.As(err, &reply) {
			return nil, fmt.Errorf("%s turns us away: %w", c.address(), err)
		}
		return nil, fmt.Errorf("%s does not greet as a mail server: %w; a server that wants TLS at once needs smtps://", c.address(), err)
	}
	if err := client.Hello(c.helo(raw)); err != nil {
		return nil, fmt.Errorf("%s does not take our name: %w; set ?helo=NAME to a name that the DNS knows", c.address(), err)
	}
	if c.Security == StartTLS {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return nil, fmt.Errorf("%s does not offer STARTTLS, so nothing is sent; use smtps:// if its TLS begins at once, or smtp+plain:// for a server on this machine", c.address())
		}
		if err := client.StartTLS(config); err != nil {
			return nil, c.adviseTLS(err)
		}
	}
	return client, c.signIn(client)
}

// helo is the name we announce: our address in brackets is the one name that is always
// true (RFC 5321, 4.1.3).
func (c SMTP) helo(raw net.Conn) string {
	if c.HELO != "" {
		return c.HELO
	}
	host, _, err := net.SplitHostPort(raw.LocalAddr().String())
	ip := net.ParseIP(host)
	switch {
	case err != nil || ip == nil:
		return "localhost"
	case ip.To4() == nil:
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

func (c SMTP) adviseTLS(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	advice := "check that the port speaks TLS 1.2 or newer"
	switch {
	case errors.As(err, &unknown):
		advice = "its certificate is from an authority that this machine does not know; name the file with that authority's certificate in smtp.ca_file"
	case errors.As(err, &name):
		advice = "its certificate is for another name; write the name that is in it"
	case errors.As(err, &invalid):
		advice = "its certificate has expired or may not be used for this"
	}
	return fmt.Errorf("no TLS with %s: %w; %s", c.address(), err, advice)
}

// signIn uses PLAIN, or LOGIN if a server supports only that.
func (c SMTP) signIn(client *smtp.Client) error {
	if c.Username == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	readable := c.Security == Plain && c.loopback()
	for _, mechanism := range mechanisms {
		if mechanism == "PLAIN" {
			return c.adviseAuth(client.Auth(smtp.PlainAuth("", c.Username, c.Password, c.Host, readable)))
		}
	}
	for _, mechanism := range mechanisms {
		if mechanism == "LOGIN" {
			return c.adviseAuth(client.Auth(smtp.LoginAuth(c.Username, c.Password, c.Host, readable)))
		}
	}
	return fmt.Errorf("%s offers neither AUTH PLAIN nor AUTH LOGIN; leave user and password out, or use its submission port", c.address())
}

func (c SMTP) adviseAuth(err error) error {
	if err == nil {
		return nil
	}
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code == 535 {
		return fmt.Errorf("%s does not know this user or password: %w", c.address(), err)
	}
	return fmt.Errorf("signing in to %s: %w", c.address(), err)
}

// Check connects to the mail server, signs in and leaves again. Its error says what to
// fix.
func Check(ctx context.Context, c SMTP) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.begin(c.timeout()); err != nil {
		return err
	}
	if err := conn.Noop(); err != nil {
		return fmt.Errorf("%s took the connection, then failed at NOOP: %w", c.address(), err)
	}
	conn.Quit() //nolint:errcheck // it has answered; how it says goodbye does not matter
	return nil
}
