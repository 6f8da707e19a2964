package pages

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"go.yaml.in/yaml/v3"
	"golang.org/x/net/html"
)

// texts is the folder of the built-in texts.
var texts = func() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "../../site/texts")
}()

// translations are the built-in languages other than English.
func translations(t *testing.T) []string {
	t.Helper()
	folders, err := os.ReadDir(texts)
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

// onlyEnglish are the keys of English texts by their words, without those that are the
// same in the other language.
func onlyEnglish(t *testing.T, lang string) map[string]string {
	t.Helper()
	english := map[string]string{}
	for key, text := range houseTexts(t, "en-GB") {
		if key != "language.name" { // which is everywhere a language can be chosen
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
	folder := os.DirFS(texts + "/" + lang)
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
			if a.Key == "aria-label" || strings.HasPrefix(a.Key, "data-") && a.Key != "data-rule" {
				all = append(all, a.Val)
			}
		}
	}
	return all
}
