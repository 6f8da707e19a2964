package secret

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// The formats that begin with a name in braces: directories ({SSHA} …), mail servers
// ({BLF-CRYPT} …), Spring ({bcrypt} …), Atlassian ({PKCS5S2}).

// braced are the names in braces before a hash in another notation, with the prefix of that
// notation; all are in one case, and with "-" for "_".
var braced = map[string]string{
	"BCRYPT": "$2", "BLF-CRYPT": "$2", "MD5-CRYPT": "$1$", "SHA256-CRYPT": "$5$", "SHA512-CRYPT": "$6$",
	"ARGON2": "$argon2", "ARGON2I": "$argon2i$", "ARGON2ID": "$argon2id$", "ARGON2D": "$argon2d$",
}

// bareDigests are the names of digests; a leading S means that there is a salt.
var bareDigests = map[string]string{
	"MD5": "md5", "LDAP-MD5": "md5", "PLAIN-MD5": "md5", "SHA": "sha1", "SHA1": "sha1", "SHA-1": "sha1",
	"SHA256": "sha256", "SHA-256": "sha256", "SHA384": "sha384", "SHA-384": "sha384", "SHA512": "sha512", "SHA-512": "sha512",
}

// parseBraces parses {NAME} and what follows. A mail server may add the encoding to the name:
// {SHA256.HEX}.
func parseBraces(encoded string) (*storedHash, error) {
	full, text, ok := strings.Cut(encoded[1:], "}")
	if !ok || full == "" {
		return nil, malformed("stored hash", "expected a name in braces and a hash behind it")
	}
	name, _, _ := strings.Cut(strings.ToUpper(strings.ReplaceAll(full, "_", "-")), ".")
	switch begins, ok := braced[name]; {
	case ok && !strings.HasPrefix(text, begins):
		return nil, malformed(strings.ToLower(name), "expected "+begins+" behind the name")
	case ok:
		return parseForeign(text)
	case name == "CRYPT":
		return parseCrypt(text)
	case name == "MD5" && strings.HasPrefix(text, "$1$"): // Dovecot's name for md5-crypt
		return parseMD5Crypt(text)
	case name == "SCRYPT" && strings.HasPrefix(text, "$"), strings.HasPrefix(name, "SCRYPT@"):
		return parseSpringScrypt(text)
	case name == "PKCS5S2":
		return parseAtlassian(text)
	case strings.HasPrefix(name, "PBKDF2"):
		return parseBracedPBKDF2(name, encoded[:len(encoded)-len(text)], text)
	}
	if function, ok := bareDigests[name]; ok {
		return parseBracedDigest(function, false, encoded[:len(encoded)-len(text)], text)
	}
	if function, ok := bareDigests[strings.TrimPrefix(name, "S")]; ok {
		return parseBracedDigest(function, true, encoded[:len(encoded)-len(text)], text)
	}
	if known := foreignBraces[name]; known != "" {
		return nil, unsupported(known)
	}
	return nil, unsupported(fmt.Sprintf("{%.30s}", printable(name)))
}

// printable limits the text in an error to letters, digits and a few others.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
}

// parseForeign parses a hash after a name in braces: never one of our own.
func parseForeign(encoded string) (*storedHash, error) {
	stored, err := parse(encoded)
	if err == nil {
		stored.own = false
	}
	return stored, err
}

// parseCrypt parses what follows {CRYPT}: anything that crypt(3) makes.
func parseCrypt(text string) (*storedHash, error) {
	switch {
	case strings.HasPrefix(text, "$"):
		return parseForeign(text)
	case strings.HasPrefix(text, "_"):
		return nil, unsupported("extended DES crypt")
	}
	return nil, unsupported("traditional DES crypt")
}

// parseBracedDigest parses a digest in base64 or hexadecimal, followed by the salt.
func parseBracedDigest(function string, salted bool, prefix, text string) (*storedHash, error) {
	scheme, size := strings.Replace(function, "sha1", "sha", 1), digests[function]().Size()
	if salted {
		scheme = "s" + scheme
	}
	data, err := hex.DecodeString(text)
	inHex := err == nil && (len(data) == size || salted && len(data) > size)
	if !inHex {
		data, err = decodeBase64(text)
	}
	if err != nil || salted != (len(data) > size) || len(data) < size || len(data) > size+maxTemplateSalt {
		what := fmt.Sprintf("expected the base64 of %d bytes", size)
		if salted {
			what += " and a salt"
		}
		return nil, malformed(scheme, what)
	}
	blank := make([]byte, len(data))
	copy(blank[size:], data[size:])
	text = base64.StdEncoding.EncodeToString(blank)
	if inHex {
		text = hex.EncodeToString(blank)
	}
	return saltedHash(scheme, function+":{password}{salt}", data[size:], data[:size], prefix+text)
}

