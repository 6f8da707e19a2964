package dbsc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

// algorithms are what a device's key may sign with. The draft also has "none", for tests of
// browsers: it would prove nothing.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256}

// longestProof is more than any proof with a key of 4096 bits has.
const longestProof = 4 << 10

// Key is the public key of a device.
type Key struct {
	// JWK is the key as JSON, with nothing but the key in it.
	JWK        []byte
	Algorithm  string
	Thumbprint string // RFC 7638, SHA-256, base64url
}

// ErrProof is the error for a text that is no proof, or not one by the key that it takes.
var ErrProof = errors.New("no proof by the device's key")

// Registered checks a proof that brings its key, and returns the key and the challenge that was
// signed. Whose challenge it is, is for the caller to check.
//
// Errors: ErrProof.
func Registered(text string) (key Key, challenge string, err error) {
	signed, head, err := parse(text)
	if err != nil || head.JSONWebKey == nil {
		return Key{}, "", ErrProof
	}
	if key, err = keyOf(head.JSONWebKey.Key); err != nil || key.Algorithm != head.Algorithm {
		return Key{}, "", ErrProof
	}
	challenge, err = verified(signed, head.JSONWebKey.Key)
	return key, challenge, err
}

// Proved checks a proof by a known key, and returns the challenge that was signed. The proof must
// not bring a key: it would be somebody's attempt to have theirs used.
//
// Errors: ErrProof.
func Proved(text string, jwk []byte, algorithm string) (challenge string, err error) {
	signed, head, err := parse(text)
	if err != nil || head.JSONWebKey != nil || head.Algorithm != algorithm {
		return "", ErrProof
	}
	var key jose.JSONWebKey
	if err := json.Unmarshal(jwk, &key); err != nil {
		return "", err
	}
	return verified(signed, key.Key)
}

// parse reads a proof without believing it.
func parse(text string) (*jose.JSONWebSignature, jose.Header, error) {
	if len(text) > longestProof {
		return nil, jose.Header{}, ErrProof
	}
	signed, err := jose.ParseSignedCompact(text, algorithms)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, jose.Header{}, ErrProof
	}
	head := signed.Signatures[0].Protected
	if head.ExtraHeaders[jose.HeaderType] != "dbsc+jwt" || head.KeyID != "" {
		return nil, jose.Header{}, ErrProof
	}
	for _, name := range []jose.HeaderKey{"jku", "x5u", "x5c", "crit"} { // other ways to name a key
		if _, has := head.ExtraHeaders[name]; has {
			return nil, jose.Header{}, ErrProof
		}
	}
	return signed, head, nil
}

// verified returns the challenge in a proof if the key has signed it.
func verified(signed *jose.JSONWebSignature, key any) (string, error) {
	body, err := signed.Verify(key)
	if err != nil {
		return "", ErrProof
	}
	var claims struct {
		Jti string `json:"jti"`
	}
	if json.Unmarshal(body, &claims) != nil || claims.Jti == "" {
		return "", ErrProof
	}
	return claims.Jti, nil
}

// keyOf describes a public key, if it is of a kind that devices may have.
func keyOf(public any) (key Key, err error) {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return Key{}, ErrProof
		}
		key.Algorithm = string(jose.ES256)
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < 2048 || bits > 4096 {
			return Key{}, ErrProof
		}
		key.Algorithm = string(jose.RS256)
	default:
		return Key{}, ErrProof
	}
	bare := jose.JSONWebKey{Key: public}
	if key.JWK, err = bare.MarshalJSON(); err != nil {
		return Key{}, ErrProof
	}
	sum, err := bare.Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, ErrProof
	}
	key.Thumbprint = base64.RawURLEncoding.EncodeToString(sum)
	return key, nil
}
