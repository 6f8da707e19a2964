package store

import (
	"context"

	"gatehouse"
)

// People calls fn for all users of a company in the order of their usernames, without
// what belongs to their passwords.
func (q Queries) People(ctx context.Context, siteID, companyID string, fn func(gatehouse.User) error) error {
	return q.all(ctx, "people", `SELECT id, username, first_name, last_name, email, email_confirmed, role, state, locale,
		locked_at, lock_reason, first_sign_in_at, last_sign_in_at, own_two_factor, bounced_at
		FROM users WHERE site_id = $1 AND company_id = $2 ORDER BY username_key`, []any{siteID, companyID}, func(scan func(...any) error) error {
		u := gatehouse.User{SiteID: siteID, CompanyID: companyID}
		err := scan(&u.ID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailConfirmed, &u.Role, &u.State, &u.Locale,
			when{&u.LockedAt}, &u.LockReason, when{&u.FirstSignInAt}, when{&u.LastSignInAt}, &u.OwnTwoFactor, when{&u.Bounce.At})
		if err != nil {
			return err
		}
		return fn(u)
	})
}

// PeopleMark tells whether somebody of a company was changed in what Enhanced Security
// goes by: it is worked out by the database in a small part of the time that People takes.
type PeopleMark struct {
	Users, Kinds, Moments int64
	Newest                string
}

// PeopleMark returns the mark of a company's people. Each user's kind is weighed with what
// differs between users, so that two who change places change the sum.
func (q Queries) PeopleMark(ctx context.Context, siteID, companyID string) (m PeopleMark, err error) {
	err = q.one(ctx, "mark of people", `SELECT COUNT(*),
		CAST(COALESCE(SUM((1 + created_at % 999983 + 7919 * LENGTH(username) + 104729 * LENGTH(email))
			* (CASE state WHEN 'active' THEN 1 WHEN 'invited' THEN 2 ELSE 3 END
			+ CASE WHEN email = '' THEN 4 ELSE 0 END + CASE WHEN email_confirmed THEN 8 ELSE 0 END
			+ CASE WHEN locked_at > 0 THEN 16 ELSE 0 END + CASE WHEN bounced_at > 0 THEN 32 ELSE 0 END
			+ CASE WHEN own_two_factor THEN 64 ELSE 0 END)), 0) AS BIGINT),
		CAST(COALESCE(SUM(locked_at % 999983 + bounced_at % 998244353 + first_sign_in_at % 19260817), 0) AS BIGINT), COALESCE(MAX(id), '')
		FROM users WHERE site_id = $1 AND company_id = $2`, []any{siteID, companyID}, &m.Users, &m.Kinds, &m.Moments, &m.Newest)
	return m, err
}
