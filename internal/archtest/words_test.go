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

// gone are words that read as translated, or that another word has replaced: one thing has
// one name. The old names must not come back with the next text.
var gone = []struct {
	where, why string
	words      *regexp.Regexp
}{
	{"", "say it in plain words", regexp.MustCompile(`(?i)\b(` + "who" + `ever|an` + `ew|when` + `ce|me` + `nd(s|ed)?)\b|\bany more([.,:;)]|$)|\bbears? (being|a repeat)`)},
	{"internal/site/texts/en", "the glossary has another word", regexp.MustCompile(`(?i)two-factor sign-in|second step|\bperson decides\b|know you\b|(?-i:Enhanced security)|\bmails\b|\bby mail\b|\bmail to\b|\byour mail\b`)},
	{"internal/mail/text/en", "the glossary has another word", regexp.MustCompile(`(?i)two-factor sign-in|second step|(?-i:Enhanced security)`)},
	{"internal/site/texts/de", "the glossary has another word", german},
	{"internal/mail/text/de", "the glossary has another word", german},
	{"internal/site/texts/fr", "the glossary has another word", french},
	{"internal/mail/text/fr", "the glossary has another word", french},
}

// The glossaries of the two translations: Zwei-Faktor-Authentifizierung, Administrator,
// Gerät, aktuelles Passwort, IP-Adresse, korrigieren; authentification à deux facteurs,
// appareil de confiance, incorrect, provisoire, adresse IP.
var (
	german = regexp.MustCompile(`(?i)Zwei-Faktor-Anmeldung|zweite[rn]? Schritt|(die|der|ihre[r]?) administration\b|vertraute[nr]? (Browser|Gerät)|\bjetzige[snmr]? Passwort|berichtig|Netzwerkadresse|temporäre`)
	french = regexp.MustCompile(`(?i)connexion à deux facteurs|deuxième étape|navigateurs? de confiance|erroné|adresse réseau|temporaire`)
)

// searched are the files with words that people read.
var searched = []string{".go", ".md", ".html", ".yaml", ".txt", ".sh"}

func TestWordsThatWentStayAway(t *testing.T) {
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == ".git") {
			return fs.SkipDir
		}
		if entry.IsDir() || !slices.Contains(searched, filepath.Ext(name)) || name == "CHANGELOG.md" || strings.HasSuffix(name, "LICENSE.txt") || strings.Contains(name, "/LICENSE-") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if filepath.Ext(name) == ".yaml" && strings.HasPrefix(name, "internal/site/texts/") {
				_, line, _ = strings.Cut(line, ": ") // a key is not text
			}
			line = strings.ReplaceAll(line, `\n`, " ") // in Go's strings a word may follow it directly
			for _, g := range gone {
				if strings.HasPrefix(name, g.where) && g.words.MatchString(line) {
					t.Errorf("%s:%d: %q: %s", name, i+1, g.words.FindString(line), g.why)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
