package demo

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"unicode"

	"github.com/emersion/go-smtp"
)

// deepestPart is how deep parts may be nested.
const deepestPart = 8

// readMail reads a mail as it came over the wire. Everything but text in it is left
// out.
func readMail(r io.Reader) (Mail, error) {
	raw, err := mail.ReadMessage(r)
	if err != nil {
		var refused *smtp.SMTPError
		if errors.As(err, &refused) { // too large
			return Mail{}, refused
		}
		return Mail{}, &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "This is no mail"}
	}
	m := Mail{Subject: decoded(raw.Header.Get("Subject")), From: sender(raw.Header.Get("From"))}
	err = m.readPart(textproto.MIMEHeader(raw.Header), raw.Body, 0)
	_, rest := io.Copy(io.Discard, raw.Body)
	var refused *smtp.SMTPError
	if errors.As(errors.Join(err, rest), &refused) {
		return Mail{}, refused
	}
	return m, nil // a broken part: what could be read is shown
}

// readPart takes the first text and the first HTML of a part.
func (m *Mail) readPart(h textproto.MIMEHeader, body io.Reader, depth int) error {
	media, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		media = "text/plain" // RFC 2045, 5.2
	}
	switch {
	case strings.HasPrefix(media, "multipart/") && depth < deepestPart:
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.readPart(part.Header, part, depth+1); err != nil {
				return err
			}
		}
	case media == "text/plain" && m.Text == "":
		m.Text, err = readText(h, body)
		return err
	case media == "text/html" && m.HTML == "":
		m.HTML, err = readText(h, body)
		return err
	}
	return nil
}

// readText decodes a UTF-8 part, which is all that the demo sends.
func readText(h textproto.MIMEHeader, body io.Reader) (string, error) {
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	return strings.ReplaceAll(strings.ToValidUTF8(string(text), "\uFFFD"), "\r\n", "\n"), err
}

// decoded is a header's value as people read it, in one line.
func decoded(value string) string {
	if text, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		value = text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(value, "\uFFFD"))
}

// sender is the From line: "Meridian UK <no-reply@meridian.example>".
func sender(value string) string {
	a, err := mail.ParseAddress(value)
	if err != nil {
		return decoded(value)
	}
	if a.Name == "" {
		return a.Address
	}
	return decoded(a.Name) + " <" + a.Address + ">"
}
