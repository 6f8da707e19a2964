package store

import (
	"context"
	"time"

	"gatehouse"
)

// UsersToWarn returns up to limit active users with an address whose chosen password was set in a
// span and who have not had that span's warning, nor a later one; the oldest passwords first. They
// are those whose passwords expire at the span's age: at the site's, or at an earlier one of their
// company. Users marked by MarkWarned are not returned again.
func (q Queries) UsersToWarn(ctx context.Context, siteID string, ofSite time.Duration, span gatehouse.WarningSpan, limit int) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users
		WHERE site_id = $1 AND password_origin = 'chosen' AND password_set_at > $2 AND password_set_at <= $3
		AND (password_warned = 0 OR password_warned > $4) AND password_hash <> '' AND state = 'active' AND email <> ''
		AND EXISTS (SELECT 1 FROM companies c WHERE c.site_id = users.site_id AND c.id = users.company_id AND c.suspended_at = 0
			AND CASE WHEN c.password_age > 0 AND c.password_age < $6 THEN c.password_age ELSE $6 END = $7)
		ORDER BY password_set_at LIMIT $5`,
		siteID, micros(span.From), micros(span.To), span.Days, limit, int64(ofSite), int64(span.Age))
}

// MarkWarned records a warning about a user's password, and returns the user as it is then. It
// returns false if the caller must not send the warning: another process has marked it, or the
// password or the account has changed since u was read.
func (q Queries) MarkWarned(ctx context.Context, u gatehouse.User, days int) (fresh gatehouse.User, marked bool, err error) {
	err = q.one(ctx, "mark warned", `UPDATE users SET password_warned = $5
		WHERE site_id = $1 AND id = $2 AND password_warned = $3 AND password_set_at = $4
		AND password_origin = 'chosen' AND state = 'active' RETURNING `+userColumns,
		[]any{u.SiteID, u.ID, u.Password.Warned, micros(u.Password.SetAt), days}, userFields(&fresh)...)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return u, false, nil
	}
	return fresh, err == nil, err
}
