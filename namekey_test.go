package gatehouse_test

import (
	"strings"
	"testing"

	"gatehouse"
	"pgregory.net/rapid"
)

// NameKey: the same name, in any spelling (C01).
func TestNameKey(t *testing.T) {
	for _, test := range []struct{ typed, want string }{
		{"JohnSmith@MyCompany.com", "johnsmith@mycompany.com"},
		{"  johnsmith@mycompany.com\t\n", "johnsmith@mycompany.com"},
		{"\u00a0johnsmith@mycompany.com\u3000", "johnsmith@mycompany.com"},
		{"ＪｏｈｎＳｍｉｔｈ＠ｍｙｃｏｍｐａｎｙ．ｃｏｍ", "johnsmith@mycompany.com"},
		{"John Smith", "john smith"},
		{"ANNE\u0301", "ann\u00e9"},
		{"МАРИЯ", "мария"},
		{"", ""}, {"   ", ""},
	} {
		if got := gatehouse.NameKey(test.typed); got != test.want {
			t.Errorf("%q: %q, want %q", test.typed, got, test.want)
		}
	}
	for _, different := range [][2]string{{"john", "jöhn"}, {"john.smith", "johnsmith"}, {"john smith", "johnsmith"}, {"o", "0"}} {
		if gatehouse.NameKey(different[0]) == gatehouse.NameKey(different[1]) {
			t.Errorf("%q and %q are taken for one", different[0], different[1])
		}
	}
}

func TestNameKeyIsInsensitive(t *testing.T) {
	names := rapid.StringMatching(`[A-Za-z0-9äöüéßñА-Яа-яα-ρσ-ω.@_ +'-]{0,30}`)
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		key := gatehouse.NameKey(name)
		space := rapid.StringMatching("[ \t\u00a0\u3000]{0,3}")
		for _, other := range []string{
			key, strings.ToUpper(name), strings.ToLower(name), fullWidth(name),
			space.Draw(t, "before") + name + space.Draw(t, "after"),
		} {
			if got := gatehouse.NameKey(other); got != key {
				t.Fatalf("%q: %q, but %q: %q", name, key, other, got)
			}
		}
	})
}

// fullWidth is how a Japanese keyboard types Latin letters.
func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

// The key of a key is the key, for any text: a stored key can be looked up.
func TestNameKeyIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := gatehouse.NameKey(anyText().Draw(t, "name"))
		if again := gatehouse.NameKey(key); again != key {
			t.Fatalf("%q, then %q", key, again)
		}
	})
}

// Letters whose lower case cannot be found by mapping capitals one by one.
func TestNameKeyOfUnusualLetters(t *testing.T) {
	for _, same := range [][2]string{
		{"ΟΔΥΣΣΕΥΣ", "οδυσσευς"}, // the last sigma of a word has its own form
		{"H\u0331ANNA", "ẖanna"}, // no composed capital, but a composed small letter
		{"J\u030COHN", "ǰohn"},
		{"STRASSE", "straße"}, // one small letter, two capitals
		{"ﬁONA", "FIona"},     // a ligature
		{"ꭰꮃ", "ᎠᎳ"},          // Cherokee, where Unicode folds to the capitals
	} {
		if a, b := gatehouse.NameKey(same[0]), gatehouse.NameKey(same[1]); a != b {
			t.Errorf("%q: %q, but %q: %q", same[0], a, same[1], b)
		}
		if key := gatehouse.NameKey(same[0]); gatehouse.NameKey(key) != key {
			t.Errorf("%q: key %q, key of that %q", same[0], key, gatehouse.NameKey(key))
		}
	}
}
