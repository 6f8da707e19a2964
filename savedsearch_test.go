package gatehouse_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
)

func TestReadSearch(t *testing.T) {
	long := strings.Repeat("ä", gatehouse.MostSearchText)
	for address, want := range map[string]string{
		"/help?q=locked":                              "/help?q=locked",
		"/help?q=+two++words+&x=1#there":              "/help?q=two++words",
		"/search?q=a%26b%3Dc":                         "/search?q=a%26b%3Dc",
		"/search?q=" + long:                           (gatehouse.Search{Place: gatehouse.SearchEverything, UserFilter: gatehouse.UserFilter{Text: long}}).Address(),
		"/help?q=a&group=locked&role=admin":           "/help?q=a",
		"/company/users?role=admin":                   "/company/users?role=admin",
		"/company/users?group=locked&q=&z":            "/company/users?group=locked",
		"/company/users?group=none&q=x":               "/company/users?q=x",
		"/company/users?role=owner&q=x":               "/company/users?q=x",
		"/company/users?after=zed&q=x":                "/company/users?q=x",
		"/company/users?q=x&q=y&role=user":            "/company/users?q=x&role=user",
		"/search?q=%3Cscript%3E":                      "/search?q=%3Cscript%3E",
		"/operator/events?result=not-ok&before=evt_1": "/operator/events?result=not-ok",
		"/operator/events?q=x&site=gone":              "/operator/events?site=gone",
		"/operator/events?before=evt_1":               "",
		"/operator/find?q=x":                          "",
		"/search":                                     "",
		"/search?q=++":                                "",
		"/help?role=admin":                            "",
		"/company/users?after=zed":                    "",
		"/search?q=" + long + "x":                     "",
		"/search?q=%00":                               "",
		"/search?q=%ff":                               "",
		"/help/locked?q=x":                            "",
		"//evil.example/search?q=x":                   "",
		"https://evil.example/search?q=x":             "",
		"/company/users/../enhanced?q=x":              "",
		"javascript:alert(1)":                         "",
		"":                                            "",
		"%":                                           "",
	} {
		s, ok := gatehouse.ReadSearch(address)
		if ok != (want != "") || ok && s.Address() != want {
			t.Errorf("%.80s: %v, %s", address, ok, s.Address())
		}
		if again, _ := gatehouse.ReadSearch(s.Address()); ok && again != s {
			t.Errorf("%.80s is read again as %v", address, again)
		}
	}
}

// Views of the event log are for the operators who may read it, and shared among them alone.
func TestViewsAreForOperators(t *testing.T) {
	view, _ := gatehouse.ReadSearch("/operator/events?result=not-ok")
	users, _ := gatehouse.ReadSearch("/company/users?role=admin")
	help, _ := gatehouse.ReadSearch("/help?q=x")
	for role, may := range map[gatehouse.Role]bool{gatehouse.RoleUser: false, gatehouse.RoleAdmin: false, gatehouse.RoleSupport: false, gatehouse.RoleSecurity: true, gatehouse.RoleOwner: true, "": false} {
		if view.For(role) != may || view.Shareable(role) != may {
			t.Errorf("%s: %v, %v", role, view.For(role), view.Shareable(role))
		}
		by := gatehouse.SharedSearch{SavedSearch: gatehouse.SavedSearch{Search: view, SharedAt: time.Unix(1, 0)}, By: gatehouse.User{Role: role, State: gatehouse.Active}}
		if by.Visible() != may {
			t.Errorf("shared by %s: %v", role, by.Visible())
		}
	}
	if help.Shareable(gatehouse.RoleOwner) || help.For(gatehouse.RoleOwner) || users.For(gatehouse.RoleOwner) || !gatehouse.SharesSearches(gatehouse.RoleSecurity) || gatehouse.SharesSearches(gatehouse.RoleSupport) {
		t.Error("operators have other searches")
	}
}

func TestSearchesOfUsersAreForAdministrators(t *testing.T) {
	for place, want := range map[gatehouse.SearchPlace]bool{gatehouse.SearchHelp: true, gatehouse.SearchEverything: true, gatehouse.SearchUsers: false} {
		s := gatehouse.Search{Place: place, UserFilter: gatehouse.UserFilter{Text: "x"}}
		if s.For(gatehouse.RoleUser) != want || !s.For(gatehouse.RoleAdmin) {
			t.Errorf("%s", place)
		}
	}
}
