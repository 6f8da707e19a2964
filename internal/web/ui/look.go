package ui

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"

	"gatehouse/internal/site"
)

// headFonts are the heading faces of site.HeadFonts: the file, and the fallback if it
// does not load.
var headFonts = map[string]struct{ file, fallback string }{
	"Source Serif 4": {"source-serif-4-latin-wght-normal.woff2", `"Iowan Old Style", Georgia, serif`},
}

// SiteStyle returns the small stylesheet with a site's tokens, and its path. Package
// site has checked the colours.
func SiteStyle(look site.Look) (css []byte, path string) {
	var b strings.Builder
	font, named := headFonts[look.HeadFont]
	if named {
		fmt.Fprintf(&b, "@font-face { font-family: %q; src: url(%q) format(\"woff2\"); font-weight: 200 900; font-display: swap; }\n",
			look.HeadFont, assetPath(font.file))
	}
	b.WriteString(":root {\n")
	token := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  --site-%s: %s;\n", name, value)
		}
	}
	token("brand", look.Brand)
	token("on-brand", look.OnBrand)
	token("brand-night", look.BrandNight)
	token("on-brand-night", look.OnBrandNight)
	token("side", look.Side)
	token("radius", fmt.Sprintf("%grem", look.Radius))
	if named {
		token("font-head", fmt.Sprintf("%q, %s", look.HeadFont, font.fallback))
	}
	b.WriteString("}\n")
	css = []byte(b.String())
	return css, siteAssetPath(css, ".css")
}

// SiteIcon returns the icon of a site for the browser's tab, its mark in its
// colours, and its path.
func SiteIcon(look site.Look) (svg []byte, path string) {
	svg = []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" color="` +
		attrEscape(look.Brand) + `">` + plainMark(look) + "</svg>\n")
	return svg, siteAssetPath(svg, ".svg")
}

func siteAssetPath(body []byte, ext string) string {
	return StaticPrefix + "site/" + hashOf(body) + ext
}

// plainMark returns the mark without the classes that only a page's stylesheet
// could resolve; without a readable mark, a plain disc.
func plainMark(look site.Look) string {
	var b strings.Builder
	d := xml.NewDecoder(strings.NewReader("<g>" + look.Mark + "</g>"))
	for {
		tok, err := d.Token()
		if tok == nil {
			if err == io.EOF {
				return b.String()
			}
			return `<circle cx="16" cy="16" r="15" fill="currentColor"/>`
		}
		switch el := tok.(type) {
		case xml.StartElement:
			b.WriteString("<" + el.Name.Local)
			for _, a := range plainAttrs(el.Attr, look.OnBrand) {
				fmt.Fprintf(&b, ` %s="%s"`, a.Name.Local, attrEscape(a.Value))
			}
			b.WriteString(">")
		case xml.EndElement:
			b.WriteString("</" + el.Name.Local + ">")
		}
	}
}

// plainAttrs replaces the classes of a mark by their meaning: mark-line is a line,
// mark-fill a surface, in the colour for text on the brand colour.
func plainAttrs(attrs []xml.Attr, onBrand string) []xml.Attr {
	class := ""
	for _, a := range attrs {
		if a.Name.Local == "class" {
			class = a.Value
		}
	}
	set := map[string]string{}
	switch class {
	case "mark-line":
		set = map[string]string{"fill": "none", "stroke": onBrand}
	case "mark-fill":
		set = map[string]string{"fill": onBrand}
	}
	var out []xml.Attr
	for _, a := range attrs {
		if _, replaced := set[a.Name.Local]; !replaced && a.Name.Local != "class" {
			out = append(out, a)
		}
	}
	for _, name := range []string{"fill", "stroke"} {
		if set[name] != "" {
			out = append(out, xml.Attr{Name: xml.Name{Local: name}, Value: set[name]})
		}
	}
	return out
}

func attrEscape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}

// ServeSiteAsset answers /static/site/HASH.css and .svg of one site: its stylesheet and
// its icon. Any other path is 404, so that a proxy never caches one of another site or
// of another day.
func ServeSiteAsset(w http.ResponseWriter, r *http.Request, look site.Look) {
	var found *asset
	if css, path := SiteStyle(look); path == r.URL.Path {
		found = &asset{path: path, media: mediaTypes[".css"], body: css}
	}
	if svg, path := SiteIcon(look); path == r.URL.Path {
		found = &asset{path: path, media: mediaTypes[".svg"], body: svg}
	}
	serveAsset(w, r, found)
}
