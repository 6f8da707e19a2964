package ui

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// AcceptedTerms are the terms that a person has accepted, newest first (A03).
type AcceptedTerms struct {
	List []gatehouse.Acceptance
}

func (AcceptedTerms) template() string     { return "accepted" }
func (AcceptedTerms) title(p *page) string { return p.T("accepted.title") }
func (AcceptedTerms) failed() bool         { return false }

// AcceptedText is one text as it was accepted, in Markdown.
type AcceptedText struct {
	gatehouse.Acceptance
	Text string
}

func (AcceptedText) template() string { return "accepted_text" }
func (v AcceptedText) title(p *page) string {
	return p.T("accepted.version", "version", v.Version)
}
func (AcceptedText) failed() bool { return false }

// HTML is the text for a page; site.Markdown lets no markup of the text through.
func (v AcceptedText) HTML() template.HTML { return template.HTML(site.Markdown(v.Text)) }

// AcceptedIn is the name of the language that a text was accepted in; the tag where the
// site does not have that language any more.
func (p *page) AcceptedIn(lang string) string {
	if p.Site != nil && slices.Contains(p.Site.Languages, lang) {
		return p.In(lang, "language.name")
	}
	return lang
}

// AcceptedFile is an accepted text to keep: a head that says what was accepted, when and
// by whom, a line of hyphens, and the text word for word.
func AcceptedFile(v *Visit, a gatehouse.Acceptance, text string) string {
	head := v.Site.Text(v.Lang, "accepted.file", "site", v.Site.Name, "version", a.Version, "time", a.AcceptedAt,
		"machine", a.AcceptedAt.UTC().Format(time.RFC3339), "username", v.User.Username, "lang", a.Lang, "hash", a.TextHash)
	return head + strings.Repeat("-", 64) + "\n" + text
}
