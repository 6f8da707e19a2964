package store

import (
	"context"
	"time"

	"gatehouse"
)

// SetDeleted marks a user as deleted, which is deactivated, and keeps the state to restore.
func (q Queries) SetDeleted(ctx context.Context, u gatehouse.User, now time.Time) error {
	n, err := q.exec(ctx, "delete user", q.changes()+`state = 'deactivated', deleted_state = $3, deleted_at = $4
		WHERE site_id = $1 AND id = $2 AND deleted_at = 0`, u.SiteID, u.ID, string(u.State), micros(now))
	return oneRow(n, err)
}

// SetRestored gives a deleted user back the state that it had.
func (q Queries) SetRestored(ctx context.Context, u gatehouse.User) error {
	n, err := q.exec(ctx, "restore user", q.changes()+`state = deleted_state, deleted_state = '', deleted_at = 0
		WHERE site_id = $1 AND id = $2 AND deleted_at > 0`, u.SiteID, u.ID)
	return oneRow(n, err)
}

// DeletedUsers returns up to limit deleted users of a company, those first who were deleted last.
func (q Queries) DeletedUsers(ctx context.Context, siteID, companyID string, limit int) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users
		WHERE site_id = $1 AND company_id = $2 AND deleted_at > 0 ORDER BY deleted_at DESC, id LIMIT $3`, siteID, companyID, limit)
}

// UsersToRemove returns up to limit users who were deleted before a time, the oldest first.
func (q Queries) UsersToRemove(ctx context.Context, before time.Time, limit int) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users WHERE deleted_at > 0 AND deleted_at <= $1 ORDER BY deleted_at LIMIT $2`, micros(before), limit)
}

// RemoveUser removes a user who was deleted before a time, with everything that belongs to the user
// alone. The event log stays. It reports whether this call removed the user.
func (q Queries) RemoveUser(ctx context.Context, u gatehouse.User, before time.Time) (bool, error) {
	n, err := q.exec(ctx, "remove user", `DELETE FROM users WHERE site_id = $1 AND id = $2 AND deleted_at > 0 AND deleted_at <= $3`,
		u.SiteID, u.ID, micros(before))
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := q.exec(ctx, "remove attempts", `DELETE FROM attempts WHERE site_id = $1 AND subject IN ($2, $3)`, u.SiteID, u.ID, gatehouse.AnswerSubject(u.ID)); err != nil {
		return false, err
	}
	for _, table := range []string{"messages", "recoveries"} {
		if _, err := q.exec(ctx, "remove "+table, `DELETE FROM `+table+` WHERE site_id = $1 AND user_id = $2 AND user_id <> ''`, u.SiteID, u.ID); err != nil {
			return false, err
		}
	}
	return true, q.RemoveCasesOf(ctx, u.SiteID, u.ID)
}
