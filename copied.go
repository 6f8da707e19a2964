package gatehouse

import (
	"slices"
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
	id, mac, named := strings.Cut(kept, ".")
	if named && len(mac) >= tokenLength {
		return strings.TrimPrefix(id, undecoded) + "." + firstOf(mac) // no ID begins like that
	}
	// A token can: then what is too long for one tells whether it ends with a mark instead.
	if len(id) >= tokenLength+len(undecoded) && !slices.Contains([]string{"3E", "gt"}, id[tokenLength:]) {
		id = strings.TrimPrefix(id, undecoded)
	}
	return firstOf(id)
}

// undecoded is what is left of the "=" before a token in quoted-printable.
const undecoded = "3D"

func firstOf(token string) string { return token[:min(len(token), tokenLength)] }
