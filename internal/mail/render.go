package mail

import (
	"fmt"

	"gatehouse/internal/site"
)

// Rendered is what a message says.
type Rendered struct {
	// Subject, Heading and Preheader are one line each.
	Subject, Heading, Preheader string
	Text, HTML                  string
	// Lang is the language that was used.
	Lang string
}

// Render writes a message for a person: text and HTML from the same source.
func Render(s *site.Site, to Recipient, msg Message) (Rendered, error) {
	d, lang, err := write(s, to, msg)
	if err != nil {
		return Rendered{}, err
	}
	page, err := html(d, s, lang)
	if err != nil {
		return Rendered{}, fmt.Errorf("mail: %s in %s: %w", msg.Kind(), lang, err)
	}
	return Rendered{Subject: d.Subject, Heading: d.Heading, Preheader: d.Preheader,
		Text: plain(d, s), HTML: page, Lang: lang}, nil
}

// write writes the message for a person, and returns the language: the words, the facts
// and the links as they are at that moment, not yet rendered.
func write(s *site.Site, to Recipient, msg Message) (d document, lang string, err error) {
	to.Name, msg = plainName(to.Name), withPlainNames(msg)
	src := matchLanguage(append([]string{to.Lang}, s.Languages...)...)
	if d, err = src.read(view{Site: s, To: to, M: msg, lang: src.lang}); err != nil {
		err = fmt.Errorf("mail: %s in %s: %w", msg.Kind(), src.lang, err)
	}
	return d, src.lang, err
}
