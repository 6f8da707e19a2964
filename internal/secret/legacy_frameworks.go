package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// The formats of frameworks: Django, Werkzeug (Flask), ASP.NET Identity, Firebase.

func sha256Of(texts ...[]byte) []byte {
	h := sha256.New()
	for _, text := range texts {
		h.Write(text)
	}
	return h.Sum(nil)
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
	return pbkdf2Hash("django-", pbkdf2Function(parts[0]), parts[1], []byte(parts[2]), key, without(encoded, parts[3], "A"))
}

// parseDjangoArgon2 parses argon2$argon2id$v=19$…, the PHC string after a name. It is not one of
// our own hashes.
func parseDjangoArgon2(encoded string) (*storedHash, error) {
	_, phc, _ := strings.Cut(encoded, "$")
	stored, err := parseArgon2("$" + phc)
	if err != nil {
		return nil, err
	}
	stored.own = false
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

// parseDjangoBcryptSHA256 parses bcrypt_sha256$$2b$12$…: bcrypt of the SHA-256 of the password in
// hexadecimal, so all of a long password counts.
func parseDjangoBcryptSHA256(encoded string) (*storedHash, error) {
	return bcryptOf("django-bcrypt-sha256", encoded[len("bcrypt_sha256$"):], func(password []byte) []byte {
		return []byte(hex.EncodeToString(sha256Of(password)))
	})
}

// parseDjangoScrypt reads scrypt$N$salt$r$p$key: the salt is text, the key base64.
func parseDjangoScrypt(encoded string) (*storedHash, error) {
	const scheme = "django-scrypt"
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 {
		return nil, malformed(scheme, "expected scrypt$N$salt$r$p$key")
	}
	key, err := decodeBase64(parts[5])
	if err != nil {
		return nil, malformed(scheme, "the key is not base64")
	}
	return scryptOf(scheme, []string{parts[1], parts[3], parts[4]}, []byte(parts[2]), key)
}

// scryptOf is scrypt with N, r and p in digits.
func scryptOf(scheme string, costs []string, salt, key []byte) (*storedHash, error) {
	var cost [3]int64
	for i, text := range costs {
		n, err := number(scheme, "parameter", text, 1, 1<<30)
		if err != nil {
			return nil, err
		}
		cost[i] = n
	}
	return scryptHash(scheme, cost[0], cost[1], cost[2], salt, key)
}

// parseDjangoDigest parses sha1$salt$hex and md5$salt$hex: the salt, then the password. Werkzeug
// wrote sha1$ too, with a different meaning: see docs/import.md.
func parseDjangoDigest(encoded string) (*storedHash, error) {
	name, rest, _ := strings.Cut(encoded, "$")
	function, end := strings.ToLower(name), strings.LastIndexByte(rest, '$')
	if end < 0 {
		return nil, malformed("django-"+function, "expected "+function+"$salt$key")
	}
	salt, digest := rest[:end], rest[end+1:]
	return hexHash("django-"+function, function+":{salt}{password}", salt, digest, without(encoded, digest, "0"))
}

// parseWerkzeugPBKDF2 reads pbkdf2:sha256:iterations$salt$hex: the salt is text.
func parseWerkzeugPBKDF2(encoded string) (*storedHash, error) {
	const scheme = "werkzeug-pbkdf2"
	parts := strings.Split(encoded, "$")
	method := strings.Split(parts[0], ":")
	if len(parts) != 3 || len(method) != 3 {
		return nil, malformed(scheme, "expected pbkdf2:sha256:iterations$salt$key")
	}
	key, err := hex.DecodeString(parts[2])
	if err != nil {
		return nil, malformed(scheme, "the key is not hexadecimal")
	}
	return pbkdf2Hash("werkzeug-", pbkdf2Function(method[1]), method[2], []byte(parts[1]), key, without(encoded, parts[2], "0"))
}

// parseWerkzeugScrypt reads scrypt:N:r:p$salt$hex: the salt is text.
func parseWerkzeugScrypt(encoded string) (*storedHash, error) {
	const scheme = "werkzeug-scrypt"
	parts := strings.Split(encoded, "$")
	method := strings.Split(parts[0], ":")
	if len(parts) != 3 || len(method) != 4 {
		return nil, malformed(scheme, "expected scrypt:N:r:p$salt$key")
	}
	key, err := hex.DecodeString(parts[2])
	if err != nil {
		return nil, malformed(scheme, "the key is not hexadecimal")
	}
	return scryptOf(scheme, method[1:], []byte(parts[1]), key)
}

// parseWerkzeugHMAC reads sha256$salt$hex: HMAC of the password under the salt.
func parseWerkzeugHMAC(encoded string) (*storedHash, error) {
	parts := strings.Split(encoded, "$")
	function := strings.ToLower(parts[0])
	if len(parts) != 3 || parts[1] == "" {
		return nil, malformed("werkzeug-"+function, "expected "+function+"$salt$key")
	}
	return hexHash("werkzeug-"+function, "hmac-"+function+":{password}", parts[1], parts[2], without(encoded, parts[2], "0"))
}

// identityText matches the base64 of an ASP.NET Identity hash: a byte 0 and 48 more in version 2,
// a byte 1 and a big-endian number up to 2 at the start in version 3.
var identityText = pattern(`^A(?:[A-P][A-Za-z0-9+/]{64}==|Q[A-Za-z0-9+/]{50,700}={0,2})$`)

// identityFunctions are the functions of version 3, by number.
var identityFunctions = []string{"sha1", "sha256", "sha512"}

// parseIdentity reads both versions: 0, salt, key (PBKDF2 with SHA-1 and 1,000
// rounds), and 1, function, iterations, length of the salt, salt, key.
func parseIdentity(parts []string) (*storedHash, error) {
	const scheme = "aspnet-pbkdf2"
	data, err := base64.StdEncoding.DecodeString(parts[0])
	if err != nil {
		return nil, malformed(scheme, "not base64")
	}
	function, rounds, saltAt, saltLen := uint32(0), uint32(1000), 1, uint32(16)
	switch {
	case data[0] == 0 && len(data) == 49:
	case data[0] == 1 && len(data) > 13:
		function, rounds = binary.BigEndian.Uint32(data[1:]), binary.BigEndian.Uint32(data[5:])
		saltAt, saltLen = 13, binary.BigEndian.Uint32(data[9:])
	default:
		return nil, malformed(scheme, "neither version 2 nor version 3")
	}
	if int(function) >= len(identityFunctions) || saltLen > maxKeyBytes || len(data) < saltAt+int(saltLen)+minKeyBytes {
		return nil, malformed(scheme, "the function, the salt or the key is none")
	}
	salt, key := data[saltAt:saltAt+int(saltLen)], data[saltAt+int(saltLen):]
	blank := make([]byte, len(data))
	copy(blank, data[:len(data)-len(key)])
	return pbkdf2Hash("aspnet-", identityFunctions[function], strconv.FormatUint(uint64(rounds), 10), salt, key, base64.StdEncoding.EncodeToString(blank))
}

// parseFirebase parses $firescrypt$ln=14,r=8,p=1$salt$key$separator$signer: the signer's key,
// which all accounts of a project share, encrypted with the scrypt key of the password.
func parseFirebase(encoded string) (*storedHash, error) {
	const scheme = "firebase-scrypt"
	parts := strings.Split(encoded, "$")
	if len(parts) != 7 {
		return nil, malformed(scheme, "expected $firescrypt$ln=14,r=8,p=1$salt$key$separator$signer")
	}
	values, err := options(scheme, parts[2], []string{"ln", "r", "p"}, 1<<10)
	if err != nil {
		return nil, err
	}
	salt, key, err := keyAndSalt(scheme, parts[3], parts[4])
	if err != nil {
		return nil, err
	}
	separator, err1 := decodeBase64(parts[5])
	signer, err2 := decodeBase64(parts[6])
	switch {
	case err1 != nil || err2 != nil || len(signer) != len(key):
		return nil, malformed(scheme, "the separator or the signer's key is not base64, or of another length than the hash")
	case values["ln"] > 30:
		return nil, tooCostly(scheme, "logarithm of the blocks", values["ln"], 18)
	}
	n, r, p := int64(1)<<values["ln"], values["r"], values["p"]
	if err := checkScrypt(scheme, n, r, p); err != nil {
		return nil, err
	}
	salt = append(salt, separator...)
	return &storedHash{scheme: scheme, key: key, compute: func(password []byte) ([]byte, error) {
		derived, err := scrypt.Key(password, salt, int(n), int(r), int(p), 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, err
		}
		out := make([]byte, len(signer))
		cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, signer)
		return out, nil
	}}, nil
}

// hexNumber reads iterations that are written in hexadecimal.
func hexNumber(scheme, text string, most int64) (int64, error) {
	n, err := strconv.ParseUint(text, 16, 62)
	switch {
	case err != nil || n < 1:
		return 0, malformed(scheme, "the iterations are no hexadecimal number")
	case int64(n) > most:
		return 0, tooCostly(scheme, "number of iterations", int64(n), most)
	}
	return int64(n), nil
}
