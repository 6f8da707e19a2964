package mail

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

var update = flag.Bool("update", false, "write the golden files again")

var testTime = time.Date(2026, time.November, 21, 14, 32, 0, 0, time.UTC)

// testSite is a site as internal/site makes it, as far as mail needs one.
func testSite() *site.Site {
	return &site.Site{
		Site: gatehouse.Site{
			ID: "meridian-uk", Name: "Meridian UK", Hosts: []string{"portal.uk.meridian.example"}, Origin: "https://portal.uk.meridian.example", Recovery: gatehouse.RecoverByChallenge,
			Support: gatehouse.Support{Email: "help@uk.meridian.example", Phone: "0345 010 0482"},
			Sender: gatehouse.Sender{Name: "Meridian UK", Address: "no-reply@uk.meridian.example",
				ReplyTo: "help@uk.meridian.example", Postal: "Meridian UK Ltd, 14 Foundry Lane, Leeds LS10 1AA, United Kingdom"},
		},
		Look:      site.Look{Brand: "#2245a8", OnBrand: "#ffffff", BrandNight: "#93b1ff", OnBrandNight: "#0c1533"},
		Languages: []string{"en-GB"},
		Zone:      time.UTC,
	}
}

func testRecipient() Recipient {
	return Recipient{UserID: "usr_1", CompanyID: "com_1", Name: "Hanna", Email: "hanna.kruse@lindenhof.example", Lang: "en-GB"}
}

// eachMail renders every sample in every language.
func eachMail(t *testing.T, check func(t *testing.T, lang, name string, msg Message, r Rendered)) {
	t.Helper()
	for lang := range languages() {
		to := testRecipient()
		to.Lang = lang
		for name, msg := range samples() {
			r, err := Render(siteIn(lang), to, msg)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(lang+"/"+name, func(t *testing.T) { check(t, lang, name, msg, r) })
		}
	}
}

// drawn are the mails that also have their HTML kept: each kind of block is in one of them.
// The HTML of the others is built from the same blocks by the same layout, and says what
// their text says, which TestPartsAgree compares.
var drawn = []string{"enrolment-summary", "new-device", "temporary-password-account", "two-factor-enabled", "username-request-message", "verification-code"}

func TestGolden(t *testing.T) {
	eachMail(t, func(t *testing.T, lang, name string, _ Message, r Rendered) {
		text := "Subject: " + r.Subject + "\n\n" + r.Text
		golden(t, filepath.Join(folderOf(lang), name+".txt"), text)
		if lang == ownLanguage && slices.Contains(drawn, name) {
			golden(t, name+".html", r.HTML)
		}
	})
}

// folderOf is where the golden files of a language are.
func folderOf(lang string) string {
	if lang == ownLanguage {
		return ""
	}
	return lang
}

// A site that recovers by link says so where it says how a lock ends.
func TestGoldenOfALinkSite(t *testing.T) {
	for lang := range languages() {
		for _, name := range []string{"locked-until", "locked-strangers-until"} {
			s, to := siteIn(lang), testRecipient()
			s.Recovery, to.Lang = gatehouse.RecoverByLink, lang
			r, err := Render(s, to, samples()[name])
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(folderOf(lang), name+"-link.txt"), "Subject: "+r.Subject+"\n\n"+r.Text)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it again):\n%s", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, a, b)
		}
	}
	return ""
}
