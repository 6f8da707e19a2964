package ui

import (
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/site"
)

// Tour is the demo's first page: the sites, who can sign in where, and what to try.
// Its frame has no site.
type Tour struct {
	Sites []TourSite
	// Paths are what to try first.
	Paths []TourPath
	// SMTP is the address that takes mail, host:port; may be empty.
	SMTP string
	// Operator says how to do what support does: commands to copy.
	Operator []string
}

// TourPath is one way through the demo, a click after the other. Number names its words.
type TourPath struct {
	Number string
	Site   *site.Site
	Steps  []TourStep
}

// TourStep is a page, and the account to use there.
type TourStep struct {
	Number, URL        string
	Username, Password string
	// Mail: the page is the inbox, which asks for no account.
	Mail bool
}

// TourSite is one site of the demo and the people who can sign in there.
type TourSite struct {
	Site     *site.Site
	Accounts []TourAccount
}

// TourAccount is one person of the demo.
type TourAccount struct {
	Username, Password, Email string
	Name, Company             string
	// Role is "user" or "admin".
	Role string
	// State is one of the states of `demo --json`, such as "locked".
	State string
	Note  string
}

func (Tour) template() string     { return "tour" }
func (Tour) title(p *page) string { return p.T("tour.title_short") }
func (Tour) failed() bool         { return false }

// SignInURL is the site's sign-in page.
func (t TourSite) SignInURL() string { return t.Site.Origin + "/sign-in" }

// Host is the site's address as people read it.
func (t TourSite) Host() string { return withoutScheme(t.Site.Origin) }

// Mark is the site's logo; package site has checked that it holds shapes only.
func (t TourSite) Mark() template.HTML { return template.HTML(t.Site.Look.Mark) }

// tourPart is what the template "tour-site" works on.
type tourPart struct {
	Page *page
	Site TourSite
	ID   string
	// With is the text that names the first field of the site's sign-in page.
	With string
}

// TourPart prepares a site of the tour.
func (p *page) TourPart(n int, s TourSite) tourPart {
	return tourPart{p, s, "site-" + strconv.Itoa(n), identifierText(s.Site)}
}

// tourPathPart is what the template "tour-path" works on.
type tourPathPart struct {
	Page *page
	TourPath
}

// TourPathPart prepares a path of the tour.
func (p *page) TourPathPart(path TourPath) tourPathPart { return tourPathPart{p, path} }

// copyPart is what the template "copy" works on: a button that copies the text of
// an element.
type copyPart struct {
	Page      *page
	ID, Label string
}

// CopyPart prepares a button that copies the element with an id.
func (p *page) CopyPart(id, label string) copyPart { return copyPart{p, id, label} }

// tourStates are the states that have words, and their colours.
var tourStates = map[string]string{
	"active": "badge badge-ok", "temporary-password": "badge badge-info", "expired-password": "badge badge-warn",
	"locked": "badge badge-bad", "deactivated": "badge", "invited": "badge badge-info", "no-email": "badge badge-warn",
	"legacy": "badge badge-ok", "never-signed-in": "badge badge-info",
}

// StateClass is the look of the account's state.
func (a TourAccount) StateClass() string {
	if class := tourStates[a.State]; class != "" {
		return class
	}
	return "badge"
}

// StateText names a state in words; one without words shows as it is.
func (p *page) StateText(state string) string {
	if tourStates[state] == "" {
		return state
	}
	return p.T("tour.state_" + strings.ReplaceAll(state, "-", "_"))
}

// TourRole names the role of an account.
func (p *page) TourRole(role string) string {
	if role == "admin" {
		return p.T("role.admin")
	}
	return p.T("role.user")
}

// Inbox is the demo's mailbox: a list of mails, newest first, and one of them open.
// Its page needs InboxPolicy. Its frame has no site.
type Inbox struct {
	Messages []Message
	// Open is the mail that is shown; nil: none is chosen.
	Open *Message
	// To shows the mail of one address only; empty: all.
	To string
	// SMTP is the address that takes mail, host:port; may be empty.
	SMTP string
}

// Message is one captured mail. Its HTML is served, framed, at
// /inbox/messages/ID.html.
type Message struct {
	ID, To, From, Subject string
	At                    time.Time
	Text                  string
	HasHTML               bool
}

func (Inbox) template() string     { return "inbox" }
func (Inbox) title(p *page) string { return p.T("inbox.title") }
func (Inbox) failed() bool         { return false }

// Newest is the id that the page asks for mails after.
func (v Inbox) Newest() string {
	if len(v.Messages) == 0 {
		return ""
	}
	return v.Messages[0].ID
}

// IsOpen reports whether a mail of the list is the one shown.
func (v Inbox) IsOpen(m Message) bool { return v.Open != nil && v.Open.ID == m.ID }

var webAddress = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)\]'’]`)

// Linked is the mail's text with its web addresses as links.
func (m Message) Linked() template.HTML {
	var b strings.Builder
	rest := 0
	for _, at := range webAddress.FindAllStringIndex(m.Text, -1) {
		b.WriteString(template.HTMLEscapeString(m.Text[rest:at[0]]))
		address := template.HTMLEscapeString(m.Text[at[0]:at[1]])
		b.WriteString(`<a href="` + address + `">` + address + "</a>")
		rest = at[1]
	}
	b.WriteString(template.HTMLEscapeString(m.Text[rest:]))
	return template.HTML(b.String())
}

// FramedMail prepares a mail's HTML for the frame of the inbox: its links open
// beside the inbox, because the frame may show nothing else. Serve it with
// MailPolicy.
func FramedMail(html string) []byte {
	const base = `<base target="_blank">`
	at := 0
	if head := headTag.FindStringIndex(html); head != nil {
		at = head[1]
	}
	return []byte(html[:at] + base + html[at:])
}

var headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)
