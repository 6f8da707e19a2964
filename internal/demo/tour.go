package demo

import (
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

func (h *handler) tour(w http.ResponseWriter, r *http.Request) {
	h.write(w, r, http.StatusOK, Tour{h.accounts, h.inbox.Addr()})
}

// Tour is the demo's first page: the sites, who can sign in where, and what to try. Its
// frame has no site.
type Tour struct {
	Accounts
	// SMTP is the address that accepts mail, HOST:PORT; may be empty.
	SMTP string
}

func (Tour) Template() string      { return "tour" }
func (Tour) Title(*ui.Page) string { return "Tour" }

// tourPart is the data for the template "tour-site".
type tourPart struct {
	Page *ui.Page
	Of   SiteAccounts
	ID   string
	// Host is the site's address as people read it.
	Host string
	// With is the text with the name of the first field on the site's sign-in page.
	With string
}

// Part prepares a site of the tour.
func (Tour) Part(p *ui.Page, n int, s SiteAccounts) tourPart {
	return tourPart{p, s, "site-" + strconv.Itoa(n), hostOf(s.Site), ui.IdentifierText(s.Site)}
}

func hostOf(s *site.Site) string {
	if _, host, found := strings.Cut(s.Origin, "://"); found {
		return host
	}
	return s.Origin
}

// copyPart is the data for the template "copy": a button that copies the text of an
// element.
type copyPart struct {
	Page      *ui.Page
	ID, Label string
}

// Copy prepares a button that copies the element with an id.
func (Tour) Copy(p *ui.Page, id, label string) copyPart { return copyPart{p, id, label} }

// stateLooks are the words for the states, and their colours.
var stateLooks = map[State]struct{ text, class string }{
	StateActive:        {"Active", "badge-ok"},
	StateTemporary:     {"Temporary password", "badge-info"},
	StateExpired:       {"Password expired", "badge-warn"},
	StateLocked:        {"Locked", "badge-bad"},
	StateDeactivated:   {"Deactivated", ""},
	StateInvited:       {"Invited", "badge-info"},
	StateNoEmail:       {"No email address", "badge-warn"},
	StateLegacy:        {"From the old system", "badge-ok"},
	StateNeverSignedIn: {"Never signed in", "badge-info"},
}

// Text is a state in words, Class its look.
func (s State) Text() string  { return stateLooks[s].text }
func (s State) Class() string { return strings.TrimSpace("badge " + stateLooks[s].class) }
