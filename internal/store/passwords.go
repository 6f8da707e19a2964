package store

import (
	"context"
	"time"

	"gatehouse"
)

// ReplacePassword gives a user another password. It keeps a chosen one as an old password, and as
// many of those as the policy checks.
func (q Queries) ReplacePassword(ctx context.Context, u gatehouse.User, w gatehouse.Password, history int) error {
	if history > 0 && !u.Password.Temporary() && u.Password.Hash != "" {
		if err := q.keepOldPassword(ctx, u, history); err != nil {
			return err
		}
	}
	return q.SetPassword(ctx, u.SiteID, u.ID, w)
}

// SetPassword writes a user's password.
func (q Queries) SetPassword(ctx context.Context, siteID, id string, w gatehouse.Password) error {
	n, err := q.exec(ctx, "set password", `UPDATE users SET password_hash = $3, password_origin = $4,
		password_set_at = $5, password_expires_at = $6, password_used_by = '', password_warned = 0
		WHERE site_id = $1 AND id = $2`,
		siteID, id, w.Hash, string(w.Origin), micros(w.SetAt), micros(w.ExpiresAt))
	return oneRow(n, err)
}

// UsePassword binds a temporary password to the browser that used it.
func (q Queries) UsePassword(ctx context.Context, siteID, id, device string) error {
	n, err := q.exec(ctx, "use password", `UPDATE users SET password_used_by = $3 WHERE site_id = $1 AND id = $2`, siteID, id, device)
	return oneRow(n, err)
}

func (q Queries) keepOldPassword(ctx context.Context, u gatehouse.User, most int) error {
	_, err := q.exec(ctx, "keep old password", `INSERT INTO old_passwords (site_id, user_id, set_at, hash) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site_id, user_id, set_at) DO UPDATE SET hash = $4`, u.SiteID, u.ID, micros(u.Password.SetAt), u.Password.Hash)
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "drop old passwords", `DELETE FROM old_passwords WHERE site_id = $1 AND user_id = $2 AND set_at NOT IN (
		SELECT set_at FROM old_passwords WHERE site_id = $1 AND user_id = $2 ORDER BY set_at DESC LIMIT $3)`, u.SiteID, u.ID, most)
	return err
}

// OldPasswords returns the hashes of a user's replaced passwords, newest first.
func (q Queries) OldPasswords(ctx context.Context, siteID, userID string, limit int) (hashes []string, err error) {
	err = q.all(ctx, "old passwords", `SELECT hash FROM old_passwords WHERE site_id = $1 AND user_id = $2
		ORDER BY set_at DESC LIMIT $3`, []any{siteID, userID, limit}, func(scan func(...any) error) error {
		var hash string
		err := scan(&hash)
		hashes = append(hashes, hash)
		return err
	})
	return hashes, err
}

// endTemporary makes a temporary password expire.
func (q Queries) endTemporary(ctx context.Context, u gatehouse.User, now time.Time) error {
	_, err := q.exec(ctx, "end temporary password", `UPDATE users SET password_expires_at = $3
		WHERE site_id = $1 AND id = $2 AND password_expires_at > $3`, u.SiteID, u.ID, micros(now))
	return err
}
