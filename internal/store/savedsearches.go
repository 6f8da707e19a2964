package store

import (
	"context"

	"gatehouse"
)

// SavedSearches returns a user's saved searches, in the order in which they were saved. Those of a
// page that no longer exists are left out.
func (q Queries) SavedSearches(ctx context.Context, siteID, userID string) (all []gatehouse.SavedSearch, err error) {
	err = q.all(ctx, "saved searches", `SELECT id, address, name, saved_at FROM saved_searches
		WHERE site_id = $1 AND user_id = $2 ORDER BY saved_at, id`, []any{siteID, userID}, func(scan func(...any) error) error {
		var s gatehouse.SavedSearch
		var address string
		err := scan(&s.ID, &address, &s.Name, when{&s.SavedAt})
		var ok bool
		if s.Search, ok = gatehouse.ReadSearch(address); ok {
			all = append(all, s)
		}
		return err
	})
	return all, err
}

// PutSavedSearch stores a search; one that the user has already saved gets the new name.
func (q Queries) PutSavedSearch(ctx context.Context, siteID, userID string, s gatehouse.SavedSearch) error {
	_, err := q.exec(ctx, "put saved search", `INSERT INTO saved_searches (site_id, user_id, id, address, name, saved_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (site_id, user_id, address) DO UPDATE SET name = excluded.name`, siteID, userID, s.ID, s.Address(), s.Name, micros(s.SavedAt))
	return err
}

// RenameSavedSearch gives a search of a user another name; NotFound if the user has none with
// that ID.
func (q Queries) RenameSavedSearch(ctx context.Context, siteID, userID, id, name string) error {
	n, err := q.exec(ctx, "rename saved search", `UPDATE saved_searches SET name = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id, name)
	return oneRow(n, err)
}

// DeleteSavedSearch removes a search of a user; NotFound if the user has none with that ID.
func (q Queries) DeleteSavedSearch(ctx context.Context, siteID, userID, id string) error {
	n, err := q.exec(ctx, "delete saved search", `DELETE FROM saved_searches WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id)
	return oneRow(n, err)
}
