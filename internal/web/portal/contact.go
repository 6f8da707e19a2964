package portal

import (
	"net/http"

	"gatehouse/internal/web/ui"
)

// Contact says how to reach the site's support.
func (p *Portal) Contact(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, Contact{})
}

// Contact says how to reach the site's support, and what to have ready (C07).
type Contact struct{ reading }

func (Contact) Template() string        { return "contact" }
func (Contact) Title(p *ui.Page) string { return p.T("contact.title") }

// Alike: it says the same to everybody.
func (Contact) Alike() string { return "/contact" }
