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

// entity is a mail, or a part of one (RFC 2045), read as liberally as can be: reports are
// written by every mail system there is, and changed by others on their way. Nothing hangs
// on their form, because the token in the envelope proves what they are about.
type entity struct {
	kind     string // the media type in small letters; empty: none is named
	boundary string
	about    textproto.MIMEHeader
	// raw is all of it, body what is behind the first blank line.
	raw, body []byte
}

// newEntity reads the head of a text whose lines all end in LF.
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

// lineEnd is CRLF, and what becomes of it where somebody adds another CR.
var lineEnd = regexp.MustCompile(`\r+\n`)

// unixLines makes LF of all line ends that there are.
func unixLines(text []byte) []byte {
	return bytes.ReplaceAll(lineEnd.ReplaceAll(text, []byte("\n")), []byte("\r"), []byte("\n"))
}

// fieldLines are the lines of header fields, with those that are folded in one piece and
// the blank ones empty. A field may be folded as often as 1 MiB has room for, so it is put
// together once: text that is added to text each time would be copied as often (ASVS 15.2.2).
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

// boundaryOf finds the boundary in a Content-Type that cannot be read as a whole.
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

// text is the content without its transfer encoding: what comes before a fault in it. An
// entity that has none is taken with its head, because some leave out the blank line
// behind that.
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

// base64Digits leaves out whatever base64 does not have.
func base64Digits(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("+/=", r)) {
			return r
		}
		return -1
	}, text)
}

// parts takes a multipart apart. One that is cut off has the parts that are there; one that
// names no boundary has that of the first line which can be one.
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
