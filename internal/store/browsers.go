package store

import (
	"context"
	"time"
)

// Browser returns the ID under which a browser's token is known for a user;
// gatehouse.ErrNotFound if it has never signed in as that user.
func (q Queries) Browser(ctx context.Context, siteID, userID, tokenHash string) (id string, err error) {
	err = q.one(ctx, "browser", `SELECT id FROM browsers WHERE site_id = $1 AND user_id = $2 AND token_hash = $3`,
		[]any{siteID, userID, tokenHash}, &id)
	return id, err
}

// BrowserSignedIn records that a browser finished a sign-in as a user. It reports
// whether it was the first time.
func (q Queries) BrowserSignedIn(ctx context.Context, siteID, userID, tokenHash, id, userAgent string, now time.Time) (first bool, err error) {
	var kept string
	err = q.one(ctx, "browser signed in", `INSERT INTO browsers (site_id, user_id, token_hash, id, user_agent, created_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (site_id, user_id, token_hash) DO UPDATE SET seen_at = $6, user_agent = $5
		RETURNING id`, []any{siteID, userID, tokenHash, id, userAgent, micros(now)}, &kept)
	return kept == id, err
}
