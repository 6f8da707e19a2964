package store

import (
	"context"

	"gatehouse"
)

// SavedSearches returns a user's saved searches, in the order in which they were saved. Those of a
// page that no longer exists are left out.
func (q Queries) SavedSearches(ctx context.Context, siteID, userID string) (all []gatehouse.SavedSearch, err error) {
	err = q.all(ctx, "saved searches", `SELECT id, address, name, saved_at, shared_at FROM saved_searches
		WHERE site_id = $1 AND user_id = $2 ORDER BY saved_at, id`, []any{siteID, userID}, func(scan func(...any) error) error {
		var s gatehouse.SavedSearch
		var address string
		err := scan(&s.ID, &address, &s.Name, when{&s.SavedAt}, when{&s.SharedAt})
		var ok bool
		if s.Search, ok = gatehouse.ReadSearch(address); ok {
			all = append(all, s)
		}
		return err
	})
	return all, err
}

// SharedSearches returns the searches that the administrators of a company, or the operators, have shared,
// the oldest first, and whether a user has hidden them. Which of them others may see is a rule:
// gatehouse.SharedSearch.Visible.
func (q Queries) SharedSearches(ctx context.Context, siteID, companyID, userID string) (all []gatehouse.SharedSearch, err error) {
	sharing := `u.role = 'admin'
			AND u.username_key > ''` // always so: it makes SQLite go by the index of administrators, and not through all users
	if siteID == gatehouse.OperatorsSite {
		sharing = `u.role IN ('security', 'owner')`
	}
	err = q.all(ctx, "shared searches", `SELECT s.id, s.address, s.name, s.saved_at, s.shared_at, h.user_id IS NOT NULL,
			u.site_id, u.id, u.company_id, u.username, u.first_name, u.last_name, u.role, u.state, u.deleted_at
		FROM users u CROSS JOIN saved_searches s -- in this order: SQLite would begin with all that are shared at the site
		LEFT JOIN hidden_searches h ON h.site_id = s.site_id AND h.owner_id = s.user_id AND h.search_id = s.id AND h.user_id = $3
		WHERE u.site_id = $1 AND u.company_id = $2 AND `+sharing+`
			AND s.site_id = u.site_id AND s.user_id = u.id AND s.shared_at > 0 ORDER BY s.shared_at, s.id`,
		[]any{siteID, companyID, userID}, func(scan func(...any) error) error {
			var s gatehouse.SharedSearch
			var address string
			err := scan(&s.ID, &address, &s.Name, when{&s.SavedAt}, when{&s.SharedAt}, &s.Hidden,
				&s.By.SiteID, &s.By.ID, &s.By.CompanyID, &s.By.Username, &s.By.FirstName, &s.By.LastName, &s.By.Role, &s.By.State, when{&s.By.DeletedAt})
			var ok bool
			if s.Search, ok = gatehouse.ReadSearch(address); ok {
				all = append(all, s)
			}
			return err
		})
	return all, err
}

// HideSearch puts a search that somebody shares out of a user's sight, or shows it again.
func (q Queries) HideSearch(ctx context.Context, siteID, ownerID, id, userID string, hide bool) error {
	statement := `INSERT INTO hidden_searches (site_id, owner_id, search_id, user_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	if !hide {
		statement = `DELETE FROM hidden_searches WHERE site_id = $1 AND owner_id = $2 AND search_id = $3 AND user_id = $4`
	}
	_, err := q.exec(ctx, "hide search", statement, siteID, ownerID, id, userID)
	return err
}

// PutSavedSearch stores a search, or what one that is there is now, and since when it is shared.
func (q Queries) PutSavedSearch(ctx context.Context, siteID, userID string, s gatehouse.SavedSearch) error {
	n, err := q.exec(ctx, "change saved search", `UPDATE saved_searches SET name = $4, shared_at = $5, address = $6 WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		siteID, userID, s.ID, s.Name, micros(s.SharedAt), s.Address())
	if err != nil || n == 1 {
		return err
	}
	_, err = q.exec(ctx, "put saved search", `INSERT INTO saved_searches (site_id, user_id, id, address, name, saved_at, shared_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		siteID, userID, s.ID, s.Address(), s.Name, micros(s.SavedAt), micros(s.SharedAt))
	return err
}

// ShowToAll forgets who has hidden a search: it is about to be shared again, or no longer.
func (q Queries) ShowToAll(ctx context.Context, siteID, userID, id string) error {
	_, err := q.exec(ctx, "show search to all", `DELETE FROM hidden_searches WHERE site_id = $1 AND owner_id = $2 AND search_id = $3`, siteID, userID, id)
	return err
}

// DeleteSavedSearch removes a search of a user; NotFound if the user has none with that ID.
func (q Queries) DeleteSavedSearch(ctx context.Context, siteID, userID, id string) error {
	n, err := q.exec(ctx, "delete saved search", `DELETE FROM saved_searches WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id)
	return oneRow(n, err)
}
