package mail

import (
	"crypto/rand"
	"mime"
	"strings"
)

// headerWidth is the longest line of a header, and bodyWidth of a body: 78 and 76
// characters (RFC 5322, 2.1.1; RFC 2045, 6.7). Only text without spaces is longer.
const (
	headerWidth = 78
	bodyWidth   = 76
)

// field is a field of a header.
type field struct{ name, value string }

// appendField writes a field, folded at single spaces. Unfolding it gives the value
// back.
func appendField(b []byte, f field) []byte {
	b = append(append(b, f.name...), ':')
	at := len(f.name) + 1
	for rest := " " + f.value; rest != ""; {
		word := rest // with the space before it
		if next := strings.IndexByte(rest[1:], ' '); next >= 0 {
			word = rest[:next+1]
		}
		rest = rest[len(word):]
		if at+len(word) > headerWidth && len(word) > 1 {
			b = append(b, "\r\n"...)
			at = 0
		}
		b = append(b, word...)
		at += len(word)
	}
	return append(b, "\r\n"...)
}

// subject is a line of text in a header: as it is, or in encoded words (RFC 2047).
func subject(text string) string { return mime.QEncoding.Encode("utf-8", text) }

// appendAlternative writes the parts of a mail, plain text first (E04), and the header for
// them. The boundary is random, so nothing that somebody typed can contain it.
func appendAlternative(b []byte, text, html string) []byte {
	boundary := rand.Text()
	b = appendField(b, field{"Content-Type", "multipart/alternative; boundary=" + boundary})
	for _, part := range [...]struct{ kind, content string }{{"text/plain", text}, {"text/html", html}} {
		b = append(append(append(b, "\r\n--"...), boundary...), "\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: "...)
		b = append(append(b, part.kind...), "; charset=UTF-8\r\n\r\n"...)
		b = appendQuotedPrintable(b, part.content)
	}
	return append(append(append(b, "\r\n--"...), boundary...), "--\r\n"...)
}

// asItIs are the octets that quoted-printable need not encode within a line.
var asItIs = func() (is [256]bool) {
	for c := ' '; c <= '~'; c++ {
		is[c] = c != '='
	}
	return is
}()

const hexDigits = "0123456789ABCDEF"

// appendQuotedPrintable writes text with LF line ends in the encoding that survives every
// mail server (RFC 2045, 6.7), with CRLF line ends.
func appendQuotedPrintable(b []byte, text string) []byte {
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		b = appendQuotedLine(b, line)
		if ended {
			b = append(b, "\r\n"...)
		}
		text = rest
	}
	return b
}

func appendQuotedLine(b []byte, line string) []byte {
	at := 0 // length of the line being written
	for line != "" {
		n, room := literal(line, at == 0), bodyWidth-1-at // leave room for the "=" that breaks a line
		switch {
		case n == len(line) && n <= room+1:
			return append(b, line...)
		case n > 0 && room > 0:
			n = min(n, room)
			b, line, at = append(b, line[:n]...), line[n:], at+n
		case n == 0 && room >= 3:
			b = append(b, '=', hexDigits[line[0]>>4], hexDigits[line[0]&15])
			line, at = line[1:], at+3
		default:
			b, at = append(b, "=\r\n"...), 0
		}
	}
	return b
}

// literal is how many octets of a line need no encoding: not a trailing space, which
// mail servers cut off, nor a leading dot, which they double.
func literal(line string, first bool) int {
	if first && line[0] == '.' {
		return 0
	}
	n := 0
	for n < len(line) && asItIs[line[n]] {
		n++
	}
	if n == len(line) && line[n-1] == ' ' {
		n--
	}
	return n
}
