package gatehouse_test

import (
	"strings"
	"testing"

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
		{"म\u200dर", gatehouse.InNames, ""}, // a joiner belongs into names of some scripts
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
		if ok != (c.want == "") || bad.Code != c.want {
			t.Errorf("%q: %v %v, want %q", c.value, bad, ok, c.want)
		}
	}
	bad, _ := gatehouse.CheckLine("f", "four", 3, gatehouse.InNames)
	if bad.Field != "f" || bad.Args["max"] != "3" {
		t.Errorf("%+v", bad)
	}
}
