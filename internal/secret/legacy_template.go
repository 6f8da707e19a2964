package secret

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"unicode/utf16"
)

// Digests by a template: how a program without its own format made its hashes.

// digests are the functions of templates. MD5 and SHA-1 are only used for such old hashes (an
// exception to ASVS 11.4.1).
var digests = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
}

const (
	maxTemplate     = 200 // bytes
	maxTemplateSalt = 256 // bytes
	// templateMark is the prefix of what FromTemplate writes.
	templateMark = "{template}"
)

// template is a parsed template: the input of the hash, in pieces.
type template struct {
	function string // of digests
	hmac     bool   // under the salt as key
	salted   bool
	pieces   []piece
}

// piece is a literal text, or a placeholder of one kind.
type piece struct{ literal, kind, function string }

// FromTemplate combines a digest, the salt and how it was made into one text, such as
// "sha1:{salt}{password}": a function, a colon, and the hashed text. Functions are md5, sha1,
// sha256, sha384, sha512, and hmac-… of them with the salt as key. The hashed text may contain
// {password}, {password-utf16} (little-endian), {salt}, {salt-hex} and {salt-base64} (a salt of
// bytes, and how it is written), {md5:password} or {sha1:salt} (hexadecimal digits of another
// function), and any other text literally. The digest is in hexadecimal or base64.
//
// The errors are those of Inspect, and are written for the person who imports a file.
func FromTemplate(text, digest, salt string) (encoded string, err error) {
	t, err := readTemplate(text)
	if err != nil {
		return "", err
	}
	switch {
	case t.salted && salt == "":
		return "", malformed("template", "it has a salt, and hash_salt is empty")
	case !t.salted && salt != "":
		return "", malformed("template", "it has no salt, and hash_salt has one")
	case len(salt) > maxTemplateSalt:
		return "", malformed("template", fmt.Sprintf("the salt is longer than %d bytes", maxTemplateSalt))
	}
	size := digests[t.function]().Size()
	key, err := hex.DecodeString(digest)
	if err != nil || len(key) != size {
		if key, err = decodeBase64(digest); err != nil || len(key) != size {
			return "", malformed(t.function, fmt.Sprintf("expected %d bytes in hexadecimal or base64", size))
		}
	}
	return encodeTemplate(text, salt, key), nil
}

// CheckTemplate checks a template before there is a digest.
func CheckTemplate(text string) error {
	_, err := readTemplate(text)
	return err
}

func encodeTemplate(text, salt string, key []byte) string {
	b64 := base64.RawURLEncoding
	return templateMark + b64.EncodeToString([]byte(text)) + "." + b64.EncodeToString([]byte(salt)) + "$" + hex.EncodeToString(key)
}

// parseTemplated parses what FromTemplate wrote.
func parseTemplated(encoded string) (*storedHash, error) {
	how, digest, _ := strings.Cut(encoded[len(templateMark):], "$")
	textText, saltText, _ := strings.Cut(how, ".")
	text, err1 := base64.RawURLEncoding.DecodeString(textText)
	salt, err2 := base64.RawURLEncoding.DecodeString(saltText)
	key, err3 := hex.DecodeString(digest)
	if err1 != nil || err2 != nil || err3 != nil || encoded != encodeTemplate(string(text), string(salt), key) {
		return nil, malformed("template", "unreadable")
	}
	t, err := readTemplate(string(text))
	if err != nil {
		return nil, err
	}
	name := t.function
	if t.hmac {
		name = "hmac-" + name
	} else if t.salted {
		name = "salted-" + name
	}
	return t.stored(name, salt, key, encodeTemplate(string(text), string(salt), make([]byte, len(key))))
}

// saltedHash is a digest in another notation; blank is that without the key.
func saltedHash(scheme, text string, salt, key []byte, blank string) (*storedHash, error) {
	t, err := readTemplate(text)
	if err != nil {
		return nil, err
	}
	return t.stored(scheme, salt, key, blank)
}

