package secret

import (
	"crypto/md5"
	"regexp"
	"strings"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
	"golang.org/x/crypto/bcrypt"
)

// The formats of crypt(3) and its relatives: bcrypt, sha-crypt, md5-crypt, phpass.

// bcryptBytes is how much of a password bcrypt looks at. Programs that made
// such hashes cut the rest off silently, so only the first 72 bytes are
// compared; new hashes are argon2id and take all of them (ASVS 6.2.8).
const bcryptBytes = 72

var (
	bcryptText  = regexp.MustCompile(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)
	shaText     = regexp.MustCompile(`^\$([56])\$(?:rounds=([0-9]+)\$)?[^$:\n]{0,16}\$([./A-Za-z0-9]+)$`)
	md5Text     = regexp.MustCompile(`^\$1\$[^$:\n]{0,8}\$[./A-Za-z0-9]{22}$`)
	phpassText  = regexp.MustCompile(`^\$[PH]\$[./A-Za-z0-9]{31}$`)
	shaCryptKey = map[string]int{"5": 43, "6": 86} // characters of the key
	shaCrypt    = map[string]string{"5": "sha256-crypt", "6": "sha512-crypt"}
)

func parseBcrypt(encoded string) (*storedHash, error) {
	const scheme = "bcrypt"
	parts := bcryptText.FindStringSubmatch(encoded)
	if parts == nil {
		return nil, malformed(scheme, "expected $2a$, $2b$ or $2y$, two digits of cost, and 53 characters")
	}
	if _, err := number(scheme, "cost", strings.TrimPrefix(parts[1], "0"), minBcryptCost, maxBcryptCost); err != nil {
		return nil, err
	}
	return &storedHash{scheme: scheme, match: func(password []byte) (bool, error) {
		return bcryptMatch(encoded, password)
	}}, nil
}

func bcryptMatch(encoded string, password []byte) (bool, error) {
	err := bcrypt.CompareHashAndPassword([]byte(encoded), password[:min(len(password), bcryptBytes)])
	if err == bcrypt.ErrMismatchedHashAndPassword {
		return false, nil
	}
	return err == nil, err
}

// parseSHACrypt reads $5$ (SHA-256) and $6$ (SHA-512), with or without rounds.
func parseSHACrypt(encoded string) (*storedHash, error) {
	parts := shaText.FindStringSubmatch(encoded)
	if parts == nil || len(parts[3]) != shaCryptKey[parts[1]] {
		return nil, malformed("sha-crypt", "expected $5$ or $6$, perhaps rounds=N$, a salt of up to 16 characters, $ and 43 or 86 characters")
	}
	scheme := shaCrypt[parts[1]]
	if parts[2] != "" {
		if _, err := number(scheme, "rounds", parts[2], 1000, maxSHACryptRounds); err != nil {
			return nil, err
		}
	}
	digest, err := shacrypt.Decode(encoded)
	return digestHash(scheme, digest, err)
}

// parseMD5Crypt reads $1$. MD5 is used for nothing but these old hashes, which
// go away at the first sign-in (an exception to ASVS 11.4.1).
func parseMD5Crypt(encoded string) (*storedHash, error) {
	const scheme = "md5-crypt"
	if !md5Text.MatchString(encoded) {
		return nil, malformed(scheme, "expected $1$, a salt of up to 8 characters, $ and 22 characters")
	}
	digest, err := md5crypt.DecodeVariant(md5crypt.VariantStandard)(encoded)
	return digestHash(scheme, digest, err)
}

// digestHash wraps what the library of old formats has read. Its comparison is
// in constant time.
func digestHash(scheme string, digest algorithm.Digest, err error) (*storedHash, error) {
	if err != nil {
		return nil, malformed(scheme, "unreadable")
	}
	return &storedHash{scheme: scheme, match: digest.MatchBytesAdvanced}, nil
}

const phpassAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// parsePHPass reads the portable hashes of phpass: $P$ or $H$, a letter for the
// logarithm of the rounds, 8 characters of salt, 22 of key.
func parsePHPass(encoded string) (*storedHash, error) {
	const scheme = "phpass"
	if !phpassText.MatchString(encoded) {
		return nil, malformed(scheme, "expected $P$ or $H$ and 31 characters")
	}
	log2 := strings.IndexByte(phpassAlphabet, encoded[3])
	switch {
	case log2 < 7:
		return nil, malformed(scheme, "fewer than 2^7 rounds")
	case log2 > maxPHPassLog2:
		return nil, tooCostly(scheme, "logarithm of the rounds", int64(log2), maxPHPassLog2)
	}
	salt, key := encoded[4:12], encoded[12:]
	return &storedHash{scheme: scheme, match: func(password []byte) (bool, error) {
		return sameBytes(phpassKey(password, salt, 1<<log2), []byte(key)), nil
	}}, nil
}

func phpassKey(password []byte, salt string, rounds int) []byte {
	sum := md5.Sum(append([]byte(salt), password...))
	round := make([]byte, md5.Size+len(password))
	copy(round[md5.Size:], password)
	for range rounds {
		copy(round, sum[:])
		sum = md5.Sum(round)
	}
	return phpassEncode(sum[:])
}

// phpassEncode writes three bytes as four characters, least significant first.
func phpassEncode(sum []byte) []byte {
	var out []byte
	for len(sum) > 0 {
		group := min(len(sum), 3)
		var bits uint32
		for i, b := range sum[:group] {
			bits |= uint32(b) << (8 * i)
		}
		for range group + 1 {
			out = append(out, phpassAlphabet[bits&63])
			bits >>= 6
		}
		sum = sum[group:]
	}
	return out
}
