package mail

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gatehouse/internal/site"
)

// plainWidth is the longest line of the text part, except for a word or link that is
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
	// "-- " is the mark at which mail programs cut a quotation.
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

// plainFacts writes names and values in two columns. If all values are numbers, they are
// right-aligned.
func plainFacts(facts []fact, colon string) string {
	width := 0
	for _, f := range facts {
		width = max(width, utf8.RuneCountInString(f.Name+colon))
	}
	digits := digitsOf(facts)
	lines := make([]string, len(facts))
	for i, f := range facts {
		value := joined(f.Value)
		first := fmt.Sprintf("%-*s  ", width, f.Name+colon) + strings.Repeat(" ", max(0, digits-len(value)))
		lines[i] = wrap(value, first, strings.Repeat(" ", width+2))
	}
	return strings.Join(lines, "\n")
}

// digitsOf is how many digits the longest value has; 0: not all are numbers.
func digitsOf(facts []fact) int {
	most := 0
	for _, f := range facts {
		value := joined(f.Value)
		if strings.Trim(value, "0123456789") != "" {
			return 0
		}
		most = max(most, len(value))
	}
	return most
}

func joined(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// wrap breaks text between words, with a prefix for the first line and one for the
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
