package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// DKIM is the key that signs the mail of a domain (E21).
type DKIM struct {
	// Domain is the domain of the senders that it signs for, including subdomains.
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

// readKey reads the first key of a PEM file, in either format that tools write.
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
		if signer, ok := key.(crypto.Signer); ok { // check rejects the wrong kinds
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

// signedFields are signed, From twice, so that nobody can add a second From above ours.
// The body is signed as a whole: never l=.
var signedFields = []string{"From", "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Reply-To"}

// sign returns the message with a signature field on top (RFC 6376), with relaxed
// canonicalization of both parts, which survives servers that fold lines and collapse
// spaces.
func (d DKIM) sign(message []byte) ([]byte, error) {
	var signed bytes.Buffer
	err := dkim.Sign(&signed, bytes.NewReader(message), &dkim.SignOptions{
		Domain: d.Domain, Selector: d.Selector, Signer: d.Key, HeaderKeys: signedFields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fmt.Errorf("DKIM: %w", err)
	}
	return signed.Bytes(), nil
}
