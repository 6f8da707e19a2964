package secret

import (
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
)

// The formats of PHP programs: phpass, Drupal's and Magento's.

var (
	phpassText = pattern(`^\$[PH]\$[./A-Za-z0-9]{31}$`)
	drupalText = pattern(`^\$S\$[./A-Za-z0-9]{52}$`)
)

func md5Of(texts ...[]byte) []byte {
	h := md5.New()
	for _, text := range texts {
		h.Write(text)
	}
	return h.Sum(nil)
}

// parsePHPass reads the portable hashes of phpass: $P$ or $H$, a letter for the
// logarithm of the rounds, 8 characters of salt, 22 of key.
func parsePHPass(encoded string) (*storedHash, error) {
	if !phpassText().MatchString(encoded) {
		return nil, malformed("phpass", "expected $P$ or $H$ and 31 characters")
	}
	return stretched("phpass", encoded, md5.New, maxPHPassLog2)
}

// parseDrupal reads Drupal 7's $S$: the same with SHA-512, cut off after 43 characters.
func parseDrupal(encoded string) (*storedHash, error) {
	if !drupalText().MatchString(encoded) {
		return nil, malformed("drupal", "expected $S$ and 52 characters")
	}
	return stretched("drupal", encoded, sha512.New, maxDrupalLog2)
}

func stretched(scheme, encoded string, newHash func() hash.Hash, most int) (*storedHash, error) {
	log2 := strings.IndexByte(cryptAlphabet, encoded[3])
	switch {
	case log2 < 7:
		return nil, malformed(scheme, "fewer than 2^7 rounds")
	case log2 > most:
		return nil, tooCostly(scheme, "logarithm of the rounds", int64(log2), int64(most))
	}
	salt, key := encoded[4:12], encoded[12:]
	stored := &storedHash{scheme: scheme, key: []byte(key), compute: func(password []byte) ([]byte, error) {
		return stretch(newHash(), password, salt, 1<<log2)[:len(key)], nil
	}}
	return stored.ifWeak(1<<log2, without(encoded, key, ".")), nil
}

func stretch(h hash.Hash, password []byte, salt string, rounds int) []byte {
	h.Write([]byte(salt))
	h.Write(password)
	sum := h.Sum(nil)
	for range rounds {
		h.Reset()
		h.Write(sum)
		h.Write(password)
		sum = h.Sum(sum[:0])
	}
	return cryptEncode(sum)
}

// parseUpgraded parses Drupal's upgrade of an older Drupal's MD5: U and a hash of its hexadecimal
// form.
func parseUpgraded(encoded string) (*storedHash, error) {
	if !phpassText().MatchString(encoded[1:]) && !drupalText().MatchString(encoded[1:]) {
		return nil, malformed("drupal", "expected U$S$ and 52 characters")
	}
	inner, err := parse(encoded[1:])
	if err != nil {
		return nil, err
	}
	stored := &storedHash{scheme: "drupal-md5", key: inner.key, compute: func(password []byte) ([]byte, error) {
		return inner.compute([]byte(hex.EncodeToString(md5Of(password))))
	}}
	if inner.blank != "" {
		stored.blank = "U" + inner.blank
	}
	return stored, nil
}

// magentoText matches hexadecimal digits, a salt, and the version: one number, or several if an
// old hash was hashed again.
var magentoText = pattern(`^([0-9a-f]{32}|[0-9a-f]{64}):([^:$]{1,64}):((?:0|1|2|3_[0-9]+_[0-9]+_[0-9]+)(?::(?:2|3_[0-9]+_[0-9]+_[0-9]+))?)$`)

// parseMagento parses what Magento 2 stores: MD5 (0) and SHA-256 (1) of the salt and the password,
// Argon2id (2, 3) of the password or of one of those.
func parseMagento(parts []string) (*storedHash, error) {
	const scheme = "magento"
	salt, versions := parts[2], strings.Split(parts[3], ":")
	last := versions[len(versions)-1]
	if last == "0" || last == "1" {
		name := map[string]string{"0": "md5", "1": "sha256"}[last]
		blank := strings.Repeat("0", len(parts[1])) + parts[0][len(parts[1]):]
		return hexHash("magento-"+name, name+":{salt}{password}", salt, parts[1], blank)
	}
	key, err := hex.DecodeString(parts[1])
	if err != nil {
		return nil, malformed(scheme, "expected hexadecimal digits")
	}
	p, size, err := magentoParams(last)
	if err != nil {
		return nil, err
	}
	if len(salt) < 16 || size != len(key) {
		return nil, malformed(scheme, "the salt or the key is too short")
	}
	stored := &storedHash{scheme: "magento-argon2id", params: p, key: key}
	stored.compute = func(password []byte) ([]byte, error) {
		switch { // the old hash was hashed as text
		case len(versions) > 1 && versions[0] == "0":
			password = []byte(hex.EncodeToString(md5Of([]byte(salt), password)))
		case len(versions) > 1 && versions[0] == "1":
			password = []byte(hex.EncodeToString(sha256Of([]byte(salt), password)))
		}
		return argonKey(p.argon2id(len(key)), password, []byte(salt[:16])), nil
	}
	return stored, nil
}

// magentoParams reads 2, which means libsodium's interactive parameters, or
// 3_length_passes_bytes.
func magentoParams(text string) (p Params, size int, err error) {
	if text == "2" {
		return Params{MemoryKiB: 64 << 10, Time: 2, Parallelism: 1}, 32, nil
	}
	var n [3]int64
	for i, field := range strings.Split(text, "_")[1:] {
		if n[i], err = number("magento", "parameter", field, 1, 1<<31); err != nil {
			return p, 0, err
		}
	}
	p = Params{MemoryKiB: uint32(n[2] >> 10), Time: uint32(n[1]), Parallelism: 1}
	return p, int(n[0]), p.usable()
}
