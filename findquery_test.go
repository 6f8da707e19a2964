package gatehouse_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"gatehouse"
)

func TestReadFindQuery(t *testing.T) {
	for typed, want := range map[string]struct{ words, from, within string }{
		"":                        {},
		" msantos ":               {words: "msantos"},
		"Santos, Maria":           {words: "Santos Maria"},
		"Maria Teresa dos Santos": {words: "Maria Teresa dos"},
		"%":                       {words: "%"},
		"_":                       {words: "_"},
		"203.0.113.7":             {from: "203.0.113.7/32", within: "203.0.113.7"},
		"203.0.113.":              {from: "203.0.113.0/24", within: "203.0.113."},
		"203.0.113.0/24":          {from: "203.0.113.0/24", within: "203.0.113."},
		"203.0.113.77/26":         {from: "203.0.113.64/26", within: "203.0.113."},
		"203.0.":                  {from: "203.0.0.0/16", within: "203.0."},
		"203.":                    {from: "203.0.0.0/8", within: "203."},
		"::ffff:203.0.113.7":      {from: "203.0.113.7/32", within: "203.0.113.7"},
		"2001:db8::1":             {from: "2001:db8::1/128", within: "2001:db8::1"},
		"2001:db8::/32":           {from: "2001:db8::/32", within: "2001:db8:"},
		"2001:db8:0:1::/64":       {from: "2001:db8:0:1::/64", within: "2001:db8:"},
		"fe80::1%eth0":            {from: "fe80::1/128", within: "fe80::1"},
		"0.0.0.0/0":               {words: "0.0.0.0/0"},
		"10.":                     {from: "10.0.0.0/8", within: "10."},
		"1.2.3.4.":                {words: "1.2.3.4."},
		"999.1.":                  {words: "999.1."},
	} {
		q := gatehouse.ReadFindQuery(typed)
		if got := strings.Join(q.Words, " "); got != want.words {
			t.Errorf("%q: words %q", typed, got)
		}
		if want.from == "" {
			if q.From.IsValid() {
				t.Errorf("%q: from %s", typed, q.From)
			}
			continue
		}
		if q.From != netip.MustParsePrefix(want.from) {
			t.Errorf("%q: from %s", typed, q.From)
		} else if q.Within() != want.within {
			t.Errorf("%q: within %q", typed, q.Within())
		}
	}
	if q := gatehouse.ReadFindQuery(strings.Repeat("ä", 1000)); len([]rune(q.Typed)) != gatehouse.MaxFindQuery {
		t.Errorf("%d characters", len([]rune(q.Typed)))
	}
}

func TestNameStarts(t *testing.T) {
	for word, want := range map[string][]string{"SANTOS": {"santos"}, "émile": {"émile", "Émile"}, "Émile": {"émile", "Émile"}, "MÜLLER": {"müller", "mÜller"}, "李": {"李"}, "": {""}} {
		if got := gatehouse.NameStarts(word); !slices.Equal(got, want) {
			t.Errorf("%s: %q", word, got)
		}
	}
}
