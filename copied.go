package gatehouse

import (
	"strings"
	"unicode"
)

// tokenLength is that of every token in a link: 256 bits as base64url.
const tokenLength = 43

// CleanToken takes what is no part of a token out of one that came with a link: the
// bracket, comma or quotation mark behind it, the line end in it, the soft line end of a
// mail that was not decoded. What is no token of ours stays as short as it is.
func CleanToken(copied string) string {
	if len(copied) > 10*tokenLength {
		return copied
	}
	kept := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.", r)) {
			return r
		}
		return -1
	}, copied)
	if strings.HasPrefix(kept, "3D") && len(strings.TrimRight(kept, ".")) >= tokenLength+2 {
		kept = kept[2:] // "=3D" of quoted-printable
	}
	id, mac, named := strings.Cut(kept, ".")
	if !named || len(mac) < tokenLength {
		return firstOf(id)
	}
	return id + "." + firstOf(mac)
}

func firstOf(token string) string { return token[:min(len(token), tokenLength)] }
