package mail

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"gatehouse"
	"gatehouse/internal/store"
)

// errNoUTF8 is final: another try meets the same server.
var errNoUTF8 = errors.New("the mail server does not offer SMTPUTF8, which an address with letters beyond ASCII before the @ needs")

// connectError is a connection that did not come about. Whatever the server's
// number for it is, it says nothing about the message.
type connectError struct{ error }

func (e connectError) Unwrap() error { return e.error }

// recipientError is a server's answer to the recipient's address.
type recipientError struct{ error }

func (e recipientError) Unwrap() error { return e.error }

// send hands one message over. begun is true once the server has taken the first
// command, so that an error before it is one of the connection's age.
func (c *conn) send(e envelope) (reply string, begun bool, err error) {
	if ok, _ := c.Extension("SMTPUTF8"); e.UTF8 && !ok {
		return "", true, errNoUTF8
	}
	c.SkipSMTPUTF8(!e.UTF8)
	if err := c.begin(c.timeout); err != nil {
		return "", false, err
	}
	if err := c.Mail("<" + e.From + ">"); err != nil {
		return "", false, err
	}
	if err := c.Rcpt("<" + e.To + ">"); err != nil {
		return "", true, recipientError{err}
	}
	w, err := c.Data()
	if err != nil {
		return "", true, err
	}
	// The content and the server's look at it get their own time. If writing fails,
	// the connection is dropped without the final dot: no half message.
	if err := c.begin(c.timeout); err != nil {
		return "", true, err
	}
	if _, err := w.Write(e.Raw); err != nil {
		return "", true, err
	}
	if err := w.Close(); err != nil {
		return "", true, err
	}
	c.usedAt = time.Now()
	if d, ok := w.(*smtp.DataCloser); ok {
		reply = d.ServerResponse()
	}
	return "250 " + reply, true, nil
}

// line is a worker's connection, kept from one message to the next.
type line struct {
	smtp   SMTP
	outage *outage
	conn   *conn
}

// send opens a connection if there is none. A kept one that the server has closed
// meanwhile costs nothing but a new one.
func (l *line) send(ctx context.Context, e envelope) (string, error) {
	kept := l.conn != nil
	if err := l.open(ctx); err != nil {
		return "", err
	}
	reply, begun, err := l.conn.send(e)
	if err != nil && kept && !begun && l.gone(err) {
		l.drop()
		if err := l.open(ctx); err != nil {
			return "", err
		}
		reply, _, err = l.conn.send(e)
	}
	if err != nil {
		l.recover(err)
	}
	return reply, err
}

func (l *line) open(ctx context.Context) error {
	if l.conn != nil {
		return nil
	}
	if err := l.outage.lately(); err != nil {
		return connectError{err}
	}
	c, err := l.smtp.connect(ctx)
	if err != nil {
		l.outage.begins(err)
		return connectError{err}
	}
	l.conn = c
	return nil
}

// gone reports whether an error means that the server has ended the connection.
func (l *line) gone(err error) bool {
	var reply *textproto.Error
	return !errors.As(err, &reply) || reply.Code == 421
}

// recover makes the connection ready for the next message, or drops it.
func (l *line) recover(err error) {
	if errors.Is(err, errNoUTF8) {
		return // nothing has been said yet
	}
	if l.gone(err) || l.conn.begin(l.conn.timeout) != nil || l.conn.Reset() != nil {
		l.drop()
	}
}

func (l *line) drop() {
	if l.conn != nil {
		l.conn.Close()
		l.conn = nil
	}
}

// close says goodbye.
func (l *line) close() {
	if l.conn != nil && l.conn.begin(min(l.conn.timeout, 2*time.Second)) == nil {
		l.conn.Quit() //nolint:errcheck // it is dropped in any case
	}
	l.drop()
}

// outage remembers for a moment that no connection can be had, so that each message
// in hand need not wait for it to fail again.
type outage struct {
	mu    sync.Mutex
	since time.Time
	err   error
}

const outageLasts = time.Second

func (o *outage) begins(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.since, o.err = time.Now(), err
}

func (o *outage) lately() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil || time.Since(o.since) > outageLasts {
		return nil
	}
	return o.err
}

// replyLength is how much of what a server says is kept.
const replyLength = 500

// verdict is what an attempt came to.
type verdict struct {
	state store.MessageState
	// reply is in the server's words where it had any.
	reply string
	// refused: the address is one that mail cannot arrive at; status is the code.
	refused bool
	status  string
}

// judge weighs an attempt. Of answers about a message with a secret it keeps what is fit
// to be kept; our own words, and what was said before the message, stay as they are.
func judge(secret bool, reply string, err error) verdict {
	answered := said
	if secret {
		answered = func(text string) string { return discreetAnswer(said(text)) }
	}
	if err == nil {
		return verdict{state: store.MessageSent, reply: answered(reply)}
	}
	v := verdict{state: store.MessageDeferred, reply: said(err.Error())}
	var answer *textproto.Error
	var gibberish textproto.ProtocolError
	var connect connectError
	switch {
	case errors.Is(err, errNoUTF8):
		v.state = store.MessageRefused
	case errors.As(err, &connect):
	case errors.As(err, &gibberish): // which quotes the line
		v.reply = answered(err.Error())
	case errors.As(err, &answer):
		v.reply = answered(fmt.Sprintf("%d %s", answer.Code, answer.Msg))
		if answer.Code >= 500 && !aboutUs(answer.Code) {
			v.state = store.MessageRefused
			v.doubt(err, answer)
		}
	}
	return v
}

// doubt looks whether a refusal is one of the address.
func (v *verdict) doubt(err error, answer *textproto.Error) {
	var recipient recipientError
	if !errors.As(err, &recipient) {
		return
	}
	v.status, v.refused = gatehouse.RefusesAddress(gatehouse.Refusal{Code: answer.Code, Text: answer.Msg})
}

// aboutUs reports the refusals that mean our sign-in at the server, not the message:
// once that is fixed the message goes out (RFC 4954, 6).
func aboutUs(code int) bool { return code == 530 || code == 534 || code == 535 || code == 538 }

// The waits between tries of a message that is deferred.
const (
	firstWait = 15 * time.Second
	lastWait  = 30 * time.Minute
)

// backoff doubles from firstWait, with up to a quarter on top so that what failed
// together does not come back together. random is from 0 to below 1.
func backoff(tries int, random float64) time.Duration {
	d := min(firstWait<<min(tries, 16), lastWait*4/5)
	return d + time.Duration(random*float64(d)/4)
}
