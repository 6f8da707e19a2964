package store

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/guard"
)

// InsertCode adds a code that was sent for a sign-in.
func (q Queries) InsertCode(ctx context.Context, siteID, userID, signInID string, c gatehouse.Code) error {
	return q.later(ctx, "insert code", `INSERT INTO codes (site_id, id, user_id, signin_id, mac, message_id, sent_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		siteID, c.ID, userID, signInID, c.MAC, c.MessageID, micros(c.SentAt), micros(c.ExpiresAt))
}

// Codes returns the codes sent for a sign-in, newest first.
func (q Queries) Codes(ctx context.Context, siteID, signInID string) ([]gatehouse.Code, error) {
	var all []gatehouse.Code
	which := `signin_id = $2`
	if guard.Out(guard.CodeOfItsSignIn) {
		which = `user_id IN (SELECT user_id FROM signins WHERE id = $2)`
	}
	err := q.all(ctx, "codes", `SELECT id, mac, message_id, sent_at, expires_at, used_at FROM codes
		WHERE site_id = $1 AND `+which+` ORDER BY sent_at DESC, id DESC`, []any{siteID, signInID},
		func(scan func(...any) error) error {
			var c gatehouse.Code
			err := scan(&c.ID, &c.MAC, &c.MessageID, when{&c.SentAt}, when{&c.ExpiresAt}, when{&c.UsedAt})
			all = append(all, c)
			return err
		})
	return all, err
}

// CodesSent returns when codes were sent to a user since the given time, newest first. The limit
// is a sum for the reason given at dueMessages.
func (q Queries) CodesSent(ctx context.Context, siteID, userID string, since time.Time) (sent []time.Time, err error) {
	err = q.all(ctx, "codes sent", `SELECT sent_at FROM codes WHERE site_id = $1 AND user_id = $2 AND sent_at > $3
		ORDER BY sent_at DESC LIMIT $4 + 0`, []any{siteID, userID, micros(since), gatehouse.CodesAnHour}, func(scan func(...any) error) error {
		var at time.Time
		err := scan(when{&at})
		sent = append(sent, at)
		return err
	})
	return sent, err
}

// UseCode uses up a code. It reports whether this call used it (invariant 2).
func (q Queries) UseCode(ctx context.Context, siteID, id string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "use code", `UPDATE codes SET used_at = $3 WHERE site_id = $1 AND id = $2 AND used_at = 0 AND expires_at > $3`,
		siteID, id, micros(now))
	return n == 1, err
}

// endCodes ends all codes of a user: what was mailed to an address that is no longer the user's
// opens nothing.
func (q Queries) endCodes(ctx context.Context, u gatehouse.User, now time.Time) error {
	_, err := q.exec(ctx, "end codes", `UPDATE codes SET expires_at = $3 WHERE site_id = $1 AND user_id = $2 AND expires_at > $3`,
		u.SiteID, u.ID, micros(now))
	return err
}

// DropOldCodes removes codes that no longer count for a limit.
func (q Queries) DropOldCodes(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old codes", `DELETE FROM codes WHERE sent_at < $1`, micros(before))
	return err
}
