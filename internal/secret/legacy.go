package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// What a stored hash may cost. Hashes come in by import, and one absurd line of
// a file must not stop the server (denial of service by import).
const (
	maxEncodedBytes     = 1024
	maxLegacyPassword   = 1024 // bytes; longer ones never match an imported hash
	minBcryptCost       = 4
	maxBcryptCost       = 15        // about 2 s
	maxPBKDF2Iterations = 5_000_000 // about 2 s
	maxSHACryptRounds   = 2_000_000 // about 2 s
	maxPHPassLog2       = 24        // 2^24 rounds, about 3 s
	maxMemoryKiB        = 256 << 10 // argon2 and scrypt
	maxArgonWork        = 1 << 20   // KiB times passes
	maxScryptWork       = 1 << 20   // KiB times parallelism
	maxLanes            = 16        // argon2
	minKeyBytes         = 16        // a shorter key is a truncated one and would match by chance
	maxKeyBytes         = 128
)

var (
	// ErrUnknownScheme says that a stored hash is of no format known here.
	ErrUnknownScheme = errors.New("not a password hash that this server can verify")
	// ErrMalformed says that the format is known but the text is damaged.
	ErrMalformed = errors.New("damaged password hash")
	// ErrTooCostly says that verifying the hash would take too long or too much memory.
	ErrTooCostly = errors.New("password hash too costly to verify")
)

func malformed(scheme, why string) error {
	return fmt.Errorf("%w: %s: %s", ErrMalformed, scheme, why)
}

func tooCostly(scheme, what string, got, most int64) error {
	return fmt.Errorf("%w: %s: %s is %d, at most %d is accepted; leave the hash out and let this person set a new password",
		ErrTooCostly, scheme, what, got, most)
}

// storedHash is a hash that has been read and found affordable.
type storedHash struct {
	scheme string
	native bool   // argon2id as Hash makes it, of the password in normal form C
	params Params // of a native one
	match  func(password []byte) (bool, error)
}

// check computes the hash of password and compares. Formats of other programs
// get the bytes as typed. They never match a password with a NUL: some of those
// programs stop there, and HMAC ignores it at the end, so two passwords would
// be good for one hash.
func (s *storedHash) check(password string) (bool, error) {
	if s.native {
		return s.match(norm.NFC.Bytes([]byte(password)))
	}
	if len(password) > maxLegacyPassword || strings.IndexByte(password, 0) >= 0 {
		return false, nil
	}
	return s.match([]byte(password))
}

// format is how hashes of one kind begin and how they are read.
type format struct {
	prefix string
	parse  func(encoded string) (*storedHash, error)
}

// formats are tried from top to bottom; the prefix is compared without case,
// because directories write {SSHA} and {ssha}.
var formats []format

func init() { // not in the declaration: {CRYPT} leads back to parse, which reads formats
	formats = []format{
		{"$argon2", parseArgon2},
		{"{ARGON2}$argon2", behind("{ARGON2}", parseArgon2)},
		{"$2", parseBcrypt},
		{"$5$", parseSHACrypt},
		{"$6$", parseSHACrypt},
		{"$1$", parseMD5Crypt},
		{"{CRYPT}$", behind("{CRYPT}", parse)},
		{"$P$", parsePHPass},
		{"$H$", parsePHPass},
		{"$pbkdf2", parsePasslibPBKDF2},
		{"{PBKDF2", parseLDAPPBKDF2},
		{"$scrypt$", parsePasslibScrypt},
		{"{SSHA", parseSaltedSHA},
		{"pbkdf2_sha", parseDjangoPBKDF2},
		{"argon2$", parseDjangoArgon2},
		{"bcrypt$", parseDjangoBcrypt},
		{"bcrypt_sha256$", parseDjangoBcryptSHA256},
		{"scrypt$", parseDjangoScrypt},
	}
}

func behind(prefix string, next func(string) (*storedHash, error)) func(string) (*storedHash, error) {
	return func(encoded string) (*storedHash, error) { return next(encoded[len(prefix):]) }
}

// Inspect names the format of a stored hash without verifying anything, for an
// import and for an operator who wants to know how many old hashes are left.
// The names are stable: argon2id, argon2i, argon2d, bcrypt, pbkdf2-sha1,
// pbkdf2-sha256, pbkdf2-sha512, scrypt, ssha, ssha256, ssha384, ssha512,
// sha256-crypt, sha512-crypt, md5-crypt, phpass, and django-… for Django's
// spellings of pbkdf2-sha1, pbkdf2-sha256, bcrypt, bcrypt-sha256, argon2id,
// argon2i, argon2d and scrypt.
//
// The error is written for the person who imports a file: it says what is wrong
// and never repeats the hash. It is an ErrUnknownScheme, ErrMalformed or
// ErrTooCostly. Where Inspect returns no error, Verify can work.
func Inspect(encoded string) (scheme string, err error) {
	stored, err := parse(encoded)
	if err != nil {
		return "", err
	}
	return stored.scheme, nil
}

func parse(encoded string) (*storedHash, error) {
	if len(encoded) > maxEncodedBytes {
		return nil, malformed("stored hash", fmt.Sprintf("longer than %d characters", maxEncodedBytes))
	}
	for _, f := range formats {
		if hasPrefixFold(encoded, f.prefix) {
			return f.parse(encoded)
		}
	}
	return nil, fmt.Errorf("%w: it begins like none of argon2, bcrypt, scrypt, PBKDF2, "+
		"sha256-crypt, sha512-crypt, md5-crypt, phpass, {SSHA}, {CRYPT} or Django's", ErrUnknownScheme)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// sameBytes compares in constant time.
func sameBytes(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// number reads a cost: decimal digits only, from least to most.
func number(scheme, what, text string, least, most int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%w: %s: %s is out of range", ErrTooCostly, scheme, what)
	case err != nil || n < least || text != strconv.FormatInt(n, 10):
		return 0, malformed(scheme, what+" is not a usable number")
	case n > most:
		return 0, tooCostly(scheme, what, n, most)
	}
	return n, nil
}

// checkKey refuses keys that were cut or padded on the way.
func checkKey(scheme string, key []byte) error {
	if len(key) < minKeyBytes || len(key) > maxKeyBytes {
		return malformed(scheme, fmt.Sprintf("the key has %d bytes", len(key)))
	}
	return nil
}
