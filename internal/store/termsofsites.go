package store

import (
	"context"
	"time"

	"gatehouse"
)

// TermsCount is how many users have accepted a version of the terms, and when the first and the last
// did.
type TermsCount struct {
	Version     string
	Users       int
	First, Last time.Time
}

// TermsCounts counts the acceptances of a site by version. It reads all of them: directory asks now and
// then, not for each page.
func (q Queries) TermsCounts(ctx context.Context, siteID string) (all []TermsCount, err error) {
	err = q.all(ctx, "terms counts", `SELECT version, COUNT(*), MIN(accepted_at), MAX(accepted_at) FROM terms_acceptances
		WHERE site_id = $1 GROUP BY version ORDER BY version`, []any{siteID}, func(scan func(...any) error) error {
		var c TermsCount
		err := scan(&c.Version, &c.Users, when{&c.First}, when{&c.Last})
		all = append(all, c)
		return err
	})
	return all, err
}

// CountTermsDue counts the users of a site who have not accepted a version. As TermsCounts, not for each
// page.
func (q Queries) CountTermsDue(ctx context.Context, siteID, version string) (n int, err error) {
	err = q.one(ctx, "count terms due", `SELECT (SELECT COUNT(*) FROM users WHERE site_id = $1 AND deleted_at = 0 AND terms_accepted < $2)
		+ (SELECT COUNT(*) FROM users WHERE site_id = $1 AND deleted_at = 0 AND terms_accepted > $2)`, []any{siteID, version}, &n)
	return n, err
}

// TermsDue returns up to limit users of a site who have not accepted a version: by the version that they
// accepted last, none first, and by username; those after a version and the key of a username.
func (q Queries) TermsDue(ctx context.Context, siteID, version, afterVersion, afterKey string, limit int) ([]gatehouse.User, error) {
	var all []gatehouse.User
	for _, side := range []string{"<", ">"} { // each is a range of the index
		more, err := q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND deleted_at = 0 AND terms_accepted `+side+` $2
			AND (terms_accepted, username_key) > ($3, $4) ORDER BY terms_accepted, username_key LIMIT $5`,
			siteID, version, afterVersion, afterKey, limit-len(all))
		if all = append(all, more...); err != nil || len(all) == limit {
			return all, err
		}
	}
	return all, nil
}
