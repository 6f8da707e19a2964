// Package site reads a site's folder: look, terms, help, policy, texts and
// languages. The result has been checked: colours have enough contrast, the
// policy keeps to the server's minimums, and every text that a page or a mail
// uses exists in every language the site offers.
//
// A folder contains
//
//	site.yaml               every setting; see settings.go
//	logo.svg                the mark: shapes only, viewBox 0 0 32 32
//	terms/VERSION.md        the terms of use in the site's first language
//	terms/VERSION.LANG.md   the same in another one
//	help/PAGE.md            a help page in the site's first language
//	help/PAGE.LANG.md       the same in another one
//	texts/LANG.yaml         texts that override the built-in ones
//
// and nothing else, except names that begin with a dot or end with a tilde, and
// README.md. Load reports all problems at once, each with file, line and key.
package site

import (
	"time"

	"golang.org/x/text/language"

	"gatehouse"
	"gatehouse/internal/strictyaml"
)

// Site is a site with everything that a visitor sees of it.
type Site struct {
	gatehouse.Site
	// Folder is where it was read from.
	Folder string
	// Brand and Country are the two parts of the name as the header shows them:
	// "Meridian" and "UK". Country may be empty.
	Brand, Country string
	// Tagline is the sentence under the sign-in page's title.
	Tagline string
	Look    Look
	// Languages are the BCP 47 tags the site offers; the first is its own.
	Languages []string
	// Zone is the time zone for people without a known one.
	Zone *time.Location
	// Notice is the news on the sign-in page's side panel.
	Notice Notice
	// Links are the site's own pages, linked in the footer: privacy, cookies and so on.
	Links []Link
	// QuickLinks are the places that people visit most, in the frame of signed-in pages
	// (B18).
	QuickLinks []Link
	// Terms are all versions, newest (the current one) first.
	Terms []Terms
	// Maintenance closes the site for planned work; see Closed.
	Maintenance *Maintenance
	// InvitesByLink: new users get a link to choose their first password, and not a temporary one.
	InvitesByLink bool
	// Registers: applications may register themselves, with an operator's token.
	Registers bool
	// ForwardAuth is for applications that do not speak OpenID Connect.
	ForwardAuth ForwardAuth

	security *securitySettings            // nil: none; see SecurityText
	own      map[string]map[string]string // texts of site.yaml, by language
	texts    catalogues                   // nil: the built-in ones
	help     map[string]func() []HelpPage // by language, in the order of the index; made when first requested
	matcher  language.Matcher             // over Languages
	doc      *strictyaml.Doc              // where its settings are, for Sites
}

// Closed reports whether the site is closed for planned work: from its beginning until
// it is removed from site.yaml, because if the work takes longer than planned, people
// must stay out.
func (s *Site) Closed(now time.Time) bool {
	return s.Maintenance != nil && !now.Before(s.Maintenance.From)
}

// Look is a site's design tokens, as in site.yaml.
type Look struct {
	// Colours are #rrggbb: by day, by night, and of the side panel.
	Brand, OnBrand, BrandNight, OnBrandNight, Side string
	// Radius is the corner of controls in rem, 0 to 0.75.
	Radius float64
	// HeadFont is "" or the name of one of the embedded heading faces ("Source Serif 4").
	HeadFont string
	// Mark is the inner SVG of the logo mark, viewBox 0 0 32 32, checked to hold
	// shapes only.
	Mark string
	// Art is the side panel's drawing: arches, horizon or shelf.
	Art string
}

// Notice is a piece of news; empty Title: none.
type Notice struct{ Kicker, Title, LinkText, LinkURL string }

// Link is a name and its target: an https address or a path of the site.
type Link struct{ Text, URL string }

// Terms is one version of the terms of use.
type Terms struct {
	// Version is the file's name without .md, such as "2026-09".
	Version string
	// Texts holds the Markdown for each language.
	Texts map[string]string
}

// Maintenance is planned work.
type Maintenance struct {
	From, Until time.Time
	Reference   string
	// StatusURL is where the progress can be followed; may be empty.
	StatusURL string
}
