package store

import (
	"context"

	"gatehouse"
)

// A process may keep the list of a company's users in memory, and learn from ChangedUsers what has
// changed since. So every statement that changes what lists show of a user begins with changes.

// changes begins an UPDATE of what lists show of users.
func (q Queries) changes() string {
	return `UPDATE users SET changed = ` + q.d.stamp("users.site_id", "users.company_id") + `, `
}

// nextStamp returns a stamp for users that are added.
func (q Queries) nextStamp(ctx context.Context, siteID, companyID string) (stamp int64, err error) {
	text, args := "SELECT "+q.d.stamp("$1", "$2"), []any{siteID, companyID}
	if q.d.shared {
		args = nil
	}
	err = q.one(ctx, "stamp", text, args, &stamp)
	return stamp, err
}

// AllFrom returns from where on ChangedUsers has to be asked after the whole list was read. It must be
// asked before that.
func (q Queries) AllFrom(ctx context.Context, siteID, companyID string) (next int64, err error) {
	next, _, err = q.window(ctx, siteID, companyID)
	return next, err
}

// ChangedUsers calls fn for the users of a company of whom something that lists show has changed
// since, without their password data; deleted ones, too. Some may have been seen before. It returns
// from where on to ask the next time.
func (q Queries) ChangedUsers(ctx context.Context, siteID, companyID string, since int64, fn func(gatehouse.User) error) (next int64, err error) {
	next, last, err := q.window(ctx, siteID, companyID)
	if err != nil || since > last {
		return next, err
	}
	return next, q.listed(ctx, `WHERE site_id = $1 AND company_id = $2 AND changed >= $3 AND changed <= $4`, []any{siteID, companyID, since, last}, fn)
}

func (q Queries) window(ctx context.Context, siteID, companyID string) (next, last int64, err error) {
	text, args := q.d.window(siteID, companyID)
	err = q.one(ctx, "window of changes", text, args, &next, &last)
	return next, last, err
}
