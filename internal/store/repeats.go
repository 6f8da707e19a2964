package store

import (
	"context"
	"time"

	"gatehouse"
)

// InsertRepeat stores a form's outcome, in the transaction that produces it. Without a key, it
// stores nothing: it was not a browser's form.
func (q Queries) InsertRepeat(ctx context.Context, key string, r gatehouse.Repeat) error {
	if key == "" {
		return nil
	}
	return q.later(ctx, "insert repeat", `INSERT INTO repeats (site_id, key, user_id, made, return_to, at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (site_id, key) DO UPDATE SET user_id = $3, made = $4, return_to = $5, at = $6`,
		r.SiteID, key, r.UserID, r.Made, r.ReturnTo, micros(r.At))
}

// Repeat returns the outcome of a form that was posted before. gatehouse.Repeat.Fresh decides
// whether it still counts.
func (q Queries) Repeat(ctx context.Context, siteID, key string) (gatehouse.Repeat, error) {
	if key == "" {
		return gatehouse.Repeat{}, gatehouse.ErrNotFound
	}
	r := gatehouse.Repeat{SiteID: siteID}
	err := q.one(ctx, "repeat", `SELECT user_id, made, return_to, at FROM repeats WHERE site_id = $1 AND key = $2`,
		[]any{siteID, key}, &r.UserID, &r.Made, &r.ReturnTo, when{&r.At})
	return r, err
}

// RepeatOf returns the outcome that made something, by its ID.
func (q Queries) RepeatOf(ctx context.Context, siteID, made string) (gatehouse.Repeat, error) {
	r := gatehouse.Repeat{SiteID: siteID, Made: made}
	err := q.one(ctx, "repeat of", `SELECT user_id, return_to, at FROM repeats WHERE site_id = $1 AND made = $2 AND made <> ''`,
		[]any{siteID, made}, &r.UserID, &r.ReturnTo, when{&r.At})
	return r, err
}

// DropOldRepeats removes outcomes that nobody can get any longer.
func (q Queries) DropOldRepeats(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old repeats", `DELETE FROM repeats WHERE at < $1`, micros(before))
	return err
}
