package site

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"gatehouse/internal/strictyaml"
)

// The words of the house: one folder a language, any number of files in it.
//
//go:embed texts/*/*.yaml
var houseFiles embed.FS

// baseLanguage is the one that has every text.
const baseLanguage = "en-GB"

// catalogue is all texts of one language of a site, with what it does not have
// itself taken from the next language.
type catalogue struct {
	tag   language.Tag
	texts map[string]string
}

// Text returns the text of a key in a language, with its placeholders {name}
// replaced by args, which are names and values in turn. A number n chooses
// between the plural forms key#one, key#other and so on. Numbers, times and time
// spans are written as the language does. Nothing is escaped: that is up to the
// template.
//
// What a language lacks comes from the wider language, the site's first, and
// en-GB. A key that is nowhere is shown in brackets.
func (s *Site) Text(lang, key string, args ...any) string {
	c, ok := s.catalogue(lang)
	if !ok {
		return "[" + key + "]"
	}
	text, ok := c.find(key, args)
	if !ok {
		return "[" + key + "]"
	}
	return s.fill(lang, c.tag, text, args)
}

func (s *Site) catalogue(lang string) (catalogue, bool) {
	texts := s.texts
	if texts == nil { // a site that was not loaded, such as that of neutral pages
		texts = house().catalogues
	}
	for ; lang != ""; lang = widen(lang) {
		if c, ok := texts[lang]; ok {
			return c, true
		}
	}
	if len(s.Languages) > 0 {
		if c, ok := texts[s.Languages[0]]; ok {
			return c, true
		}
	}
	c, ok := texts[baseLanguage]
	return c, ok
}

// widen takes the last part off a language: zh-Hant-TW, zh-Hant, zh, "".
func widen(lang string) string { return lang[:max(0, strings.LastIndexByte(lang, '-'))] }

func (c catalogue) find(key string, args []any) (string, bool) {
	if text, ok := c.texts[key]; ok {
		return text, true
	}
	if n, ok := argument(args, "n"); ok {
		if text, ok := c.texts[key+"#"+pluralForm(c.tag, n)]; ok {
			return text, true
		}
	}
	text, ok := c.texts[key+"#other"]
	return text, ok
}

func argument(args []any, name string) (any, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1], true
		}
	}
	return nil, false
}

var formNames = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

func pluralForm(tag language.Tag, n any) string {
	i, err := strconv.ParseInt(fmt.Sprint(n), 10, 64)
	if err != nil {
		return "other"
	}
	// The rules look at the last digits only, and the package wants it small.
	return formNames[plural.Cardinal.MatchPlural(tag, int(max(i, -i)%10_000_000), 0, 0, 0, 0)]
}

// fill replaces placeholders in one pass, so that a value with braces in it
// stays as it is.
func (s *Site) fill(lang string, tag language.Tag, text string, args []any) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(hole string) string {
		value, ok := argument(args, hole[1:len(hole)-1])
		if !ok {
			return hole
		}
		switch v := value.(type) {
		case string:
			return v
		case time.Time:
			return s.FormatTime(lang, v)
		case time.Duration:
			return s.FormatDuration(lang, v)
		}
		return message.NewPrinter(tag).Sprint(value)
	})
}

var (
	placeholder = regexp.MustCompile(`\{[a-z_][a-z0-9_]*\}`)
	textKey     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*(#(zero|one|two|few|many|other))?$`)
)

// Language chooses one of the site's languages: the person's own, else what the
// browser asks for, else the site's first.
func (s *Site) Language(accept, own string) string {
	if s.matcher == nil {
		return s.Languages[0]
	}
	var wanted []language.Tag
	if tag, err := language.Parse(own); err == nil {
		wanted = append(wanted, tag)
	}
	if tags, _, err := language.ParseAcceptLanguage(accept); err == nil {
		wanted = append(wanted, tags...)
	}
	_, i, _ := s.matcher.Match(wanted...)
	return s.Languages[i]
}

// words is the texts that one file or folder has for one language, and which
// placeholders may stand in each.
type words map[string]string

// houseWords is what is embedded.
type houseWords struct {
	words      map[string]words // by language
	catalogues map[string]catalogue
	err        error
}

var house = sync.OnceValue(func() houseWords {
	h := houseWords{words: map[string]words{}, catalogues: map[string]catalogue{}}
	files, _ := fs.Glob(houseFiles, "texts/*/*.yaml") // the pattern is a good one
	var problems []strictyaml.Problem
	for _, name := range files {
		data, _ := houseFiles.ReadFile(name) // listed, so there
		var file words
		doc, err := strictyaml.Decode(name, data, &file)
		if err != nil {
			problems = append(problems, strictyaml.Problems(name, err)...)
			continue
		}
		lang := path.Base(path.Dir(name))
		if h.words[lang] == nil {
			h.words[lang] = words{}
		}
		for key, text := range file {
			if !textKey.MatchString(key) {
				doc.Problem(key, "is no key of a text: letters, digits, dots, hyphens, and a plural form after #")
			}
			if _, twice := h.words[lang][key]; twice {
				doc.Problem(key, "is in another file of %s too", lang)
			}
			h.words[lang][key] = text
		}
		problems = append(problems, strictyaml.Problems(name, doc.Err())...)
	}
	for lang := range h.words {
		h.catalogues[lang] = h.merge([]string{lang, baseLanguage}, nil)
	}
	if len(problems) > 0 {
		h.err = &strictyaml.Error{Problems: problems}
	}
	return h
})

// merge builds a catalogue from languages, the first one first. The own texts of
// a site come before those of the house in a language and all that are wider.
func (h houseWords) merge(langs []string, own map[string]words) catalogue {
	c := catalogue{tag: language.Make(langs[0]), texts: map[string]string{}}
	for _, lang := range slices.Backward(langs) {
		for _, texts := range []map[string]words{h.words, own} {
			for _, wide := range slices.Backward(widths(lang)) {
				c.put(texts[wide])
			}
		}
	}
	return c
}

// put lays texts over those that are there. Plural forms replace each other
// together, because another language may have others.
func (c catalogue) put(over words) {
	for key := range over {
		stem, _, _ := strings.Cut(key, "#")
		delete(c.texts, stem)
		for _, form := range formNames {
			delete(c.texts, stem+"#"+form)
		}
	}
	maps.Copy(c.texts, over)
}
