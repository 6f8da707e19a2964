package site

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestHelpOfTheHouse(t *testing.T) {
	s := load(t, nil)
	const want = "signing-in first-sign-in codes forgotten-password forgotten-username locked passwords your-account safety"
	if got := names(s.Help("en-GB")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for lang, pages := range map[string][]HelpPage{"en-AU": s.Help("en-AU"), "fr": s.Help("fr"), "": s.Help("")} {
		if names(pages) != want || pages[0].Lang != "en-GB" {
			t.Errorf("%q: %s in %s", lang, names(pages), pages[0].Lang)
		}
	}
	if _, ok := s.HelpPage("en-GB", "no-such-page"); ok {
		t.Error("a page that there is not")
	}
	if (&Site{}).Help("en-GB") != nil {
		t.Error("a site that was not loaded has help")
	}
	page, _ := s.HelpPage("en-GB", "forgotten-password")
	if page.Title != "Forgotten password" || page.Summary == "" || page.Sections[0].ID != "mail" || page.Sections[0].Title != "The email has not arrived" {
		t.Errorf("%+v", page)
	}
}

// Customers find answers with the words they use.
func TestUsersFindTheirAnswer(t *testing.T) {
	s := load(t, nil)
	for query, want := range map[string]string{
		"spam": "forgotten-password#mail", "safe-sender": "signing-in#sender", "caps lock": "signing-in#caps-lock", "cookies": "signing-in#cookies",
		"locked": "locked#", "forgot username": "forgotten-username#", "phishing": "safety#phishing", "terms": "first-sign-in#terms", "another browser": "signing-in#browser",
	} {
		hits := s.SearchHelp("en-GB", query)
		at := slices.IndexFunc(hits, func(h HelpHit) bool {
			page, anchor, _ := strings.Cut(want, "#")
			return h.Page == page && h.Anchor == anchor
		})
		if at < 0 || at > 2 {
			t.Errorf("%s is not among the first places for %q: %+v", want, query, hits)
		}
	}
}

// The built-in pages work in every kind of site: none of their links is broken, and
// they name no brand and no address.
func TestHelpOfTheHouseHoldsEverywhere(t *testing.T) {
	house := houseHelp()
	for name, pages := range house {
		if pages[baseLanguage] == nil {
			t.Errorf("%s is not there in %s", name, baseLanguage)
		}
	}
	wantSameAnchors(t, house)
	for _, with := range []string{"username", "email", "username-or-email"} {
		for _, recovery := range []string{"challenge", "link"} {
			for _, more := range []string{"", "asks_sole_user: true\n"} {
				files := map[string]string{"site.yaml": more + strings.NewReplacer("sign_in_with: username", "sign_in_with: "+with, "recovery: challenge", "recovery: "+recovery,
					"min_length: 7", "max_age: 90d\n  lockout: {unlock_after: 1h}").Replace(goodYAML)}
				s := load(t, files)
				wantGoodHelp(t, s)
				for _, p := range s.Help("en-GB") {
					if text := helpText(t, s, "en-GB", p.Name); strings.Contains(text, "{{") || strings.Contains(text, "no value") || strings.Contains(text, "<p></p>") || strings.Contains(text, " .") {
						t.Errorf("%s %s %s:\n%s", with, recovery, p.Name, text)
					}
					for _, link := range p.links {
						if strings.HasPrefix(link, "http") {
							t.Errorf("%s links to %s", p.Name, link)
						}
					}
				}
			}
		}
	}
}

// wantSameAnchors: a page has the same link targets in every language, because other
// pages link to them.
func wantSameAnchors(t *testing.T, house helpSources) {
	t.Helper()
	s := load(t, nil)
	anchors := func(read func() *helpSource) string {
		source := read()
		made := makeHelp(source, s.factsIn(source.lang))
		for _, p := range made.problems {
			t.Error(p)
		}
		return strings.Join(slices.Sorted(maps.Keys(made.page.anchors)), " ")
	}
	for name, pages := range house {
		for lang, source := range pages {
			if got, want := anchors(source), anchors(pages[baseLanguage]); got != want {
				t.Errorf("%s in %s has the anchors\n%s\nand not\n%s", name, lang, got, want)
			}
		}
	}
}

// wantGoodHelp: the built-in pages of a site have no faults and no broken links. A site's
// own pages are checked when the site is read; the built-in ones are not.
func wantGoodHelp(t *testing.T, s *Site) {
	t.Helper()
	l := &loader{site: s}
	shelf := newHelpShelf(s, helpSources{}, houseHelp())
	for _, lang := range s.Languages {
		if len(shelf.pages(lang)) == 0 {
			t.Errorf("no help in %s", lang)
		}
	}
	for _, made := range shelf.made {
		l.problems = append(l.problems, made.problems...)
	}
	l.helpLinks(shelf, true)
	for _, p := range l.problems {
		t.Error(p)
	}
}

// Their words follow the style guide.
func TestHelpKeepsToTheStyle(t *testing.T) {
	files, _ := fs.Glob(helpFiles, "texts/en*/help/*.md")
	own, _ := filepath.Glob("../demo/sites/*/help/*.md")
	banned := regexp.MustCompile(`(?i)\b(please|sorry|oops|click|simply|just|log ?in|log ?out)\b|!(?:\s|$)|[^:]//`)
	for _, name := range append(files, own...) {
		data, err := fs.ReadFile(helpFiles, name)
		if err != nil {
			data, err = os.ReadFile(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(data), "\n") {
			if found := banned.FindString(line); found != "" {
				t.Errorf("%s:%d: %q", name, i+1, fmt.Sprint(found))
			}
		}
	}
}
