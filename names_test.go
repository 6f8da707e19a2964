package gatehouse_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gatehouse"
)

func TestCheckLine(t *testing.T) {
	for _, c := range []struct {
		value   string
		allowed func(rune) bool
		want    string // the code; empty: nothing is wrong
	}{
		{"Mira Ólafsdóttir-O’Brien", gatehouse.InNames, ""},
		{"", gatehouse.InNames, ""},
		{"ميرا", gatehouse.InNames, ""},
		{"म\u200dर", gatehouse.InNames, ""}, // some scripts need a joiner in names
		{"म\u200dर", gatehouse.InKeys, "character"},
		{"two\nlines", gatehouse.InNames, "character"},
		{"para\u2029graph", gatehouse.InNames, "character"},
		{"turned\u202eround", gatehouse.InNames, "character"},
		{"\xff", gatehouse.InNames, "character"},
		{"left\ufffdover", gatehouse.InNames, "character"},
		{strings.Repeat("é", 30), gatehouse.InNames, ""},
		{strings.Repeat("é", 31), gatehouse.InNames, "too-long"},
	} {
		bad, ok := gatehouse.CheckLine("f", c.value, 30, c.allowed)
		if ok != (c.want == "") || bad.Reason != c.want {
			t.Errorf("%q: %v %v, want %q", c.value, bad, ok, c.want)
		}
	}
	bad, _ := gatehouse.CheckLine("f", "four", 3, gatehouse.InNames)
	if bad.Field != "f" || bad.Args["max"] != "3" {
		t.Errorf("%+v", bad)
	}
}

// C01: case makes no difference in any language, nor do the two spellings of a domain; domains of
// different owners stay distinct.
func TestNameKeyOfTurkishAndOfDomains(t *testing.T) {
	for _, same := range [][]string{
		{"İbrahim.Yıldız", "ibrahim.yildiz", "IBRAHIM.YILDIZ", "İBRAHİM.YILDIZ", "ıbrahım.yıldız", "I\u0307brahim.Yıldız"},
		{"mira@exämple.example", "MIRA@EXÄMPLE.EXAMPLE", "mira@xn--exmple-cua.example", "Mira@XN--exmple-CUA.example", "ｍｉｒａ＠ｅｘａ\u0308ｍｐｌｅ．ｅｘａｍｐｌｅ"},
		{"kim@straße.example", "KIM@xn--strae-oqa.example"},
	} {
		for _, name := range same {
			if got, want := gatehouse.NameKey(name), gatehouse.NameKey(same[0]); got != want {
				t.Errorf("%q: %q, but %q: %q", name, got, same[0], want)
			}
		}
	}
	for _, apart := range [][2]string{{"kim@straße.example", "kim@strasse.example"}, {"a@λόγος.example", "a@λόγοσ.example"}, {"a@exämple.example", "a@example.example"}} {
		if gatehouse.NameKey(apart[0]) == gatehouse.NameKey(apart[1]) {
			t.Errorf("%q and %q are taken for one", apart[0], apart[1])
		}
	}
}

// One mailbox has one key, so no search misses a user; and the key of a key is the key.
func TestOneMailboxHasOneKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := anyAddresses(t)
		for _, a := range all {
			key := gatehouse.NameKey(a)
			if again := gatehouse.NameKey(key); again != key {
				t.Fatalf("%q: %q, then %q", a, key, again)
			}
			for _, b := range append(all, gatehouse.Mailbox(a)) {
				if gatehouse.SameMailbox(a, b) && gatehouse.NameKey(b) != key {
					t.Fatalf("%q and %q are one mailbox, with the keys %q and %q", a, b, key, gatehouse.NameKey(b))
				}
			}
		}
	})
}
