package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The maximum cost of a stored hash. Hashes are imported, and one absurd line in a file must not
// stop the server (denial of service by import).
const (
	maxEncodedBytes     = 1024
	markBytes           = 256  // what Import and Wrap may add
	maxLegacyPassword   = 1024 // bytes; longer ones never match an imported hash
	minBcryptCost       = 4
	maxBcryptCost       = 15        // about 2 s
	maxPBKDF2Iterations = 5_000_000 // about 2 s
	maxSHACryptRounds   = 1_000_000 // about 1 s, some more for a password of 1,024 bytes
	maxPHPassLog2       = 20        // 2^20 rounds, as long for such a password
	maxDrupalLog2       = 19        // the same, with SHA-512
	maxMemoryKiB        = 256 << 10 // argon2, scrypt and yescrypt
	maxArgonWork        = 1 << 20   // KiB times passes
	maxScryptWork       = 1 << 20   // KiB times parallelism
	maxLanes            = 16        // argon2
	minKeyBytes         = 16        // a shorter key is a truncated one and would match by chance
	maxKeyBytes         = 512       // 4096 bits: some programs use that with PBKDF2
)

// weakRounds: a hash that costs a guesser fewer hash function calls than this is not stored as it
// is. It is wrapped: see Import.
const weakRounds = 10_000

var (
	// ErrUnknownScheme means that a stored hash is in an unknown format.
	ErrUnknownScheme = errors.New("not a password hash that this server can verify")
	// ErrUnsupported means that the format is known, but cannot be verified here.
	ErrUnsupported = errors.New("not supported")
	// ErrMalformed means that the format is known, but the text is damaged.
	ErrMalformed = errors.New("damaged password hash")
	// ErrTooCostly means that verifying the hash would take too long or too much memory.
	ErrTooCostly = errors.New("password hash too costly to verify")
)

func malformed(scheme, why string) error {
	return fmt.Errorf("%w: %s: %s", ErrMalformed, scheme, why)
}

func unsupported(name string) error { return fmt.Errorf("%w: %s", ErrUnsupported, name) }

func tooCostly(scheme, what string, got, most int64) error {
	return fmt.Errorf("%w: %s: %s is %d, at most %d is accepted; leave the hash out and let this person set a new password",
		ErrTooCostly, scheme, what, got, most)
}

// storedHash is a parsed hash with an acceptable cost.
type storedHash struct {
	scheme string
	own    bool   // argon2id as Hash makes it, of the password in normal form C
	params Params // of the argon2id computation in verifying; zero: none
	// blank is a weak hash without its key: the part of it that may be stored. Empty: the hash is
	// stored as it is.
	blank string
	// compute derives from a password what key is for the right one; formats that only compare
	// have match instead.
	key     []byte
	compute func(password []byte) ([]byte, error)
	match   func(password []byte) (bool, error)
}

// check computes the hash of password and compares it, and returns how many argon2id computations
// with at least the parameters p that took.
//
// Our own hashes are of the password in normal form C. Other programs hashed the bytes as they
// were typed there, on an unknown keyboard: such a hash is tried with the bytes as typed, and then
// with their normal form, if that differs. It never matches a password with a NUL: some of those
// programs stop there, and HMAC ignores it at the end, so two passwords would match one hash.
func (s *storedHash) check(password string, p Params) (match bool, paid int, err error) {
	forms := formsOf(password)
	switch {
	case s.own:
		forms = forms[len(forms)-1:]
	case len(password) > maxLegacyPassword || strings.IndexByte(password, 0) >= 0:
		return false, 0, nil
	}
	for _, form := range forms {
		if s.params != (Params{}) && !s.params.weakerThan(p) {
			paid++
		}
		if match, err = s.verify([]byte(form)); match || err != nil {
			return match, paid, err
		}
	}
	return false, paid, nil
}

// formsOf returns the possible forms of a password: as it was typed, and its normal form C, which
// is nearly always the same.
func formsOf(password string) []string {
	if composed := norm.NFC.String(password); composed != password {
		return []string{password, composed}
	}
	return []string{password}
}

func (s *storedHash) verify(password []byte) (bool, error) {
	if s.match != nil {
		return s.match(password)
	}
	got, err := s.compute(password)
	return err == nil && sameBytes(got, s.key), err
}

// ifWeak records what may be stored of a hash that is so cheap to guess that it has to be wrapped.
func (s *storedHash) ifWeak(rounds int64, blank string) *storedHash {
	if rounds < weakRounds {
		s.blank = blank
	}
	return s
}

