package store

import (
	"context"
	"time"

	"gatehouse"
)

// InsertFactor adds an unconfirmed factor; sealed is its secret.
func (q Queries) InsertFactor(ctx context.Context, f gatehouse.Factor, sealed []byte) error {
	_, err := q.exec(ctx, "insert factor", `INSERT INTO factors (site_id, user_id, id, kind, name, sealed, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, f.SiteID, f.UserID, f.ID, string(f.Kind), f.Name, sealed, micros(f.CreatedAt))
	return err
}

// SealedFactor is a factor with its sealed secret.
type SealedFactor struct {
	gatehouse.Factor
	Sealed []byte
}

// Factors returns the factors of a user, including unconfirmed ones, in the order of their
// creation.
func (q Queries) Factors(ctx context.Context, siteID, userID string) ([]SealedFactor, error) {
	var all []SealedFactor
	err := q.all(ctx, "factors", `SELECT id, kind, name, sealed, created_at, confirmed_at, used_at, drift, last_step, missed_step
		FROM factors WHERE site_id = $1 AND user_id = $2 ORDER BY created_at, id`, []any{siteID, userID},
		func(scan func(...any) error) error {
			f := SealedFactor{Factor: gatehouse.Factor{SiteID: siteID, UserID: userID}}
			err := scan(&f.ID, &f.Kind, &f.Name, &f.Sealed, when{&f.CreatedAt}, when{&f.ConfirmedAt}, when{&f.UsedAt},
				&f.Clock.Drift, &f.Clock.Last, &f.Clock.Missed)
			all = append(all, f)
			return err
		})
	return all, err
}

// ConfirmFactor makes a factor count from now on, with what its first code revealed about its
// clock. It reports whether this call did. The condition is > zero: with = zero, PostgreSQL would
// search the index of all unconfirmed ones.
func (q Queries) ConfirmFactor(ctx context.Context, f gatehouse.Factor, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "confirm factor", `UPDATE factors SET confirmed_at = $4, used_at = $4, drift = $5, last_step = $6
		WHERE site_id = $1 AND user_id = $2 AND id = $3 AND confirmed_at <= 0`,
		f.SiteID, f.UserID, f.ID, micros(now), f.Clock.Drift, f.Clock.Last)
	if err != nil || n == 0 {
		return false, err
	}
	return true, q.countFactors(ctx, f.SiteID, f.UserID)
}

// countFactors stores in the user's row how many factors are confirmed, and of which kind.
func (q Queries) countFactors(ctx context.Context, siteID, userID string) error {
	n, err := q.exec(ctx, "count factors", q.changes()+`(factors, apps, passkeys) = (
		SELECT COUNT(*), COALESCE(SUM(CASE WHEN kind = 'app' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN kind = 'passkey' THEN 1 ELSE 0 END), 0)
		FROM factors f WHERE f.site_id = $1 AND f.user_id = $2 AND f.confirmed_at <> 0)
		WHERE site_id = $1 AND id = $2`, siteID, userID)
	return oneRow(n, err)
}

// TakeAppCode uses up a code of an app, and all before it, and records it for two-factor of its
// sign-in. last is the previously used step. It reports whether this call took it: of two at the
// same moment, one is too late (RFC 6238 5.2).
func (q Queries) TakeAppCode(ctx context.Context, f gatehouse.Factor, last int64, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "take app code", `UPDATE factors SET used_at = $4, drift = $5, last_step = $6, missed_step = 0
		WHERE site_id = $1 AND user_id = $2 AND id = $3 AND confirmed_at <> 0 AND last_step = $7`,
		f.SiteID, f.UserID, f.ID, micros(now), f.Clock.Drift, f.Clock.Last, last)
	return n == 1, err
}

// MissAppCode stores the step of a code that is right for a clock that is off, unless one was
// taken meanwhile.
func (q Queries) MissAppCode(ctx context.Context, f gatehouse.Factor) error {
	_, err := q.exec(ctx, "miss app code", `UPDATE factors SET missed_step = $4
		WHERE site_id = $1 AND user_id = $2 AND id = $3 AND last_step = $5`, f.SiteID, f.UserID, f.ID, f.Clock.Missed, f.Clock.Last)
	return err
}

// TouchFactor records when a factor was last used.
func (q Queries) TouchFactor(ctx context.Context, siteID, userID, id string, now time.Time) error {
	_, err := q.exec(ctx, "touch factor", `UPDATE factors SET used_at = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id, micros(now))
	return err
}

// RenameFactor gives a factor another name; NotFound if the user has none with that ID.
func (q Queries) RenameFactor(ctx context.Context, siteID, userID, id, name string) error {
	n, err := q.exec(ctx, "rename factor", `UPDATE factors SET name = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id, name)
	return oneRow(n, err)
}

// DeleteFactor removes a factor; NotFound if the user has none with that ID.
func (q Queries) DeleteFactor(ctx context.Context, siteID, userID, id string) error {
	n, err := q.exec(ctx, "delete factor", `DELETE FROM factors WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id)
	if err := oneRow(n, err); err != nil {
		return err
	}
	return q.countFactors(ctx, siteID, userID)
}

// DeleteFactors removes all factors of a user, and the recovery codes with them.
func (q Queries) DeleteFactors(ctx context.Context, siteID, userID string) error {
	_, err := q.exec(ctx, "delete factors", `DELETE FROM factors WHERE site_id = $1 AND user_id = $2`, siteID, userID)
	if err == nil {
		err = q.DeleteRecoveryCodes(ctx, siteID, userID)
	}
	if err != nil {
		return err
	}
	return q.countFactors(ctx, siteID, userID)
}

// DropWaitingFactors removes factors that were begun before a time and never confirmed.
func (q Queries) DropWaitingFactors(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop waiting factors", `DELETE FROM factors WHERE confirmed_at = 0 AND created_at < $1`, micros(before))
	return err
}
