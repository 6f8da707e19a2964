package store

import (
	"context"
	"time"

	"gatehouse"
)

// InsertSigningKey adds the next key of its algorithm. Conflict if another process has made it in
// the meantime.
func (q Queries) InsertSigningKey(ctx context.Context, k gatehouse.SigningKey, number int) error {
	_, err := q.exec(ctx, "insert signing key", `INSERT INTO signing_keys (site_id, id, alg, number, public, created_at, sign_from, retire_at, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, k.SiteID, k.ID, k.Alg, number, k.Public, micros(k.CreatedAt), micros(k.SignFrom), micros(k.RetireAt), k.Sealed)
	return err
}

// SigningKeys returns the few keys of a site, the oldest first, with the number of each.
func (q Queries) SigningKeys(ctx context.Context, siteID string) (all []gatehouse.SigningKey, numbers []int, err error) {
	err = q.all(ctx, "signing keys", `SELECT id, alg, number, public, created_at, sign_from, retire_at, sealed FROM signing_keys
		WHERE site_id = $1 AND id > '' ORDER BY id`, []any{siteID}, func(scan func(...any) error) error {
		k, number := gatehouse.SigningKey{SiteID: siteID}, 0
		err := scan(&k.ID, &k.Alg, &number, &k.Public, when{&k.CreatedAt}, when{&k.SignFrom}, when{&k.RetireAt}, &k.Sealed)
		all, numbers = append(all, k), append(numbers, number)
		return err
	})
	return all, numbers, err
}

// RetireSigningKeys sets when the keys of an algorithm before a number are removed.
func (q Queries) RetireSigningKeys(ctx context.Context, siteID string, alg gatehouse.SigningAlg, before int, at time.Time) error {
	_, err := q.exec(ctx, "retire signing keys", `UPDATE signing_keys SET retire_at = $4
		WHERE site_id = $1 AND alg = $2 AND number < $3 AND retire_at = 0`, siteID, alg, before, micros(at))
	return err
}

// DropRetiredSigningKeys removes keys whose signatures nobody verifies any longer.
func (q Queries) DropRetiredSigningKeys(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "drop retired signing keys", `DELETE FROM signing_keys WHERE retire_at <> 0 AND retire_at <= $1`, micros(now))
	return err
}
