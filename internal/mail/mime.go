package mail

import (
	"crypto/rand"
	"mime"
	"strings"
)

// headerWidth is the longest line of a header, and bodyWidth of a body: 78 and 76
// characters (RFC 5322, 2.1.1; RFC 2045, 6.7). Only what has no blank is longer.
const (
	headerWidth = 78
	bodyWidth   = 76
)

// field is a field of a header.
type field struct{ name, value string }

// appendField writes a field, folded at single blanks. Unfolding it gives the value
// back.
func appendField(b []byte, f field) []byte {
	b = append(append(b, f.name...), ':')
	at := len(f.name) + 1
	for rest := " " + f.value; rest != ""; {
		word := rest // with the blank before it
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

// appendAlternative writes the parts of a mail, plain text first (E04), and what says so in
// its header. The boundary is random: what somebody typed cannot hold it.
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

// asItIs are the octets that quoted-printable need not encode inside a line.
var asItIs = func() (is [256]bool) {
	for c := ' '; c <= '~'; c++ {
		is[c] = c != '='
	}
	return is
}()

const hexDigits = "0123456789ABCDEF"

// appendQuotedPrintable writes text with lines that end in LF in the encoding that survives
// every mail server (RFC 2045, 6.7), its lines ending in CRLF.
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
	at := 0 // how long the line is that is being written
	for line != "" {
		n, room := literal(line, at == 0), bodyWidth-1-at // the "=" that breaks a line has its place
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

// literal is how many octets of a line stand as they are: not a blank at its end, which
// mail servers cut off, nor a dot that begins it, which they double.
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
