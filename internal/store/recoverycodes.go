package store

import (
	"context"
	"time"

	"gatehouse"
)

// ReplaceRecoveryCodes stores new recovery codes, as keyed hashes, and deletes all that a user
// had.
func (q Queries) ReplaceRecoveryCodes(ctx context.Context, siteID, userID string, macs []string, now time.Time) error {
	if err := q.DeleteRecoveryCodes(ctx, siteID, userID); err != nil {
		return err
	}
	for i, mac := range macs {
		_, err := q.exec(ctx, "insert recovery code", `INSERT INTO recovery_codes (site_id, user_id, number, mac, created_at)
			VALUES ($1, $2, $3, $4, $5)`, siteID, userID, i+1, mac, micros(now))
		if err != nil {
			return err
		}
	}
	return nil
}

// DeleteRecoveryCodes removes all of a user.
func (q Queries) DeleteRecoveryCodes(ctx context.Context, siteID, userID string) error {
	_, err := q.exec(ctx, "delete recovery codes", `DELETE FROM recovery_codes WHERE site_id = $1 AND user_id = $2`, siteID, userID)
	return err
}

// RecoveryCodes returns those of a user, in their order.
func (q Queries) RecoveryCodes(ctx context.Context, siteID, userID string) ([]gatehouse.RecoveryCode, error) {
	var all []gatehouse.RecoveryCode
	err := q.all(ctx, "recovery codes", `SELECT number, mac, created_at, used_at FROM recovery_codes
		WHERE site_id = $1 AND user_id = $2 ORDER BY number`, []any{siteID, userID}, func(scan func(...any) error) error {
		var c gatehouse.RecoveryCode
		err := scan(&c.Number, &c.MAC, when{&c.CreatedAt}, when{&c.UsedAt})
		all = append(all, c)
		return err
	})
	return all, err
}

// UseRecoveryCode uses up a recovery code. It reports whether this call did. It compares the hash
// as well: new codes may have been made since it was read.
func (q Queries) UseRecoveryCode(ctx context.Context, siteID, userID string, c gatehouse.RecoveryCode, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "use recovery code", `UPDATE recovery_codes SET used_at = $5
		WHERE site_id = $1 AND user_id = $2 AND number = $3 AND mac = $4 AND used_at = 0`, siteID, userID, c.Number, c.MAC, micros(now))
	return n == 1, err
}
