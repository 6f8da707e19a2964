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

	"golang.org/x/crypto/scrypt"
)

// Key derivation functions in the notation of password hashes (PHC): PBKDF2 and scrypt. The one
// that we use ourselves is in argon2.go.

// keyAndSalt decodes the two last fields of a PHC string.
func keyAndSalt(scheme, saltText, keyText string) (salt, key []byte, err error) {
	if salt, err = decodeBase64(saltText); err != nil {
		return nil, nil, malformed(scheme, "the salt is not base64")
	}
	if key, err = decodeBase64(keyText); err != nil {
		return nil, nil, malformed(scheme, "the key is not base64")
	}
	return salt, key, checkKey(scheme, key)
}

// ordinaryBase64 maps the letters of other base64 variants to the ordinary one: passlib writes a
// dot for a plus, and the URL variant has - and _.
var ordinaryBase64 = strings.NewReplacer(".", "+", "-", "+", "_", "/")

// decodeBase64 reads base64 with or without padding.
func decodeBase64(text string) ([]byte, error) {
	text = strings.TrimRight(ordinaryBase64.Replace(text), "=")
	if strings.ContainsAny(text, "\r\n") { // which the decoder would skip
		return nil, base64.CorruptInputError(0)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

// options parses "m=65536,t=3,p=4" into the numbers of names, each exactly once; most is their
// common limit, and the caller checks stricter ones.
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

// pbkdf2Hashes are the functions that PBKDF2 is used with, by the end of the name of the format.
// SHA-1 is only used for old hashes (an exception to ASVS 11.4.1).
var pbkdf2Hashes = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// pbkdf2Hash is PBKDF2 in any notation: prefix names it ("" or "django-"); blank is the text
// without the key.
func pbkdf2Hash(prefix, function, iterText string, salt, key []byte, blank string) (*storedHash, error) {
	scheme := prefix + "pbkdf2-" + function
	newHash, ok := pbkdf2Hashes[function]
	if !ok {
		return nil, unsupported("PBKDF2 with another function than SHA-1, SHA-256, SHA-384 and SHA-512")
	}
	iterations, err := number(scheme, "number of iterations", iterText, 1, maxPBKDF2Iterations)
	if err != nil {
		return nil, err
	}
	if err := checkKey(scheme, key); err != nil {
		return nil, err
	}
	size := int64(newHash().Size())
	if blocks := (int64(len(key)) + size - 1) / size; blocks*iterations > maxPBKDF2Iterations { // each costs all the iterations again
		return nil, tooCostly(scheme, "number of iterations times blocks of the key", blocks*iterations, maxPBKDF2Iterations)
	}
	stored := &storedHash{scheme: scheme, key: key, compute: func(password []byte) ([]byte, error) {
		return pbkdf2.Key(newHash, string(password), salt, int(iterations), len(key))
	}}
	return stored.ifWeak(iterations, blank), nil
}

// parsePHCPBKDF2 reads $pbkdf2$, $pbkdf2-sha256$ and so on, with the iterations as
// passlib writes them or as i=…,l=….
func parsePHCPBKDF2(encoded string) (*storedHash, error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 {
		return nil, malformed("PBKDF2", "expected $pbkdf2-sha256$iterations$salt$key")
	}
	salt, key, err := keyAndSalt("PBKDF2", parts[3], parts[4])
	if err != nil {
		return nil, err
	}
	iterations, length, _ := strings.Cut(strings.TrimPrefix(parts[2], "i="), ",")
	if length != "" && length != fmt.Sprintf("l=%d", len(key)) {
		return nil, malformed("PBKDF2", "the key is not as long as it says")
	}
	return pbkdf2Hash("", pbkdf2Function(parts[1]), iterations, salt, key, without(encoded, parts[4], "A"))
}

// pbkdf2Function returns sha256 for pbkdf2-sha256, PBKDF2_SHA256 and so on; the bare name means
// SHA-1.
func pbkdf2Function(name string) string {
	function := strings.TrimLeft(strings.TrimPrefix(strings.ToLower(name), "pbkdf2"), "-_")
	if function == "" {
		return "sha1"
	}
	return function
}

// parseDlitzPBKDF2 parses $p5k2$iterations$salt$key of the Python module PBKDF2, with the
// iterations in hexadecimal and the salt as text, and cryptacular's, with salt and key in base64
// with - and _.
func parseDlitzPBKDF2(encoded string) (*storedHash, error) {
	const scheme = "pbkdf2-sha1"
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 {
		return nil, malformed(scheme, "expected $p5k2$iterations$salt$key")
	}
	iterations := int64(400)
	if parts[2] != "" {
		var err error
		if iterations, err = hexNumber(scheme, parts[2], maxPBKDF2Iterations); err != nil {
			return nil, err
		}
	}
	key, err := decodeBase64(parts[4])
	if err != nil {
		return nil, malformed(scheme, "the key is not base64")
	}
	salt := []byte(strings.TrimSuffix(encoded, "$"+parts[4]))
	if strings.HasSuffix(parts[4], "=") { // cryptacular pads
		if salt, err = decodeBase64(parts[3]); err != nil {
			return nil, malformed(scheme, "the salt is not base64")
		}
	}
	return pbkdf2Hash("", "sha1", fmt.Sprint(iterations), salt, key, without(encoded, parts[4], "A"))
}

// scryptHash is scrypt in any notation: n blocks of 128·r bytes, p times.
func scryptHash(scheme string, n, r, p int64, salt, key []byte) (*storedHash, error) {
	if err := checkScrypt(scheme, n, r, p); err != nil {
		return nil, err
	}
	return &storedHash{scheme: scheme, key: key, compute: func(password []byte) ([]byte, error) {
		return scrypt.Key(password, salt, int(n), int(r), int(p), len(key))
	}}, checkKey(scheme, key)
}

func checkScrypt(scheme string, n, r, p int64) error {
	if n < 2 || n&(n-1) != 0 || r < 1 || p < 1 {
		return malformed(scheme, "impossible parameters")
	}
	const most = 1 << 31 // of each factor, so that the products below do not overflow
	switch {
	case n > most || r > most || n*r/8 > maxMemoryKiB:
		return tooCostly(scheme, "memory in KiB", min(n, most)*min(r, most)/8, maxMemoryKiB)
	case p > maxScryptWork || n*r/8*p > maxScryptWork || r*p >= 1<<20:
		return tooCostly(scheme, "parallelism", p, max(1, maxScryptWork/max(1, n*r/8)))
	}
	return nil
}

// parsePHCScrypt parses $scrypt$ln=16,r=8,p=1$salt$key. Some programs write the number of blocks
// instead of its logarithm.
func parsePHCScrypt(encoded string) (*storedHash, error) {
	const scheme = "scrypt"
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 {
		return nil, malformed(scheme, "expected $scrypt$ln=…,r=…,p=…$salt$key")
	}
	values, err := options(scheme, parts[2], []string{"ln", "r", "p"}, 1<<30)
	if err != nil {
		return nil, err
	}
	n := values["ln"]
	switch {
	case n > 63:
	case n > 30:
		return nil, fmt.Errorf("%w: scrypt: 2^%d blocks", ErrTooCostly, n)
	default:
		n = 1 << n
	}
	salt, key, err := keyAndSalt(scheme, parts[3], parts[4])
	if err != nil {
		return nil, err
	}
	return scryptHash(scheme, n, values["r"], values["p"], salt, key)
}
