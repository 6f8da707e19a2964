package secret

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// The formats of directories ({SSHA} …) and of Django.

// saltedSHA are the names that directories use, and their functions. SHA-1 is
// used for nothing but these old hashes (an exception to ASVS 11.4.1).
var saltedSHA = map[string]func() hash.Hash{
	"SSHA": sha1.New, "SSHA256": sha256.New, "SSHA384": sha512.New384, "SSHA512": sha512.New,
}

// parseSaltedSHA reads {SSHA} and its longer sisters: the base64 of
// hash(password, salt) and the salt behind it.
func parseSaltedSHA(encoded string) (*storedHash, error) {
	name, text, _ := strings.Cut(encoded[1:], "}")
	newHash, ok := saltedSHA[strings.ToUpper(name)]
	if !ok {
		return nil, malformed("ssha", "expected {SSHA}, {SSHA256}, {SSHA384} or {SSHA512} and base64")
	}
	scheme, size := strings.ToLower(name), newHash().Size()
	data, err := decodeBase64(text)
	if err != nil || len(data) <= size || len(data) > size+maxKeyBytes {
		return nil, malformed(scheme, fmt.Sprintf("expected the base64 of %d bytes and a salt", size))
	}
	key, salt := data[:size], data[size:]
	return &storedHash{scheme: scheme, match: func(password []byte) (bool, error) {
		h := newHash()
		h.Write(password)
		h.Write(salt)
		return sameBytes(h.Sum(nil), key), nil
	}}, nil
}

// parseDjangoPBKDF2 reads pbkdf2_sha256$iterations$salt$key: the salt is text.
func parseDjangoPBKDF2(encoded string) (*storedHash, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 4 {
		return nil, malformed("django-pbkdf2", "expected pbkdf2_sha256$iterations$salt$key")
	}
	key, err := decodeBase64(parts[3])
	if err != nil {
		return nil, malformed("django-pbkdf2", "the key is not base64")
	}
	return pbkdf2Hash("django-", strings.TrimPrefix(strings.ToLower(parts[0]), "pbkdf2_"), parts[1], []byte(parts[2]), key)
}

// parseDjangoArgon2 reads argon2$argon2id$v=19$…, the PHC string behind a name.
// It is no native hash: the bytes are taken as typed.
func parseDjangoArgon2(encoded string) (*storedHash, error) {
	_, phc, _ := strings.Cut(encoded, "$")
	stored, err := parseArgon2("$" + phc)
	if err != nil {
		return nil, err
	}
	stored.native = false
	stored.scheme = "django-" + stored.scheme
	return stored, nil
}

// parseDjangoBcrypt reads bcrypt$$2b$12$….
func parseDjangoBcrypt(encoded string) (*storedHash, error) {
	stored, err := parseBcrypt(encoded[len("bcrypt$"):])
	if err != nil {
		return nil, err
	}
	stored.scheme = "django-bcrypt"
	return stored, nil
}

// parseDjangoBcryptSHA256 reads bcrypt_sha256$$2b$12$…: bcrypt of the SHA-256
// of the password in hexadecimal, so that all of a long password counts.
func parseDjangoBcryptSHA256(encoded string) (*storedHash, error) {
	inner, err := parseBcrypt(encoded[len("bcrypt_sha256$"):])
	if err != nil {
		return nil, err
	}
	return &storedHash{scheme: "django-bcrypt-sha256", match: func(password []byte) (bool, error) {
		sum := sha256.Sum256(password)
		return inner.match([]byte(hex.EncodeToString(sum[:])))
	}}, nil
}

// parseDjangoScrypt reads scrypt$N$salt$r$p$key: the salt is text, the key base64.
func parseDjangoScrypt(encoded string) (*storedHash, error) {
	const scheme = "django-scrypt"
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 {
		return nil, malformed(scheme, "expected scrypt$N$salt$r$p$key")
	}
	var cost [3]int64
	for i, text := range []string{parts[1], parts[3], parts[4]} {
		n, err := number(scheme, "parameter", text, 1, 1<<30)
		if err != nil {
			return nil, err
		}
		cost[i] = n
	}
	key, err := decodeBase64(parts[5])
	if err != nil {
		return nil, malformed(scheme, "the key is not base64")
	}
	return scryptHash(scheme, cost[0], cost[1], cost[2], []byte(parts[2]), key)
}
