package site

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want string
	}{{"#000000", "#ffffff", "21.00"}, {"#777777", "#ffffff", "4.48"}, {"#2245a8", "#ffffff", "8.45"}} {
		a, _ := parseColour(c.a)
		b, _ := parseColour(c.b)
		if got := fmt.Sprintf("%.2f", contrast(a, b)); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// TestProposals: for any valid brand colour, the others are proposed so that they are
// valid too.
func TestProposals(t *testing.T) {
	for _, brand := range []string{"#2245a8", "#000000", "#8a2433", "#0f6a56", "#3a4356", "#757500"} {
		s := load(t, edit(t, "#2245a8", brand))
		l := s.Look
		for _, c := range []struct {
			a, b  string
			least float64
		}{
			{l.Brand, white, 4.5}, {l.Brand, pageByDay, 4.5}, {l.Brand, l.OnBrand, 4.5},
			{l.BrandNight, cardByNight, 4.5}, {l.BrandNight, l.OnBrandNight, 4.5}, {l.Side, white, 7},
		} {
			a, okA := parseColour(c.a)
			b, okB := parseColour(c.b)
			if !okA || !okB || contrast(a, b) < c.least {
				t.Errorf("brand %s: %s on %s has %.2f", brand, c.a, c.b, contrast(a, b))
			}
		}
	}
}

func TestNearestPasses(t *testing.T) {
	w, _ := parseColour(white)
	for v := range 256 {
		c := rgb{uint8(v), uint8(255 - v), 128}
		if got, ok := nearest(c, 7, w); !ok || contrast(got, w) < 7 {
			t.Errorf("%s: %s, %v", c, got, ok)
		}
	}
}

func TestMark(t *testing.T) {
	got, err := parseMark([]byte("<?xml version=\"1.0\"?>\n<!-- drawn by hand -->\n" +
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g transform="rotate(45 16 16)"><rect x="1" y="2" width="3" height="4" fill="#fff"/></g><path class="mark-line" d="M1 1h2"/></svg>`))
	want := `<g transform="rotate(45 16 16)"><rect x="1" y="2" width="3" height="4" fill="#fff"></rect></g><path class="mark-line" d="M1 1h2"></path>`
	if err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestMarkRefuses(t *testing.T) {
	in := func(inside string) string { return `<svg viewBox="0 0 32 32">` + inside + `</svg>` }
	for _, c := range []struct{ name, svg, want string }{
		{"script", in("<script>alert(1)</script>"), "<script> is not allowed"},
		{"script in capitals", in("<SCRIPT/>"), "<SCRIPT> is not allowed"},
		{"handler", in(`<path onclick="x()" d="M0 0"/>`), "attribute onclick of <path> is not allowed"},
		{"handler of the root", `<svg viewBox="0 0 32 32" onload="x()"><path d="M0 0"/></svg>`, "attribute onload"},
		{"style element", in("<style>*{}</style>"), "<style> is not allowed"},
		{"style attribute", in(`<path style="fill:red" d="M0 0"/>`), "attribute style"},
		{"foreign", in(`<foreignObject/>`), "<foreignObject> is not allowed"},
		{"use", in(`<use href="#a"/>`), "<use> is not allowed"},
		{"href", in(`<path href="x" d="M0 0"/>`), "attribute href"},
		{"xlink", `<svg viewBox="0 0 32 32" xmlns:xlink="http://www.w3.org/1999/xlink"><path d="M0 0"/></svg>`, "attribute xmlns:xlink"},
		{"url", in(`<path fill="url(#a)" d="M0 0"/>`), "is not allowed"},
		{"class", in(`<path class="btn" d="M0 0"/>`), "attribute class"},
		{"other vocabulary", in(`<path xmlns="http://www.w3.org/1999/xhtml" d="M0 0"/>`), "is of another vocabulary"},
		{"text", in("hello"), "holds text"},
		{"CDATA", in("<![CDATA[<script>]]>"), "holds text"},
		{"doctype", "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + in(`<path d="M0 0"/>`), "holds a declaration"},
		{"instruction", `<?xml-stylesheet href="x"?>` + in(`<path d="M0 0"/>`), "holds an instruction"},
		{"view box", `<svg viewBox="0 0 64 64"><path d="M0 0"/></svg>`, "attribute viewBox"},
		{"no view box", `<svg><path d="M0 0"/></svg>`, `must be <svg viewBox="0 0 32 32">`},
		{"root", `<g><path d="M0 0"/></g>`, "must be <svg"},
		{"broken", `<svg viewBox="0 0 32 32"><path`, "is not well-formed"},
		{"quote", in(`<path d="M0 0&quot;/>&lt;script>"/>`), "attribute d"},
		{"empty", in(""), "holds no shape"},
		{"deep", in(strings.Repeat("<g>", 20)), "nested too deeply"},
		{"large", in(strings.Repeat(" ", maxMark)), "bytes, may have"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseMark([]byte(c.svg))
			wantError(t, err, c.want)
		})
	}
	_, err := Load(folder(t, t.TempDir(), "acme", map[string]string{"logo.svg": "<svg viewBox=\"0 0 32 32\">\n<script/></svg>"}), LoadEnv{})
	wantError(t, err, "acme/logo.svg:2: <script> is not allowed")
}

// FuzzMark: the output never has anything that runs or loads.
func FuzzMark(f *testing.F) {
	f.Add([]byte(goodMark))
	f.Fuzz(func(t *testing.T, data []byte) {
		mark, err := parseMark(data)
		if err != nil {
			return
		}
		if bad := dangerous.FindString(mark); bad != "" {
			t.Errorf("%q came through: %s", bad, mark)
		}
	})
}

var dangerous = regexp.MustCompile(`(?i)<script|<style|\s(on\w+|style|href)=|url\(|[&:]`)
