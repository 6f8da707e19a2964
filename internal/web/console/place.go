package console

import (
	"cmp"
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// Place says whose users a page is about, and who looks at them: an administrator at those of the
// company, as its zero value does, or an operator at those of a site.
type Place struct {
	Site *site.Site
	By   gatehouse.Caller
	// Firm is the company of the user that the page is about.
	Firm gatehouse.Company
	// Users is where the pages of users are.
	Users string
}

// placeOf is the place that a request is about. On the operators' host the path names the site.
func (c *Console) placeOf(r *http.Request) (Place, error) {
	v := ui.VisitOf(r)
	if !v.Site.ForOperators() {
		return Place{v.Site, v.Caller(r), *v.Company, ui.CompanyUsersPath}, nil
	}
	st := c.Sites.ByID(r.PathValue("site"))
	if st == nil || st.ForOperators() {
		return Place{}, gatehouse.ErrNotFound
	}
	return Place{Site: st, By: v.Operator(r), Users: ui.OperatorUsersPath(st.ID)}, nil
}

// ByOperator: an operator looks, who has no company.
func (at Place) ByOperator() bool { return at.By.Kind == gatehouse.Operator }

// in is the place of a page: its own site and company, if the place names no other.
func (at Place) in(p *ui.Page) Place {
	if at.Site == nil {
		at.Site = p.Site
		if p.Company != nil {
			at.Firm = *p.Company
		}
	}
	return at
}

// PathOf is the page of a user.
func (at Place) PathOf(u gatehouse.User) string {
	return cmp.Or(at.Users, ui.CompanyUsersPath) + "/" + url.PathEscape(u.ID)
}

// ImportPath is where an import begins, and importPath the page of one. An operator imports for the
// whole site.
func (at Place) ImportPath() string {
	if at.ByOperator() {
		return ui.OperatorImportOf(at.Site.ID)
	}
	return ImportPath
}

func (at Place) importPath(id string) string {
	if at.ByOperator() {
		return ui.OperatorImportsOf(at.Site.ID) + "/" + url.PathEscape(id)
	}
	return ui.ImportsPath + "/" + url.PathEscape(id)
}

// ListPath is the list in which imported users are found: of the company's, or of the site's companies.
func (at Place) ListPath() string {
	if at.ByOperator() {
		return ui.OperatorCompaniesOf(at.Site.ID)
	}
	return ui.CompanyUsersPath
}

// FirmPath is the operators' page of the company.
func (at Place) FirmPath() string {
	return ui.OperatorCompaniesOf(at.Site.ID) + "/" + url.PathEscape(at.Firm.ID)
}

// May reports whether the one who looks may do what takes this act of operators. Administrators may
// do it at their company, or the page does not offer it.
func (at Place) May(act gatehouse.OperatorAct) bool { return !at.ByOperator() || at.By.Operates(act) }

// required is the second factor that everybody at the company must have.
func (at Place) required() gatehouse.Requirement {
	return gatehouse.RulesFor(at.Site.Site, at.Firm.Rule()).Strictest().Require
}
