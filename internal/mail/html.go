package mail

import (
	_ "embed"
	"html/template"
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

// html/template escapes whatever is not part of the layout for the place where it
// stands: text, attribute, link or style.
var layout = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("layout").Parse(strings.ReplaceAll(layoutSource, "FONT", mailFont)))
})

// page is what the layout shows.
type page struct {
	Lang, Dir  string
	Start, End string // the sides where lines begin and end
	Name, Mark string
	Postal     string
	Look       site.Look
	Doc        document
	Blocks     []pageBlock
	// Outlook on Windows knows no max-width: it gets a table of 600 pixels.
	OutlookOpen, OutlookClose template.HTML
}

type pageBlock struct {
	block
	Page          *page
	Size, Spacing int // of a code
	// NameWidth is the share of a fact's name; ValueAlign is set for numbers.
	NameWidth  int
	ValueAlign string
}

// html writes a document as HTML: tables and inline styles, no pictures, nothing
// loaded from anywhere (E11).
func html(d document, s *site.Site, lang string) (string, error) {
	p := &page{
		Lang: lang, Dir: "ltr", Start: "left", End: "right",
		Name: clean(s.Name), Mark: initial(s.Name), Postal: clean(s.Sender.Postal), Look: s.Look, Doc: d,
		OutlookOpen:  `<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`,
		OutlookClose: `<!--[if mso]></td></tr></table><![endif]-->`,
	}
	if rightToLeft(lang) {
		p.Dir, p.Start, p.End = "rtl", "right", "left"
	}
	for _, b := range d.Blocks {
		p.Blocks = append(p.Blocks, newPageBlock(b, p))
	}
	var out strings.Builder
	err := layout().Execute(&out, p)
	return out.String(), err
}

// newPageBlock gives a short code large digits far apart, and numbers little room at the
// end of their line.
func newPageBlock(b block, p *page) pageBlock {
	pb := pageBlock{block: b, Page: p, Size: 22, Spacing: 1, NameWidth: 44}
	if digitsOf(b.Facts) > 0 {
		pb.NameWidth, pb.ValueAlign = 80, p.End
	}
	if utf8.RuneCountInString(b.Value) <= 8 {
		pb.Size, pb.Spacing = 34, 10
		pb.Value = strings.ReplaceAll(b.Value, " ", "\u00a0")
	}
	return pb
}

// initial is the mark beside the site's name.
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
