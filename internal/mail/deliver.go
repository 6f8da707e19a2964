package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/sms"
	"gatehouse/internal/store"
)

// errNoUTF8 is final: another try meets the same server.
var errNoUTF8 = errors.New("the mail server does not offer SMTPUTF8, which an address with letters beyond ASCII before the @ needs")

// connectError is a connection that failed. The server's status code says nothing about
// the message.
type connectError struct{ error }

func (e connectError) Unwrap() error { return e.error }

// recipientError is a server's answer to the recipient's address.
type recipientError struct{ error }

func (e recipientError) Unwrap() error { return e.error }

// send hands over one message. begun is true once the server has accepted the first
// command; an error before that comes from the age of the connection.
func (c *conn) send(e envelope) (reply string, begun bool, err error) {
	if ok, _ := c.Extension("SMTPUTF8"); e.UTF8 && !ok {
		return "", true, errNoUTF8
	}
	if err := c.begin(c.timeout); err != nil {
		return "", false, err
	}
	if begun, err = c.announce(e); err != nil {
		return "", begun, err
	}
	// The content and the server's check of it get their own time. If writing fails,
	// the connection is dropped without the final dot: no half message.
	if err := c.begin(c.timeout); err != nil {
		return "", true, err
	}
	if reply, err = c.content(e.Raw); err != nil {
		return "", true, err
	}
	c.usedAt = time.Now()
	return "250 " + reply, true, nil
}

// command is an SMTP command and the answer that it expects.
type command struct {
	line string
	want int
}

// announce says who the message is from and for, and that the content follows: all at
// once if the server allows it (PIPELINING, RFC 2920), which saves waiting for two
// answers.
func (c *conn) announce(e envelope) (begun bool, err error) {
	from := "MAIL FROM:<" + e.From + ">"
	if ok, _ := c.Extension("8BITMIME"); ok {
		from += " BODY=8BITMIME"
	}
	if e.UTF8 {
		from += " SMTPUTF8"
	}
	commands := []command{{from, 250}, {"RCPT TO:<" + e.To + ">", 25}, {"DATA", 354}}
	for _, line := range commands {
		if strings.ContainsAny(line.line, "\r\n") {
			return true, errors.New("an address has a line end")
		}
	}
	if ok, _ := c.Extension("PIPELINING"); ok {
		return c.inOneGo(commands)
	}
	for i, line := range commands {
		if err := c.say(line); err != nil {
			return i > 0, err
		}
		if err := c.hear(i, line); err != nil {
			return i > 0, err
		}
	}
	return true, nil
}

// inOneGo sends all commands, then reads all answers. The first refusal counts: those after
// it only follow from it.
func (c *conn) inOneGo(commands []command) (begun bool, err error) {
	if err := c.say(commands...); err != nil {
		return false, err
	}
	for i, line := range commands {
		heard := c.hear(i, line)
		if i == 0 {
			begun = heard == nil
		}
		if err == nil {
			err = heard
		}
		if heard != nil && ended(heard) {
			return begun, err
		}
		if i == len(commands)-1 && heard == nil && err != nil {
			// The server waits for content although it accepts no recipient: nothing
			// comes.
			if _, none := c.content(nil); none != nil && ended(none) {
				return begun, none
			}
		}
	}
	return begun, err
}

func (c *conn) say(commands ...command) error {
	for _, line := range commands {
		if _, err := c.Text.W.WriteString(line.line + "\r\n"); err != nil {
			return err
		}
	}
	return c.Text.W.Flush()
}

// hear reads the answer to a command: the second one is about the recipient.
func (c *conn) hear(i int, to command) error {
	_, _, err := c.Text.ReadResponse(to.want)
	if err != nil && i == 1 {
		return recipientError{err}
	}
	return err
}

// content sends the content, and reads the server's answer. A dot alone on a line ends
// it, so lines that begin with a dot get another one.
func (c *conn) content(raw []byte) (reply string, err error) {
	if bytes.HasPrefix(raw, []byte(".")) || bytes.Contains(raw, []byte("\n.")) {
		raw = bytes.ReplaceAll(append([]byte("\n"), raw...), []byte("\n."), []byte("\n.."))[1:]
	}
	if len(raw) > 0 && !bytes.HasSuffix(raw, []byte("\r\n")) {
		raw = append(raw, "\r\n"...)
	}
	if _, err := c.Text.W.Write(append(raw, ".\r\n"...)); err != nil {
		return "", err
	}
	if err := c.Text.W.Flush(); err != nil {
		return "", err
	}
	_, reply, err = c.Text.ReadResponse(250)
	return reply, err
}

// line is a worker's connection, kept from one message to the next.
type line struct {
	smtp   SMTP
	outage *outage
	conn   *conn
}

// send opens a connection if there is none. If the server has closed a kept connection,
// it costs only a new one.
func (l *line) send(ctx context.Context, e envelope) (string, error) {
	kept := l.conn != nil
	if err := l.open(ctx); err != nil {
		return "", err
	}
	reply, begun, err := l.conn.send(e)
	if err != nil && kept && !begun && ended(err) {
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

// ended reports whether an error means that the server has ended the connection.
func ended(err error) bool {
	var reply *textproto.Error
	return !errors.As(err, &reply) || reply.Code == 421
}

// recover makes the connection ready for the next message, or drops it.
func (l *line) recover(err error) {
	if errors.Is(err, errNoUTF8) {
		return // nothing has been said yet
	}
	if ended(err) || l.conn.begin(l.conn.timeout) != nil || l.conn.Reset() != nil {
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

// outage remembers for a moment that no connection can be opened, so that each message
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

// verdict is the result of an attempt.
type verdict struct {
	state store.MessageState
	// reply is in the server's words if it said anything.
	reply string
	// refused: mail cannot be delivered to the address; status is the code.
	refused bool
	status  string
}

// judge judges an attempt. Of answers about a message with a secret it keeps only what
// is safe; our own words, and what was said before the message, stay as they are.
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
	var gateway *sms.Error
	switch {
	case errors.Is(err, errNoUTF8):
		v.state = store.MessageRefused
	case errors.As(err, &gateway): // it has removed the secret itself
		if gateway.Final {
			v.state = store.MessageRefused
		}
	case errors.As(err, &connect):
	case errors.As(err, &gibberish): // it quotes the line
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

// doubt checks whether a refusal is about the address.
func (v *verdict) doubt(err error, answer *textproto.Error) {
	var recipient recipientError
	if !errors.As(err, &recipient) {
		return
	}
	v.status, v.refused = gatehouse.RefusesEmail(gatehouse.Refusal{Code: answer.Code, Text: answer.Msg})
}

// aboutUs reports the refusals that are about our sign-in at the server, not the
// message: once that is fixed the message goes out (RFC 4954, 6).
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