// format is how hashes of one kind begin and how they are parsed.
type format struct {
	prefix string
	parse  func(encoded string) (*storedHash, error)
}

// formats are tried from top to bottom; the prefix is compared without case,
// because directories write {SSHA} and {ssha}.
var formats []format

func init() { // not in the declaration: wrapped hashes call parse again, which reads formats
	formats = []format{
		{"$argon2", parseArgon2},
		{"$2", parseBcrypt},
		{"$5$", parseSHACrypt},
		{"$6$", parseSHACrypt},
		{"$1$", parseMD5Crypt},
		{"$apr1$", parseMD5Crypt},
		{"$sha1$", parseSHA1Crypt},
		{"$y$", parseYescrypt},
		{"$wp$", parseWordPress},
		{"$bcrypt-sha256$", parsePasslibBcryptSHA256},
		{"$P$", parsePHPass},
		{"$H$", parsePHPass},
		{"$S$", parseDrupal},
		{"U$", parseUpgraded},
		{"$pbkdf2", parsePHCPBKDF2},
		{"$p5k2$", parseDlitzPBKDF2},
		{"grub.pbkdf2.", parseGrubPBKDF2},
		{"$scrypt$", parsePHCScrypt},
		{"$firescrypt$", parseFirebase},
		{"pbkdf2_sha", parseDjangoPBKDF2},
		{"argon2$", parseDjangoArgon2},
		{"bcrypt$", parseDjangoBcrypt},
		{"bcrypt_sha256$", parseDjangoBcryptSHA256},
		{"scrypt$", parseDjangoScrypt},
		{"md5$", parseDjangoDigest},
		{"sha1$", parseDjangoDigest},
		{"pbkdf2:", parseWerkzeugPBKDF2},
		{"scrypt:", parseWerkzeugScrypt},
		{"sha256$", parseWerkzeugHMAC},
		{"sha512$", parseWerkzeugHMAC},
		{importedMark, parseImported},
		{wrappedMark, parseWrapped},
		{templateMark, parseTemplated},
		{"{", parseBraces},
	}
}

// Inspect names the format of a stored hash without verifying anything, for an import and for an
// operator who wants to know how many old hashes are left. The names are stable; docs/import.md
// lists them. A wrapped hash keeps the name of its original format, and our own are argon2id like
// those of others.
//
// The error is written for the person who imports a file: it says what is wrong and never repeats
// the hash. It is an ErrUnknownScheme, ErrUnsupported, ErrMalformed or ErrTooCostly. If Inspect
// returns no error, Verify can work.
func Inspect(encoded string) (scheme string, err error) {
	stored, err := parse(encoded)
	if err != nil {
		return "", err
	}
	return stored.scheme, nil
}

func parse(encoded string) (*storedHash, error) {
	most := maxEncodedBytes
	if hasPrefixFold(encoded, importedMark) || hasPrefixFold(encoded, wrappedMark) {
		most += markBytes
	}
	switch {
	case len(encoded) > most:
		return nil, malformed("stored hash", fmt.Sprintf("longer than %d characters", most))
	case !utf8.ValidString(encoded), strings.IndexByte(encoded, 0) >= 0:
		// PostgreSQL accepts neither, and one such line would abort an import while it writes.
		return nil, malformed("stored hash", "it has a NUL, or bytes that are not UTF-8")
	}
	for _, f := range formats {
		if hasPrefixFold(encoded, f.prefix) {
			return f.parse(encoded)
		}
	}
	for _, shape := range shapes {
		if parts := shape.text().FindStringSubmatch(encoded); parts != nil {
			return shape.parse(parts)
		}
	}
	if name := foreignName(encoded); name != "" {
		return nil, unsupported(name)
	}
	return nil, fmt.Errorf("%w: it begins like no format that docs/import.md lists; for a plain or salted MD5, SHA-1 or SHA-2 say how it was made with hash_format", ErrUnknownScheme)
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

// checkKey refuses keys that were truncated or padded on the way.
func checkKey(scheme string, key []byte) error {
	if len(key) < minKeyBytes || len(key) > maxKeyBytes {
		return malformed(scheme, fmt.Sprintf("the key has %d bytes", len(key)))
	}
	return nil
}

// without replaces the key at the end of the text with as many zeros of its alphabet.
func without(encoded, key, zero string) string {
	bare := strings.TrimRight(key, "=")
	return encoded[:len(encoded)-len(key)] + strings.Repeat(zero, len(bare)) + key[len(bare):]
}
