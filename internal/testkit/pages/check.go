package pages

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// Parse reads a page.
func Parse(t *testing.T, page []byte) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// marks are the ids of a page and what refers to them, from one walk through it: thousands
// of pages are checked, and some have hundreds of references.
type marks struct {
	ids, labels map[string]int // how often
	references  []html.Attribute
}

// referring are the attributes that hold ids.
var referring = map[string]bool{
	"for": true, "aria-describedby": true, "aria-labelledby": true, "data-copy": true, "data-dialog": true, "data-reveal": true,
	"data-caps": true, "data-reqs": true, "data-repeat": true, "data-old": true, "data-when": true, "form": true,
}

func marksOf(doc *goquery.Document) marks {
	m := marks{ids: map[string]int{}, labels: map[string]int{}}
	for n := range doc.Nodes[0].Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				m.ids[a.Val]++
			case a.Key == "for" && n.Data == "label":
				m.labels[a.Val]++
			}
			if referring[a.Key] || a.Key == "href" && strings.HasPrefix(a.Val, "#") {
				m.references = append(m.references, a)
			}
		}
	}
	return m
}

// checkOnce: one h1, one main, one title, no id twice, headings in order.
func checkOnce(t *testing.T, doc *goquery.Document, ids map[string]int) {
	for _, sel := range []string{"h1", "main", "title", "html[lang][dir]", ".skip"} {
		if n := doc.Find(sel).Length(); n != 1 {
			t.Errorf("%d of %s", n, sel)
		}
	}
	for id, n := range ids {
		if n > 1 || id == "" {
			t.Errorf("id %q twice or empty", id)
		}
	}
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
func checkPolicy(t *testing.T, page string, doc *goquery.Document) {
	if n := doc.Find("[style], style, script:not([src]), [onclick], [onload], base, object, embed, link[rel=stylesheet]:not([href^='/static/']), script:not([src^='/static/'])").Length(); n > 0 {
		t.Errorf("%d elements that the policy stops", n)
	}
	if strings.Contains(page, "data:") || strings.Contains(page, "javascript:") {
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
func checkReferences(t *testing.T, doc *goquery.Document, m marks) {
	used := map[string]bool{}
	for _, a := range m.references {
		to := a.Val
		if a.Key == "href" {
			to = to[1:]
			used[to] = true
		}
		for id := range strings.FieldsSeq(to) {
			if m.ids[id] != 1 {
				t.Errorf("%s=%q points nowhere", a.Key, a.Val)
			}
		}
	}
	doc.Find("symbol").Each(func(_ int, s *goquery.Selection) {
		if id, _ := s.Attr("id"); !used[id] {
			t.Errorf("icon %s is not used", id)
		}
	})
}

// checkNames: every control has a name, and errors belong to their fields.
func checkNames(t *testing.T, doc *goquery.Document, labels map[string]int) {
	doc.Find("button, a[href], summary").Each(func(_ int, s *goquery.Selection) {
		label, _ := s.Attr("aria-label")
		inTemplate := s.ParentsFiltered("template").Length() > 0
		if strings.TrimSpace(label+s.Text()) == "" && !inTemplate {
			control, _ := goquery.OuterHtml(s)
			t.Errorf("no name: %s", control)
		}
	})
	doc.Find("input:not([type=hidden]):not([hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id, _ := s.Attr("id")
		if labels[id] != 1 {
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
func CheckPage(t *testing.T, page string, doc *goquery.Document) {
	t.Helper()
	m := marksOf(doc)
	checkOnce(t, doc, m.ids)
	checkPolicy(t, page, doc)
	checkReferences(t, doc, m)
	checkNames(t, doc, m.labels)
	checkStandard(t, doc)
}
