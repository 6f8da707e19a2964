package gatehouse_test

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"gatehouse"
)

func TestSameMailbox(t *testing.T) {
	for _, c := range []struct {
		why, a, b string
		want      bool
	}{
		{"nothing", "", "", true},
		{"itself", "mira@x.example", "mira@x.example", true},
		{"capitals", "Mira@X.example", "mira@x.example", true},
		{"capitals beyond ASCII", "ÉLOÏSE@x.example", "éloïse@x.example", true},
		{"an accent in two ways", "e\u0301loise@x.example", "éloise@x.example", true},
		{"a domain as in the DNS", "mira@exämple.example", "mira@xn--exmple-cua.example", true},
		{"and in capitals", "mira@EXÄMPLE.example", "mira@XN--EXMPLE-CUA.Example", true},
		{"and with its accent apart", "mira@exa\u0308mple.example", "mira@xn--exmple-cua.example", true},
		{"full-width letters in the domain, which are routed alike", "mira@ｘ。example", "mira@x.example", true},
		{"another name", "mira@x.example", "mira2@x.example", false},
		{"another domain", "mira@x.example", "mira@y.example", false},
		{"an accent", "mira@exämple.example", "mira@example.example", false},
		{"ß and ss in the domain", "mira@straße.example", "mira@strasse.example", false},
		{"two sigmas in the domain", "mira@λόγος.example", "mira@λόγοσ.example", false},
		{"a Cyrillic letter in the domain", "mira@еxample.example", "mira@example.example", false},
		{"full-width letters", "ｍira@x.example", "mira@x.example", false},
		{"the Kelvin sign", "\u212aim@x.example", "kim@x.example", false},
		{"the Kelvin sign and a capital", "\u212aim@x.example", "Kim@x.example", false},
		{"the Ohm sign", "\u2126@x.example", "ω@x.example", false},
		{"the Ångström sign", "\u212bsa@x.example", "åsa@x.example", false},
		{"a dotted capital I", "İnci@x.example", "inci@x.example", false},
		{"a dotless i", "ınci@x.example", "inci@x.example", false},
		{"a dotless i and its capital", "ınci@x.example", "INCI@x.example", false},
		{"a long s", "ſam@x.example", "sam@x.example", false},
		{"two sigmas", "νίκος@x.example", "νίκοσ@x.example", false},
		{"ß and ss", "weiß@x.example", "weiss@x.example", false},
		{"ß and its capital", "weiß@x.example", "WEIẞ@x.example", false},
		{"a ligature", "ﬁn@x.example", "fin@x.example", false},
		{"an invisible character", "mi\u200dra@x.example", "mira@x.example", false},
		{"a dot behind the domain", "mira@x.example.", "mira@x.example", false},
	} {
		if got := gatehouse.SameMailbox(c.a, c.b); got != c.want {
			t.Errorf("%s: %q and %q: %v", c.why, c.a, c.b, got)
		}
	}
}

// confusables are characters that some comparison treats as equal.
var confusables = []string{"k", "K", "\u212a", "i", "I", "İ", "ı", "i\u0307", "s", "S", "ſ", "ss", "ß", "ẞ", "σ", "ς", "Σ", "a", "а", "A", "å",
	"Å", "\u212b", "a\u030a", "ω", "Ω", "\u2126", "m", "ｍ", "Ｍ", "ﬁ", "fi", "ǆ", "ǅ", "Ǆ", "e\u0301", "é", "É", "µ", "μ", "Μ", "1", "l", "١",
	"Ꭰ", "ꭰ", "\u0345", "ι", "ᾳ", "ά", "\u1f71", "豈", "\uf900", "\u200d", "\u200c", "ä", "한", "\u1112\u1161\u11ab", ".", "。", "-"}

func lookAlikes(most int) *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom(confusables), 1, most), func(s []string) string { return strings.Join(s, "") })
}

// anyAddresses returns an address and a few others that are likely to be compared with it.
func anyAddresses(t *rapid.T) []string {
	some := func(of ...string) []string {
		all := of
		for _, s := range of {
			all = append(all, strings.ToUpper(s), strings.ToLower(s), norm.NFD.String(s), norm.NFKC.String(s), gatehouse.Fold(s))
		}
		return all
	}
	locals := some(lookAlikes(3).Draw(t, "local"), lookAlikes(3).Draw(t, "other"))
	domains := some(lookAlikes(4).Draw(t, "domain"), lookAlikes(4).Draw(t, "other"))
	for _, d := range domains[:2] {
		if ascii, err := idna.Lookup.ToASCII(d); err == nil {
			domains = append(domains, ascii, strings.ToUpper(ascii))
		}
	}
	addresses := make([]string, 8)
	for i := range addresses {
		addresses[i] = rapid.SampledFrom(locals).Draw(t, "l") + "@" + rapid.SampledFrom(domains).Draw(t, "d") + ".example"
	}
	return addresses
}

