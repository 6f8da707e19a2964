package mail

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/mail"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// envelope is a message as it goes to the mail server.
type envelope struct {
	From, To string
	Raw      []byte
	// UTF8: the address needs SMTPUTF8 (E06).
	UTF8 bool
}

// compose writes a message in RFC 5322 format.
func compose(s *site.Site, m store.Message, c content, keys []DKIM) (envelope, error) {
	from, err := route(s.Sender.Address)
	if err != nil {
		return envelope{}, fmt.Errorf("the sender of site %s: %w", s.ID, err)
	}
	fields := []field{
		{"Date", inZone(m.CreatedAt, s.Zone).Format(time.RFC1123Z)},
		{"From", (&mail.Address{Name: senderName(s), Address: from}).String()},
		{"To", (&mail.Address{Name: c.Name, Address: c.To}).String()},
		{"Subject", subject(c.Subject)},
		{"Message-ID", "<" + m.MessageID + ">"},
		{"MIME-Version", "1.0"},
		{"Content-Language", c.Lang},
		// No robot answers (E08), and there is no List-Unsubscribe: nobody can unsubscribe from
		// any of this (E09).
		{"Auto-Submitted", "auto-generated"},
		{"X-Auto-Response-Suppress", "All"},
	}
	if answers := cmp.Or(c.ReplyTo, s.Sender.ReplyTo); answers != "" {
		replyTo, err := route(answers)
		if err != nil {
			return envelope{}, fmt.Errorf("the reply address of site %s: %w", s.ID, err)
		}
		fields = append(fields, field{"Reply-To", (&mail.Address{Address: replyTo}).String()})
	}
	raw := make([]byte, 0, len(c.Text)*5/4+len(c.HTML)*5/4+4<<10)
	for _, f := range fields {
		raw = appendField(raw, f)
	}
	raw = appendAlternative(raw, c.Text, c.HTML)
	if raw, err = signed(raw, from, keys); err != nil {
		return envelope{}, err
	}
	e := envelope{From: from, To: c.To, Raw: raw, UTF8: !isASCII(c.To) || !isASCII(from)}
	if s.Sender.Bounces != "" {
		if e.From, err = returnPath(s.Sender.Bounces, m.MessageID); err != nil {
			return envelope{}, fmt.Errorf("the bounce address of site %s: %w", s.ID, err)
		}
	}
	return e, checkLines(raw)
}

// signed is a message with a signature on top, if there is a key for its sender.
func signed(message []byte, from string, keys []DKIM) ([]byte, error) {
	for _, key := range keys {
		if key.signs(from) {
			return key.sign(message)
		}
	}
	return message, nil
}

// senderName marks an installation that is not the real one (B20).
func senderName(s *site.Site) string {
	name := shorten(clean(s.Sender.Name), nameLength)
	if s.Staging {
		return "[Staging] " + name
	}
	return name
}

func inZone(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		return t.UTC()
	}
	return t.In(zone)
}

// checkLines is the last check before a message leaves: CRLF only, since a bare CR or
// LF ends the message for some servers and lets a second one in (E05).
func checkLines(raw []byte) error {
	for line := range bytes.SplitAfterSeq(raw, []byte("\n")) {
		text, ended := bytes.CutSuffix(line, []byte("\r\n"))
		switch {
		case !ended && len(line) > 0 && line[len(line)-1] == '\n', bytes.IndexByte(text, '\r') >= 0:
			return errors.New("a line ends in CR or LF alone")
		case bytes.IndexByte(text, 0) >= 0:
			return errors.New("a line has a NUL")
		case len(text) > 998:
			return errors.New("a line is longer than 998 octets")
		}
	}
	return nil
}