// hexHash is a digest in hexadecimal; blank is its notation without the digest.
func hexHash(scheme, text, salt, digest, blank string) (*storedHash, error) {
	key, err := hex.DecodeString(digest)
	if err != nil {
		return nil, malformed(scheme, "the key is not hexadecimal")
	}
	return saltedHash(scheme, text, []byte(salt), key, blank)
}

func (t template) stored(scheme string, salt, key []byte, blank string) (*storedHash, error) {
	newHash := digests[t.function]
	if len(key) != newHash().Size() {
		return nil, malformed(scheme, fmt.Sprintf("expected %d bytes of key", newHash().Size()))
	}
	for _, p := range t.pieces {
		if _, err := p.fill(nil, salt); err != nil {
			return nil, malformed(scheme, "the salt is not written as the template says")
		}
	}
	stored := &storedHash{scheme: scheme, key: key, compute: func(password []byte) ([]byte, error) {
		h := newHash()
		if t.hmac {
			h = hmac.New(newHash, salt)
		}
		for _, p := range t.pieces {
			text, err := p.fill(password, salt)
			if err != nil {
				return nil, err
			}
			h.Write(text)
		}
		return h.Sum(nil), nil
	}}
	return stored.ifWeak(1, blank), nil
}

func readTemplate(text string) (t template, err error) {
	function, rest, ok := strings.Cut(text, ":")
	t.function, t.hmac = strings.CutPrefix(strings.ToLower(strings.TrimSpace(function)), "hmac-")
	t.salted = t.hmac
	switch {
	case !ok || digests[t.function] == nil:
		return t, fmt.Errorf("%w: hash_format: expected something like sha1:{salt}{password}; functions are md5, sha1, sha256, sha384, sha512 and hmac-… of them", ErrUnknownScheme)
	case len(text) > maxTemplate:
		return t, malformed("template", fmt.Sprintf("longer than %d characters", maxTemplate))
	}
	password := false
	for rest != "" {
		literal, placed, open := strings.Cut(rest, "{")
		if literal != "" {
			t.pieces = append(t.pieces, piece{literal: literal})
		}
		if !open {
			break
		}
		name, after, closed := strings.Cut(placed, "}")
		p := piece{kind: name}
		if function, kind, nested := strings.Cut(name, ":"); nested {
			p = piece{kind: kind, function: function}
		}
		if !closed || !p.known() {
			return t, fmt.Errorf("%w: hash_format: {%.40s} is none of {password}, {password-utf16}, {salt}, {salt-hex}, {salt-base64}, {md5:password} and the like", ErrUnknownScheme, name)
		}
		t.salted = t.salted || strings.HasPrefix(p.kind, "salt")
		password = password || strings.HasPrefix(p.kind, "password")
		t.pieces, rest = append(t.pieces, p), after
	}
	if !password {
		return t, fmt.Errorf("%w: hash_format: there is no {password} in it", ErrUnknownScheme)
	}
	return t, nil
}

func (p piece) known() bool {
	if p.function != "" && digests[p.function] == nil {
		return false
	}
	switch p.kind {
	case "password", "password-utf16", "salt", "salt-hex", "salt-base64":
		return true
	}
	return false
}

// fill returns the content of a piece.
func (p piece) fill(password, salt []byte) (text []byte, err error) {
	switch p.kind {
	case "":
		return []byte(p.literal), nil
	case "password":
		text = password
	case "password-utf16":
		for _, unit := range utf16.Encode([]rune(string(password))) {
			text = binary.LittleEndian.AppendUint16(text, unit)
		}
	case "salt":
		text = salt
	case "salt-hex":
		text, err = hex.DecodeString(string(salt))
	case "salt-base64":
		text, err = decodeBase64(string(salt))
	}
	if p.function != "" && err == nil {
		h := digests[p.function]()
		h.Write(text)
		text = []byte(hex.EncodeToString(h.Sum(nil)))
	}
	return text, err
}
