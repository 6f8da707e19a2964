package portal

import (
	"net/http"
	"strings"

	"gatehouse/internal/web/ui"
)

// LeadTo goes on to a path of this site after a form. If that path only leads to another
// site, it is a page that goes on by itself: browsers apply the Content-Security-Policy of
// the form's page to redirects after the form (form-action), and ours names only this site.
func (p *Portal) LeadTo(w http.ResponseWriter, r *http.Request, to string) error {
	if !leadsAway(to) {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	w.Header().Set("Refresh", "0; url="+to)
	return p.page(w, r, http.StatusOK, Onward{to})
}

// leadsAway reports whether a path only leads to another site. (Authorization requests
// that waited for a sign-in handle it themselves.)
func leadsAway(path string) bool {
	page, _, _ := strings.Cut(path, "?")
	return page == "/forward-auth"
}

// Onward is the page that goes on by itself, for a user who is waiting.
type Onward struct{ To string }

func (Onward) Template() string        { return "onward" }
func (Onward) Title(p *ui.Page) string { return p.T("onward.title") }
