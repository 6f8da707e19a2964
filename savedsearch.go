package gatehouse

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// SearchPlace is a page with a search, by its path.
type SearchPlace string

// The places of searches.
const (
	// SearchEverything searches the account's pages, the help, and the cards of home.
	SearchEverything SearchPlace = "/search"
	SearchHelp       SearchPlace = "/help"
	// SearchUsers searches the company's users; it is for administrators.
	SearchUsers SearchPlace = "/company/users"
)

// Search is what a user searches for, and where (A06).
type Search struct {
	Place SearchPlace
	// Text is what was typed; Group, Role and Factor are filters of SearchUsers.
	Text   string
	Group  UserGroup
	Role   Role
	Factor FactorFilter
}

// The limits of searches, in code points and in numbers.
const (
	MostSearchText    = 300
	MostSearchName    = 60
	MostSavedSearches = 30
)

// ReadSearch reads the address of a search. It ignores what it does not know, as the pages
// themselves do. An address that searches for nothing, or leads to no search page, is not a
// search.
func ReadSearch(address string) (Search, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return Search{}, false
	}
	asked, s := u.Query(), Search{Place: SearchPlace(u.Path)}
	if s.Text = strings.TrimSpace(asked.Get("q")); !utf8.ValidString(s.Text) || utf8.RuneCountInString(s.Text) > MostSearchText || strings.ContainsRune(s.Text, 0) {
		return Search{}, false
	}
	switch s.Place {
	case SearchEverything, SearchHelp:
	case SearchUsers:
		if g := UserGroup(asked.Get("group")); slices.Contains(UserGroups, g) {
			s.Group = g
		}
		if r := Role(asked.Get("role")); r == RoleUser || r == RoleAdmin {
			s.Role = r
		}
		if f := FactorFilter(asked.Get("factor")); slices.Contains(FactorFilters, f) {
			s.Factor = f
		}
	default:
		return Search{}, false
	}
	return s, s.Text != "" || s.Group != "" || s.Role != "" || s.Factor != ""
}

// Address returns the canonical address that ReadSearch reads.
func (s Search) Address() string {
	asked := url.Values{}
	for name, value := range map[string]string{"q": s.Text, "group": string(s.Group), "role": string(s.Role), "factor": string(s.Factor)} {
		if value != "" {
			asked.Set(name, value)
		}
	}
	if len(asked) == 0 {
		return string(s.Place)
	}
	return string(s.Place) + "?" + asked.Encode()
}

// For reports whether users of a role may open the search page.
func (s Search) For(r Role) bool { return s.Place != SearchUsers || r == RoleAdmin }

// SavedSearch is a search that a user has named.
type SavedSearch struct {
	Search
	ID      string
	Name    string
	SavedAt time.Time
}
