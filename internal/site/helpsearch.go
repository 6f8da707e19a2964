package site

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"gatehouse"
)

// HelpHit is a place in the help that a search has found.
type HelpHit struct {
	// Page is the page's name, Title its title, Lang the language of its text.
	Page, Title, Lang string
	// Section is the heading and Anchor the place; both empty: the page as a whole.
	Section, Anchor string
	// Snippet is the text around the first word found.
	Snippet string
}

// The limits of a search, and of its results.
const (
	mostSearchRunes = 300
	mostHelpHits    = 20
	snippetBefore   = 8 // words of a snippet before the one that was found
	snippetWords    = 28
)

// Query is what somebody searches for: words, regardless of case and accents.
type Query struct{ words []string }

// NewQuery reads what was typed. Anything longer than people type is cut.
func NewQuery(typed string) Query {
	runes := []rune(strings.ToValidUTF8(typed, ""))
	return Query{searchWords(string(runes[:min(len(runes), mostSearchRunes)]))}
}

// Empty reports whether there is no word to search for.
func (q Query) Empty() bool { return len(q.words) == 0 }

// Matches reports whether every word is in one of the texts.
func (q Query) Matches(texts ...string) bool {
	return !q.Empty() && q.in(searchable(strings.Join(texts, " ")))
}

func (q Query) in(folded string) bool {
	return !slices.ContainsFunc(q.words, func(word string) bool { return !strings.Contains(folded, word) })
}

func (q Query) anyIn(folded string) bool {
	return slices.ContainsFunc(q.words, func(word string) bool { return strings.Contains(folded, word) })
}

// searchable is a text without what a search ignores: case, accents, the form of
// apostrophes.
func searchable(s string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == '’':
			return '\''
		}
		return r
	}, norm.NFKD.String(s))
	return gatehouse.Fold(plain)
}

// searchWords are the words in a text: letters and digits, and a mark between two of
// them as in "can't".
func searchWords(s string) []string {
	var words []string
	for _, word := range strings.FieldsFunc(searchable(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	}) {
		if word = strings.Trim(word, "'"); word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// searchText is a heading with its anchor and the text below it, as they are shown
// and as they are searched.
type searchText struct{ anchor, title, markup, text, heading, folded string }

// read extracts the searchable text from the markup.
func (t *searchText) read() {
	t.text, t.heading = plain(t.markup), searchable(t.title)
	t.markup, t.folded = "", searchable(t.text)
}

// snippet is the text around the first of the query's words, or the beginning.
func (t searchText) snippet(q Query) string {
	words := strings.Fields(t.text)
	from := max(0, slices.IndexFunc(words, func(w string) bool { return q.anyIn(searchable(w)) })-snippetBefore)
	to := min(len(words), from+snippetWords)
	snippet := strings.Join(words[from:to], " ")
	if from > 0 {
		snippet = "… " + snippet
	}
	if to < len(words) {
		snippet += " …"
	}
	return snippet
}

// SearchHelp finds the places in the help that have every word of a query: first pages
// that have them in the title, then sections that have them in the heading, then the
// others.
func (s *Site) SearchHelp(lang, query string) []HelpHit {
	q := NewQuery(query)
	if q.Empty() {
		return nil
	}
	type ranked struct {
		HelpHit
		rank int
	}
	var found []ranked
	for _, p := range s.Help(lang) {
		title := searchable(p.Title)
		for i, t := range p.search() {
			hit := HelpHit{Page: p.Name, Title: p.Title, Lang: p.Lang, Section: t.title, Anchor: t.anchor}
			rank := 3
			switch whole := i == 0; {
			case whole && q.in(title):
				rank = 1
			case !whole && q.in(t.heading):
				rank = 2
			case !q.in(title+" "+t.heading+" "+t.folded) || !q.anyIn(t.heading+" "+t.folded):
				continue
			}
			if hit.Snippet = t.snippet(q); hit.Snippet == "" {
				hit.Snippet = p.Summary
			}
			found = append(found, ranked{hit, rank})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	var hits []HelpHit
	for _, f := range found[:min(len(found), mostHelpHits)] {
		hits = append(hits, f.HelpHit)
	}
	return hits
}
