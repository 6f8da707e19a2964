package gatehouse

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FindQuery is what an operator has typed into the search box, as what it can be.
type FindQuery struct {
	// Typed is the text without the spaces around it.
	Typed string
	// Words are its words, at most three: the beginnings of names.
	Words []string
	// From is the block of IP addresses that it stands for: an address, a block, or the beginning of an
	// IPv4 address. It is invalid if it is none.
	From netip.Prefix
}

// MaxFindQuery is the longest text that is looked for, in characters.
const MaxFindQuery = 200

// ReadFindQuery reads what was typed into the search box.
func ReadFindQuery(typed string) FindQuery {
	typed = strings.TrimSpace(typed)
	if utf8.RuneCountInString(typed) > MaxFindQuery {
		typed = string([]rune(typed)[:MaxFindQuery])
	}
	q := FindQuery{Typed: typed, From: readBlock(typed)}
	if q.From.IsValid() {
		return q
	}
	q.Words = strings.FieldsFunc(typed, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	q.Words = q.Words[:min(len(q.Words), 3)]
	return q
}

// readBlock reads a block of addresses: 203.0.113.7, 203.0.113.0/24, 203.0.113., 2001:db8::/32.
func readBlock(s string) netip.Prefix {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen())
	}
	if p, err := netip.ParsePrefix(s); err == nil && p.Bits() >= 8 {
		return p.Masked()
	}
	if rest, found := strings.CutSuffix(s, "."); found && strings.Count(s, ".") < 4 {
		bits := 8 * strings.Count(s, ".")
		if a, err := netip.ParseAddr(rest + strings.Repeat(".0", 4-strings.Count(s, "."))); err == nil {
			return netip.PrefixFrom(a, bits)
		}
	}
	return netip.Prefix{}
}

// Within is the text that every address of the block begins with, for looking it up, and which more
// addresses may begin with.
func (q FindQuery) Within() string {
	a, bits := q.From.Addr(), q.From.Bits()
	if q.From.IsSingleIP() {
		return a.String()
	}
	if a.Is4() {
		return strings.Join(strings.SplitAfter(a.String(), ".")[:bits/8], "")
	}
	// Only the groups before the first zero are written the same in every address of the block.
	groups := strings.Split(a.String(), ":")
	kept := ""
	for i := 0; i < bits/16 && groups[i] != "" && groups[i] != "0"; i++ {
		kept += groups[i] + ":"
	}
	return kept
}

// NameStarts are the spellings in which names may begin with a word, as the database writes them in
// small letters: it knows those of ASCII only, so others are tried as typed, small, and with a capital
// at the beginning.
func NameStarts(word string) []string {
	if word == "" {
		return []string{""}
	}
	ascii := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return unicode.ToLower(r)
		}
		return r
	}, word)
	small := strings.ToLower(word)
	first, size := utf8.DecodeRuneInString(small)
	starts := []string{small}
	for _, other := range []string{ascii, string(unicode.ToUpper(first)) + small[size:]} {
		if first >= utf8.RuneSelf || other == ascii {
			if !slices.Contains(starts, other) {
				starts = append(starts, other)
			}
		}
	}
	return starts
}
