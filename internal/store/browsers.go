package store

import (
	"context"
	"time"
)

// Browser returns the ID under which a browser's token is known for a user;
// gatehouse.ErrNotFound if it has not signed in as that user since the given time.
func (q Queries) Browser(ctx context.Context, siteID, userID, tokenHash string, since time.Time) (id string, err error) {
	err = q.one(ctx, "browser", `SELECT id FROM browsers WHERE site_id = $1 AND user_id = $2 AND token_hash = $3 AND seen_at > $4`,
		[]any{siteID, userID, tokenHash, micros(since)}, &id)
	return id, err
}

// KeepBrowsers forgets all but the newest few browsers of a user.
func (q Queries) KeepBrowsers(ctx context.Context, siteID, userID string, most int) error {
	_, err := q.exec(ctx, "keep browsers", `DELETE FROM browsers WHERE site_id = $1 AND user_id = $2 AND token_hash NOT IN (
		SELECT token_hash FROM browsers WHERE site_id = $1 AND user_id = $2 ORDER BY seen_at DESC, id DESC LIMIT $3)`,
		siteID, userID, most)
	return err
}

// ForgetBrowsers makes all browsers of a user strangers again, with what was counted for
// each: who had the old password may have signed in with some of them.
func (q Queries) ForgetBrowsers(ctx context.Context, siteID, userID string) error {
	if _, err := q.exec(ctx, "forget browsers", `DELETE FROM browsers WHERE site_id = $1 AND user_id = $2`, siteID, userID); err != nil {
		return err
	}
	_, err := q.exec(ctx, "forget attempts of browsers", `DELETE FROM attempts WHERE site_id = $1 AND subject = $2 AND browser <> ''`, siteID, userID)
	return err
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
