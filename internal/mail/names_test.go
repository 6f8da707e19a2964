package mail

import (
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit/budget"
)

func TestPlainName(t *testing.T) {
	for name, want := range map[string]string{
		"J.R. Smith": "", "O'Neil & Sons Ltd.": "", "Dr. No": "", "Anne-Marie D'Arcy": "", "Zo\u00eb \u00c5kesson": "", "Lindenhof e.V.": "",
		"Studio 2000": "", "Novo A/S": "", "24/7 Fitness": "", "U.S.A. Inc.": "", "\u674e\u5c0f\u9f99": "", "": "", "St. Gallen 1896 AG": "",
		"Your order was blocked: https://evil.example/win": "Your order was blocked: https: // evil. example/win",
		"evil.example":             "evil. example",
		"www.evil.co.uk":           "www. evil. co. uk",
		"evil\u3002example":        "evil\u3002 example",
		"evil\u200b.\u2060example": "evil. example",
		"evil\ufe52example":        "evil\ufe52 example",
		"mira@evil.example":        "mira @ evil. example",
		"see 1.2.3.4":              "see 1. 2. 3. 4",
		"Call 0800 123 456":        "Call 0800 | 123 | 456",
		"Call +44 (0)20 7946-0018": "Call 44 | 0 | 20 | 7946 | 0018",
		"02079460018":              "0207 | 9460 | 018",
		"tel:0800123456":           "tel: 0800 | 1234 | 56",
		"mailto:x":                 "mailto: x",
		`\\share\x`:                `\\ share \ x`,
	} {
		if want == "" {
			want = name
		}
		if got := plainName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

// linkable is what mail programs turn into links.
var linkable = regexp.MustCompile(`\pL[:\x{ff1a}]+[^\s:\x{ff1a}]|//[^\s/]|[^\s@\x{ff20}][@\x{ff20}][^\s@\x{ff20}]|\\[^\s\\]|[^\s.][.\x{3002}\x{ff0e}\x{ff61}\x{2024}\x{fe52}][\pL\pN][\pL\pN]|\pN[.]\pN+[.]\pN+[.]\pN|(?:\p{Nd}[\s\p{Pd}.()]*){6}`)

// Nothing in a name of any kind can be turned into a link, and doing it again changes
// nothing.
func TestNoNameIsALink(t *testing.T) {
	pieces := []string{"evil", "example", "com", ".", ".", "\u3002", "\uff0e", "\ufe52", "1", "2", "/", "//", ":", "@", "\uff20", `\`, "0", "800", "1234567", "+", "-", " ", "(", ")",
		"\u200b", "\u2060", "\u00ad", "\u200d", "\u00a0", "www", "https", "tel", "J", "R", "\u00e9", "e\u0301", "\u674e", "\u0660\u0661\u0662", "'", "&", "\n", "="}
	random := rand.New(rand.NewPCG(3, 4))
	for range budget.Of(5_000, 100_000) {
		var b strings.Builder
		for range 1 + random.IntN(9) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		got := plainName(b.String())
		if found := linkable.FindString(got); found != "" || plainName(got) != got {
			t.Fatalf("%q becomes %q with %q, and then %q", b.String(), got, found, plainName(got))
		}
	}
}

// No message, in any part and language, contains a name that a mail program could turn
// into a link.
func TestNoMessageHasALinkInAName(t *testing.T) {
	const bad = "Zxq evil.zxq.com www.zxq.org 0800 987 6543"
	for lang := range languages() {
		to := testRecipient()
		to.Lang, to.Name = lang, bad
		for name, msg := range samples() {
			v := reflect.New(reflect.TypeOf(msg)).Elem()
			v.Set(reflect.ValueOf(msg))
			spoil(v, bad)
			r, err := Render(siteIn(lang), to, v.Interface().(Message))
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{r.Subject, r.Heading, r.Preheader, r.Text, r.HTML} {
				for _, link := range []string{"zxq.com", "zxq.org", "0800 987", "987 6543"} {
					if strings.Contains(strings.Join(strings.Fields(text), " "), link) {
						t.Errorf("%s in %s: %q", name, lang, link)
					}
				}
			}
		}
	}
}

func spoil(v reflect.Value, bad string) {
	for i := range v.NumField() {
		field, about := v.Field(i), v.Type().Field(i)
		switch {
		case about.Anonymous && field.Kind() == reflect.Struct:
			spoil(field, bad)
		case field.Type() == reflect.TypeFor[string]() && field.CanSet() && (strings.HasSuffix(about.Name, "Name") || about.Name == "Company" ||
			about.Name == "By" || about.Name == "Administrator"):
			field.SetString(bad)
		}
	}
}

// Mail to an address that nobody has confirmed has no name, neither in the greeting nor in
// To.
func TestNoNameForAnUnconfirmedAddress(t *testing.T) {
	st := testSite()
	u := gatehouse.User{ID: "usr_1", Username: "hkruse", FirstName: "Your order", LastName: "was blocked", Email: "victim@lindenhof.example"}
	if to := To(st, u); to.Name != "" || to.Email != u.Email {
		t.Errorf("unconfirmed: %+v", to)
	}
	u.EmailConfirmed = true
	if to := To(st, u); to.Name != "Your order was blocked" || to.Elsewhere("new@lindenhof.example").Name != "" {
		t.Errorf("confirmed: %+v", to)
	}
	u.FirstName, u.LastName, u.Username = "", "", "victim@lindenhof.example"
	if to := To(st, u); to.Name != "" {
		t.Errorf("an address is a name: %+v", to)
	}
	for lang, want := range map[string]string{"en-GB": "Hello,", "de": "Guten Tag,", "fr": "Bonjour,"} {
		u.Locale, u.EmailConfirmed = lang, false
		to := To(st, u)
		to.Lang = lang
		r, err := Render(siteIn(lang), to, samples()["locked"])
		if err != nil || !strings.HasPrefix(r.Text, want+"\n") {
			t.Errorf("%s: %v\n%s", lang, err, r.Text)
		}
	}
}
