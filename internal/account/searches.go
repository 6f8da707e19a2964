package account

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of errors about saved searches.
const (
	// ReasonTooManySearches: the user has reached the limit. Kind Conflict.
	ReasonTooManySearches = "too-many-searches"
	// ReasonNoSearch: the address is not that of a search. Kind NotFound.
	ReasonNoSearch = "no-search"
)

// SavedSearches returns the saved searches that the caller may open, the oldest first (A06).
//
// Errors: Forbidden, Unavailable.
func (s *Service) SavedSearches(ctx context.Context, st *site.Site, c gatehouse.Caller) ([]gatehouse.SavedSearch, error) {
	if !isOwn(st, c) {
		return nil, errForbidden
	}
	all, err := s.Store.Read().SavedSearches(ctx, st.ID, c.UserID)
	return slices.DeleteFunc(all, func(one gatehouse.SavedSearch) bool { return !one.For(c.Role) }), err
}

// SaveSearch saves a search under a name. It requires a complete profile. One that is already
// saved gets the new name.
//
// Errors: Invalid with field name (required, too-long, character); NotFound with ReasonNoSearch;
// Conflict with ReasonTooManySearches; Forbidden, also with ReasonProfileIncomplete; Unavailable.
func (s *Service) SaveSearch(ctx context.Context, st *site.Site, c gatehouse.Caller, address, name string) error {
	search, ok := gatehouse.ReadSearch(address)
	if !ok || !search.For(c.Role) {
		return &gatehouse.Error{Kind: gatehouse.NotFound, Reason: ReasonNoSearch}
	}
	name = strings.TrimSpace(name)
	if err := checkSearchName(name); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		if len(gatehouse.MissingOf(st.Site, u)) > 0 {
			return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonProfileIncomplete}
		}
		all, err := tx.SavedSearches(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		saved := slices.ContainsFunc(all, func(one gatehouse.SavedSearch) bool { return one.Search == search })
		if len(all) >= gatehouse.MostSavedSearches && !saved {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonTooManySearches}
		}
		return tx.PutSavedSearch(tx, st.ID, u.ID, gatehouse.SavedSearch{Search: search, ID: store.NewID("sea", tx.Now()), Name: name, SavedAt: tx.Now()})
	})
}

// checkSearchName checks the name of a search.
func checkSearchName(name string) error {
	reason := ""
	switch {
	case name == "":
		reason = "required"
	case utf8.RuneCountInString(name) > gatehouse.MostSearchName:
		return invalid([]gatehouse.FieldError{{Field: "name", Reason: "too-long", Args: map[string]string{"max": strconv.Itoa(gatehouse.MostSearchName)}}})
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		reason = "character"
	default:
		return nil
	}
	return invalid([]gatehouse.FieldError{{Field: "name", Reason: reason}})
}

// RenameSearch gives a search of the caller's another name.
//
// Errors: Invalid with field name, NotFound, Forbidden, Unavailable.
func (s *Service) RenameSearch(ctx context.Context, st *site.Site, c gatehouse.Caller, id, name string) error {
	name = strings.TrimSpace(name)
	if err := checkSearchName(name); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		return tx.RenameSavedSearch(tx, st.ID, u.ID, id, name)
	})
}

// DeleteSearch removes a search of the caller's.
//
// Errors: NotFound, Forbidden, Unavailable.
func (s *Service) DeleteSearch(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		return tx.DeleteSavedSearch(tx, st.ID, u.ID, id)
	})
}
