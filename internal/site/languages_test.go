package site

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// translations are the built-in languages other than English: the folders, so that one
// with nothing but help counts too.
func translations(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("texts")
	if err != nil {
		t.Fatal(err)
	}
	var langs []string
	for _, e := range entries {
		if lang := e.Name(); lang != "en" && !strings.HasPrefix(lang, "en-") {
			langs = append(langs, lang)
		}
	}
	if len(langs) == 0 {
		t.Fatal("the house speaks English only")
	}
	return langs
}

// A built-in language lacks no text, and each text has the same placeholders and links
// as the English one: a page half in another language is worse than none, and without
// its placeholder a sentence lacks its subject.
func TestEveryLanguageIsComplete(t *testing.T) {
	want := holesOf(baseLanguage)
	for _, lang := range translations(t) {
		got := holesOf(lang)
		var lacks []string
		for stem, holes := range want {
			switch has, there := got[stem]; {
			case !there:
				lacks = append(lacks, stem)
			case has != holes:
				t.Errorf("%s: %s has %s, must have %s", lang, stem, has, holes)
			}
		}
		if slices.Sort(lacks); len(lacks) > 0 {
			t.Errorf("%s lacks %s", lang, strings.Join(lacks, " "))
		}
		for key, text := range houseWords(lang) {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", lang, key)
			}
		}
	}
}

var linkTarget = regexp.MustCompile(`\]\([a-z_]+\)`)

// holesOf are the placeholders that a language's text must have, its forms taken
// together: "one" often says the number as a word.
func holesOf(lang string) map[string]string {
	found := map[string]map[string]bool{}
	for key, text := range houseWords(lang) {
		stem, _, _ := strings.Cut(key, "#")
		if found[stem] == nil {
			found[stem] = map[string]bool{}
		}
		for _, hole := range append(placeholder.FindAllString(text, -1), linkTarget.FindAllString(text, -1)...) {
			found[stem][hole] = true
		}
	}
	all := map[string]string{}
	for stem, holes := range found {
		all[stem] = fmt.Sprint(slices.Sorted(maps.Keys(holes)))
	}
	return all
}

var helpAction = regexp.MustCompile(`\{\{-? *(.*?) *-?\}\}`)

// Every help page exists in every language, under the same number, with the same
// settings and links in it, and its own text.
func TestEveryLanguageHasTheHelp(t *testing.T) {
	house := houseHelp()
	for name, pages := range house {
		if pages[baseLanguage] == nil {
			t.Errorf("%s is not there in %s", name, baseLanguage)
			continue
		}
		english := pages[baseLanguage]()
		for _, lang := range translations(t) {
			if pages[lang] == nil {
				t.Errorf("%s has no help page %s", lang, name)
				continue
			}
			source := pages[lang]()
			if source.head.Order != english.head.Order || source.head.Summary == english.head.Summary {
				t.Errorf("%s in %s: %+v", name, lang, source.head)
			}
			if got, want := needs(source), needs(english); got != want {
				t.Errorf("%s in %s has\n%s\nand not\n%s", name, lang, got, want)
			}
		}
	}
}

// needs are the settings that a page names and the places it links to, each once: a
// sentence in another language may name something twice.
func needs(s *helpSource) string {
	text := strings.Join(s.lines, "\n")
	found := map[string]bool{}
	for _, action := range helpAction.FindAllStringSubmatch(text, -1) {
		found[action[1]] = true
	}
	for _, link := range regexp.MustCompile(`\]\(([^)]*)\)`).FindAllStringSubmatch(text, -1) {
		found[link[1]] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(found)), " ")
}

// A page reads well in every kind of site: no gap left by a condition, no broken link.
func TestHelpReadsWellInEveryLanguage(t *testing.T) {
	odd := regexp.MustCompile(`\{\{|no value|<p></p>|<li></li>| [.,;]|\.\.`)
	for _, lang := range translations(t) {
		t.Run(lang, func(t *testing.T) {
			for _, site := range everyKindOfSite("languages: [en-GB, " + lang + "]") {
				s := load(t, map[string]string{"site.yaml": site})
				wantGoodHelp(t, s)
				if n, want := len(s.Help(lang)), len(s.Help(baseLanguage)); n != want {
					t.Errorf("%d pages, and %d in English", n, want)
				}
				for _, p := range s.Help(lang) {
					if p.Lang != lang {
						t.Errorf("%s is in %s", p.Name, p.Lang)
					}
					text := helpText(t, s, lang, p.Name)
					if at := odd.FindStringIndex(text); at != nil && !spacedMark(lang, text[at[0]:at[1]]) {
						t.Errorf("%s: …%s…", p.Name, text[max(0, at[0]-60):min(len(text), at[1]+20)])
					}
				}
			}
		})
	}
}

// spacedMark: in French a space belongs before some marks.
func spacedMark(lang, found string) bool { return lang == "fr" && found == " ;" }

// everyKindOfSite are settings that vary everything that help pages depend on.
func everyKindOfSite(languages string) []string {
	var all []string
	for _, with := range []string{"username", "email", "username-or-email"} {
		for _, recovery := range []string{"challenge", "link"} {
			for _, rules := range []string{"min_length: 7", "min_length: 7\n    max_age: 90d\n  lockout: {unlock_after: 1h}"} {
				for _, more := range []string{"", "asks_sole_user: true\n"} {
					all = append(all, more+strings.NewReplacer("sign_in_with: username", "sign_in_with: "+with, "recovery: challenge", "recovery: "+recovery,
						"languages: [en-GB, en-AU]", languages, "min_length: 7", rules).Replace(goodYAML))
				}
			}
		}
	}
	return all
}

// The sites of the demo have their own pages and their terms in each of their
// languages, with the same link targets and the same points.
func TestDemoSitesAreWholeInTheirLanguages(t *testing.T) {
	point := regexp.MustCompile(`(?m)^\d+\. \*\*`)
	for _, folder := range []string{"meridian-uk", "inkwell", "meridian-au"} {
		s, err := Load(filepath.Join("..", "demo", "sites", folder), LoadEnv{Scheme: "https"})
		if err != nil {
			t.Fatal(err)
		}
		for _, lang := range s.Languages[1:] {
			for _, terms := range s.Terms {
				own, first := terms.Texts[lang], terms.Texts[s.Languages[0]]
				if n, want := len(point.FindAllString(own, -1)), len(point.FindAllString(first, -1)); n != want || n == 0 {
					t.Errorf("%s: the terms %s have %d points in %s, and not %d", folder, terms.Version, n, lang, want)
				}
			}
			for _, first := range s.Help(s.Languages[0]) {
				p, ok := s.HelpPage(lang, first.Name)
				if !ok || p.Lang != lang || !maps.Equal(p.anchors, first.anchors) || needs(p.source) != needs(first.source) {
					t.Errorf("%s: the help page %s in %s is not that of the site's first language", folder, first.Name, lang)
				}
			}
			for _, text := range []string{s.Tagline, s.Notice.Title, s.Notice.LinkText, s.Support.Hours, s.Links[0].Text, s.QuickLinks[0].Text} {
				if text != "" && s.Own(lang, text) == text {
					t.Errorf("%s says %q in %s too", folder, text, lang)
				}
			}
		}
	}
}
