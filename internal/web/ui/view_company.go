package ui

import "strings"

// The places of the company's pages.
const (
	CompanyUsersPath     = "/company/users"
	EnhancedSecurityPath = "/company/enhanced-security"
	EnrolmentsPath       = "/company/enrolments"
)

// companyPages are the pages that administrators have about their company: the icon, the
// text's key, the path, and what the paths of its pages begin with.
var companyPages = []struct {
	icon, key, path string
	below           []string
}{
	{"users", "company.nav_users", CompanyUsersPath, []string{CompanyUsersPath + "/"}},
	{"shield-check", "company.nav_enhanced_security", EnhancedSecurityPath, []string{EnrolmentsPath + "/"}},
}

// CompanyPages are the pages about the company, for the template "company-nav".
func (p *page) CompanyPages() []NavPage {
	pages := make([]NavPage, len(companyPages))
	for i, c := range companyPages {
		current := c.path == p.PathOnly()
		for _, below := range c.below {
			current = current || strings.HasPrefix(p.PathOnly(), below)
		}
		pages[i] = NavPage{c.icon, p.T(c.key), c.path, current}
	}
	return pages
}

// CompanyAbove is the company's page that this page stands below, for the template
// "company-crumbs"; nil where it is one of them itself.
func (p *page) CompanyAbove() *NavPage {
	_, asks := p.View.(SwitchConfirmation) // in the place of the page that it asks for
	for _, c := range p.CompanyPages() {
		if c.Current && (asks || c.Path != p.PathOnly()) {
			return &c
		}
	}
	return nil
}
