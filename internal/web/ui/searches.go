package ui

import (
	"net/url"
	"slices"

	"gatehouse"
)

// SearchesPath is where searches are saved, renamed and deleted.
const SearchesPath = "/searches"

// Searches are the saved searches next to a search, for the template "searches". A
// stranger's are empty.
type Searches struct {
	// Saved are those of the page.
	Saved []gatehouse.SavedSearch
	// Shared are those that the company's other administrators share, and that are not hidden.
	Shared []gatehouse.SharedSearch
	// Here is the search on the page; without a place: none that can be saved.
	Here gatehouse.Search
	// Wrong: the search on the page can mean nothing now.
	Wrong bool
}

// SearchesOf picks a user's saved searches, and those that others share, for the page of a request.
func SearchesOf(all []gatehouse.SavedSearch, shared []gatehouse.SharedSearch, address string) Searches {
	here, asks := gatehouse.ReadSearch(address)
	s := Searches{Saved: slices.DeleteFunc(slices.Clone(all), func(one gatehouse.SavedSearch) bool { return one.Place != here.Place })}
	s.Shared = slices.DeleteFunc(slices.Clone(shared), func(one gatehouse.SharedSearch) bool { return one.Hidden || one.Place != here.Place })
	if asks {
		s.Here = here
	}
	return s
}

// Save is where the search of the page is saved; empty: it is saved already, or there
// is none.
func (s Searches) Save() string {
	if s.Here.Place == "" || s.Wrong || slices.ContainsFunc(s.Saved, func(one gatehouse.SavedSearch) bool { return one.Search == s.Here }) {
		return ""
	}
	return SaveSearchPath(s.Here)
}

// Gone is the name of the saved search on the page if it can mean nothing now: something that it looks for
// is there no longer. Empty: it can, or it is none that is saved.
func (s Searches) Gone() string {
	if !s.Wrong || s.Here.Place == "" {
		return ""
	}
	for _, one := range s.Saved {
		if one.Search == s.Here {
			return one.Name
		}
	}
	for _, one := range s.Shared {
		if one.Search == s.Here {
			return one.Name
		}
	}
	return ""
}

// SaveSearchPath is where a search is saved.
func SaveSearchPath(s gatehouse.Search) string {
	return SearchesPath + "/new?" + url.Values{"search": {s.Address()}}.Encode()
}
