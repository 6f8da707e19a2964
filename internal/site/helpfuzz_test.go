package site

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// FuzzMarkdown: for any input, the output has only elements of prose, no attribute
// except an address that may be linked to, and every element is closed.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{
		"# A {#b .c onclick=d}\n\n*e* [f](javascript:g)", "<b onclick=x>", "[a](/&amp;#47;evil)", "![a](data:x)", "<javascript:x>", "1. a\n\n   b\n3) c",
		"```x\" onclick=\n<\n```", "a\n===\n{id=5}", "[a]: /b 'c'\n[a]", "> - `a`", "\\<script>&lt;", "[<a>](<b c>)", "****\n***",
	} {
		f.Add(seed)
	}
	prose := map[string]bool{"p": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "ul": true, "ol": true, "li": true, "a": true,
		"em": true, "strong": true, "code": true, "pre": true, "blockquote": true, "hr": true, "br": true}
	f.Fuzz(func(t *testing.T, source string) {
		out := Markdown(source)
		if utf8.ValidString(source) && !utf8.ValidString(out) {
			t.Errorf("%q became %q", source, out)
		}
		var open []string
		for z := html.NewTokenizer(strings.NewReader(out)); z.Next() != html.ErrorToken; {
			token := z.Token()
			switch token.Type {
			case html.TextToken:
				continue
			case html.EndTagToken:
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("%q: </%s> in %q", source, token.Data, out)
				}
				open = open[:len(open)-1]
			case html.StartTagToken:
				if token.Data != "br" && token.Data != "hr" {
					open = append(open, token.Data)
				}
			}
			if !prose[token.Data] {
				t.Fatalf("%q: %s in %q", source, token, out)
			}
			for _, a := range token.Attr {
				switch token.Data + " " + a.Key {
				case "a href":
					if !linkable(a.Val) {
						t.Errorf("%q links to %q", source, a.Val)
					}
				case "ol start", "code class":
				default:
					t.Errorf("%q: %s in %q", source, token, out)
				}
			}
		}
		if len(open) > 0 {
			t.Errorf("%q leaves %q open", source, open)
		}
	})
}

// FuzzHelpPage: for any content, reading a page gives a page or a complaint.
func FuzzHelpPage(f *testing.F) {
	for _, seed := range []string{front + "# A\n\n{{.Site}}", "---\n---\n", front + "{{if}}", front + "# A\n## B {#c}\n## D {id=5}\n[x](#c)", front + "# \n##", "---", "---\norder: x"} {
		f.Add(seed)
	}
	s := &Site{Languages: []string{"en-GB"}}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "range") || strings.Contains(text, "printf") || strings.Contains(text, "template") {
			return // an operator's own page may take as long as it likes
		}
		source, problems := readHelp("help/page.md", "page", "en-GB", text)
		if len(problems) > 0 {
			return
		}
		if made := makeHelp(source, s.factsIn(source.lang)); made.page.Title == "" && len(made.page.Sections) > 0 && len(made.problems) == 0 {
			t.Errorf("%q is a page without a title: %+v", text, made.page)
		}
	})
}
