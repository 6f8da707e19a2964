package mail

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/site"
)

// plainWidth is the longest line of the text part, but for a word or link that is
// longer by itself. Quoted-printable then breaks hardly any line.
const plainWidth = 76

// plain writes a document as text.
func plain(d document, s *site.Site) string {
	var parts []string
	for _, b := range d.Blocks {
		parts = append(parts, plainBlock(b, d.Colon))
	}
	foot := wrap(d.Foot, "", "")
	if s.Sender.Postal != "" {
		foot += "\n" + wrap(clean(s.Sender.Postal), "", "")
	}
	// "-- " is the mark before which mail programs cut a quotation.
	return strings.Join(parts, "\n\n") + "\n\n-- \n" + foot + "\n"
}

func plainBlock(b block, colon string) string {
	switch b.Kind {
	case listBlock:
		items := make([]string, len(b.Items))
		for i, item := range b.Items {
			items[i] = wrap(joined(item), "- ", "  ")
		}
		return strings.Join(items, "\n")
	case factsBlock:
		return plainFacts(b.Facts, colon)
	case codeBlock:
		return "    " + b.Value
	case buttonBlock:
		return wrap(b.Value+colon, "", "") + "\n" + b.URL
	case quoteBlock:
		return wrap(joined(b.Text), "> ", "> ")
	}
	return wrap(joined(b.Text), "", "")
}

// plainFacts writes names and values in two columns.
func plainFacts(facts []fact, colon string) string {
	width := 0
	for _, f := range facts {
		width = max(width, utf8.RuneCountInString(f.Name+colon))
	}
	lines := make([]string, len(facts))
	for i, f := range facts {
		first := fmt.Sprintf("%-*s  ", width, f.Name+colon)
		lines[i] = wrap(joined(f.Value), first, strings.Repeat(" ", width+2))
	}
	return strings.Join(lines, "\n")
}

func joined(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// wrap breaks text between words, with something before the first line and before the
// others.
func wrap(text, first, next string) string {
	var b strings.Builder
	b.WriteString(first)
	at, begun := utf8.RuneCountInString(first), false
	for _, word := range split(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case !begun:
		case at+1+n > plainWidth:
			b.WriteString("\n" + next)
			at = utf8.RuneCountInString(next)
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at, begun = at+n, true
	}
	return b.String()
}
