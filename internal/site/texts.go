package site

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// baseLanguage has every text.
const baseLanguage = "en-GB"

// catalogue is all texts of one language of a site: layers, each with what overrides or
// extends those after it.
type catalogue struct {
	tag    language.Tag
	layers []words
}

// catalogues are made when first requested, by language.
type catalogues map[string]func() catalogue

// Text returns the text of a key in a language, with its placeholders {name} replaced
// by args, which are names and values in turn. A number n chooses between the plural
// forms key#one, key#other and so on. Numbers, times and time spans are written as in
// the language. Nothing is escaped: that is up to the template.
//
// What a language lacks comes from the wider language, the site's first, and en-GB. An
// unknown key is shown in brackets.
func (s *Site) Text(lang, key string, args ...any) string {
	c, ok := s.catalogue(lang)
	if !ok {
		return "[" + key + "]"
	}
	text, ok := "", false
	if s.ForOperators() { // who have no company, and owners instead of its administrators
		text, ok = c.find("for_operators."+key, args)
	}
	if !ok {
		text, ok = c.find(key, args)
	}
	if !ok {
		return "[" + key + "]"
	}
	return s.fill(lang, c.tag, text, args)
}

func (s *Site) catalogue(lang string) (catalogue, bool) {
	texts := s.texts
	if texts == nil { // a site that was not loaded, such as the one for neutral pages
		texts = houseCatalogues()
	}
	for ; lang != ""; lang = widen(lang) {
		if c, ok := texts[lang]; ok {
			return c(), true
		}
	}
	if len(s.Languages) > 0 {
		if c, ok := texts[s.Languages[0]]; ok {
			return c(), true
		}
	}
	if c, ok := texts[baseLanguage]; ok {
		return c(), true
	}
	return catalogue{}, false
}

// widen removes the last part of a language: zh-Hant-TW, zh-Hant, zh, "".
func widen(lang string) string { return lang[:max(0, strings.LastIndexByte(lang, '-'))] }

// find looks for a key in one layer after another. A layer has all forms of a text that
// depends on a number, or none: another language may have others.
func (c catalogue) find(key string, args []any) (string, bool) {
	form := ""
	for _, layer := range c.layers {
		if text, ok := layer[key]; ok {
			return text, true
		}
		other, ok := layer[key+"#other"]
		if !ok {
			continue
		}
		if n, counts := argument(args, "n"); counts && form == "" {
			form = key + "#" + pluralForm(c.tag, n)
		}
		if text, ok := layer[form]; ok {
			return text, true
		}
		return other, true
	}
	return "", false
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
	// The rules look at the last digits only, and the package wants a small number.
	return formNames[plural.Cardinal.MatchPlural(tag, int(max(i, -i)%10_000_000), 0, 0, 0, 0)]
}

// fill replaces placeholders in one pass, so that braces in a value stay as they are.
func (s *Site) fill(lang string, tag language.Tag, text string, args []any) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	var b strings.Builder
	for {
		before, hole, open := strings.Cut(text, "{")
		b.WriteString(before)
		if !open {
			return b.String()
		}
		name, after, closed := strings.Cut(hole, "}")
		value, ok := argument(args, name)
		if !closed || !ok {
			b.WriteByte('{')
			text = hole
			continue
		}
		b.WriteString(s.told(lang, tag, value))
		text = after
	}
}

// told is a value in the words of a language.
func (s *Site) told(lang string, tag language.Tag, value any) string {
	switch v := value.(type) {
	case string:
		return v
	case time.Time:
		return s.FormatTime(lang, v)
	case time.Duration:
		return s.FormatDuration(lang, v)
	}
	return message.NewPrinter(tag).Sprint(value)
}

var placeholder = regexp.MustCompile(`\{[a-z_][a-z0-9_]*\}`)

// Language chooses one of the site's languages: the user's own, else the browser's
// preference, else the site's first.
func (s *Site) Language(accept, own string) string {
	if s.matcher == nil || len(s.Languages) == 1 { // nothing to choose
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

// houseCatalogues are the built-in ones alone.
var houseCatalogues = sync.OnceValue(func() catalogues {
	all := catalogues{}
	for lang := range house() {
		all[lang] = layered([]string{lang, baseLanguage}, nil)
	}
	return all
})

// layered makes a catalogue of languages, in order of preference. In a language and all
// wider ones, a site's own texts come before the built-in ones.
func layered(langs []string, own map[string]words) func() catalogue {
	return sync.OnceValue(func() catalogue {
		c := catalogue{tag: language.Make(langs[0])}
		for i, lang := range langs {
			if slices.Contains(langs[:i], lang) {
				continue
			}
			for _, texts := range []func(string) words{func(lang string) words { return own[lang] }, houseWords} {
				for _, wide := range widths(lang) {
					if layer := texts(wide); len(layer) > 0 {
						c.layers = append(c.layers, layer)
					}
				}
			}
		}
		return c
	})
}
