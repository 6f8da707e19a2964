package testkit

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
)

// Mail is a message as the server received it.
type Mail struct {
	From    string   // the envelope's sender
	To      []string // the envelope's recipients
	Header  mail.Header
	Subject string // decoded
	Text    string // the plain part, decoded
	HTML    string // the HTML part, decoded
	Raw     []byte
	// TLS says whether it came over an encrypted connection.
	TLS bool

	taken bool
}

var (
	sixDigits = regexp.MustCompile(`(?:^|[^0-9])([0-9]{6})(?:[^0-9]|$)`)
	webLink   = regexp.MustCompile(`https?://[^\s<>"]+`)
)

// Code is the first number of six digits in the text; "" if there is none.
func (m Mail) Code() string {
	if found := sixDigits.FindStringSubmatch(m.Text); found != nil {
		return found[1]
	}
	return ""
}

// Links are the web addresses in the text, in order.
func (m Mail) Links() []string {
	links := webLink.FindAllString(m.Text, -1)
	for i, link := range links {
		links[i] = strings.TrimRight(link, ".,;:!?)")
	}
	return links
}

func (m *Mail) parse() error {
	message, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return err
	}
	m.Header = message.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return err
	}
	return m.part(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), message.Body)
}

// part keeps the first plain and the first HTML part.
func (m *Mail) part(contentType, encoding string, body io.Reader) error {
	if contentType == "" {
		contentType = "text/plain"
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = text
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	}
	return nil
}
