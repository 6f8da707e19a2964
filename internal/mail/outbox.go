package mail

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/trace"
)

// Outbox accepts messages to send.
type Outbox struct {
	Keys *secret.Keys
	Now  func() time.Time
	// Nudge wakes the sender of this process: its Sender.Nudge; nil where no
	// sender runs.
	Nudge func()

	cause string // of what is written, for traces
}

// For is the outbox for the work of a context: if that is traced, so is the sending of what it
// writes.
func (o *Outbox) For(ctx context.Context) *Outbox {
	cause := trace.Cause(ctx)
	if cause == "" {
		return o
	}
	own := *o
	own.cause = cause
	return &own
}

// Hurry has enqueued messages sent at once, instead of at the sender's next look at the
// outbox. It is called after the transaction has been committed.
func (o *Outbox) Hurry() {
	if o.Nudge != nil {
		o.Nudge()
	}
}

// What contents of the outbox are sealed for: current ones, and those of versions before
// 0038, which kept a message in its final form.
const (
	sealPurpose    = "message"
	earlierPurpose = "mail"
)

// content is what is sealed: everything that goes out. It includes the address and the
// row's ID so that somebody who can write to the database can neither send a password
// elsewhere nor put it into another row.
type content struct {
	ID   string `json:"id"`
	To   string `json:"to"`
	Name string `json:"name,omitempty"`
	Lang string `json:"lang"`
	// Says is what the message says, word for word. It is rendered as plain text and HTML in
	// the site's colours when it is sent: that is a tenth of the size, and the transaction
	// that writes it need not wait for rendering.
	Says *document `json:"says,omitempty"`

	// ReplyTo is where replies go; empty: as the site says.
	ReplyTo string `json:"reply_to,omitempty"`

	// SMS is the text of a text message; the other fields are then empty.
	SMS string `json:"sms,omitempty"`

	// Cause is the trace of the request that wrote it; empty: it is not traced.
	Cause string `json:"cause,omitempty"`

	// Subject, Text and HTML are what goes out. Only earlier versions seal them; some
	// have text and HTML after the rest, and the length of the text in Length.
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
	HTML    string `json:"html,omitempty"`
	Length  int    `json:"length,omitempty"`
}

// form gives a message its form.
func (c *content) form(s *site.Site) (err error) {
	if c.Says == nil { // an earlier version has
		return nil
	}
	c.Subject, c.Text = c.Says.Subject, plain(*c.Says, s)
	c.HTML, err = html(*c.Says, s, c.Lang)
	return err
}

// Enqueue writes a message and keeps it for sending. It is called in the transaction of
// the change that the message is about; after the commit, Hurry saves waiting for the
// sender's next look at the outbox.
//
// An address that nothing can be sent to is ErrAddress, before anything is written to
// the database: a caller that cannot let its transaction fail for that asks CanSend
// first.
func (o *Outbox) Enqueue(ctx context.Context, q store.Queries, s *site.Site, to Recipient, msg Message) error {
	_, err := o.EnqueueID(ctx, q, s, to, msg)
	return err
}

// EnqueueID is Enqueue, and returns the ID for looking the message up.
func (o *Outbox) EnqueueID(ctx context.Context, q store.Queries, s *site.Site, to Recipient, msg Message) (string, error) {
	m, err := o.Write(s, to, msg)
	if err != nil {
		return "", err
	}
	return m.ID, q.InsertMessage(ctx, m)
}

// Discard writes a message and keeps nothing of it, so that answering a known user takes
// no longer than answering an unknown one (invariant 7).
func (o *Outbox) Discard(s *site.Site, to Recipient, msg Message) error {
	_, err := o.Write(s, to, msg)
	return err
}

// Write makes the row of a message, for store.Queries.InsertMessage: callers that send
// many write them before the transaction, which must not wait for that. See Enqueue.
func (o *Outbox) Write(s *site.Site, to Recipient, msg Message) (store.Message, error) {
	return o.write(s, to, msg, func(to Recipient) (document, string, error) { return write(s, to, msg) })
}

