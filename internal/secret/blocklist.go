package secret

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/FastFilter/xorfilter"

	"gatehouse"
)

// commonPasswords are the common passwords, one per line, sorted, gzip'd. For their source and how
// the file was made, see blocklist/README.md.
//
//go:embed blocklist/common.txt.gz
var commonPasswords []byte

// maxBlocklistLine is the longest line of an operator's file, in bytes.
const maxBlocklistLine = 64 << 10

// hashSeed is new in every process, so nobody can prepare a password that the filter takes for a
// common one.
var hashSeed = maphash.MakeSeed()

// A Blocklist is a set of common passwords. It keeps 18 bits for each instead of the password, so
// millions of them fit, and has only false positives: at most one unlisted password in 5,000 is
// taken for a listed one (the filter errs once in 65,536, and a password is looked up in up to
// twelve forms). A user who hits one chooses another password.
//
// It implements ASVS 6.2.4 and 6.2.12 and NIST SP 800-63B-4 3.1.1.2, by comparing the whole
// password, not words inside it.
type Blocklist struct {
	base   *Blocklist // checked too; nil at the root
	filter *xorfilter.BinaryFuse[uint16]
	size   int
}

// CommonPasswords returns the built-in list of 49,233 passwords. 17,950 of them
// have 8 characters or more, 28,230 have 7 or more and 41 have 15 or more. The
// first call builds the filter in some 20 ms; the later ones cost nothing.
func CommonPasswords() *Blocklist { return commonOnce() }

var commonOnce = sync.OnceValue(func() *Blocklist {
	text, err := gzip.NewReader(bytes.NewReader(commonPasswords))
	if err != nil { // the file is part of the program: a test reads it
		panic("secret: built-in list of passwords: " + err.Error())
	}
	list, err := ReadBlocklist(nil, text)
	if err != nil {
		panic("secret: built-in list of passwords: " + err.Error())
	}
	return list
})

// ReadBlocklist returns a list with everything in base, which may be nil, and the lines of files.
// A line is a literal password, so there are no comments; empty lines are ignored. Two million
// lines take half a second and, while they are read, 16 MiB. Errors are read errors, and a line of
// more than 64 KiB, with the numbers of the file and the line.
func ReadBlocklist(base *Blocklist, files ...io.Reader) (*Blocklist, error) {
	var keys []uint64
	for i, file := range files {
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, maxBlocklistLine)
		n := 0
		for ; lines.Scan(); n++ {
			if line := bytes.TrimRight(lines.Bytes(), "\r"); len(line) > 0 {
				keys = append(keys, blockKey(gatehouse.Fold(string(line))))
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("list of passwords %d, line %d: %w", i+1, n+1, err)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	list := &Blocklist{base: base, size: len(keys)}
	if len(keys) == 0 {
		return list, nil
	}
	filter, err := xorfilter.NewBinaryFuse[uint16](keys)
	if err != nil {
		return nil, fmt.Errorf("list of passwords: %w", err)
	}
	list.filter = filter
	return list, nil
}

// Len returns how many passwords the list holds. One that is in base and in a
// file counts twice.
func (b *Blocklist) Len() int {
	if b == nil {
		return 0
	}
	return b.size + b.base.Len()
}

// Contains reports whether the list has the password: as it is, in other case ("PassWord"), with
// digits and punctuation around it ("password2024!") unless they are more than half of it, or with
// the usual replacements ("P@ssw0rd"). It also returns true for trivial passwords that need no
// list, such as keyboard walks: see trivial. A nil list contains nothing else.
func (b *Blocklist) Contains(password string) bool {
	if b.trivial(gatehouse.Fold(password)) {
		return true
	}
	for _, form := range blockForms(gatehouse.Fold(password)) {
		if b.has(blockKey(form)) {
			return true
		}
	}
	return false
}

func (b *Blocklist) has(key uint64) bool {
	for ; b != nil; b = b.base {
		if b.filter != nil && b.filter.Contains(key) {
			return true
		}
	}
	return false
}

func blockKey(form string) uint64 { return maphash.String(hashSeed, form) }

// The usual replacements. 1 and ! replace i or l.
var (
	plainI = strings.NewReplacer("@", "a", "4", "a", "8", "b", "3", "e", "6", "g", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t", "+", "t", "2", "z")
	plainL = strings.NewReplacer("@", "a", "4", "a", "8", "b", "3", "e", "6", "g", "1", "l", "!", "l", "|", "l", "0", "o", "$", "s", "5", "s", "7", "t", "+", "t", "2", "z")
)

// blockForms returns the forms of a folded password that are looked up.
func blockForms(folded string) []string {
	bare := []string{folded}
	for _, rest := range []string{
		strings.TrimRightFunc(folded, isPunctuation),
		strings.TrimRightFunc(folded, isDecoration),
		strings.TrimFunc(folded, isDecoration),
	} {
		if n := utf8.RuneCountInString(rest); n >= 4 && 2*n >= utf8.RuneCountInString(folded) {
			bare = append(bare, rest)
		}
	}
	forms := bare
	for _, form := range bare {
		forms = append(forms, plainI.Replace(form), plainL.Replace(form))
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

func isPunctuation(r rune) bool {
	return unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsSpace(r)
}

func isDecoration(r rune) bool { return unicode.IsDigit(r) || isPunctuation(r) }
