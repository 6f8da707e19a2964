package mail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sms"
	"gatehouse/internal/store"
)

// TextMessage brings a code to a phone.
type TextMessage struct {
	// Purpose is what the code is for.
	Purpose TextPurpose
	// Code is six digits.
	Code string
	// At is when it is sent; ExpiresAt is when the code, and the message with it, expires.
	At, ExpiresAt time.Time
}

// TextPurpose is what a code by text message is for. Its words are under sms.….
type TextPurpose string

// The purposes.
const (
	TextSignIn  TextPurpose = "sign-in"
	TextConfirm TextPurpose = "confirm"
)

// Kind is what the message is called in the outbox.
func (m TextMessage) Kind() string { return "text-" + string(m.Purpose) }

// Words are what the phone shows. The last line lets browsers on the phone fill in the code,
// on pages of this host only ("Origin-bound one-time codes delivered via SMS").
func (m TextMessage) Words(s *site.Site, lang string) string {
	words := s.Text(lang, "sms."+string(m.Purpose), "code", m.Code, "site", s.Name, "minutes", int(m.ExpiresAt.Sub(m.At).Minutes()))
	return words + "\n\n@" + s.Hosts[0] + " #" + m.Code
}

// WriteText makes the row of a text message to a user's phone.
func (o *Outbox) WriteText(s *site.Site, u gatehouse.User, number string, msg TextMessage) (m store.Message, err error) {
	now := o.Now()
	if !strings.HasPrefix(number, "+") {
		return m, fmt.Errorf("mail: %q is no number", number)
	}
	m = store.Message{
		SiteID: s.ID, ID: store.NewID("msg", now), CompanyID: u.CompanyID, UserID: u.ID, Kind: msg.Kind(), Secret: true,
		Recipient: store.TextScheme + number, Subject: s.Text(s.Languages[0], "sms.subject"), CreatedAt: now, ExpiresAt: msg.ExpiresAt,
	}
	m.Body, err = o.seal(content{ID: m.ID, To: number, Lang: u.Locale, SMS: msg.Words(s, u.Locale), Cause: o.cause})
	return m, err
}

// byText hands messages to the gateway.
type byText struct{ *Sender }

func (b byText) carry(ctx context.Context, m claimed) (reply string, err error) {
	from, c, err := b.unseal(m)
	ctx, span := b.Tracer.Mail(ctx, m.Kind, c.Cause)
	defer func() { endSpan(span, m, err) }()
	if err != nil {
		return "", err
	}
	_, code, _ := strings.Cut(c.SMS, " #")
	return b.Gateway.Send(ctx, sms.Message{ID: m.ID, To: c.To, Digits: strings.TrimPrefix(c.To, "+"), Text: c.SMS, Site: from.ID}, code)
}

func (byText) drop()  {}
func (byText) close() {}
