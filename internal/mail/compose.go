package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/mail"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// DKIM is the key that signs the mail of a domain (E21).
type DKIM struct {
	// Domain is that of the senders it signs for, themselves or their subdomains.
	Domain string
	// Selector names the DNS record: SELECTOR._domainkey.DOMAIN.
	Selector string
	Key      crypto.Signer
}

// LoadDKIM reads a private key, RSA of at least 2048 bits or Ed25519, in PEM.
func LoadDKIM(domain, selector, path string) (DKIM, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return DKIM{}, fmt.Errorf("DKIM key: %w", err)
	}
	key, err := gomail.PrivKeyFromPEM(text)
	if err != nil {
		return DKIM{}, fmt.Errorf("DKIM key %s: %w", path, err)
	}
	d := DKIM{Domain: domain, Selector: selector, Key: key}
	if err := d.check(); err != nil {
		return DKIM{}, fmt.Errorf("DKIM key %s: %w", path, err)
	}
	return d, nil
}

// Type is the record's k= tag.
func (d DKIM) Type() string {
	if _, ok := d.Key.(ed25519.PrivateKey); ok {
		return "ed25519"
	}
	return "rsa"
}

func (d DKIM) check() error {
	if d.Domain == "" || d.Selector == "" {
		return errors.New("domain and selector must be set")
	}
	if len(d.Domain) > longestTag || len(d.Selector) > longestTag {
		return fmt.Errorf("domain and selector have at most %d characters", longestTag)
	}
	switch key := d.Key.(type) {
	case ed25519.PrivateKey:
		return nil
	case *rsa.PrivateKey:
		if key.N.BitLen() < 2048 { // RFC 8301
			return fmt.Errorf("an RSA key of %d bits is too short, 2048 is the least", key.N.BitLen())
		}
		return nil
	}
	return errors.New("the key is neither RSA nor Ed25519")
}

// signs reports whether the key is for this sender.
func (d DKIM) signs(from string) bool {
	domain := strings.ToLower(from[strings.LastIndexByte(from, '@')+1:])
	own := strings.ToLower(d.Domain)
	return domain == own || strings.HasSuffix(domain, "."+own)
}

// signedHeaders are signed, and From twice, so that nobody can put a second From on
// top of ours. The body is signed as a whole: never l=.
//
// The library folds the signature's line wherever it gets too long, and a fold in
// the middle of a tag breaks the signature: so these names and the second From
// are as long as a line, and domain and selector are no longer (see check).
var signedHeaders = []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Reply-To"}

// longestTag is what fits on a line of the signature.
const longestTag = 70

func (d DKIM) signer(now func() time.Time) *gomail.DKIMSigner {
	s := gomail.NewDKIMSigner(d.Domain, d.Selector, d.Key)
	s.SignHeaders(signedHeaders...)
	s.OversignHeaders("From")
	s.NowFunc = now
	return s
}

// envelope is a message as it goes to the mail server.
type envelope struct {
	From, To string
	Raw      []byte
	// UTF8: the address needs SMTPUTF8 (E06).
	UTF8 bool
}

// compose writes a message in the form of RFC 5322.
func compose(s *site.Site, m store.Message, c content, keys []DKIM, now func() time.Time) (envelope, error) {
	from, err := route(s.Sender.Address)
	if err != nil {
		return envelope{}, fmt.Errorf("the sender of site %s: %w", s.ID, err)
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	msg.FromMailAddress(&mail.Address{Name: senderName(s), Address: from})
	msg.ToMailAddress(&mail.Address{Name: c.Name, Address: c.To})
	if s.Sender.ReplyTo != "" {
		replyTo, err := route(s.Sender.ReplyTo)
		if err != nil {
			return envelope{}, fmt.Errorf("the reply address of site %s: %w", s.ID, err)
		}
		msg.ReplyToMailAddress(&mail.Address{Address: replyTo})
	}
	msg.Subject(c.Subject)
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetDateWithValue(inZone(m.CreatedAt, s.Zone))
	// No robot answers (E08), and no List-Unsubscribe: none of this can be ordered
	// off (E09).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("Content-Language", c.Lang)
	msg.SetBodyString(gomail.TypeTextPlain, c.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, c.HTML)
	for _, key := range keys {
		if key.signs(from) {
			msg.SetDKIM(key.signer(now))
			break
		}
	}
	var raw bytes.Buffer
	raw.Grow(len(c.Text) + len(c.HTML)*3/2 + 4<<10)
	if _, err := msg.WriteTo(&raw); err != nil {
		return envelope{}, err
	}
	e := envelope{From: from, To: c.To, Raw: raw.Bytes(), UTF8: !isASCII(c.To) || !isASCII(from)}
	if s.Sender.Bounces != "" {
		if e.From, err = returnPath(s.Sender.Bounces, m.MessageID); err != nil {
			return envelope{}, fmt.Errorf("the bounce address of site %s: %w", s.ID, err)
		}
	}
	return e, checkLines(raw.Bytes())
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

// checkLines is the last look before a message leaves: CRLF only, since a bare CR
// or LF ends the message for some servers and lets a second one in (E05).
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
