package gatehouse

import (
	"slices"
	"strings"
	"unicode"
)

// tokenLength is the length of every token in a link: 256 bits as base64url.
const tokenLength = 43

// CleanToken removes what is not part of the token from one copied with its link: a bracket, comma
// or quotation mark after it, a line end inside it, the soft line end of an undecoded mail. A text
// that is not one of our tokens is not padded or completed.
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
	id, mac, named := strings.Cut(kept, ".")
	if named && len(mac) >= tokenLength {
		return strings.TrimPrefix(id, undecoded) + "." + firstOf(mac) // no ID begins like that
	}
	// A token can: then the excess length tells whether it ends with a mark instead.
	if len(id) >= tokenLength+len(undecoded) && !slices.Contains([]string{"3E", "gt"}, id[tokenLength:]) {
		id = strings.TrimPrefix(id, undecoded)
	}
	return firstOf(id)
}

// undecoded is what is left of the "=" before a token in quoted-printable.
const undecoded = "3D"

func firstOf(token string) string { return token[:min(len(token), tokenLength)] }
