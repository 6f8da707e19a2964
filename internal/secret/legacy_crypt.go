package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"strings"

	"github.com/go-crypt/x/crypt"
	"github.com/go-crypt/x/yescrypt"
	"golang.org/x/crypto/bcrypt"
)

// The formats of crypt(3): bcrypt and its variants, yescrypt, sha-crypt, md5-crypt and sha1-crypt.

// bcryptBytes is how much of a password bcrypt uses. Programs that made such hashes silently cut
// off the rest, so only the first 72 bytes are compared; new hashes are argon2id and use all of
// them (ASVS 6.2.8).
const bcryptBytes = 72

// cryptAlphabet is base64 as crypt(3) writes it; a dot is zero.
const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var (
	bcryptText   = pattern(`^\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}$`)
	shaText      = pattern(`^\$([56])\$(?:rounds=([0-9]+)\$)?([^$:\n]{0,16})\$([./A-Za-z0-9]+)$`)
	md5Text      = pattern(`^\$(1|apr1)\$([^$:\n]{0,8})\$([./A-Za-z0-9]{22})$`)
	sha1Text     = pattern(`^\$sha1\$([0-9]+)\$([./A-Za-z0-9]{1,64})\$([./A-Za-z0-9]{28})$`)
	yescryptText = pattern(`^\$y\$([./A-Za-z0-9]+)\$([./A-Za-z0-9]{1,86})\$([./A-Za-z0-9]{43})$`)
	passlibText  = pattern(`^\$bcrypt-sha256\$(?:v=2,t=(2[aby]),r=([0-9]+)|(2[aby]),([0-9]+))\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$`)
	shaCryptKey  = map[string]int{"5": 43, "6": 86} // characters of the key
	shaCrypt     = map[string]string{"5": "sha256-crypt", "6": "sha512-crypt"}
	shaCryptHash = map[string]func() hash.Hash{"5": sha256.New, "6": sha512.New}
)

