package gatehouse

import (
	"maps"
	"net/url"
	"slices"
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
	// SearchEvents is the event log of all sites; it is for operators who may read it.
	SearchEvents SearchPlace = "/operator/events"
)

// Search is what a user searches for, and where (A06). Everywhere but in SearchUsers and SearchEvents, it
// is just a text. In SearchUsers, it also has how the list of users looks; in SearchEvents, it is a filter
// of the event log, which operators call a view.
type Search struct {
	Place SearchPlace
	UserFilter
	UserLook
	Events EventFilter
}

// The limits of searches, in code points and in numbers.
const (
	MostSearchText    = 300
	MostSearchName    = 60
	MostSavedSearches = 30
	// MostSharedSearches is how many searches a company's administrators share.
	MostSharedSearches = 30
)

// ReadSearch reads the address of a search. It ignores what it does not know, as the pages
// themselves do. An address that searches for nothing, or leads to no search page, is not a
// search.
func ReadSearch(address string) (Search, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return Search{}, false
	}
	if SearchPlace(u.Path) == SearchEvents {
		s := Search{Place: SearchEvents, Events: ReadEventFilter(u.Query())}
		return s, s.Events != EventFilter{}
	}
	s := Search{Place: SearchPlace(u.Path), UserFilter: ReadUserFilter(u.Query()), UserLook: ReadUserLook(u.Query())}
	if s.Text != strings.TrimSpace(u.Query().Get("q")) { // one that no page searches for
		return Search{}, false
	}
	switch s.Place {
	case SearchEverything, SearchHelp:
		s.UserFilter, s.UserLook = UserFilter{Text: s.Text}, UserLook{}
	case SearchUsers:
	default:
		return Search{}, false
	}
	return s, s.UserFilter != UserFilter{} || s.UserLook != UserLook{}
}

// Address returns the canonical address that ReadSearch reads.
func (s Search) Address() string {
	asked := s.Query()
	s.AddTo(asked)
	maps.Copy(asked, s.Events.Query())
	if len(asked) == 0 {
		return string(s.Place)
	}
	return string(s.Place) + "?" + asked.Encode()
}

// Shareable reports whether a user may share the search with others who have its page: administrators share
// searches of their company's users, operators their views of the event log.
func (s Search) Shareable(r Role) bool {
	return (s.Place == SearchUsers || s.Place == SearchEvents) && s.For(r)
}

// For reports whether users of a role may open the search page.
func (s Search) For(r Role) bool {
	switch s.Place {
	case SearchUsers:
		return r == RoleAdmin
	case SearchEvents:
		return OperatorMay(r, OperatorEvents)
	}
	return !slices.Contains(OperatorRoles, r) // whose host has no other search that can be saved
}

// SharesSearches reports whether users of a role share any searches with each other.
func SharesSearches(r Role) bool {
	return Search{Place: SearchUsers}.For(r) || Search{Place: SearchEvents}.For(r)
}

// SavedSearch is a search that a user has named.
type SavedSearch struct {
	Search
	ID      string
	Name    string
	SavedAt time.Time
	// SharedAt is since when the company's administrators, or the other operators, see it; zero: only the
	// user does.
	SharedAt time.Time
}

// Shared reports whether the company's other administrators see the search.
func (s SavedSearch) Shared() bool { return !s.SharedAt.IsZero() }

// SharedSearch is a saved search as the company's other administrators have it.
type SharedSearch struct {
	SavedSearch
	// By is who shares it.
	By User
	// Hidden: the administrator who looks has put it out of sight.
	Hidden bool
}

// Visible reports whether other administrators have the search at all: only as long as the one who
// shares it is an administrator who could open it. Nothing is forgotten when that ends, so a search
// of somebody who is activated again is there again.
func (s SharedSearch) Visible() bool {
	return s.Shared() && s.Shareable(s.By.Role) && s.By.State == Active && s.By.DeletedAt.IsZero()
}
