package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// Contact says how to reach the site's support.
func (p *Portal) Contact(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	contacts, err := p.Account.Contacts(r.Context(), v.Site, v.Caller(r))
	switch {
	case err != nil:
		return err
	case len(contacts) > 0:
		return p.page(w, r, http.StatusOK, CompanyContact{Contacts: contacts})
	}
	return p.page(w, r, http.StatusOK, Contact{})
}

// Contact says how to reach the site's support, and what to have ready (C07).
type Contact struct{ reading }

func (Contact) Template() string        { return "contact" }
func (Contact) Title(p *ui.Page) string { return p.T("contact.title") }

// Contacts: none are known.
func (Contact) Contacts() []gatehouse.Contact { return nil }

// CompanyContact is Contact for users of a company that has named contacts of its own (A09).
type CompanyContact struct {
	reading
	Contacts []gatehouse.Contact
}

func (CompanyContact) Template() string        { return "contact" }
func (CompanyContact) Title(p *ui.Page) string { return p.T("contact.title") }

// Alike: it says the same to everybody.
func (Contact) Alike() string { return "/contact" }
