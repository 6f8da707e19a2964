package store

import (
	"context"
	"strings"

	"gatehouse"
)

// HomeLayout returns a user's arrangement of the home page, and the IDs of platforms in the user's
// order; the default layout if there is none.
func (q Queries) HomeLayout(ctx context.Context, siteID, userID string) (l gatehouse.HomeLayout, platforms []string, err error) {
	var cards, order string
	err = q.one(ctx, "home layout", `SELECT cards, platforms FROM home_layouts WHERE site_id = $1 AND user_id = $2`, []any{siteID, userID}, &cards, &order)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	return gatehouse.ReadHomeLayout(cards), strings.Fields(order), err
}

// PutHomeLayout stores a user's arrangement of the home page, replacing the previous one.
func (q Queries) PutHomeLayout(ctx context.Context, siteID, userID string, l gatehouse.HomeLayout) error {
	_, err := q.exec(ctx, "put home layout", `INSERT INTO home_layouts (site_id, user_id, cards) VALUES ($1, $2, $3)
		ON CONFLICT (site_id, user_id) DO UPDATE SET cards = excluded.cards`, siteID, userID, l.String())
	return err
}
