package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
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
	key, err := readKey(text)
	if err != nil {
		return DKIM{}, fmt.Errorf("DKIM key %s: %w", path, err)
	}
	d := DKIM{Domain: domain, Selector: selector, Key: key}
	if err := d.check(); err != nil {
		return DKIM{}, fmt.Errorf("DKIM key %s: %w", path, err)
	}
	return d, nil
}

// readKey reads the first key of a PEM file, in either form that tools write.
func readKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is no PEM file")
	}
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		if signer, ok := key.(crypto.Signer); ok { // of which kind, check says
			return signer, nil
		}
	}
	return nil, fmt.Errorf("it has no private key of RSA or Ed25519 but a %s", block.Type)
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

// longestTag is what fits on a line of the signature.
const longestTag = 70

// signedFields are signed, and From twice, so that nobody can put a second From on top of
// ours. The body is signed as a whole: never l=.
var signedFields = []string{"From", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Reply-To"}

// sign returns the field that goes on top of a message (RFC 6376), with relaxed
// canonicalization of both, which bears servers that fold and pack blanks.
func (d DKIM) sign(message []byte, now time.Time) ([]byte, error) {
	head, body, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	sum := sha256.Sum256(relaxed(make([]byte, 0, len(body)), body))
	// A tag has a line of its own, so that none is folded inside.
	signature := fmt.Appendf(nil, "DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed; t=%d;\r\n d=%s;\r\n s=%s;\r\n h=%s;\r\n bh=%s;\r\n b=",
		d.Type(), now.Unix(), d.Domain, d.Selector, strings.Join(signedFields, ":"), base64.StdEncoding.EncodeToString(sum[:]))
	hash := sha256.Sum256(appendRelaxed(appendSigned(nil, head), signature))
	how := crypto.SignerOpts(crypto.SHA256)
	if d.Type() == "ed25519" {
		how = crypto.Hash(0) // the hash itself is the message (RFC 8463, 3)
	}
	made, err := d.Key.Sign(rand.Reader, hash[:], how)
	if err != nil {
		return nil, fmt.Errorf("DKIM: %w", err)
	}
	for text := base64.StdEncoding.EncodeToString(made); text != ""; {
		n := min(longestTag, len(text))
		signature, text = append(signature, text[:n]...), text[n:]
		if text != "" {
			signature = append(signature, "\r\n "...)
		}
	}
	return append(signature, "\r\n"...), nil
}

// appendSigned writes the fields that are signed, in their order. No message has one twice,
// so the second From that is signed is none.
func appendSigned(b, head []byte) []byte {
	for i, name := range signedFields {
		if i > 0 && name == signedFields[i-1] {
			continue
		}
		if field := fieldOf(head, name); field != nil {
			b = append(appendRelaxed(b, field), "\r\n"...)
		}
	}
	return b
}

// fieldOf is the field of a header, with the lines it goes on over; nil if there is none.
func fieldOf(head []byte, name string) []byte {
	begin := []byte("\r\n" + name + ":")
	at := 0
	if !bytes.HasPrefix(head, begin[2:]) {
		if at = bytes.Index(head, begin) + 2; at < 2 {
			return nil
		}
	}
	for end := at; ; {
		next := bytes.Index(head[end:], []byte("\r\n"))
		if next < 0 {
			return head[at:]
		}
		if end += next + 2; head[end] != ' ' {
			return head[at : end-2]
		}
	}
}

// appendRelaxed writes a field as relaxed canonicalization has it (RFC 6376, 3.4.2).
func appendRelaxed(b, field []byte) []byte {
	name, value, _ := bytes.Cut(field, []byte(":"))
	b = append(append(b, bytes.ToLower(name)...), ':')
	return appendSqueezed(b, bytes.TrimSpace(bytes.ReplaceAll(value, []byte("\r\n"), nil)))
}
