package secret

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	legacyargon2 "github.com/go-crypt/crypt/algorithm/argon2"
	"golang.org/x/crypto/scrypt"
)

// The formats of key derivation functions: argon2, PBKDF2, scrypt.

// keyAndSalt decodes the two last fields of a PHC string. Both are base64
// without padding; passlib writes '.' for '+'.
func keyAndSalt(scheme, saltText, keyText string) (salt, key []byte, err error) {
	if salt, err = decodeBase64(saltText); err != nil {
		return nil, nil, malformed(scheme, "the salt is not base64")
	}
	if key, err = decodeBase64(keyText); err != nil {
		return nil, nil, malformed(scheme, "the key is not base64")
	}
	return salt, key, checkKey(scheme, key)
}

func decodeBase64(text string) ([]byte, error) {
	text = strings.TrimRight(strings.ReplaceAll(text, ".", "+"), "=")
	if strings.ContainsAny(text, "\r\n") { // which the decoder would skip
		return nil, base64.CorruptInputError(0)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

// options reads "m=65536,t=3,p=4" into the numbers that names asks for, each
// exactly once; most is their common limit, finer ones are the caller's.
func options(scheme, text string, names []string, most int64) (map[string]int64, error) {
	values := map[string]int64{}
	for _, field := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(field, "=")
		n, err := number(scheme, name, value, 0, most)
		if err != nil {
			return nil, err
		}
		values[name] = n
	}
	for _, name := range names {
		if _, ok := values[name]; !ok || len(values) != len(names) || strings.Count(text, ",") != len(names)-1 {
			return nil, malformed(scheme, "expected the parameters "+strings.Join(names, ", "))
		}
	}
	return values, nil
}

// parseArgon2 reads $argon2id$v=19$m=…,t=…,p=…$salt$key, and argon2i and argon2d.
func parseArgon2(encoded string) (*storedHash, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[2] != "v=19" {
		return nil, malformed("argon2", "expected $argon2id$v=19$m=…,t=…,p=…$salt$key")
	}
	scheme := parts[1]
	values, err := options(scheme, parts[3], []string{"m", "t", "p"}, 1<<31)
	if err != nil {
		return nil, err
	}
	if values["p"] > maxLanes {
		return nil, tooCostly(scheme, "parallelism", values["p"], maxLanes)
	}
	p := Params{MemoryKiB: uint32(values["m"]), Time: uint32(values["t"]), Parallelism: uint8(values["p"])}
	if err := p.usable(); err != nil {
		return nil, err
	}
	salt, key, err := keyAndSalt(scheme, parts[4], parts[5])
	if err != nil {
		return nil, err
	}
	switch scheme {
	case "argon2id":
		return argon2idHash(p, salt, key), nil
	case "argon2i", "argon2d":
		digest, err := legacyargon2.Decode(encoded)
		return digestHash(scheme, digest, err)
	}
	return nil, malformed("argon2", "the variant is none of argon2id, argon2i, argon2d")
}

func argon2idHash(p Params, salt, key []byte) *storedHash {
	return &storedHash{scheme: "argon2id", native: true, params: p, match: func(password []byte) (bool, error) {
		got := idKey(password, salt, p, uint32(len(key)))
		return sameBytes(got, key), nil
	}}
}

// pbkdf2Hashes are the functions PBKDF2 is used with, by the end of the name of
// the format. SHA-1 is used for nothing but old hashes (an exception to ASVS 11.4.1).
var pbkdf2Hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// pbkdf2Hash is PBKDF2 under any spelling: prefix names it ("" or "django-").
func pbkdf2Hash(prefix, function, iterText string, salt, key []byte) (*storedHash, error) {
	scheme := prefix + "pbkdf2-" + function
	newHash, ok := pbkdf2Hashes[function]
	if !ok {
		return nil, malformed("PBKDF2", "the function is none of SHA-1, SHA-256, SHA-512")
	}
	iterations, err := number(scheme, "number of iterations", iterText, 1, maxPBKDF2Iterations)
	if err != nil {
		return nil, err
	}
	if err := checkKey(scheme, key); err != nil {
		return nil, err
	}
	if len(key) > newHash().Size() { // each block costs all the iterations again
		return nil, malformed(scheme, "the key is longer than the function's result")
	}
	return &storedHash{scheme: scheme, match: func(password []byte) (bool, error) {
		got, err := pbkdf2.Key(newHash, string(password), salt, int(iterations), len(key))
		return err == nil && sameBytes(got, key), err
	}}, nil
}

// parsePasslibPBKDF2 reads $pbkdf2$, $pbkdf2-sha256$ and $pbkdf2-sha512$.
func parsePasslibPBKDF2(encoded string) (*storedHash, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 {
		return nil, malformed("PBKDF2", "expected $pbkdf2-sha256$iterations$salt$key")
	}
	function := strings.TrimPrefix(strings.ToLower(parts[1]), "pbkdf2-")
	if function == "pbkdf2" {
		function = "sha1"
	}
	salt, key, err := keyAndSalt("PBKDF2", parts[3], parts[4])
	if err != nil {
		return nil, err
	}
	return pbkdf2Hash("", function, parts[2], salt, key)
}

// parseLDAPPBKDF2 reads what directories store: {PBKDF2-SHA256}iterations$salt$key.
func parseLDAPPBKDF2(encoded string) (*storedHash, error) {
	name, rest, ok := strings.Cut(encoded[1:], "}")
	if !ok {
		return nil, malformed("PBKDF2", "expected {PBKDF2-SHA256}iterations$salt$key")
	}
	return parsePasslibPBKDF2("$" + name + "$" + rest)
}

// scryptHash is scrypt under any spelling: n blocks of 128·r bytes, p times.
func scryptHash(scheme string, n, r, p int64, salt, key []byte) (*storedHash, error) {
	if n < 2 || n&(n-1) != 0 || r < 1 || p < 1 {
		return nil, malformed(scheme, "impossible parameters")
	}
	const most = 1 << 31 // of each factor, so that the products below do not overflow
	switch {
	case n > most || r > most || n*r/8 > maxMemoryKiB:
		return nil, tooCostly(scheme, "memory in KiB", min(n, most)*min(r, most)/8, maxMemoryKiB)
	case p > maxScryptWork || n*r/8*p > maxScryptWork || r*p >= 1<<20:
		return nil, tooCostly(scheme, "parallelism", p, max(1, maxScryptWork/max(1, n*r/8)))
	}
	return &storedHash{scheme: scheme, match: func(password []byte) (bool, error) {
		got, err := scrypt.Key(password, salt, int(n), int(r), int(p), len(key))
		return err == nil && sameBytes(got, key), err
	}}, checkKey(scheme, key)
}

// parsePasslibScrypt reads $scrypt$ln=16,r=8,p=1$salt$key.
func parsePasslibScrypt(encoded string) (*storedHash, error) {
	const scheme = "scrypt"
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 {
		return nil, malformed(scheme, "expected $scrypt$ln=…,r=…,p=…$salt$key")
	}
	values, err := options(scheme, parts[2], []string{"ln", "r", "p"}, 1<<30)
	if err != nil {
		return nil, err
	}
	if values["ln"] > 30 {
		return nil, fmt.Errorf("%w: scrypt: 2^%d blocks", ErrTooCostly, values["ln"])
	}
	salt, key, err := keyAndSalt(scheme, parts[3], parts[4])
	if err != nil {
		return nil, err
	}
	return scryptHash(scheme, 1<<values["ln"], values["r"], values["p"], salt, key)
}
