package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/textproto"
	"regexp"
	"strings"
)

// entity is a mail, or a part of one (RFC 2045), read as liberally as possible: every mail
// system writes reports, and others change them on their way. Nothing depends on their
// form, because the token in the envelope proves what they are about.
type entity struct {
	kind     string // the media type in lower case; empty: none is given
	boundary string
	about    textproto.MIMEHeader
	// raw is all of it, body what follows the first blank line.
	raw, body []byte
}

// newEntity reads the header of a text in which all lines end in LF.
func newEntity(raw []byte) entity {
	e, head := entity{raw: raw}, raw
	if rest, none := bytes.CutPrefix(raw, []byte("\n")); none {
		head, e.body = nil, rest
	} else if before, after, found := bytes.Cut(raw, []byte("\n\n")); found {
		head, e.body = before, after
	}
	e.about = textproto.MIMEHeader{}
	for _, line := range fieldLines(head) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			e.about.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	e.kind, e.boundary = mediaType(e.about.Get("Content-Type"))
	return e
}

// lineEnd is CRLF, also after something has added another CR.
var lineEnd = regexp.MustCompile(`\r+\n`)

// unixLines turns all line ends into LF.
func unixLines(text []byte) []byte {
	return bytes.ReplaceAll(lineEnd.ReplaceAll(text, []byte("\n")), []byte("\r"), []byte("\n"))
}

// fieldLines are the lines of header fields, with folded ones joined and blank ones empty. A
// field may be folded as often as 1 MiB has room for, so it is joined once: appending each
// time would copy the text just as often (ASVS 15.2.2).
func fieldLines(text []byte) (lines []string) {
	var field strings.Builder
	end := func() {
		if field.Len() > 0 {
			lines = append(lines, field.String())
			field.Reset()
		}
	}
	for line := range bytes.Lines(text) {
		folded := line[0] == ' ' || line[0] == '\t'
		words := bytes.TrimSpace(line)
		if folded && len(words) > 0 && field.Len() > 0 {
			field.WriteByte(' ')
			field.Write(words)
			continue
		}
		if end(); len(lines) == reportLines {
			return lines
		}
		if field.Write(words); len(words) == 0 {
			lines = append(lines, "")
		}
	}
	end()
	return lines
}

// boundaryOf finds the boundary in a Content-Type that does not parse.
var boundaryOf = regexp.MustCompile(`(?i)boundary\s*=\s*(?:"([^"]*)"|([^\s;]+))`)

func mediaType(value string) (kind, boundary string) {
	kind, params, err := mime.ParseMediaType(value)
	if err == nil {
		return kind, params["boundary"]
	}
	kind, _, _ = strings.Cut(value, ";")
	if found := boundaryOf.FindStringSubmatch(value); found != nil {
		boundary = found[1] + found[2]
	}
	return strings.ToLower(strings.TrimSpace(kind)), boundary
}

// text is the content without its transfer encoding, up to the first fault in it. An
// entity without a body is taken with its header, because some leave out the blank line
// after it.
func (e entity) text() []byte {
	var from io.Reader
	switch strings.ToLower(e.about.Get("Content-Transfer-Encoding")) {
	case "base64":
		from = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(base64Digits(e.body)))
	case "quoted-printable":
		from = quotedprintable.NewReader(bytes.NewReader(e.body))
	default:
		return e.raw
	}
	text, _ := io.ReadAll(from) // a fault ends it
	return unixLines(text)
}

// base64Digits drops everything that is not base64.
func base64Digits(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("+/=", r)) {
			return r
		}
		return -1
	}, text)
}

// parts splits a multipart. If it is cut off, it has the parts that are there; if it names
// no boundary, the first line that can be one is used.
func (e entity) parts() (all []entity) {
	text := e.text()
	boundary := []byte("--" + strings.TrimSpace(e.boundary))
	if len(boundary) == 2 {
		found := anyBoundary.FindSubmatch(text)
		if found == nil {
			return nil
		}
		boundary = found[1]
	}
	begin := -1
	for at := 0; at < len(text); {
		next := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		mark, isMark := bytes.CutPrefix(bytes.TrimRight(text[at:next], " \t\n"), boundary)
		if isMark && (len(mark) == 0 || string(mark) == "--") {
			if begin >= 0 {
				all = append(all, newEntity(text[begin:at]))
			}
			if begin = next; len(mark) > 0 || len(all) == reportParts {
				return all
			}
		}
		at = next
	}
	if begin >= 0 {
		all = append(all, newEntity(text[begin:]))
	}
	return all
}

var anyBoundary = regexp.MustCompile(`(?m)^(--[^\s-][^\n]*?)[ \t]*$`)
