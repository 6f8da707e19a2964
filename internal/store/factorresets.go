package store

import (
	"context"
	"time"

	"gatehouse"
)

const factorResetColumns = `site_id, id, user_id, state, asked_at, due_at, by_kind, by_id, by_name`

func factorResetFields(r *gatehouse.FactorReset) []any {
	return []any{&r.SiteID, &r.ID, &r.UserID, &r.State, when{&r.AskedAt}, when{&r.DueAt}, &r.ByKind, &r.ByID, &r.ByName}
}

// InsertFactorReset adds a reset that waits, under the hash of the token that stops it.
func (q Queries) InsertFactorReset(ctx context.Context, stopHash string, r gatehouse.FactorReset) error {
	_, err := q.exec(ctx, "insert factor reset", `INSERT INTO factor_resets (stop_hash, `+factorResetColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		stopHash, r.SiteID, r.ID, r.UserID, string(r.State), micros(r.AskedAt), micros(r.DueAt), string(r.ByKind), r.ByID, r.ByName)
	return err
}

// WaitingFactorReset returns the reset of a user that waits; NotFound if there is none.
func (q Queries) WaitingFactorReset(ctx context.Context, siteID, userID string) (r gatehouse.FactorReset, err error) {
	err = q.one(ctx, "waiting factor reset", `SELECT `+factorResetColumns+` FROM factor_resets
		WHERE site_id = $1 AND user_id = $2 AND state = 'waiting'`, []any{siteID, userID}, factorResetFields(&r)...)
	return r, err
}

// FactorResetByToken returns the reset that a link stops.
func (q Queries) FactorResetByToken(ctx context.Context, siteID, stopHash string) (r gatehouse.FactorReset, err error) {
	err = q.one(ctx, "factor reset by token", `SELECT `+factorResetColumns+` FROM factor_resets WHERE site_id = $1 AND stop_hash = $2`,
		[]any{siteID, stopHash}, factorResetFields(&r)...)
	return r, err
}

// DueFactorResets returns resets to carry out, the oldest first.
func (q Queries) DueFactorResets(ctx context.Context, now time.Time, limit int) ([]gatehouse.FactorReset, error) {
	var all []gatehouse.FactorReset
	err := q.all(ctx, "due factor resets", `SELECT `+factorResetColumns+` FROM factor_resets
		WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT $2`, []any{micros(now), limit}, func(scan func(...any) error) error {
		var r gatehouse.FactorReset
		err := scan(factorResetFields(&r)...)
		all = append(all, r)
		return err
	})
	return all, err
}

// EndFactorReset ends a reset that waits. It reports whether this call did.
func (q Queries) EndFactorReset(ctx context.Context, r gatehouse.FactorReset, state gatehouse.FactorResetState) (bool, error) {
	n, err := q.exec(ctx, "end factor reset", `UPDATE factor_resets SET state = $3 WHERE site_id = $1 AND id = $2 AND state = 'waiting'`,
		r.SiteID, r.ID, string(state))
	return n == 1, err
}

// DropOldFactorResets removes resets that have ended, and were asked for before the given time.
func (q Queries) DropOldFactorResets(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old factor resets", `DELETE FROM factor_resets WHERE state IN ('done', 'stopped') AND asked_at < $1`, micros(before))
	return err
}
