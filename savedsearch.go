package gatehouse

import (
	"net/url"
	"strings"
	"time"
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

// Search is what a user searches for, and where (A06). Everywhere but in SearchUsers, it is just a
// text.
type Search struct {
	Place SearchPlace
	UserFilter
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
	s := Search{SearchPlace(u.Path), ReadUserFilter(u.Query())}
	if s.Text != strings.TrimSpace(u.Query().Get("q")) { // one that no page searches for
		return Search{}, false
	}
	switch s.Place {
	case SearchEverything, SearchHelp:
		s.UserFilter = UserFilter{Text: s.Text}
	case SearchUsers:
	default:
		return Search{}, false
	}
	return s, s.UserFilter != UserFilter{}
}

// Address returns the canonical address that ReadSearch reads.
func (s Search) Address() string {
	asked := s.Query()
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
