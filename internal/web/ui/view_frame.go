package ui

import (
	"strings"

	"gatehouse"
)

// Tab is one of the main places of a signed-in page.
type Tab struct {
	Text, Path string
	Current    bool
}

// mainTabs are the places of the main navigation: the text's key, the path, what the
// paths of its pages begin with, and whether it is for administrators only.
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

// Tabs are the main places, the one that the page belongs to marked.
func (p *page) Tabs() []Tab {
	var tabs []Tab
	for _, t := range mainTabs {
		if t.admin && !p.Administers() {
			continue
		}
		current := t.path == p.PathOnly()
		for _, below := range t.below {
			current = current || strings.HasPrefix(p.PathOnly(), below)
		}
		tabs = append(tabs, Tab{p.T(t.key), t.path, current})
	}
	return tabs
}

// Administers reports whether the user is an administrator of the company.
func (p *page) Administers() bool { return p.User != nil && p.User.Role == gatehouse.RoleAdmin }

// NavPage is one of the pages of a place, in its navigation.
type NavPage struct {
	Icon, Text, Path string
	Current          bool
}

// AccountPages are the pages that the site's My account has, for the template
// "account-nav".
func (p *page) AccountPages() []NavPage {
	var pages []NavPage
	add := func(there bool, icon, name string) {
		if there {
			path := "/account/" + name
			pages = append(pages, NavPage{icon, p.T("account.nav_" + name), path, p.PathOnly() == path})
		}
	}
	add(true, "user", "profile")
	add(true, "key-round", "password")
	add(true, "lock", "security")
	add(p.Site.Recovery == gatehouse.RecoverByChallenge, "circle-question-mark", "challenge")
	add(true, "monitor", "devices")
	add(true, "history", "activity")
	add(p.Site.TermsVersion != "", "file-text", "terms")
	if p.Administers() { // B01: My account > Enhanced security
		pages = append(pages, NavPage{"shield-check", p.T("company.nav_enhanced_security"), EnhancedSecurityPath, false})
	}
	return pages
}

// PageTitle is the page's own part of the document's title.
func (p *page) PageTitle() string { return p.View.title(p) }

// RoleText names the role of the user.
func (p *page) RoleText() string { return p.T("role." + string(p.User.Role)) }
