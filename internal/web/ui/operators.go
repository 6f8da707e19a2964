package ui

import (
	"net/http"
	"net/url"
	"strings"

	"gatehouse"
)

// The places of the operators' pages. A page for others is added here, in operatorTabs, and to the
// table of routes.
const (
	OperatorPath      = "/operator"
	OperatorSitesPath = "/operator/sites"
	OperatorFindPath  = "/operator/find"

	OperatorOperatorsPath = "/operator/operators"
	OperatorCasesPath     = "/operator/cases"
	OperatorCompaniesPath = "/operator/companies"
	OperatorMailPath      = "/operator/mail"
	OperatorBouncedPath   = "/operator/bounced"
	OperatorAlertsPath    = "/operator/alerts"
	OperatorHealthPath    = "/operator/health"
	OperatorJobsPath      = "/operator/jobs"
	OperatorEventsPath    = "/operator/events"
	OperatorAddressesPath = "/operator/addresses"
)

// OperatorUsersPath is where the operators' pages of a site's users are.
func OperatorUsersPath(siteID string) string {
	return OperatorSitesPath + "/" + url.PathEscape(siteID) + "/users"
}

// OperatorCompaniesOf is where the operators' pages of a site's companies are.
func OperatorCompaniesOf(siteID string) string {
	return OperatorSitesPath + "/" + url.PathEscape(siteID) + "/companies"
}

// OperatorImportOf is where an operator begins to import users of all companies of a site, and
// OperatorImportsOf where the imports are.
func OperatorImportOf(siteID string) string {
	return OperatorSitesPath + "/" + url.PathEscape(siteID) + "/import"
}

func OperatorImportsOf(siteID string) string {
	return OperatorSitesPath + "/" + url.PathEscape(siteID) + "/imports"
}

// operatorTabs are the operators' main places: the text key, the path, the act of those who may open
// it, and the beginning of its pages' paths.
var operatorTabs = []struct {
	key, path string
	act       gatehouse.OperatorAct
	below     []string
}{
	{"operator.tab_overview", OperatorPath, gatehouse.OperatorSee, []string{OperatorAddressesPath}},
	{"operator.tab_find", OperatorFindPath, gatehouse.OperatorFind, nil},
	{"operator.sites", OperatorSitesPath, gatehouse.OperatorSee, []string{OperatorSitesPath + "/"}},
	{"operator.find_companies", OperatorCompaniesPath, gatehouse.OperatorSee, nil},
	{"opmail.tab", OperatorMailPath, gatehouse.OperatorSee, []string{OperatorMailPath + "/", OperatorBouncedPath}},
	{"operator.tab_cases", OperatorCasesPath, gatehouse.OperatorCases, []string{OperatorCasesPath + "/"}},
	{"watch.tab", OperatorHealthPath, gatehouse.OperatorSee, []string{OperatorJobsPath, OperatorAlertsPath}},
	{"log.tab", OperatorEventsPath, gatehouse.OperatorEvents, []string{OperatorEventsPath + "/"}},
	{"operator.operators", OperatorOperatorsPath, gatehouse.OperatorOperators, []string{OperatorOperatorsPath + "/"}},
}

func (p *Page) operatorTabs() []Tab {
	var tabs []Tab
	for _, t := range operatorTabs {
		if p.User == nil || !gatehouse.OperatorMay(p.User.Role, t.act) {
			continue
		}
		place := operatorPlace(p.PathOnly())
		current := t.path == place
		for _, below := range t.below {
			current = current || strings.HasPrefix(place, below)
		}
		tab := Tab{Text: p.T(t.key), Path: t.path, Current: current}
		if t.path == OperatorHealthPath {
			tab.Waiting = p.Waiting
		}
		tabs = append(tabs, tab)
	}
	return tabs
}

// watchPages are the pages of how the installation is: the icon, the text key and the path.
var watchPages = []struct{ icon, key, path string }{
	{"activity", "watch.health", OperatorHealthPath},
	{"triangle-alert", "watch.alerts", OperatorAlertsPath},
	{"history", "watch.jobs", OperatorJobsPath},
}

// WatchPages are those pages, for the template "watch-nav".
func (p *Page) WatchPages() []NavPage {
	pages := make([]NavPage, len(watchPages))
	for i, w := range watchPages {
		pages[i] = NavPage{w.icon, p.T(w.key), w.path, w.path == p.PathOnly(), 0}
		if w.path == OperatorAlertsPath {
			pages[i].Waiting = p.Waiting
		}
	}
	return pages
}

// operatorPlace is the path of a page, or of the place that it belongs to: a site's companies, and
// imports of users into them, are with the companies, although their paths begin with the site.
func operatorPlace(path string) string {
	if rest, ok := strings.CutPrefix(path, OperatorSitesPath+"/"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		if place, _, _ := strings.Cut(rest, "/"); place == "companies" || place == "import" || place == "imports" {
			return OperatorCompaniesPath
		}
	}
	return path
}

// ForOperators reports whether it is a page of the operators' site, which has neither help nor
// recovery.
func (p *Page) ForOperators() bool { return p.Site != nil && p.Site.ForOperators() }

// OperatorMay reports whether the user, an operator, may do an act, so that a page offers nothing
// that would be refused.
func (p *Page) OperatorMay(act string) bool {
	return p.ForOperators() && p.User != nil && gatehouse.OperatorMay(p.User.Role, gatehouse.OperatorAct(act))
}

// AccountPath is the first page of My account.
func (p *Page) AccountPath() string {
	if p.ForOperators() {
		return "/account/security"
	}
	return "/account/profile"
}

// Operator is the caller of a visit to the operators' pages, who acts on the sites. On the operators'
// own account it is Caller who acts.
func (v *Visit) Operator(r *http.Request) gatehouse.Caller {
	c := v.Caller(r)
	if c.Kind == gatehouse.SignedIn && v.Site.ForOperators() {
		c.Kind, c.Name = gatehouse.Operator, v.User.DisplayName()
	}
	return c
}
