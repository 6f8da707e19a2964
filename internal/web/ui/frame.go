package ui

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse"
)

// Tab is one of the main places of a signed-in page.
type Tab struct {
	Text, Path string
	Current    bool
	// Waiting is how many alerts operators find there.
	Waiting int
}

// mainTabs are the places of the main navigation: the text key, the path, the beginning
// of its pages' paths, and whether it is for administrators only.
var mainTabs = []struct {
	key, path string
	below     []string
	admin     bool
}{
	{"frame.tab_home", "/", nil, false},
	{"frame.tab_account", "/account/profile", []string{"/account/"}, false},
	{"frame.tab_company", "/company/users", []string{"/company/"}, true},
	{"frame.tab_help", "/help", []string{"/help", "/contact"}, false},
}

// Tabs are the main places, with the page's own marked.
func (p *Page) Tabs() []Tab {
	if p.ForOperators() {
		return p.operatorTabs()
	}
	var tabs []Tab
	for _, t := range mainTabs {
		if t.admin && !p.Administers() {
			continue
		}
		current := t.path == p.PathOnly()
		for _, below := range t.below {
			current = current || strings.HasPrefix(p.PathOnly(), below)
		}
		tabs = append(tabs, Tab{Text: p.T(t.key), Path: t.path, Current: current})
	}
	return tabs
}

// Administers reports whether the user is an administrator of the company.
func (p *Page) Administers() bool { return p.User != nil && p.User.Role == gatehouse.RoleAdmin }

// NavPage is one of the pages of a place, in its navigation.
type NavPage struct {
	Icon, Text, Path string
	Current          bool
	// Waiting is how much waits for an answer there.
	Waiting int
}

// AccountPages are the pages that the site's My account has, for the template
// "account-nav".
func (p *Page) AccountPages() []NavPage {
	var pages []NavPage
	add := func(there bool, icon, name string) {
		if there {
			path := "/account/" + name
			pages = append(pages, NavPage{icon, p.T("account.nav_" + name), path, p.PathOnly() == path || strings.HasPrefix(p.PathOnly(), path+"/"), 0})
		}
	}
	add(!p.ForOperators(), "user", "profile")
	add(true, "key-round", "password")
	add(true, "lock", "security")
	add(p.Site.Recovery == gatehouse.RecoverByChallenge, "circle-question-mark", "challenge")
	add(true, "monitor", "devices")
	add(!p.ForOperators(), "package", "platforms")
	add(true, "history", "activity")
	add(p.Site.TermsVersion != "", "file-text", "terms")
	if p.Administers() { // B01: My account > Enhanced security
		pages = append(pages, NavPage{"shield-check", p.T("company.nav_enhanced_security"), EnhancedSecurityPath, false, 0})
	}
	return pages
}

// Above are the pages above this one, the highest first, for the template "crumbs": a path and a text
// of each.
func (p *Page) Above(pathsAndTexts ...string) (Item, error) {
	if len(pathsAndTexts)%2 != 0 {
		return Item{}, fmt.Errorf("ui: a page above %s has no text", p.View.Template())
	}
	var above []NavPage
	for page := range slices.Chunk(pathsAndTexts, 2) {
		above = append(above, NavPage{Path: page[0], Text: page[1]})
	}
	return p.With(above), nil
}

// listTurn is where a page of a list leads, and the words for it.
type listTurn struct {
	Page                                *Page
	Label, First, ToFirst, Next, ToNext string
}

// Turn is for the template "turn": the path of the first page of a list, newest first, and that of the
// next; empty: this is the first, or the last.
func (p *Page) Turn(label, first, next string) listTurn {
	return listTurn{p, label, first, p.T("activity.newest"), next, p.T("activity.older")}
}

// Searching is for a list that is searched as far as this page, so that the next one may have nothing.
func (t listTurn) Searching(searched bool) listTurn {
	if searched {
		t.ToNext = t.Page.T("company_activity.search_on")
	}
	return t
}