// For any addresses, it is an equivalence, and the normal form is too.
func TestSameMailboxIsAnEquivalence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := anyAddresses(t)
		for _, a := range all {
			if form := gatehouse.Mailbox(a); gatehouse.Mailbox(form) != form || !gatehouse.SameMailbox(a, form) {
				t.Fatalf("%q has the form %q, and that has %q", a, form, gatehouse.Mailbox(form))
			}
			for _, b := range all {
				if gatehouse.SameMailbox(a, b) != gatehouse.SameMailbox(b, a) {
					t.Fatalf("%q and %q: not the same both ways round", a, b)
				}
				for _, c := range all {
					if gatehouse.SameMailbox(a, b) && gatehouse.SameMailbox(b, c) && !gatehouse.SameMailbox(a, c) {
						t.Fatalf("%q, %q, %q", a, b, c)
					}
				}
			}
		}
	})
}

// inDNS returns a domain as it is registered; empty if it is invalid.
func inDNS(domain string) string {
	ascii, err := idna.Registration.ToASCII(norm.NFC.String(domain))
	if err != nil {
		return ""
	}
	return ascii
}

// Two domains that can be registered are equal exactly if they are equal in the DNS.
func TestDomainsAreAsTheDNSKeepsThemApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		domain := lookAlikes(4).Filter(func(name string) bool { return inDNS(name+".example") != "" })
		a, b := domain.Draw(t, "a")+".example", domain.Draw(t, "b")+".example"
		folded := norm.NFC.String(gatehouse.Fold(a))
		if inDNS(folded) != "" && rapid.Bool().Draw(t, "folded") {
			b = folded
		}
		inA, inB := inDNS(a), inDNS(b)
		if same := gatehouse.SameMailbox("mira@"+a, "mira@"+b); same != (inA == inB) {
			t.Fatalf("%s (%s) and %s (%s): %v", a, inA, b, inB, same)
		}
	})
}

// Before the @, one mailbox means the same letters apart from case. Any other difference means a
// different mailbox.
func TestNamesOfOneMailboxDifferInCapitalsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := lookAlikes(3).Draw(t, "a"), lookAlikes(3).Draw(t, "b")
		if rapid.Bool().Draw(t, "folded") {
			b = gatehouse.Fold(a)
		}
		same := gatehouse.SameMailbox(a+"@x.example", b+"@x.example")
		if same && !strings.EqualFold(norm.NFC.String(a), norm.NFC.String(b)) {
			t.Fatalf("%q and %q are one", a, b)
		}
		for _, letter := range []string{"\u212a", "\u2126", "\u212b", "ı", "ſ", "ς", "ß", "ẞ", "ﬁ", "\uf900", "\u200d"} {
			if same && strings.Count(a, letter) != strings.Count(b, letter) {
				t.Fatalf("%q and %q are one, and differ in %q", a, b, letter)
			}
		}
	})
}

func TestIsAddress(t *testing.T) {
	for name, want := range map[string]bool{"a@x.example": true, "a＠x.example": true, "a﹫x.example": true, "@": true, "msantos": false, "": false} {
		if got := gatehouse.IsAddress(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// Browsers put the DNS form of a domain into a form: that changes nothing, and what users change
// themselves is kept.
func TestKeepSpelling(t *testing.T) {
	for _, c := range []struct{ stored, written, want string }{
		{"mira@exämple.example", "mira@xn--exmple-cua.example", "mira@exämple.example"},
		{"mira@Exämple.example", "mira@XN--EXMPLE-CUA.example", "mira@Exämple.example"},
		{"mira@exämple.example", "Mira@xn--exmple-cua.example", "Mira@exämple.example"},
		{"mira@exämple.example", "mira.santos@xn--exmple-cua.example", "mira.santos@exämple.example"},
		{"mira@exämple.example", "mira@EXÄMPLE.example", "mira@EXÄMPLE.example"},
		{"mira@xn--exmple-cua.example", "mira@exämple.example", "mira@exämple.example"},
		{"mira@exämple.example", "mira@example.example", "mira@example.example"},
		{"mira@x.example", "Mira@X.example", "Mira@X.example"},
		{"", "mira@x.example", "mira@x.example"}, {"mira@exämple.example", "", ""}, {"msantos", "MSantos", "MSantos"},
	} {
		if got := gatehouse.KeepSpelling(c.stored, c.written); got != c.want {
			t.Errorf("%q over %q: %q, want %q", c.written, c.stored, got, c.want)
		}
	}
}
