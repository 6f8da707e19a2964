package portal

import (
	"net/http"
	"strings"

	"gatehouse/internal/web/ui"
)

// LeadTo goes on to a path of this site after a form. Where that path does nothing but lead
// to another site, it is a page that goes on by itself: browsers hold the redirects after a
// form to the Content-Security-Policy of the page that it stands on (form-action), and ours
// name no site but this one.
func (p *Portal) LeadTo(w http.ResponseWriter, r *http.Request, to string) error {
	if !leadsAway(to) {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	w.Header().Set("Refresh", "0; url="+to)
	return p.page(w, r, http.StatusOK, Onward{to})
}

// leadsAway reports whether a path does nothing but lead to another site. (Authorization
// requests that waited for a sign-in see to it themselves.)
func leadsAway(path string) bool {
	page, _, _ := strings.Cut(path, "?")
	return page == "/forward-auth"
}

// Onward is the page that goes on by itself, for who waits in front of it.
type Onward struct{ To string }

func (Onward) Template() string        { return "onward" }
func (Onward) Title(p *ui.Page) string { return p.T("onward.title") }
