package site

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gatehouse/internal/strictyaml"
)

// The product's colours that a site's colours are combined with, and how much contrast
// text needs (WCAG 2.2, 1.4.3 and 1.4.6).
const (
	white        = "#ffffff"
	pageByDay    = "#f5f6f8"
	cardByNight  = "#171b22"
	inkByNight   = "#10141b"
	textContrast = 4.5
	sideContrast = 7
)

type rgb [3]uint8

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func parseColour(s string) (c rgb, ok bool) {
	if !hexColour.MatchString(s) {
		return c, false
	}
	for i := range c {
		v, _ := strconv.ParseUint(s[1+2*i:3+2*i], 16, 8) // matched above
		c[i] = uint8(v)
	}
	return c, true
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is WCAG's relative luminance.
func (c rgb) luminance() float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is WCAG's ratio, 1 to 21.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// nearest returns the colour nearest to c, darker or lighter, that has enough contrast
// with all the others; false if there is none.
func nearest(c rgb, least float64, others ...rgb) (rgb, bool) {
	for step := range 256 {
		for _, end := range []float64{0, 255} {
			if d := c.towards(end, float64(step)/255); d.reaches(least, others) {
				return d, true
			}
		}
	}
	return c, false
}

func (c rgb) towards(end, share float64) rgb {
	for i, v := range c {
		c[i] = uint8(math.Round(float64(v) + (end-float64(v))*share))
	}
	return c
}

func (c rgb) reaches(least float64, others []rgb) bool {
	for _, o := range others {
		if contrast(c, o) < least {
			return false
		}
	}
	return true
}

// palette checks the colours of a look, in the order in which they depend on
// each other.
type palette struct{ doc *strictyaml.Doc }

// colours returns the five colours: the site's, or proposed ones.
func (p palette) colours(f lookSettings) (l Look) {
	brand, ok := p.colour("look.brand", f.Brand, white, textContrast, white, pageByDay)
	if !ok {
		return l // nothing else can be judged without it
	}
	l.Brand = brand
	l.OnBrand, _ = p.colour("look.on_brand", f.OnBrand, white, textContrast, brand)
	l.BrandNight, _ = p.colour("look.brand_night", f.BrandNight, brand, textContrast, cardByNight)
	l.OnBrandNight, _ = p.colour("look.on_brand_night", f.OnBrandNight, inkByNight, textContrast, l.BrandNight)
	l.Side, _ = p.colour("look.side", f.Side, brand, sideContrast, white)
	return l
}

// colour returns the colour of a setting or, if it has none, the one nearest to the
// proposal that passes.
func (p palette) colour(key, value, proposal string, least float64, against ...string) (string, bool) {
	proposed := value == ""
	if proposed {
		value = proposal
	}
	c, ok := parseColour(value)
	if !ok {
		p.doc.Problem(key, "is %q, must be a colour such as #2245a8", value)
		return value, false
	}
	var others []rgb
	for _, a := range against {
		if o, ok := parseColour(a); ok {
			others = append(others, o)
		}
	}
	better, found := nearest(c, least, others...)
	if proposed && found {
		return better.String(), true
	}
	for _, o := range others {
		if ratio := contrast(c, o); ratio < least {
			// Rounded down, so that a failing ratio never looks like a passing one.
			p.doc.Problem(key, "%s has a contrast of %.2f:1 with %s, must be at least %g:1; the nearest that passes is %s",
				c, math.Floor(ratio*100)/100, o, least, better)
			return c.String(), false
		}
	}
	return strings.ToLower(value), true
}
