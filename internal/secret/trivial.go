package secret

import (
	"strings"
	"unicode/utf8"
)

// Long passwords are rare on lists, but the careless ones are easy to describe: a walk along the
// keyboard, the alphabet or the digits, and the same thing again and again. SP 800-63B-4 3.1.1.2
// counts both as expected values.

// rows are the sequences of walks, each in both directions. The digits and the alphabet wrap
// around at their end.
var rows = makeRows("12345678901234567890", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	"qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "qazwsxedcrfvtgbyhnujmikolp")

func makeRows(forward ...string) []string {
	all := forward
	for _, row := range forward {
		back := []byte(row)
		for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
			back[i], back[j] = back[j], back[i]
		}
		all = append(all, string(back))
	}
	return all
}

// shortestStep is how many characters along a row count as a walk.
const shortestStep = 3

// walked reports whether a folded password consists only of walks along rows.
func walked(folded string) bool {
	if len(folded) < shortestStep {
		return false
	}
	for rest := folded; rest != ""; {
		n := longestStep(rest)
		if n < shortestStep {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// longestStep returns how much of the beginning of s follows one row.
func longestStep(s string) int {
	longest := 0
	for _, row := range rows {
		for n := min(len(s), len(row)); n > longest; n-- {
			if strings.Contains(row, s[:n]) {
				longest = n
			}
		}
	}
	return longest
}

// shortestBlock is how many characters a block must have for its repetition to be a password: less
// is one key, or a few, held down.
const shortestBlock = 5

// repeated returns the block that a folded password repeats; all of it if it repeats nothing.
func repeated(folded string) string {
	for n := 1; n <= len(folded)/2; n++ {
		if len(folded)%n == 0 && strings.Repeat(folded[:n], len(folded)/n) == folded {
			return folded[:n]
		}
	}
	return folded
}

// trivial reports whether a folded password is a walk, or the repetition of a block that is short,
// a walk, or on the list.
func (b *Blocklist) trivial(folded string) bool {
	block := repeated(folded)
	if walked(folded) || walked(block) {
		return true
	}
	return block != folded && (utf8.RuneCountInString(block) < shortestBlock || b.has(blockKey(block)))
}
