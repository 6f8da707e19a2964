package site

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"gatehouse/internal/strictyaml"
)

// texts reads the site's own texts and makes the catalogue of each of its languages.
func (l *loader) texts() {
	own := map[string]words{}
	for _, name := range l.list("texts") {
		path := filepath.Join(l.dir, "texts", name)
		lang, ok := strings.CutSuffix(name, ".yaml")
		if !ok || !l.offers(lang) {
			l.add(path, "must be named LANGUAGE.yaml after one of the site's languages: %s", strings.Join(l.site.Languages, ", "))
			continue
		}
		own[lang] = l.textFile(path, lang)
	}
	l.site.texts = catalogues{}
	for i, lang := range l.site.Languages {
		l.complete(i, lang, own)
		l.site.texts[lang] = layered([]string{lang, l.site.Languages[0], baseLanguage}, own)
	}
}

// offers reports whether texts in a language can ever be shown.
func (l *loader) offers(lang string) bool {
	return slices.ContainsFunc(l.site.Languages, func(own string) bool { return slices.Contains(widths(own), lang) })
}

// widths returns a language and the wider ones: de-AT, de.
func widths(lang string) []string {
	var all []string
	for ; lang != ""; lang = widen(lang) {
		all = append(all, lang)
	}
	return all
}

// textFile reads a file of texts. It may only override built-in texts, with the same
// placeholders: anything else would never be seen, or be seen with a gap.
func (l *loader) textFile(path, lang string) words {
	var file words
	doc, err := strictyaml.Read(path, &file)
	if doc == nil {
		l.problems = append(l.problems, strictyaml.Problems(path, err)...)
		return nil
	}
	holes := houseHoles()
	forms := formsOf(lang)
	stems := slices.Sorted(maps.Keys(holes))
	for key, text := range file {
		stem, form, isPlural := strings.Cut(key, "#")
		allowed, known := holes[stem]
		if !known {
			hint := ""
			if near := strictyaml.Nearest(stem, stems); near != "" {
				hint = "; did you mean " + near + "?"
			}
			doc.Problem(key, "is not a text of the house%s", hint)
			continue
		}
		if isPlural && !slices.Contains(forms, form) {
			doc.Problem(key, "%s has no plural form %q; its forms are %s", lang, form, strings.Join(forms, ", "))
		}
		for _, hole := range placeholder.FindAllString(text, -1) {
			if !allowed[hole] {
				doc.Problem(key, "has the placeholder %s, must have only: %s", hole, strings.Join(slices.Sorted(maps.Keys(allowed)), " "))
			}
		}
	}
	checkForms(doc, lang, file)
	l.problems = append(l.problems, strictyaml.Problems(path, doc.Err())...)
	return file
}

// checkForms reports texts that lack plural forms of their language.
func checkForms(doc *strictyaml.Doc, lang string, file words) {
	for key := range file {
		stem, _, isPlural := strings.Cut(key, "#")
		if !isPlural {
			continue
		}
		for _, form := range formsOf(lang) {
			if _, ok := file[stem+"#"+form]; !ok {
				doc.Problem(key, "needs the form %s#%s beside it", stem, form)
			}
		}
	}
}

// formsOf returns the plural forms of whole numbers in a language, and other, which
// each language has.
func formsOf(lang string) []string {
	tag := language.Make(lang)
	forms := map[string]bool{"other": true}
	for n := range 200 {
		forms[pluralForm(tag, n)] = true
	}
	forms[pluralForm(tag, 1_000_000)] = true
	return slices.Sorted(maps.Keys(forms))
}

// complete reports what a language lacks: a page half in another language is worse than one
// that is not offered. The built-in languages lack nothing, which a test checks.
func (l *loader) complete(i int, lang string, own map[string]words) {
	wide := widths(lang)
	if wide[len(wide)-1] == "en" || slices.ContainsFunc(wide, func(lang string) bool { return house()[lang] != nil }) {
		return
	}
	have := map[string]bool{}
	for _, from := range wide {
		for key := range own[from] {
			stem, _, _ := strings.Cut(key, "#")
			have[stem] = true
		}
	}
	var lacks []string
	for stem := range houseHoles() {
		if !have[stem] {
			lacks = append(lacks, stem)
		}
	}
	if len(lacks) == 0 {
		return
	}
	slices.Sort(lacks)
	key := fmt.Sprintf("languages[%d]", i)
	l.problems = append(l.problems, l.site.doc.At(key, "%s lacks %d texts, which texts/%s.yaml must have: %s",
		lang, len(lacks), lang, strings.Join(lacks, ", ")))
}
