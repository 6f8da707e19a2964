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

// mainTabs are the places of the main navigation: the text's key, the path, and what
// the paths of its pages begin with.
var mainTabs = []struct {
	key, path string
	below     []string
}{
	{"frame.tab_home", "/", nil},
	{"frame.tab_account", "/account/profile", []string{"/account/"}},
	{"frame.tab_help", "/help", []string{"/help", "/contact"}},
}

// Tabs are the main places, the one that the page belongs to marked.
func (p *page) Tabs() []Tab {
	var tabs []Tab
	for _, t := range mainTabs {
		current := t.path == p.PathOnly()
		for _, below := range t.below {
			current = current || strings.HasPrefix(p.PathOnly(), below)
		}
		tabs = append(tabs, Tab{p.T(t.key), t.path, current})
	}
	return tabs
}

// AccountPage is one of the pages of My account.
type AccountPage struct {
	Icon, Text, Path string
	Current          bool
}

// AccountPages are the pages that the site's My account has, for the template
// "account-nav".
func (p *page) AccountPages() []AccountPage {
	var pages []AccountPage
	add := func(there bool, icon, name string) {
		if there {
			path := "/account/" + name
			pages = append(pages, AccountPage{icon, p.T("account.nav_" + name), path, p.PathOnly() == path})
		}
	}
	add(true, "user", "profile")
	add(true, "key-round", "password")
	add(p.Site.Recovery == gatehouse.RecoverByChallenge, "circle-question-mark", "challenge")
	add(true, "monitor", "devices")
	add(true, "history", "activity")
	add(p.Site.TermsVersion != "", "file-text", "terms")
	return pages
}

// PageTitle is the page's own part of the document's title.
func (p *page) PageTitle() string { return p.View.title(p) }

// RoleText names the role of the user.
func (p *page) RoleText() string { return p.T("role." + string(p.User.Role)) }