// Ordered is for a list that has another order than newest first.
func (t listTurn) Ordered() listTurn {
	t.ToFirst, t.ToNext = t.Page.T("enrolment.first"), t.Page.T("enrolment.next")
	return t
}

// alert is what the template "alert" shows.
type alert struct {
	Page               *Page
	Class, Icon, Title string
	Text               any
}

// Alert is for the template "alert". The text may have markup.
func (p *Page) Alert(class, icon, title string, text any) alert {
	return alert{p, class, icon, title, text}
}

// The places of the company's pages.
const (
	CompanyUsersPath     = "/company/users"
	CompanyPlatformsPath = "/company/platforms"
	EnhancedSecurityPath = "/company/enhanced-security"
	EnrolmentsPath       = "/company/enrolments"
	BulkActsPath         = "/company/bulk-acts"
	ImportsPath          = "/company/imports"
	CompanyDetailsPath   = "/company/details"
	CompanyActivityPath  = "/company/activity"
	RequestsPath         = "/company/requests"
	CompanyReportPath    = "/company/report"
	CompanyPolicyPath    = "/company/policy"
)

// companyPages are the administrators' pages about their company: the icon, the text
// key, the path, and the beginning of its pages' paths.
var companyPages = []struct {
	icon, key, path string
	below           []string
}{
	{"users", "company.nav_users", CompanyUsersPath, []string{CompanyUsersPath + "/", BulkActsPath, ImportsPath + "/"}},
	{"mail", "company.nav_requests", RequestsPath, nil},
	{"package", "company.nav_platforms", CompanyPlatformsPath, []string{CompanyPlatformsPath + "/"}},
	{"building-2", "company.nav_details", CompanyDetailsPath, []string{CompanyReportPath}},
	{"shield-check", "company.nav_enhanced_security", EnhancedSecurityPath, []string{EnrolmentsPath + "/"}},
	{"lock", "company.nav_policy", CompanyPolicyPath, []string{CompanyPolicyPath + "/"}},
	{"activity", "company.nav_activity", CompanyActivityPath, nil},
}

// CompanyPages are the pages about the company, for the template "company-top".
func (p *Page) CompanyPages() []NavPage {
	pages := make([]NavPage, len(companyPages))
	for i, c := range companyPages {
		current := c.path == p.PathOnly()
		for _, below := range c.below {
			current = current || strings.HasPrefix(p.PathOnly(), below)
		}
		pages[i] = NavPage{c.icon, p.T(c.key), c.path, current, 0}
		if c.path == RequestsPath {
			pages[i].Waiting = p.Waiting
		}
	}
	return pages
}

// CompanyAbove is the company's page above this one, for the template "company-top";
// nil if this is one of them itself.
func (p *Page) CompanyAbove() *NavPage {
	v, asks := p.View.(interface{ Below() bool })
	for _, c := range p.CompanyPages() {
		if c.Current && (asks && v.Below() || c.Path != p.PathOnly()) {
			return &c
		}
	}
	return nil
}

// RoleText names the role of the user.
func (p *Page) RoleText() string { return p.T("role." + string(p.User.Role)) }

// Initials replace a picture of the user, InitialsOf one of somebody else.
func (p *Page) Initials() string { return p.InitialsOf(*p.User) }

func (p *Page) InitialsOf(u gatehouse.User) string {
	if s := initial(u.FirstName) + initial(u.LastName); s != "" {
		return s
	}
	return initial(u.Username)
}

func initial(s string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return ""
	}
	return string(unicode.ToUpper(r))
}

// LanguageName is the name of a language; its tag if the site no longer has it.
func (p *Page) LanguageName(lang string) string {
	if slices.Contains(p.Site.Languages, lang) {
		return p.In(lang, "language.name")
	}
	return lang
}

// LanguageOptions are the site's languages as options of a field, after one for none of them.
func (p *Page) LanguageOptions(name, chosen, none string) []Option {
	options := []Option{{Text: none}}
	for _, lang := range p.Languages() {
		options = append(options, Option{Value: lang, Text: p.In(lang, "language.name")})
	}
	return OptionsOf(name, chosen, options...)
}
