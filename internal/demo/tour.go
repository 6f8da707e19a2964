package demo

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

func (h *handler) tour(w http.ResponseWriter, r *http.Request) {
	now := h.now()
	apps, err := h.accounts.Apps(r.Context(), now)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.write(w, r, http.StatusOK, Tour{h.accounts, h.inbox.Addr(), apps, now})
}

// Tour is the demo's first page: the sites, who can sign in where, and what to try. Its
// frame has no site.
type Tour struct {
	Accounts
	// SMTP is the address that accepts mail, HOST:PORT; may be empty.
	SMTP string
	// Apps are the authenticator apps, with what they show Now.
	Apps []App
	Now  time.Time
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

// next is when the apps show other codes.
func (v Tour) next() time.Time { return v.Now.Truncate(gatehouse.AppPeriod).Add(gatehouse.AppPeriod) }

// Until is when the apps show other codes, as a clock shows it, and Left the milliseconds
// until then.
func (v Tour) Until() string { return v.next().UTC().Format("15:04:05") + " UTC" }
func (v Tour) Left() int64   { return v.next().Sub(v.Now).Milliseconds() }

// Asked are the accounts that have to set up a factor, Keepers those that begin with an
// app, each with the way to its site.
func (v Tour) Asked() []TourStep   { return v.inState(StateFactorAsked) }
func (v Tour) Keepers() []TourStep { return v.inState(StateApp) }

func (v Tour) inState(state State) (all []TourStep) {
	for _, s := range v.everybody() {
		for _, a := range s.Accounts {
			if a.State == state {
				all = append(all, TourStep{Link: "Sign in to " + s.Site.Name, URL: s.Site.Origin + "/sign-in", Username: a.Username, Password: a.Password})
			}
		}
	}
	return all
}

// SecurityPage is where a factor is added at the first of the sites; empty: there are none.
func (v Tour) SecurityPage() string {
	if len(v.Sites) == 0 {
		return ""
	}
	return v.Sites[0].Site.Origin + "/account/security"
}

// FewCodes are as many of an account's recovery codes as the tour shows.
func (a App) FewCodes() []string {
	return a.Account.RecoveryCodes[:min(3, len(a.Account.RecoveryCodes))]
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
	StateApp:           {"Authenticator app", "badge-ok"},
	StateFactorAsked:   {"Factor required", "badge-warn"},
}

// Text is a state in words, Class its look.
func (s State) Text() string  { return stateLooks[s].text }
func (s State) Class() string { return strings.TrimSpace("badge " + stateLooks[s].class) }
