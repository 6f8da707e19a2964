package secret

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// around is what copying leaves before and after, inside is what it adds in between.
var (
	around = []string{"", " ", "\u00a0", "\r\n", "    ", "\t", "\u200b", "\ufeff", `"`, "'", "“", "”", "«", ".", ",", ":", ")", ">", "> ", "*", "`", "\u2060", "…", "Password: ", "Kennwort: ", "– "}
	inside = []string{"", "\u200b", "\u00ad", "\r\n", "\r\n    ", "\u00a0", " "}
	dashes = []string{"-", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212", " - ", " ", "\uff0d", "-\u200b"}
)

func one(from []string) string { return from[rand.IntN(len(from))] }

// What we issued is found however it was copied, and none of it may be missing.
func TestATemporaryPasswordIsReadHoweverItIsCopied(t *testing.T) {
	for range 5000 {
		want := NewTemporaryPassword()
		groups := strings.Split(want, "-")
		for i, g := range groups {
			if rand.IntN(4) == 0 {
				at := 1 + rand.IntN(len(g)-1)
				groups[i] = g[:at] + one(inside) + g[at:]
			}
			if rand.IntN(6) == 0 {
				groups[i] = strings.ToUpper(groups[i])
			}
		}
		copied := groups[0]
		for _, g := range groups[1:] {
			copied += one(dashes) + g
		}
		copied = one(around) + one(around) + copied + one(around[:23]) + "."
		if got, ok := ReadTemporaryPassword(copied); !ok || got != want {
			t.Fatalf("%q is read as %q, %v; it was %q", copied, got, ok, want)
		}
		at := strings.IndexFunc(want, func(r rune) bool { return r != '-' }) + 1
		for _, bad := range []string{want[:len(want)-1], want[1:], want[:at] + want[at+1:], want + "a", "x" + want, want + "7", want[:at] + "q" + want[at:]} {
			if got, ok := ReadTemporaryPassword(bad); ok {
				t.Fatalf("%q is taken for %q", bad, got)
			}
		}
	}
	for _, other := range []string{"", "-", "Correct-Horse-42-Battery", strings.Repeat("Kepu-", 50), strings.Repeat("a ", 5000)} {
		if got, ok := ReadTemporaryPassword(other); ok {
			t.Errorf("%q is taken for %q", other, got)
		}
	}
	if got, ok := ReadTemporaryPassword("Ｋｅｐｕ-٣٧fan-Radi-94tem-Gasu"); !ok || got != "Kepu-37fan-Radi-94tem-Gasu" {
		t.Errorf("other widths and digits: %q", got)
	}
}

func TestAReferenceIsReadHoweverItIsCopied(t *testing.T) {
	for range 2000 {
		want := NewReference()
		parts := strings.Split(want, "-")
		typed := one(around[:14]) + parts[0] + one(dashes) + parts[1] + one(dashes) + parts[2] + one(around[:14])
		if rand.IntN(2) == 0 {
			typed = strings.ToLower(typed)
		}
		if rand.IntN(3) == 0 {
			typed = strings.NewReplacer("0", "O", "1", "l").Replace(typed)
		}
		if got, ok := ReadReference(typed); !ok || got != want {
			t.Fatalf("%q is read as %q, %v; it was %q", typed, got, ok, want)
		}
	}
	for _, bad := range []string{"", "GH-7F3K", "7F3K-29QX", "GH-7F3K-29QX9", "XGH-7F3K-29QX"} {
		if got, ok := ReadReference(bad); ok {
			t.Errorf("%q is taken for %s", bad, got)
		}
	}
}
