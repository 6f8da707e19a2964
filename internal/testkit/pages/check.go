package pages

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// Parse reads a page.
func Parse(t *testing.T, html []byte) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// checkOnce: one h1, one main, one title, no id twice, headings in order.
func checkOnce(t *testing.T, doc *goquery.Document) {
	for _, sel := range []string{"h1", "main", "title", "html[lang][dir]", ".skip"} {
		if n := doc.Find(sel).Length(); n != 1 {
			t.Errorf("%d of %s", n, sel)
		}
	}
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if seen[id] || id == "" {
			t.Errorf("id %q twice or empty", id)
		}
		seen[id] = true
	})
	last := 0
	doc.Find("main h1, main h2, main h3").Each(func(_ int, s *goquery.Selection) {
		level := int(goquery.NodeName(s)[1] - '0')
		if level > last+1 {
			t.Errorf("heading %q skips a level", s.Text())
		}
		last = level
	})
}

// checkPolicy: nothing that Policy would block.
func checkPolicy(t *testing.T, html string, doc *goquery.Document) {
	if n := doc.Find("[style], style, script:not([src]), [onclick], [onload], base, object, embed, link[rel=stylesheet]:not([href^='/static/']), script:not([src^='/static/'])").Length(); n > 0 {
		t.Errorf("%d elements that the policy stops", n)
	}
	if strings.Contains(html, "data:") || strings.Contains(html, "javascript:") {
		t.Error("a data: or javascript: address")
	}
	doc.Find("img[src], iframe[src], link[href], form[action]:not([data-leaves])").Each(func(_ int, s *goquery.Selection) {
		for _, name := range []string{"src", "href", "action"} {
			if v, ok := s.Attr(name); ok && (!strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//")) {
				t.Errorf("%s=%q leaves the site", name, v)
			}
		}
	})
	if doc.Find("form[data-leaves] [name=form_token]").Length() > 0 {
		t.Error("a token goes to another site")
	}
	doc.Find("form[method=post]:not([data-leaves])").Each(func(_ int, s *goquery.Selection) {
		if v, _ := s.Find("input[name=form_token]").Attr("value"); v != "token-1" {
			t.Error("a form without its token")
		}
	})
}

// checkReferences: every reference to an id has a target, and the page contains exactly
// the icons that it uses.
func checkReferences(t *testing.T, doc *goquery.Document) {
	used := map[string]bool{}
	for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "data-copy", "data-dialog", "data-reveal", "data-caps", "data-reqs", "data-repeat", "data-old", "data-when", "form", "href"} {
		doc.Find("[" + name + "]").Each(func(_ int, s *goquery.Selection) {
			v, _ := s.Attr(name)
			if name == "href" {
				if !strings.HasPrefix(v, "#") {
					return
				}
				v = v[1:]
				used[v] = true
			}
			for id := range strings.FieldsSeq(v) {
				if doc.Find("[id='"+id+"']").Length() != 1 {
					t.Errorf("%s=%q points nowhere", name, v)
				}
			}
		})
	}
	doc.Find("symbol").Each(func(_ int, s *goquery.Selection) {
		if id, _ := s.Attr("id"); !used[id] {
			t.Errorf("icon %s is not used", id)
		}
	})
}

// checkNames: every control has a name, and errors belong to their fields.
func checkNames(t *testing.T, doc *goquery.Document) {
	doc.Find("button, a[href], summary").Each(func(_ int, s *goquery.Selection) {
		label, _ := s.Attr("aria-label")
		inTemplate := s.ParentsFiltered("template").Length() > 0
		if strings.TrimSpace(label+s.Text()) == "" && !inTemplate {
			html, _ := goquery.OuterHtml(s)
			t.Errorf("no name: %s", html)
		}
	})
	doc.Find("input:not([type=hidden]):not([hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if doc.Find("label[for='"+id+"']").Length() != 1 {
			t.Errorf("input %q has no label", id)
		}
		if _, ok := s.Attr("autocomplete"); !ok && !s.Is("[type=checkbox], [type=radio], [type=file]") {
			t.Errorf("input %q has no autocomplete", id)
		}
	})
	doc.Find("[aria-invalid]").Each(func(_ int, s *goquery.Selection) {
		if _, ok := s.Attr("aria-describedby"); !ok {
			t.Error("a wrong field without its error")
		}
	})
}

// checkStandard: faults that Tidy does not know. The script gives tables their roles.
func checkStandard(t *testing.T, doc *goquery.Document) {
	doc.Find("table[role], table [role]").Each(func(_ int, s *goquery.Selection) {
		if s.Is("table, thead, tbody, tr, th, td") {
			t.Errorf("<%s> has a role other than its own", goquery.NodeName(s))
		}
	})
	doc.Find("time, template time").Each(func(_ int, s *goquery.Selection) {
		if _, err := time.Parse(time.RFC3339, s.AttrOr("datetime", "")); err != nil {
			t.Errorf("no moment: %v", err)
		}
	})
}

// CheckPage looks for what no page may have.
func CheckPage(t *testing.T, html string, doc *goquery.Document) {
	t.Helper()
	checkOnce(t, doc)
	checkPolicy(t, html, doc)
	checkReferences(t, doc)
	checkNames(t, doc)
	checkStandard(t, doc)
}
