package site

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

const (
	svgNamespace = "http://www.w3.org/2000/svg"
	maxMark      = 16 << 10
	maxMarkDepth = 8
)

// What a mark may contain. It is written into every page, so it is not cleaned but
// refused: nothing that runs, loads or refers to anything.
var (
	markShapes = map[string]bool{"path": true, "circle": true, "rect": true, "g": true, "polygon": true, "polyline": true, "line": true, "ellipse": true}

	markNumber    = regexp.MustCompile(`^[-+0-9.eE%]{1,20}$`)
	markNumbers   = regexp.MustCompile(`^[-+0-9.eE,\s]+$`)
	markPath      = regexp.MustCompile(`^[MmZzLlHhVvCcSsQqTtAa0-9eE,.\s+-]+$`)
	markPaint     = regexp.MustCompile(`^(none|currentColor|#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6})$`)
	markWord      = regexp.MustCompile(`^(round|butt|square|miter|bevel|nonzero|evenodd)$`)
	markTransform = regexp.MustCompile(`^((translate|scale|rotate|matrix|skewX|skewY)\([-+0-9.eE,\s]+\)\s*)+$`)
	markClass     = regexp.MustCompile(`^mark-(line|fill)$`)

	markAttributes = map[string]*regexp.Regexp{
		"d": markPath, "points": markNumbers, "transform": markTransform, "class": markClass,
		"fill": markPaint, "stroke": markPaint,
		"stroke-linecap": markWord, "stroke-linejoin": markWord, "fill-rule": markWord, "clip-rule": markWord,
		"stroke-width": markNumber, "stroke-miterlimit": markNumber,
		"opacity": markNumber, "fill-opacity": markNumber, "stroke-opacity": markNumber,
		"x": markNumber, "y": markNumber, "x1": markNumber, "y1": markNumber, "x2": markNumber, "y2": markNumber,
		"cx": markNumber, "cy": markNumber, "r": markNumber, "rx": markNumber, "ry": markNumber,
		"width": markNumber, "height": markNumber,
	}
	markRoot = map[string]*regexp.Regexp{
		"xmlns": regexp.MustCompile(`^` + regexp.QuoteMeta(svgNamespace) + `$`), "viewBox": regexp.MustCompile(`^0 0 32 32$`),
		"width": markNumber, "height": markNumber,
	}
)

// markError is a problem at a line of the logo.
type markError struct {
	line int
	text string
}

func (e markError) Error() string { return e.text }

// parseMark returns the inside of an SVG logo, rewritten from what was parsed, so that
// a browser cannot parse it differently.
func parseMark(data []byte) (string, error) {
	if len(data) > maxMark {
		return "", markError{1, fmt.Sprintf("has %d bytes, may have %d", len(data), maxMark)}
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	var out strings.Builder
	for depth := 0; ; {
		token, err := d.Token()
		line, _ := d.InputPos()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			depth, err = markToken(&out, token, depth)
		} else {
			err = fmt.Errorf("is not well-formed: %w", err)
		}
		if err != nil {
			return "", markError{line, err.Error()}
		}
	}
	if out.Len() == 0 {
		return "", markError{1, "holds no shape"}
	}
	return out.String(), nil
}

func markToken(out *strings.Builder, token xml.Token, depth int) (int, error) {
	switch t := token.(type) {
	case xml.StartElement:
		if depth > maxMarkDepth {
			return depth, errors.New("is nested too deeply")
		}
		return depth + 1, markStart(out, t, depth)
	case xml.EndElement:
		if depth > 1 {
			out.WriteString("</" + t.Name.Local + ">")
		}
		return depth - 1, nil
	case xml.CharData:
		if len(bytes.TrimSpace(t)) > 0 {
			return depth, errors.New("holds text; only shapes are allowed")
		}
	case xml.Directive:
		return depth, errors.New("holds a declaration <!…>; only shapes are allowed")
	case xml.ProcInst:
		if t.Target != "xml" {
			return depth, errors.New("holds an instruction <?…>; only shapes are allowed")
		}
	}
	return depth, nil
}

func markStart(out *strings.Builder, t xml.StartElement, depth int) error {
	name := t.Name.Local
	if t.Name.Space != "" && t.Name.Space != svgNamespace {
		return fmt.Errorf("<%s> is of another vocabulary", name)
	}
	if depth == 0 {
		if name != "svg" || attribute(t, "viewBox") == "" {
			return errors.New(`must be <svg viewBox="0 0 32 32">`)
		}
		return markAttrs(nil, t, markRoot)
	}
	if !markShapes[name] {
		return fmt.Errorf("<%s> is not allowed; allowed are path, circle, rect, g, polygon, polyline, line, ellipse", name)
	}
	out.WriteString("<" + name)
	if err := markAttrs(out, t, markAttributes); err != nil {
		return err
	}
	out.WriteString(">")
	return nil
}

// markAttrs checks attributes and, unless out is nil, writes them. No pattern allows
// anything that would need escaping.
func markAttrs(out *strings.Builder, t xml.StartElement, allowed map[string]*regexp.Regexp) error {
	for _, a := range t.Attr {
		name := a.Name.Local
		if a.Name.Space != "" {
			name = a.Name.Space + ":" + name
		}
		pattern := allowed[name]
		if pattern == nil {
			return fmt.Errorf("attribute %s of <%s> is not allowed", name, t.Name.Local)
		}
		if !pattern.MatchString(a.Value) {
			return fmt.Errorf("attribute %s of <%s> has the value %q, which is not allowed", name, t.Name.Local, a.Value)
		}
		if out != nil {
			fmt.Fprintf(out, ` %s="%s"`, name, a.Value)
		}
	}
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
