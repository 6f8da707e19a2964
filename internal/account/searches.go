package account

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
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
	// ReasonTooManyShared: the company's administrators have. Kind Conflict.
	ReasonTooManyShared = "too-many-shared"
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

// SharedSearches returns the searches that other administrators of the caller's company share, or the
// views that other operators do, those that the caller has hidden included; none for other users.
//
// Errors: Forbidden, Unavailable.
func (s *Service) SharedSearches(ctx context.Context, st *site.Site, c gatehouse.Caller) ([]gatehouse.SharedSearch, error) {
	if !isOwn(st, c) {
		return nil, errForbidden
	}
	if !gatehouse.SharesSearches(c.Role) {
		return nil, nil
	}
	all, err := s.Store.Read().SharedSearches(ctx, st.ID, c.CompanyID, c.UserID)
	return slices.DeleteFunc(all, func(one gatehouse.SharedSearch) bool {
		return one.By.ID == c.UserID || !one.Visible() || !one.For(c.Role)
	}), err
}

// SaveSearch saves a search under a name, and may share it with the company's administrators, or with the
// other operators. It requires a complete profile, which operators have. One that is already saved gets the
// new name; if it is shared, it stays so. instead is the ID of a search of the same page that becomes this
// one; empty: none.
//
// Errors: Invalid with field name (required, too-long, character); NotFound, also with ReasonNoSearch;
// Conflict with ReasonTooManySearches or ReasonTooManyShared; Forbidden, also with
// ReasonProfileIncomplete; Unavailable.
func (s *Service) SaveSearch(ctx context.Context, st *site.Site, c gatehouse.Caller, address, name, instead string, share bool) error {
	search, ok := gatehouse.ReadSearch(address)
	if !ok || !search.For(c.Role) {
		return &gatehouse.Error{Kind: gatehouse.NotFound, Reason: ReasonNoSearch}
	}
	name = strings.TrimSpace(name)
	if err := checkSearchName(name); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := sharing(tx, share)
		if err != nil {
			return err
		}
		if !search.For(u.Role) {
			return errForbidden
		}
		if !st.ForOperators() && len(gatehouse.MissingOf(st.Site, u)) > 0 {
			return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonProfileIncomplete}
		}
		all, err := tx.SavedSearches(tx, st.ID, u.ID)
		if err != nil {
			return err
		}
		one := gatehouse.SavedSearch{Search: search, ID: store.NewID("sea", tx.Now()), Name: name, SavedAt: tx.Now()}
		i := slices.IndexFunc(all, func(one gatehouse.SavedSearch) bool { return one.Search == search })
		if i < 0 && instead != "" {
			i = slices.IndexFunc(all, func(one gatehouse.SavedSearch) bool { return one.ID == instead && one.Place == search.Place })
			if i < 0 {
				return gatehouse.ErrNotFound
			}
		}
		if i >= 0 {
			one, share = all[i], share || all[i].Shared()
			one.Name, one.Search = name, search
		} else if len(all) >= gatehouse.MostSavedSearches {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonTooManySearches}
		}
		return put(tx, u, one, share)
	})
}

// sharing is own for a unit that may share a search. Of two that share the last one that a company
// may have, one waits.
func sharing(tx *act.Unit, share bool) (gatehouse.User, error) {
	if share && isOwn(tx.Site, tx.Caller) {
		if _, err := tx.HoldCompany(tx, tx.Site.ID, tx.Caller.CompanyID); err != nil {
			return gatehouse.User{}, err
		}
	}
	return own(tx)
}

// put writes a search, and who sees it.
func put(tx *act.Unit, u gatehouse.User, one gatehouse.SavedSearch, share bool) error {
	if share && !one.Shareable(u.Role) {
		return errForbidden
	}
	changes := share != one.Shared()
	switch {
	case changes && share:
		all, err := tx.SharedSearches(tx, u.SiteID, u.CompanyID, u.ID)
		if err != nil {
			return err
		}
		if all = slices.DeleteFunc(all, func(s gatehouse.SharedSearch) bool { return !s.Visible() }); len(all) >= gatehouse.MostSharedSearches {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonTooManyShared}
		}
		one.SharedAt = tx.Now()
	case changes:
		one.SharedAt = time.Time{}
	}
	if err := tx.PutSavedSearch(tx, u.SiteID, u.ID, one); err != nil || !changes {
		return err
	}
	return told(tx, u, one)
}

// told records that others see a search from now on, or no longer do; nobody has hidden it then.
func told(tx *act.Unit, u gatehouse.User, one gatehouse.SavedSearch) error {
	kind := gatehouse.EventSearchUnshared
	if one.Shared() {
		kind = gatehouse.EventSearchShared
	}
	if err := tx.ShowToAll(tx, u.SiteID, u.ID, one.ID); err != nil {
		return err
	}
	return tx.Record(gatehouse.User{CompanyID: u.CompanyID}, kind, gatehouse.ResultOK, map[string]string{"name": one.Name, "search": one.Address()})
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

// ChangeSearch gives a search of the caller's another name, and shares it with the company's
// administrators, or no longer.
//
// Errors: Invalid with field name, NotFound, Conflict with ReasonTooManyShared, Forbidden,
// Unavailable.
func (s *Service) ChangeSearch(ctx context.Context, st *site.Site, c gatehouse.Caller, id, name string, share bool) error {
	name = strings.TrimSpace(name)
	if err := checkSearchName(name); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, one, err := ownSearch(tx, id, share)
		if err != nil {
			return err
		}
		one.Name = name
		return put(tx, u, one, share)
	})
}

// ownSearch returns a search of the caller's that the caller may open.
func ownSearch(tx *act.Unit, id string, share bool) (u gatehouse.User, one gatehouse.SavedSearch, err error) {
	if u, err = sharing(tx, share); err != nil {
		return u, one, err
	}
	all, err := tx.SavedSearches(tx, u.SiteID, u.ID)
	if err != nil {
		return u, one, err
	}
	i := slices.IndexFunc(all, func(one gatehouse.SavedSearch) bool { return one.ID == id && one.For(u.Role) })
	if i < 0 {
		return u, one, gatehouse.ErrNotFound
	}
	return u, all[i], nil
}

// DeleteSearch removes a search of the caller's; others no longer have it, if it was shared.
//
// Errors: NotFound, Forbidden, Unavailable.
func (s *Service) DeleteSearch(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, one, err := ownSearch(tx, id, false)
		if err != nil {
			return err
		}
		if one.Shared() {
			one.SharedAt = time.Time{}
			if err := told(tx, u, one); err != nil {
				return err
			}
		}
		return tx.DeleteSavedSearch(tx, st.ID, u.ID, id)
	})
}

// HideSearch puts a search that another administrator shares out of the caller's sight, or shows it
// again. It changes nothing for anybody else.
//
// Errors: NotFound, Forbidden, Unavailable.
func (s *Service) HideSearch(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, hide bool) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		all, err := tx.SharedSearches(tx, u.SiteID, u.CompanyID, u.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(one gatehouse.SharedSearch) bool {
			return one.ID == id && one.By.ID != u.ID && one.Visible() && one.For(u.Role)
		})
		if i < 0 {
			return gatehouse.ErrNotFound
		}
		return tx.HideSearch(tx, u.SiteID, all[i].By.ID, id, u.ID, hide)
	})
}
