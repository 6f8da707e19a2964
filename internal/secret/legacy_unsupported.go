package secret

import (
	"regexp"
	"sync"
)

// shape is a format that is recognised by more than its prefix.
type shape struct {
	text  func() *regexp.Regexp
	parse func(parts []string) (*storedHash, error)
}

var shapes = []shape{
	{magentoText, parseMagento},
	{identityText, parseIdentity},
}

// foreignBraces are names in braces that we know and cannot verify.
var foreignBraces = map[string]string{
	"NOOP": clear, "PLAIN": clear, "CLEAR": clear, "CLEARTEXT": clear, "PLAIN-TRUNC": clear,
	"SASL":          "{SASL}, which holds no hash: the password is in another system",
	"CRAM-MD5":      "CRAM-MD5",
	"HMAC-MD5":      "CRAM-MD5",
	"DIGEST-MD5":    "DIGEST-MD5",
	"SCRAM-SHA-1":   "SCRAM-SHA-1",
	"SCRAM-SHA-256": "SCRAM-SHA-256",
	"LANMAN":        "LAN Manager hash",
	"LM":            "LAN Manager hash",
	"NTLM":          "NT hash",
	"NT":            "NT hash",
	"DES-CRYPT":     "traditional DES crypt",
	"SKEY":          "S/Key",
	"RPA":           "RPA",
	"OTP":           "one-time passwords",
	"LDAP":          "{ldap}, which holds no hash: the password is in another system",
	"X-ISSHA":       "SAP's iterated SHA-1",
	"X-ISSHA256":    "SAP's iterated SHA-256",
	"X-ISSHA384":    "SAP's iterated SHA-384",
	"X-ISSHA512":    "SAP's iterated SHA-512",
}

// clear is why a plain-text password is refused: it would stay in the file and in the program that
// wrote it, and it is not a hash here.
const clear = "a password in clear text; put it into the column temporary_password, or leave it out and let this person set a new one"

// foreign is a format that we know and cannot verify.
type foreign struct {
	text *regexp.Regexp
	name string
}

// foreignNames are all such formats. Of those with the same beginning, the longer ones come first.
var foreignNames = sync.OnceValue(func() []foreign {
	return []foreign{
		{regexp.MustCompile(`^\$gy\$`), "GOST yescrypt ($gy$)"},
		{regexp.MustCompile(`^\$7\$`), "scrypt as crypt(3) writes it ($7$)"},
		{regexp.MustCompile(`^\$md5[,$]`), "Sun's MD5 crypt ($md5$)"},
		{regexp.MustCompile(`^\$sm3\$`), "SM3 crypt ($sm3$)"},
		{regexp.MustCompile(`(?i)^\$(3|NT)\$`), "NT hash"},
		{regexp.MustCompile(`^\$A\$`), "MySQL's caching_sha2_password"},
		{regexp.MustCompile(`^\*[0-9A-F]{40}$`), "MySQL's PASSWORD(); it can be imported with hash_format"},
		{regexp.MustCompile(`^\$ml\$`), "macOS' SALTED-SHA512-PBKDF2"},
		{regexp.MustCompile(`^\$[489]\$`), "Cisco's type 4, 8 and 9"},
		{regexp.MustCompile(`^SCRAM-SHA-(1|256|512)\$`), "SCRAM"},
		{regexp.MustCompile(`^md5[0-9a-f]{32}$`), "PostgreSQL's MD5"},
		{regexp.MustCompile(`^(?i)0x0[12]00[0-9A-F]{48,}$`), "Microsoft SQL Server's hash"},
		{regexp.MustCompile(`^(?i)S:[0-9A-F]{60}`), "Oracle's hash"},
		{regexp.MustCompile(`^\([GHg][A-Za-z0-9+/]+\)$`), "Domino's hash"},
		{regexp.MustCompile(`^_[./A-Za-z0-9]{19}$`), "extended DES crypt"},
		{regexp.MustCompile(`^[./A-Za-z0-9]{13}$`), "traditional DES crypt"},
		{regexp.MustCompile(`^plain\$`), clear},
		{regexp.MustCompile(`^pbkdf2\$`), "PBKDF2 in a notation that is not known; write $pbkdf2-sha256$iterations$salt$key"},
		{regexp.MustCompile(`^(?i)[0-9a-f]{32}(:.*)?$`), "a bare MD5; say in hash_format how it was made, such as md5:{password}"},
		{regexp.MustCompile(`^(?i)[0-9a-f]{40}(:.*)?$`), "a bare SHA-1; say in hash_format how it was made, such as sha1:{salt}{password}"},
		{regexp.MustCompile(`^(?i)[0-9a-f]{64}(:.*)?$`), "a bare SHA-256; say in hash_format how it was made, such as sha256:{salt}{password}"},
		{regexp.MustCompile(`^(?i)[0-9a-f]{96}(:.*)?$`), "a bare SHA-384; say in hash_format how it was made, such as sha384:{salt}{password}"},
		{regexp.MustCompile(`^(?i)[0-9a-f]{128}(:.*)?$`), "a bare SHA-512; say in hash_format how it was made, such as sha512:{salt}{password}"},
		{regexp.MustCompile(`^\$[A-Za-z][A-Za-z0-9_-]{0,30}\$.{10,}`), "a format that begins with a name between $ that is not known here"},
	}
})

// foreignName names the format of a hash that cannot be verified; empty: unknown.
func foreignName(encoded string) string {
	for _, f := range foreignNames() {
		if f.text.MatchString(encoded) {
			return f.name
		}
	}
	return ""
}