func parseBcrypt(encoded string) (*storedHash, error) {
	const scheme = "bcrypt"
	if strings.HasPrefix(encoded, "$2x$") {
		return nil, unsupported("bcrypt of the faulty kind $2x$")
	}
	parts := bcryptText().FindStringSubmatch(encoded)
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

// bcryptOf is bcrypt of the password after the function before.
func bcryptOf(scheme, encoded string, before func(password []byte) []byte) (*storedHash, error) {
	inner, err := parseBcrypt(encoded)
	if err != nil {
		return nil, err
	}
	return &storedHash{scheme: scheme, match: func(password []byte) (bool, error) { return inner.match(before(password)) }}, nil
}

// parseWordPress parses $wp$2y$…: bcrypt of the base64 of HMAC-SHA-384 under a fixed name.
// WordPress trims blanks around a password when it hashes one, but not when it verifies one; this
// does not either.
func parseWordPress(encoded string) (*storedHash, error) {
	return bcryptOf("wordpress-bcrypt", encoded[len("$wp"):], func(password []byte) []byte {
		mac := hmac.New(sha512.New384, []byte("wp-sha384"))
		mac.Write(password)
		return []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	})
}

// parsePasslibBcryptSHA256 parses $bcrypt-sha256$v=2,t=2b,r=12$salt$key, where the password goes
// through HMAC-SHA-256 under the salt, and version 1, where it goes through SHA-256.
func parsePasslibBcryptSHA256(encoded string) (*storedHash, error) {
	const scheme = "bcrypt-sha256"
	parts := passlibText().FindStringSubmatch(encoded)
	if parts == nil {
		return nil, malformed(scheme, "expected $bcrypt-sha256$v=2,t=2b,r=12$, 22 characters, $ and 31 characters")
	}
	kind, cost, salt := parts[1]+parts[3], parts[2]+parts[4], parts[5]
	if len(cost) == 1 {
		cost = "0" + cost
	}
	return bcryptOf(scheme, "$"+kind+"$"+cost+"$"+salt+parts[6], func(password []byte) []byte {
		h := sha256.New()
		if parts[1] != "" {
			h = hmac.New(sha256.New, []byte(salt))
		}
		h.Write(password)
		return []byte(base64.StdEncoding.EncodeToString(h.Sum(nil)))
	})
}

// parseSHACrypt reads $5$ (SHA-256) and $6$ (SHA-512), with or without rounds.
func parseSHACrypt(encoded string) (*storedHash, error) {
	parts := shaText().FindStringSubmatch(encoded)
	if parts == nil || len(parts[4]) != shaCryptKey[parts[1]] {
		return nil, malformed("sha-crypt", "expected $5$ or $6$, perhaps rounds=N$, a salt of up to 16 characters, $ and 43 or 86 characters")
	}
	scheme, newHash, rounds := shaCrypt[parts[1]], shaCryptHash[parts[1]], int64(5000)
	if parts[2] != "" {
		var err error
		if rounds, err = number(scheme, "rounds", parts[2], 1000, maxSHACryptRounds); err != nil {
			return nil, err
		}
	}
	stored := &storedHash{scheme: scheme, key: []byte(parts[4]), compute: func(password []byte) ([]byte, error) {
		return crypt.KeySHACrypt(newHash, password, []byte(parts[3]), int(rounds)), nil
	}}
	return stored.ifWeak(rounds, without(encoded, parts[4], ".")), nil
}

// parseMD5Crypt parses $1$ and Apache's $apr1$. MD5 is only used for such old hashes, which are
// replaced at the first sign-in (an exception to ASVS 11.4.1).
func parseMD5Crypt(encoded string) (*storedHash, error) {
	const scheme = "md5-crypt"
	parts := md5Text().FindStringSubmatch(encoded)
	if parts == nil {
		return nil, malformed(scheme, "expected $1$ or $apr1$, a salt of up to 8 characters, $ and 22 characters")
	}
	stored := &storedHash{scheme: scheme, key: []byte(parts[3]), compute: func(password []byte) ([]byte, error) {
		return crypt.KeyMD5Crypt(password, []byte(parts[2])), nil
	}}
	if parts[1] == "apr1" {
		stored.scheme = "apr1"
		stored.compute = func(password []byte) ([]byte, error) { return md5Crypt("$apr1$", password, parts[2]), nil }
	}
	return stored.ifWeak(1000, without(encoded, parts[3], ".")), nil
}

// parseSHA1Crypt reads $sha1$rounds$salt$key.
func parseSHA1Crypt(encoded string) (*storedHash, error) {
	const scheme = "sha1-crypt"
	parts := sha1Text().FindStringSubmatch(encoded)
	if parts == nil {
		return nil, malformed(scheme, "expected $sha1$rounds$salt$ and 28 characters")
	}
	rounds, err := number(scheme, "rounds", parts[1], 1, maxSHACryptRounds)
	if err != nil {
		return nil, err
	}
	stored := &storedHash{scheme: scheme, key: []byte(parts[3]), compute: func(password []byte) ([]byte, error) {
		return crypt.KeySHA1Crypt(password, []byte(parts[2]), uint32(rounds)), nil
	}}
	return stored.ifWeak(rounds, without(encoded, parts[3], ".")), nil
}

// parseYescrypt parses $y$parameters$salt$key with the parameters that crypt(3) produces: j, and a
// character each for memory blocks and their size.
func parseYescrypt(encoded string) (*storedHash, error) {
	const scheme = "yescrypt"
	parts := yescryptText().FindStringSubmatch(encoded)
	if parts == nil {
		return nil, malformed(scheme, "expected $y$, parameters, $, a salt, $ and 43 characters")
	}
	setting := parts[1]
	if len(setting) != 3 || setting[0] != 'j' {
		return nil, unsupported("yescrypt with parameters that crypt(3) does not give")
	}
	log2, r := strings.IndexByte(cryptAlphabet, setting[1])+1, strings.IndexByte(cryptAlphabet, setting[2])+1
	salt := yescrypt.Decode64([]byte(parts[2]))
	switch {
	case salt == nil:
		return nil, malformed(scheme, "the salt is damaged")
	case log2 < 2 || r < 1:
		return nil, malformed(scheme, "impossible parameters")
	case log2 > 30 || int64(r)<<log2/8 > maxMemoryKiB:
		return nil, tooCostly(scheme, "memory in KiB", int64(r)<<min(log2, 40)/8, maxMemoryKiB)
	}
	return &storedHash{scheme: scheme, key: []byte(parts[3]), compute: func(password []byte) ([]byte, error) {
		key, err := yescrypt.Key(password, salt, 1<<log2, r, 1, 32)
		return yescrypt.Encode64(key), err
	}}, nil
}

// md5Crypt is crypt(3) with MD5 under a different magic text than its own $1$, which is all that
// Apache changed.
func md5Crypt(magic string, password []byte, salt string) []byte {
	sum := md5Of(password, []byte(salt), password)
	first := append(append([]byte{}, password...), magic+salt...)
	for left := len(password); left > 0; left -= len(sum) {
		first = append(first, sum[:min(left, len(sum))]...)
	}
	for bits := len(password); bits > 0; bits >>= 1 {
		if bits&1 != 0 {
			first = append(first, 0)
		} else {
			first = append(first, password[0])
		}
	}
	sum = md5Of(first)
	for i := range 1000 {
		var round []byte
		if i&1 != 0 {
			round = append(round, password...)
		} else {
			round = append(round, sum...)
		}
		if i%3 != 0 {
			round = append(round, salt...)
		}
		if i%7 != 0 {
			round = append(round, password...)
		}
		if i&1 != 0 {
			round = append(round, sum...)
		} else {
			round = append(round, password...)
		}
		sum = md5Of(round)
	}
	var out []byte
	for _, t := range [][3]int{{12, 6, 0}, {13, 7, 1}, {14, 8, 2}, {15, 9, 3}, {5, 10, 4}} {
		out = append(out, cryptEncode([]byte{sum[t[0]], sum[t[1]], sum[t[2]]})...)
	}
	return append(out, cryptEncode(sum[11:12])...)
}

// cryptEncode writes three bytes as four characters, least significant first.
func cryptEncode(sum []byte) []byte {
	var out []byte
	for len(sum) > 0 {
		group := min(len(sum), 3)
		var bits uint32
		for i, b := range sum[:group] {
			bits |= uint32(b) << (8 * i)
		}
		for range group + 1 {
			out = append(out, cryptAlphabet[bits&63])
			bits >>= 6
		}
		sum = sum[group:]
	}
	return out
}
