package site

import (
	"regexp"
	"strings"
	"testing"
)

// No setting becomes markup, anywhere on a page.
func TestSettingsStayText(t *testing.T) {
	const probe = `*a* _b_ [c](javascript:alert(1)) <script>alert(1)</script> &amp; {#x} # > - 1. ![d](//e) ` + "`f` \\ | ~~~"
	for _, text := range []string{
		"{{.Site}}", "# x\n\n{{.Site}}", "## {{.Site}}", "- {{.Site}}", "**{{.Site}}**", "[{{.Site}}](/help)", "> {{.Site}}", "{{printf \"%s\" .Site}}", "{{.Support.Hours}}", "{{range .Languages}}{{.}}{{end}} {{.Site}}",
	} {
		files := edit(t, "name: Acme", "name: '"+probe+"'")
		files["site.yaml"] = strings.Replace(files["site.yaml"], "phone:", "hours: '"+probe+"', phone:", 1)
		text = strings.TrimPrefix(text, "# x\n\n")
		files["help/page.md"] = front + "# {{.Site}}\n\n" + text
		s := load(t, files)
		page, _ := s.HelpPage("en-GB", "page")
		if page.Title != probe {
			t.Errorf("the title is %s", page.Title)
		}
		shown := page.Intro
		for _, section := range page.Sections {
			shown += "<p>" + section.Title + "</p>"
			if section.Title != probe || section.HTML != "" || !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(section.ID) {
				t.Errorf("%q: %+v", text, section)
			}
			continue
		}
		if len(page.Sections) == 0 && plain(shown) != probe && !strings.Contains(plain(shown), probe) {
			t.Errorf("%q shows %s", text, plain(shown))
		}
		if len(page.Sections) == 0 && regexp.MustCompile(`<script|<em|<img|<code|javascript:[^<]*"|href="[^"]*//`).MatchString(page.Intro) {
			t.Errorf("%q became %s", text, page.Intro)
		}
	}
	// Nor in an address, where it cannot end the link or begin another.
	files := edit(t, "0345 010 0482", "0345 (010)-0482")
	files["help/page.md"] = front + "# P\n\n[{{.Support.Phone}}](tel:{{.Support.Dial}})"
	if text := helpText(t, load(t, files), "en-GB", "page"); !strings.Contains(text, `<a href="tel:03450100482">0345 (010)-0482</a>`) {
		t.Error(text)
	}
}

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"# A\n\n## B {#x onclick=y}":          "<h2>A</h2>\n<h3>B</h3>\n",
		"## A\n\n### B":                       "<h2>A</h2>\n<h3>B</h3>\n",
		"*a* <b>c</b>":                        "<p><em>a</em> &lt;b&gt;c&lt;/b&gt;</p>\n",
		"<script>alert(1)</script>":           "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n",
		"[a](javascript:alert(1))":            "<p>a</p>\n",
		"[a](JavaScript&#58;alert(1))":        "<p>a</p>\n",
		"[a](java\\script:alert(1))":          "<p>a</p>\n",
		"[a](data:text/html,x)":               "<p>a</p>\n",
		"[a](//evil.example)":                 "<p>a</p>\n",
		"[a](/\\evil.example)":                "<p>a</p>\n",
		"[a](/&#47;evil.example)":             "<p>a</p>\n",
		"[a](/&amp;#47;evil.example)":         "<p>a</p>\n",
		"[a](/&amp;amp;#47;evil.example)":     "<p>a</p>\n",
		"[a](https://u:p@evil.example)":       "<p>a</p>\n",
		"[a](ftp://a.example)":                "<p>a</p>\n",
		"[a](relative)":                       "<p>a</p>\n",
		"[a][b]\n\n[b]: javascript:x":         "<p>a</p>\n",
		"<javascript:alert(1)>":               "<p>javascript:alert(1)</p>\n",
		"[a *b*](vbscript:x) c":               "<p>a <em>b</em> c</p>\n",
		"![a](/x.png) b":                      "<p>a b</p>\n",
		"[![a](/x.png)](/b)":                  "<p><a href=\"/b\">a</a></p>\n",
		"[a](https://a.example/?b=c&d \"t\")": "<p><a href=\"https://a.example/?b=c&amp;d\">a</a></p>\n",
		"[a](http://a.example)":               "<p><a href=\"http://a.example\">a</a></p>\n",
		"[a](/terms#b) [c](#d)":               "<p><a href=\"/terms#b\">a</a> <a href=\"#d\">c</a></p>\n",
		"[a](mailto:b@c.example)":             "<p><a href=\"mailto:b@c.example\">a</a></p>\n",
		"[a](tel:+44131)":                     "<p><a href=\"tel:+44131\">a</a></p>\n",
		"<b@c.example>":                       "<p><a href=\"mailto:b@c.example\">b@c.example</a></p>\n",
		"":                                    "",
	} {
		if got := Markdown(in); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", in, got, want)
		}
	}
}

func TestAnchorsAreMadeOfTheHeading(t *testing.T) {
	s := load(t, map[string]string{"help/page.md": front + "# P\n## What *locks* it?\n## What locks it?\n## Main\n## Größe & Zoë’s\n## 日本\n### 日本\n## Given {#given .x style=y}\n"})
	page, _ := s.HelpPage("en-GB", "page")
	var ids []string
	for _, section := range page.Sections {
		ids = append(ids, section.ID)
	}
	if got := strings.Join(ids, " "); got != "what-locks-it what-locks-it-2 main-2 grosse-zoe-s section given" {
		t.Error(got)
	}
	if got := page.Sections[4].HTML; got != "<h3 id=\"section-2\">日本</h3>\n" {
		t.Error(got)
	}
}