// parseBracedPBKDF2 parses what directories store, {PBKDF2-SHA256}iterations$salt$key, a mail
// server's {PBKDF2}$1$salt$iterations$hex, and Spring's, which is the salt and the key in
// hexadecimal, with iterations that depend on its version.
func parseBracedPBKDF2(name, prefix, text string) (*storedHash, error) {
	parts := strings.Split(text, "$")
	switch {
	case len(parts) == 5 && parts[0] == "" && parts[1] == "1": // Dovecot: the salt is text
		key, err := hex.DecodeString(parts[4])
		if err != nil {
			return nil, malformed("pbkdf2", "the key is not hexadecimal")
		}
		return pbkdf2Hash("", pbkdf2Function(name), parts[3], []byte(parts[2]), key, without(prefix+text, parts[4], "0"))
	case len(parts) == 3:
		return parsePHCPBKDF2("$" + strings.ToLower(name) + "$" + text)
	case len(parts) == 1 && name == "PBKDF2-SHA256":
		return parse389PBKDF2(prefix, text)
	case len(parts) == 1 && (name == "PBKDF2" || strings.HasPrefix(name, "PBKDF2@")):
		return parseSpringPBKDF2(text)
	}
	return nil, malformed("PBKDF2", "expected {PBKDF2-SHA256}iterations$salt$key")
}

// parse389PBKDF2 reads what the 389 Directory Server stores as {PBKDF2_SHA256}: the base64
// of the iterations, 64 bytes of salt, and a key of 256 bytes.
func parse389PBKDF2(prefix, text string) (*storedHash, error) {
	const head = 4 + 64
	data, err := decodeBase64(text)
	if err != nil || len(data) != head+256 {
		return nil, malformed("pbkdf2-sha256", "expected iterations$salt$key, or the base64 of 324 bytes")
	}
	blank := make([]byte, len(data))
	copy(blank, data[:head])
	return pbkdf2Hash("", "sha256", strconv.FormatUint(uint64(binary.BigEndian.Uint32(data)), 10), data[4:head], data[head:],
		prefix+base64.StdEncoding.EncodeToString(blank))
}

func parseSpringPBKDF2(text string) (*storedHash, error) {
	data, err := hex.DecodeString(text)
	switch {
	case err == nil && len(data) == 8+32: // up to 5.7
		return pbkdf2Hash("spring-", "sha1", "185000", data[:8], data[8:], "")
	case err == nil && len(data) == 16+32: // from 5.8 on
		return pbkdf2Hash("spring-", "sha256", "310000", data[:16], data[16:], "")
	}
	return nil, malformed("spring-pbkdf2", "expected a salt of 8 or 16 bytes and a key of 32 in hexadecimal")
}

// parseSpringScrypt reads $e0801$salt$key: the digits are the logarithm of N, r and p.
func parseSpringScrypt(text string) (*storedHash, error) {
	const scheme = "spring-scrypt"
	parts := strings.Split(text, "$")
	if len(parts) != 4 {
		return nil, malformed(scheme, "expected $e0801$salt$key")
	}
	params, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, malformed(scheme, "the parameters are not hexadecimal")
	}
	salt, key, err := keyAndSalt(scheme, parts[2], parts[3])
	switch {
	case err != nil:
		return nil, err
	case params>>16 > 30:
		return nil, tooCostly(scheme, "logarithm of the blocks", int64(params>>16), 18)
	}
	return scryptHash(scheme, 1<<(params>>16), int64(params>>8&255), int64(params&255), salt, key)
}

// parseAtlassian reads {PKCS5S2}: the base64 of 16 bytes of salt and 32 of key.
func parseAtlassian(text string) (*storedHash, error) {
	data, err := decodeBase64(text)
	if err != nil || len(data) != 48 {
		return nil, malformed("atlassian-pbkdf2", "expected the base64 of 48 bytes")
	}
	return pbkdf2Hash("atlassian-", "sha1", "10000", data[:16], data[16:], "")
}

// parseGrubPBKDF2 reads grub.pbkdf2.sha512.iterations.SALT.KEY, in hexadecimal.
func parseGrubPBKDF2(encoded string) (*storedHash, error) {
	parts := strings.Split(encoded, ".")
	if len(parts) != 6 {
		return nil, malformed("PBKDF2", "expected grub.pbkdf2.sha512.iterations.salt.key")
	}
	salt, err1 := hex.DecodeString(parts[4])
	key, err2 := hex.DecodeString(parts[5])
	if err1 != nil || err2 != nil {
		return nil, malformed("PBKDF2", "the salt or the key is not hexadecimal")
	}
	return pbkdf2Hash("", strings.ToLower(parts[2]), parts[3], salt, key, without(encoded, parts[5], "0"))
}