// write makes the row of a message with the words that says returns, together with
// their language.
func (o *Outbox) write(s *site.Site, to Recipient, msg Message, says func(Recipient) (document, string, error)) (store.Message, error) {
	now := o.Now()
	address, err := route(to.Email)
	if err != nil {
		return store.Message{}, err
	}
	expires := msg.Expires(now)
	if !expires.After(now) {
		return store.Message{}, fmt.Errorf("mail: %s has expired before it is sent", msg.Kind())
	}
	to.Name = shorten(clean(plainName(to.Name)), nameLength)
	d, lang, err := says(to)
	if err != nil {
		return store.Message{}, err
	}
	m := store.Message{
		SiteID: s.ID, ID: store.NewID("msg", now), CompanyID: to.CompanyID, UserID: to.UserID, Kind: msg.Kind(),
		Secret: msg.Secret() != "", Recipient: to.Email, Subject: d.Subject, CreatedAt: now, ExpiresAt: expires,
	}
	if m.Secret {
		m.Subject = d.Heading
	}
	if shows(m.Subject, msg.Secret()) {
		return store.Message{}, errors.New("mail: the heading of " + msg.Kind() + " shows its secret")
	}
	if m.MessageID, err = newMessageID(s); err != nil {
		return store.Message{}, err
	}
	c := content{ID: m.ID, To: address, Name: to.Name, Lang: lang, Says: &d, Cause: o.cause}
	if own, ok := msg.(interface{ ReplyTo() string }); ok {
		c.ReplyTo = own.ReplyTo()
	}
	m.Body, err = o.seal(c)
	return m, err
}

func (o *Outbox) seal(c content) ([]byte, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return o.Keys.Seal(sealPurpose, text)
}

// unseal opens the content of a row.
func unseal(keys *secret.Keys, m store.Message) (c content, err error) {
	text, err := keys.Open(sealPurpose, m.Body)
	if err != nil {
		c, err = unsealEarlier(keys, m)
	} else if err = json.Unmarshal(text, &c); err != nil {
		err = fmt.Errorf("the content cannot be read: %w", err)
	}
	if err != nil {
		return c, err
	}
	if c.ID != m.ID {
		return c, errors.New("the content belongs to another message")
	}
	return c, nil
}

// unsealEarlier opens what an earlier version sealed: compressed, with text and HTML.
func unsealEarlier(keys *secret.Keys, m store.Message) (c content, err error) {
	small, err := keys.Open(earlierPurpose, m.Body)
	if err != nil {
		return c, err
	}
	all, err := io.ReadAll(flate.NewReader(bytes.NewReader(small)))
	if err != nil {
		return c, fmt.Errorf("the content cannot be read: %w", err)
	}
	head, rest, _ := strings.Cut(string(all), "\n")
	if err := json.Unmarshal([]byte(head), &c); err != nil {
		return c, fmt.Errorf("the content cannot be read: %w", err)
	}
	switch {
	case c.Length < 0 || c.Length > len(rest):
		return c, errors.New("the content is cut off")
	case rest != "":
		c.Text, c.HTML = rest[:c.Length], rest[c.Length:]
	}
	return c, nil
}

// shows reports whether a line contains a secret, grouped in any way.
func shows(line, secret string) bool {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return secret != "" && strings.Contains(squeeze(line), squeeze(secret))
}

// newMessageID makes an identifier of the site's sending domain, with nothing of the
// host or the person in it (E02).
func newMessageID(s *site.Site) (string, error) {
	from, err := route(s.Sender.Address)
	if err != nil {
		return "", fmt.Errorf("the sender of site %s: %w", s.ID, err)
	}
	return strings.ToLower(rand.Text()) + from[strings.LastIndexByte(from, '@'):], nil
}
