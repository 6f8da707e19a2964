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
	if s.Here.Place == "" || slices.ContainsFunc(s.Saved, func(one gatehouse.SavedSearch) bool { return one.Search == s.Here }) {
		return ""
	}
	return SaveSearchPath(s.Here)
}

// SaveSearchPath is where a search is saved.
func SaveSearchPath(s gatehouse.Search) string {
	return SearchesPath + "/new?" + url.Values{"search": {s.Address()}}.Encode()
}
