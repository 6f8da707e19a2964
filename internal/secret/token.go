package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
)

// NewToken returns a secret of 256 random bits as 43 characters that are safe in links, cookies
// and headers (base64url without padding). It is used for sessions, reset links, trusted devices
// and client secrets (ASVS 7.2.3 and 11.5.1 require 128).
func NewToken() string {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: the program would end
	return base64.RawURLEncoding.EncodeToString(raw)
}

// HashToken returns the stored form of a token, by which it is looked up: its SHA-256, as 43
// characters of base64url. Looking up the hash needs no constant-time comparison: timing reveals
// something about hashes, but nobody can make a token for a given hash. It is for tokens only:
// nobody can guess their 256 bits; codes go through Keys.MAC, passwords through Hasher.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// NewCode returns six decimal digits, each of the million codes equally likely. It is short, so
// the caller limits the tries (ASVS 6.6.3) and stores only its Keys.MAC.
func NewCode() string { return fmt.Sprintf("%06d", below(1_000_000)) }

// The letters and digits of temporary passwords. None looks like another in this set, in a bad
// font or on paper: no 0 1 2 5 6 8 (which resemble O, l, Z, S, G and B), no c, l, o, q, y. Every
// count is a power of two.
const (
	consonants = "bdfghjkmnprstvwz" // 4 bits
	vowels     = "aeiu"             // 2 bits
	digits     = "3479"             // 2 bits
)

// temporaryPattern is the shape of a temporary password: C a capital consonant,
// c a consonant, v a vowel, d a digit.
const temporaryPattern = "Cvcv-ddcvc-Cvcv-ddcvc-Cvcv"

// NewTemporaryPassword returns a password like Kepu-37fan-Radi-94tem-Gasu for a mail, or to read
// out on the phone: 26 characters with capitals, small letters, digits and hyphens, so it
// satisfies the classic policy and the length of the modern one. Three groups of 12 bits and two
// of 14 make 64 bits, which nobody can guess in its lifetime of a day (ASVS 6.4.1). The caller
// enforces the day and the single use.
func NewTemporaryPassword() string {
	var b strings.Builder
	for _, kind := range temporaryPattern {
		switch kind {
		case 'C':
			b.WriteString(strings.ToUpper(pick(consonants)))
		case 'c':
			b.WriteString(pick(consonants))
		case 'v':
			b.WriteString(pick(vowels))
		case 'd':
			b.WriteString(pick(digits))
		default:
			b.WriteRune(kind)
		}
	}
	return b.String()
}

// referenceAlphabet is Crockford's: digits and capitals without I, L, O, U.
const referenceAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewReference returns the number of an incident, like GH-7F3K-29QX, for an error page and its log
// line. Its 40 bits make incidents distinguishable; it is no secret and opens nothing.
func NewReference() string {
	var raw [8]byte
	rand.Read(raw[:])
	return spell("GH", raw[:])
}

// NewCaseNumber returns the number of a support case, like CS-7F3K-29QX. It is no secret and opens
// nothing. One posted form has one number, however often it is posted; posted identifies the form,
// and if it is empty, the number is a random one.
func NewCaseNumber(posted string) string {
	sum := sha256.Sum256([]byte("case number " + posted))
	if posted == "" {
		rand.Read(sum[:])
	}
	return spell("CS", sum[:8])
}

// spell writes eight bytes as a number that people can read to each other.
func spell(prefix string, raw []byte) string {
	letters := make([]byte, len(raw))
	for i, r := range raw {
		letters[i] = referenceAlphabet[int(r)%len(referenceAlphabet)] // 32 letters: no bias
	}
	return prefix + "-" + string(letters[:4]) + "-" + string(letters[4:])
}

// pick returns one of the characters of set, each equally likely.
func pick(set string) string {
	i := below(len(set))
	return set[i : i+1]
}

// below returns a random number from 0 to n-1 without bias.
func below(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil { // the system's generator never fails in Go
		panic("secret: no random numbers: " + err.Error())
	}
	return int(i.Int64())
}
