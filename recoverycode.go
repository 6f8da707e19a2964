package gatehouse

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

const (
	// recoveryCodeLetters are 32 characters that cannot be confused on a screen or on paper
	// (Crockford's base32).
	recoveryCodeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	// recoveryCodeLength gives 60 random bits.
	recoveryCodeLength = 12
	recoveryCodeGroup  = 4
)

// RecoveryCodeOf makes a recovery code from RecoveryCodeBytes random bytes.
func RecoveryCodeOf(random []byte) string {
	code := make([]byte, recoveryCodeLength)
	for i := range code {
		code[i] = recoveryCodeLetters[random[i]%32] // 256 is a multiple of 32, so there is no bias
	}
	return string(code)
}

// RecoveryCodeBytes is how many random bytes a recovery code is made of.
const RecoveryCodeBytes = recoveryCodeLength

// GroupRecoveryCode returns a code in its display form: "K7MP-2QXA-9D4T".
func GroupRecoveryCode(code string) string {
	var groups []string
	for ; len(code) > recoveryCodeGroup; code = code[recoveryCodeGroup:] {
		groups = append(groups, code[:recoveryCodeGroup])
	}
	return strings.Join(append(groups, code), "-")
}

// ReadRecoveryCode reads a recovery code as people type it from paper: in small letters, with or
// without anything between its groups, with the letters O, I and L for the digits that they look
// like. It returns false if the number of letters and digits is wrong.
func ReadRecoveryCode(typed string) (string, bool) {
	code := strings.Map(func(r rune) rune {
		switch r = Digit(r); {
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		case strings.ContainsRune(recoveryCodeLetters, r):
			return r
		case r >= 'A' && r <= 'Z': // U, which no code has
			return '?'
		}
		return -1
	}, strings.ToUpper(norm.NFKC.String(typed)))
	return code, len(code) == recoveryCodeLength && !strings.Contains(code, "?")
}
