package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ofTheSite are the files that read a setting from a site's policy although companies can tighten
// it, and why that is right. Everything else asks Policy.For.
var ofTheSite = map[string]string{
	"internal/jobs/warnings.go":       "the site's age of passwords, next to those of companies",
	"internal/account/home.go":        "whether passwords expire at all: a company cannot begin that",
	"internal/signin/bound.go":        "how long a bound cookie lasts, which companies cannot choose",
	"internal/signin/boundrefresh.go": "the same",
	"internal/directory/importrow.go": "a temporary password in a file; its user replaces it",
	"internal/site/helptemplate.go":   "the help, which is the same for everybody",
}

var (
	policyUse = regexp.MustCompile(`[.\w]*Policy\.(Session|TrustedDevice|Password)\b(\.\w+)?`)
	// notOfCompanies are parts of these settings that companies cannot choose.
	notOfCompanies = []string{".History", ".Bound"}
)

// siteSettings are the places of a text that read such a setting from a site's policy.
func siteSettings(path, text string) (all []string) {
	for _, m := range policyUse.FindAllStringSubmatch(text, -1) {
		page := strings.HasSuffix(path, ".html") && !strings.Contains(m[0], "Site.Policy") // Frame.Policy
		if !page && !slices.Contains(notOfCompanies, m[2]) {
			all = append(all, m[0])
		}
	}
	return all
}

// A company may be stricter than its site: code that reads a site's own setting forgets the company.
func TestSettingsAreThoseOfTheCompany(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir("../../internal", func(name string, entry fs.DirEntry, err error) error {
		path := strings.TrimPrefix(filepath.ToSlash(name), "../../")
		source := strings.HasSuffix(path, ".html") || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
		if err != nil || entry.IsDir() || !source || isOneOf(pathRoom(path), "internal/demo internal/bench internal/testkit internal/testkit/fixture internal/testkit/pages") {
			return err
		}
		text, err := os.ReadFile(name)
		for _, use := range siteSettings(path, string(text)) {
			if used[path] = true; ofTheSite[path] == "" {
				t.Errorf("%s reads %s: ask Policy.For, or say in ofTheSite why the company does not count", path, use)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range ofTheSite {
		if !used[path] {
			t.Errorf("%s needs no exception", path)
		}
	}
}

// The rule finds violations.
func TestSiteSettingsAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"st.Policy.Session.Alive(a, b, c)": 1, "v.Site.Policy.TrustedDevice > 0": 1, "f(st.Policy.Password, x)": 1, "tx.Site.Policy.Session)": 1,
		"st.Policy.For(c.Policy).Session.Alive(a, b, c)": 0, "p.Policy().TrustedDevice": 0, "st.Policy.Password.History": 0, "st.Policy.TemporaryPassword": 0,
	} {
		if got := siteSettings("internal/x/a.go", text); len(got) != want {
			t.Errorf("%s: found %q", text, got)
		}
	}
	if len(siteSettings("a.html", "{{.Site.Policy.TrustedDevice}}")) != 1 || len(siteSettings("a.html", "{{.Policy.TrustedDevice}}")) != 0 {
		t.Error("templates are read wrongly")
	}
}
