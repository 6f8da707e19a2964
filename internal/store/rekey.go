package store

import (
	"context"

	"gatehouse"
)

// goSteps are the Go parts of migrations, by the name of the migration: keys are computed in Go.
var goSteps = map[string]func(Queries, context.Context) error{"keys_of_names": Queries.rekey}

// notPlain picks the rows whose keys may differ between versions of gatehouse.NameKey.
const notPlain = `(octet_length(username) <> length(username) OR octet_length(email) <> length(email)
	OR lower(username) LIKE '%xn--%' OR lower(email) LIKE '%xn--%')`

// rekeyBatch is how many rows are read at a time.
const rekeyBatch = 1000

// oldKey is a user with the key that the database has.
type oldKey struct{ siteID, id, username, key, email, emailKey string }

// rekey gives all users current keys. If two users would have the same one, the later keeps its
// old key, by which it is still found (UserByUsername); OutdatedKeys reports it.
func (q Queries) rekey(ctx context.Context) error {
	var left []oldKey
	err := q.keysNotPlain(ctx, func(u oldKey) error {
		if to := gatehouse.NameKey(u.email); to != u.emailKey {
			if _, err := q.exec(ctx, "rekey address", `UPDATE users SET email_key = $3 WHERE site_id = $1 AND id = $2`, u.siteID, u.id, to); err != nil {
				return err
			}
		}
		done, err := q.rekeyUsername(ctx, u)
		if !done {
			left = append(left, u)
		}
		return err
	})
	for _, u := range left { // another user may have freed it
		if err == nil {
			_, err = q.rekeyUsername(ctx, u)
		}
	}
	return err
}

// rekeyUsername reports whether a user has the current key.
func (q Queries) rekeyUsername(ctx context.Context, u oldKey) (bool, error) {
	to := gatehouse.NameKey(u.username)
	if to == u.key {
		return true, nil
	}
	n, err := q.exec(ctx, "rekey username", `UPDATE users SET username_key = $3 WHERE site_id = $1 AND id = $2
		AND NOT EXISTS (SELECT 1 FROM users AS others WHERE others.site_id = $1 AND others.username_key = $3)`, u.siteID, u.id, to)
	return n == 1, err
}

// keysNotPlain calls back for users whose keys may come from another version.
func (q Queries) keysNotPlain(ctx context.Context, one func(oldKey) error) error {
	for last := (oldKey{}); ; {
		var batch []oldKey
		err := q.all(ctx, "keys", `SELECT site_id, id, username, username_key, email, email_key FROM users
			WHERE (site_id > $1 OR site_id = $1 AND id > $2) AND `+notPlain+` ORDER BY site_id, id LIMIT $3`,
			[]any{last.siteID, last.id, rekeyBatch}, func(scan func(...any) error) error {
				var u oldKey
				err := scan(&u.siteID, &u.id, &u.username, &u.key, &u.email, &u.emailKey)
				batch = append(batch, u)
				return err
			})
		for _, u := range batch {
			if err == nil {
				err = one(u)
			}
		}
		if err != nil || len(batch) < rekeyBatch {
			return err
		}
		last = batch[len(batch)-1]
	}
}

// OutdatedKey is a user whose username has the same key as another user's. Only the exact spelling
// distinguishes the two.
type OutdatedKey struct{ SiteID, Username string }

// OutdatedKeys returns up to limit users for whom a migration had to keep the old key.
func (q Queries) OutdatedKeys(ctx context.Context, limit int) (all []OutdatedKey, err error) {
	err = q.keysNotPlain(ctx, func(u oldKey) error {
		if len(all) < limit && gatehouse.NameKey(u.username) != u.key {
			all = append(all, OutdatedKey{u.siteID, u.username})
		}
		return nil
	})
	return all, err
}
