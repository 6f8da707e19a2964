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

// stampFor returns a stamp for users who are added to a company; Conflict for a company that was
// merged. It is the one place that all new users pass, and the company is not merged before the
// transaction ends.
func (q Queries) stampFor(ctx context.Context, siteID, companyID string) (stamp int64, err error) {
	var merged string
	err = q.one(ctx, "stamp", "SELECT "+q.d.stamp("$1", "$2")+", merged_into FROM companies WHERE site_id = $1 AND id = $2 "+q.d.keep, []any{siteID, companyID}, &stamp, &merged)
	if err == nil && merged != "" {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: string(gatehouse.RefusedMerged)}
	}
	return stamp, err
}

// AllFrom returns from where on ChangedUsers has to be asked after the whole list was read. It must be
// asked before that.
func (q Queries) AllFrom(ctx context.Context, siteID, companyID string) (next int64, err error) {
	next, _, err = q.window(ctx, siteID, companyID)
	return next, err
}

// ChangedUsers calls fn for the users of a company of whom something that lists show has changed
// since, without their password data; deleted ones, too. Those who have left it for another company
// come first, with nothing but their ID. Some may have been seen before. It returns from where on to
// ask the next time.
func (q Queries) ChangedUsers(ctx context.Context, siteID, companyID string, since int64, fn func(gatehouse.User) error) (next int64, err error) {
	next, last, err := q.window(ctx, siteID, companyID)
	if err != nil || since > last {
		return next, err
	}
	err = q.all(ctx, "left users", `SELECT user_id FROM left_users WHERE site_id = $1 AND company_id = $2 AND changed >= $3 AND changed <= $4`,
		[]any{siteID, companyID, since, last}, func(scan func(...any) error) error {
			u := gatehouse.User{SiteID: siteID}
			if err := scan(&u.ID); err != nil {
				return err
			}
			return fn(u)
		})
	if err != nil {
		return next, err
	}
	return next, q.listed(ctx, `WHERE site_id = $1 AND company_id = $2 AND changed >= $3 AND changed <= $4`, []any{siteID, companyID, since, last}, fn)
}

func (q Queries) window(ctx context.Context, siteID, companyID string) (next, last int64, err error) {
	text, args := q.d.window(siteID, companyID)
	err = q.one(ctx, "window of changes", text, args, &next, &last)
	return next, last, err
}
