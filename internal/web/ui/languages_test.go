package ui

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"go.yaml.in/yaml/v3"
	"golang.org/x/net/html"

	"gatehouse/internal/site"
)

// translations are the languages of the house besides English.
func translations(t *testing.T) []string {
	t.Helper()
	folders, err := os.ReadDir("../../site/texts")
	if err != nil {
		t.Fatal(err)
	}
	var langs []string
	for _, f := range folders {
		if !strings.HasPrefix(f.Name(), "en-") {
			langs = append(langs, f.Name())
		}
	}
	if len(langs) == 0 {
		t.Fatal("the house speaks English only")
	}
	return langs
}

// frameIn is a sample's frame for a visitor who reads a language. The pages of no site
// are in it too: whoever translates them wants to see them.
func frameIn(lang string, s *site.Site, x sample) Frame {
	f := frameFor(s, x)
	f.Lang = lang
	return f
}

// A page in another language has no English left: neither a text that its language
// lacks nor one that was taken in the wrong language.
func TestPagesAreInOneLanguage(t *testing.T) {
	pages, sites := newPages(t), testSites()
	for _, lang := range translations(t) {
		english := onlyEnglish(t, lang)
		for _, x := range samples() {
			out, err := pages.Render(frameIn(lang, sites["uk"], x), x.view)
			if err != nil {
				t.Fatal(err)
			}
			doc := parse(t, out)
			if got := attr(doc, "html", "lang"); got != lang {
				t.Errorf("%s: the page says that it is in %q, not %q", x.name, got, lang)
			}
			for _, words := range wordsOn(doc) {
				if key := english[words]; key != "" {
					t.Errorf("%s in %s says %q (%s)", x.name, lang, words, key)
				}
			}
		}
	}
}

// onlyEnglish are the keys of English texts by their words, without those that the
// other language says in the same way.
func onlyEnglish(t *testing.T, lang string) map[string]string {
	t.Helper()
	english := map[string]string{}
	for key, text := range houseTexts(t, "en-GB") {
		if key != "language.name" { // which stands wherever a language can be chosen
			english[text] = key
		}
	}
	for _, text := range houseTexts(t, lang) {
		delete(english, text)
	}
	return english
}

func houseTexts(t *testing.T, lang string) map[string]string {
	t.Helper()
	folder := os.DirFS("../../site/texts/" + lang)
	files, err := fs.Glob(folder, "*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no texts in %s: %v", lang, err)
	}
	texts := map[string]string{}
	for _, name := range files {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(data, &texts); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return texts
}

// wordsOn is everything that a page says, in pieces: text, and the attributes that are
// read out or shown.
func wordsOn(doc *goquery.Document) []string {
	var all []string
	for n := range doc.Nodes[0].Descendants() {
		if n.Type == html.TextNode {
			all = append(all, strings.TrimSpace(n.Data))
		}
		for _, a := range n.Attr {
			if a.Key == "aria-label" || strings.HasPrefix(a.Key, "data-") {
				all = append(all, a.Val)
			}
		}
	}
	return all
}
