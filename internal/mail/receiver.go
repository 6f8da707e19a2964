package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-smtp"
)

// The listener's limits: it may be open to every mail server there is.
const (
	reportPatience = 30 * time.Second // for a command
	// takeTime is how long looking up a recipient may take, and how long work in
	// progress may take at shutdown.
	takeTime = 10 * time.Second
)

// Serve accepts reports over SMTP until the context ends. With a TLS configuration it
// offers STARTTLS.
func (r *Receiver) Serve(ctx context.Context, l net.Listener, secure *tls.Config) error {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &reportDelivery{receiver: r, ctx: context.WithoutCancel(ctx), visit: visitOf(c.Conn())}, nil
	}))
	server.Domain = cmp.Or(r.Name, "localhost")
	server.EnableSMTPUTF8 = true // for the address in the report; ours needs none
	server.MaxMessageBytes, server.MaxRecipients = r.mostBytes(), 1
	server.ReadTimeout, server.WriteTimeout = reportPatience, reportPatience
	server.ErrorLog = slog.NewLogLogger(r.Log.Handler(), slog.LevelDebug)
	if secure != nil {
		server.TLSConfig = secure.Clone()
		server.TLSConfig.NextProtos = nil // those are for web servers
	}
	finished := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(finished)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeTime)
		defer cancel()
		l.Close()             // it may not be served yet
		server.Shutdown(last) //nolint:errcheck // who is cut off sends it again
	})
	err := server.Serve(&visits{Listener: l, ctx: ctx})
	if stop() {
		return err
	}
	<-finished
	return nil
}

// reportDelivery is one connection of a mail server.
type reportDelivery struct {
	receiver *Receiver
	ctx      context.Context
	visit    *visit
	from, to string
	// letter: it is for a support case.
	letter bool
}

var (
	errNotNull   = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Only delivery reports are taken here, and they have no sender"}
	errNoMailbox = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
	errTryLater  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The report cannot be noted now, try again later"}
)

// Mail accepts the empty sender only, which reports use so that none is ever made about
// a report (RFC 5321, 4.5.5), unless there may be letters.
func (s *reportDelivery) Mail(from string, _ *smtp.MailOptions) error {
	if from != "" && s.receiver.Letters == nil {
		return errNotNull
	}
	s.from = from
	return nil
}

// Rcpt accepts the envelope senders of our messages. The tokens are random: whether one
// is known says nothing about people.
func (s *reportDelivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	ctx, cancel := context.WithTimeout(s.ctx, takeTime)
	defer cancel()
	err := s.receiver.knows(ctx, s.from, to)
	s.letter = err == nil && tokenOf(to) == ""
	switch {
	case errors.Is(err, ErrNoReport), errors.Is(err, ErrNoMailbox):
		return errNoMailbox
	case err != nil:
		return s.later(err)
	}
	s.visit.stay()
	s.to = to
	return nil
}

// Data accepts everything: an automatic reply, say, is read and forgotten. Refusing it
// would only make another report, to nobody.
func (s *reportDelivery) Data(content io.Reader) error {
	ctx, cancel := context.WithTimeout(s.ctx, visitTime) // the other side may be slow
	defer cancel()
	if s.letter {
		return s.takeLetter(ctx, content)
	}
	err := s.receiver.Take(ctx, s.to, content)
	var refused *smtp.SMTPError
	switch {
	case errors.As(err, &refused):
		return refused // too large
	case errors.Is(err, errTooLarge):
		return smtp.ErrDataTooLarge
	case errors.Is(err, ErrNoReport):
		s.receiver.Log.InfoContext(ctx, "mail: not a report", "why", err.Error())
		return nil
	case err != nil:
		return s.later(err)
	}
	return nil
}

func (s *reportDelivery) later(err error) error {
	s.receiver.Log.ErrorContext(s.ctx, "mail: a report cannot be noted", "error", err)
	return errTryLater
}

func (s *reportDelivery) Reset() { s.from, s.to, s.letter = "", "", false }

func (s *reportDelivery) Logout() error { return nil }
