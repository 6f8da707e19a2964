package mail

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"gatehouse/internal/site"
)

//go:embed layout.html
var layoutSource string

// mailFont is what mail programs have: no mail loads a font (section 9 of the guide).
const mailFont = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

// layout is the parts that the HTML of a mail is built from, by name.
var layout = sync.OnceValue(func() map[string]part { return readLayout(layoutSource) })

// part is a part of the layout: its fixed text, with the name of a value between each two
// pieces.
type part []string

// readLayout reads parts, each after a line "== NAME". A value is written {{name}}.
func readLayout(source string) map[string]part {
	all := map[string]part{}
	for text := range strings.SplitSeq("\n"+strings.ReplaceAll(source, "FONT", mailFont), "\n== ") {
		name, text, _ := strings.Cut(text, "\n")
		all[name] = strings.Split(strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "{{", "}}"), "}}")
	}
	return all
}

// page writes the HTML of a mail. Every value goes through text, which escapes it; the
// layout has values between tags and in quoted attributes, where that is enough, and the
// colours of the site, which are checked when it is loaded, in styles.
type page struct {
	strings.Builder
	values  map[string]string // for all parts
	unknown string            // a name in the layout that does not exist
}

// html writes a document as HTML: tables and inline styles, no pictures, nothing
// loaded from anywhere (E11).
func html(d document, s *site.Site, lang string) (string, error) {
	p := &page{values: map[string]string{
		"lang": lang, "dir": "ltr", "start": "left", "end": "right",
		"name": clean(s.Name), "mark": initial(s.Name), "postal": clean(s.Sender.Postal),
		"brand": s.Look.Brand, "on-brand": s.Look.OnBrand, "brand-night": s.Look.BrandNight, "on-brand-night": s.Look.OnBrandNight,
		"subject": d.Subject, "preheader": d.Preheader, "title": d.Heading, "foot": d.Foot,
	}}
	if rightToLeft(lang) {
		p.values["dir"], p.values["start"], p.values["end"] = "rtl", "right", "left"
	}
	p.Grow(12 << 10)
	p.write("page", values{
		"blocks": func() {
			for _, b := range d.Blocks {
				p.WriteString("\n            ")
				p.block(b)
			}
		},
		"address": func() {
			if p.values["postal"] != "" {
				p.write("postal", nil)
			}
		},
	})
	p.WriteByte('\n')
	if p.unknown != "" {
		return "", fmt.Errorf("the layout has no value %q", p.unknown)
	}
	return p.String(), nil
}

// values write the values of a part, by name.
type values map[string]func()

// write writes a part with its own values and those for all parts.
func (p *page) write(name string, own values) {
	for i, text := range layout()[name] {
		value, known := p.values[text]
		switch write := own[text]; {
		case i%2 == 0:
			p.WriteString(text)
		case write != nil:
			write()
		case known:
			p.text(value)
		default:
			p.unknown = text
		}
	}
}

// escaped escapes text. The plus sign could begin another character set, for programs that
// guess it.
var escaped = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "+", "&#43;", "\x00", "\uFFFD")

func (p *page) text(s string) {
	escaped.WriteString(p, s) //nolint:errcheck // a builder takes everything
}

func (p *page) spans(all []span) func() {
	return func() {
		for _, s := range all {
			if !s.Bold {
				p.text(s.Text)
				continue
			}
			p.WriteString("<strong>")
			p.text(s.Text)
			p.WriteString("</strong>")
		}
	}
}

func (p *page) block(b block) {
	switch b.Kind {
	case listBlock:
		p.write("list", values{"items": func() {
			for _, item := range b.Items {
				p.write("item", values{"text": p.spans(item)})
			}
		}})
	case factsBlock:
		p.write("facts", values{"rows": func() { p.facts(b.Facts) }})
	case codeBlock:
		p.code(b.Value)
	case buttonBlock:
		p.write("button", values{"value": func() { p.text(b.Value) }, "url": func() { p.text(b.URL) }})
	default:
		p.write(string(b.Kind), values{"text": p.spans(b.Text)})
	}
}

// facts aligns numbers at the end of their line, in a narrow column.
func (p *page) facts(all []fact) {
	width, align := "44", ""
	if digitsOf(all) > 0 {
		width, align = "80", ` align="`+p.values["end"]+`"`
	}
	for _, f := range all {
		p.write("row", values{
			"label": func() { p.text(f.Name) },
			"text":  p.spans(f.Value),
			"width": func() { p.WriteString(width) },
			"align": func() { p.WriteString(align) },
		})
	}
}

// code shows a short code in large, widely spaced digits.
func (p *page) code(value string) {
	size, spacing := "22", "1"
	if utf8.RuneCountInString(value) <= 8 {
		size, spacing = "34", "10"
		value = strings.ReplaceAll(value, " ", "\u00a0")
	}
	p.write("code", values{
		"value":   func() { p.text(value) },
		"size":    func() { p.WriteString(size) },
		"spacing": func() { p.WriteString(spacing) },
	})
}

// initial is the mark next to the site's name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "·"
}

func rightToLeft(lang string) bool {
	script, _ := language.Make(lang).Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa":
		return true
	}
	return false
}

// matchLanguage picks the sources for a person: their own language, the same in
// another country, the site's, or our own.
func matchLanguage(wanted ...string) *sources {
	all := languages()
	for _, tag := range wanted {
		if s, ok := all[tag]; ok {
			return s
		}
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if tag != "" && baseOf(name) == baseOf(tag) {
				return all[name]
			}
		}
	}
	return all[ownLanguage]
}
