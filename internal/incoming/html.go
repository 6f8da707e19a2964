package incoming

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// ofHTML is the text of a mail that was written as a page, without the old mail in it, unless there is
// nothing else.
func ofHTML(page string) string {
	text := textOf(page, false)
	if strings.TrimSpace(text) == "" {
		text = textOf(page, true)
	}
	return text
}

// textOf works on tokens, not on a tree: endlessly nested elements cost nothing.
func textOf(page string, whole bool) string {
	var b strings.Builder
	var skipped []string // the elements that are open, from the one that is not read
	tokens := html.NewTokenizer(strings.NewReader(page))
	tokens.SetMaxBuf(mostWords)
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if len(skipped) == 0 {
				b.WriteString(spaced(string(tokens.Text())))
			}
		case html.StartTagToken:
			t := tokens.Token()
			if slices.Contains(empty, t.DataAtom) {
				if len(skipped) == 0 {
					b.WriteString(lineOf(t.DataAtom))
				}
				continue
			}
			switch {
			case len(skipped) >= mostOpen:
			case len(skipped) > 0, isUnread(t), !whole && isQuoted(t):
				skipped = append(skipped, t.Data)
			case !whole && isHistory(t):
				return b.String()
			default:
				b.WriteString(lineOf(t.DataAtom))
			}
		case html.SelfClosingTagToken:
			if t := tokens.Token(); len(skipped) == 0 {
				b.WriteString(lineOf(t.DataAtom))
			}
		case html.EndTagToken:
			t := tokens.Token()
			if len(skipped) > 0 {
				skipped = closed(skipped, t.Data)
				continue
			}
			b.WriteString(lineOf(t.DataAtom))
		}
	}
}

// mostOpen is how many elements within an unread one are counted.
const mostOpen = 200

// closed is what is still open after an end tag. One that matches nothing is ignored.
func closed(open []string, name string) []string {
	for n := len(open) - 1; n >= 0; n-- {
		if open[n] == name {
			return open[:n]
		}
	}
	return open
}

// empty are elements that have no end tag.
var empty = []atom.Atom{atom.Br, atom.Img, atom.Hr, atom.Meta, atom.Link, atom.Input, atom.Col, atom.Base, atom.Area, atom.Wbr, atom.Source}

// isUnread reports whether an element is not for people.
func isUnread(t html.Token) bool {
	switch t.DataAtom {
	case atom.Style, atom.Script, atom.Head, atom.Title, atom.Template, atom.Noscript, atom.Svg, atom.Object, atom.Iframe:
		return true
	}
	return false
}

// isQuoted reports whether an element quotes an old mail.
func isQuoted(t html.Token) bool {
	if t.DataAtom == atom.Blockquote {
		return true
	}
	for _, a := range t.Attr {
		if a.Key != "class" {
			continue
		}
		for _, class := range strings.Fields(strings.ToLower(a.Val)) {
			if slices.Contains([]string{"gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote", "zmail_extra"}, class) {
				return true
			}
		}
	}
	return false
}

// isHistory reports whether everything from here on is the old mail.
func isHistory(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key == "id" && slices.Contains([]string{"divrplyfwdmsg", "appendonsend", "reply-intro", "mail-editor-reference-message-container"}, strings.ToLower(strings.TrimPrefix(a.Val, "x_"))) {
			return true
		}
	}
	return false
}

// lineOf is what an element does to a line.
func lineOf(a atom.Atom) string {
	switch a {
	case atom.Br, atom.Div, atom.P, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Pre, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Hr:
		return "\n"
	case atom.Td, atom.Th:
		return " "
	}
	return ""
}

// spaced is text as a page shows it: a run of blanks is one.
func spaced(text string) string {
	words := strings.Join(strings.Fields(text), " ")
	if words == "" {
		if text == "" {
			return ""
		}
		return " "
	}
	if strings.ContainsAny(text[:1], " \n\t\r") {
		words = " " + words
	}
	if strings.ContainsAny(text[len(text)-1:], " \n\t\r") {
		words += " "
	}
	return words
}
