package store

import (
	"context"
	"time"

	"gatehouse"
)

// SetCompanyPolicy writes what a company requires beyond its site; by is the user who changed it.
func (q Queries) SetCompanyPolicy(ctx context.Context, siteID, id string, p gatehouse.CompanyPolicy, by string, now time.Time) error {
	n, err := q.exec(ctx, "set company policy", `UPDATE companies SET session_idle = $3, session_length = $4, trusted_device = $5,
		password_length = $6, password_names = $7, password_age = $8, policy_at = $9, policy_by = $10 WHERE site_id = $1 AND id = $2`,
		append(append([]any{siteID, id}, policyValues(p)...), micros(now), by)...)
	return oneRow(n, err)
}

// CompanyPolicyChange returns when a company's policy was changed last (zero: never), and by which
// user (empty: the operator).
func (q Queries) CompanyPolicyChange(ctx context.Context, siteID, id string) (at time.Time, by string, err error) {
	err = q.one(ctx, "company policy change", `SELECT policy_at, policy_by FROM companies WHERE site_id = $1 AND id = $2`, []any{siteID, id}, when{&at}, &by)
	return at, by, err
}

// usersOfCompany selects whose sessions and devices are meant: both have an index by user, which
// serves every sign-in, and need no other one for a page that is used twice a year.
const usersOfCompany = ` site_id = $1 AND user_id IN (SELECT id FROM users WHERE site_id = $1 AND company_id = $2)`

// SessionsOver returns how many sessions of each of a company's users are alive under one limit and
// not under a stricter one.
func (q Queries) SessionsOver(ctx context.Context, siteID, companyID string, was, then gatehouse.SessionLimits, now time.Time) (map[string]int, error) {
	return q.perUser(ctx, "sessions over", `SELECT user_id, COUNT(*) FROM sessions WHERE`+usersOfCompany+`
		AND created_at > $3 AND seen_at > $4 AND (created_at <= $5 OR seen_at <= $6) GROUP BY user_id`,
		siteID, companyID, micros(now.Add(-was.Absolute)), micros(now.Add(-was.Idle)), micros(now.Add(-then.Absolute)), micros(now.Add(-then.Idle)))
}

// perUser reads IDs of users, each with a number.
func (q Queries) perUser(ctx context.Context, what, query string, args ...any) (map[string]int, error) {
	numbers := map[string]int{}
	err := q.all(ctx, what, query, args, func(scan func(...any) error) error {
		var id string
		var n int
		err := scan(&id, &n)
		numbers[id] = n
		return err
	})
	return numbers, err
}

// EndSessionsOver ends the sessions of a company's users that have reached a limit, and makes the
// others end no later than it allows.
func (q Queries) EndSessionsOver(ctx context.Context, siteID, companyID string, l gatehouse.SessionLimits, now time.Time) (ids []string, err error) {
	ids, _, err = q.ending(ctx, siteID, now, "end sessions over", `DELETE FROM sessions WHERE`+usersOfCompany+` AND (created_at <= $3 OR seen_at <= $4)`,
		siteID, companyID, micros(now.Add(-l.Absolute)), micros(now.Add(-l.Idle)))
	if err == nil {
		_, err = q.exec(ctx, "end sessions earlier", `UPDATE sessions SET ends_at = created_at + $3 WHERE`+usersOfCompany+` AND ends_at > created_at + $3`,
			siteID, companyID, l.Absolute.Microseconds())
	}
	return ids, err
}

// TrustOver returns how many devices of each of a company's users are trusted since a time after
// from, but not after to.
func (q Queries) TrustOver(ctx context.Context, siteID, companyID string, from, to time.Time) (map[string]int, error) {
	return q.perUser(ctx, "trust over", `SELECT user_id, COUNT(*) FROM devices WHERE`+usersOfCompany+` AND trusted_at > $3 AND trusted_at <= $4 GROUP BY user_id`,
		siteID, companyID, micros(from), micros(to))
}

// EndTrustOver ends the trust in devices of a company's users that was given at a time or before.
func (q Queries) EndTrustOver(ctx context.Context, siteID, companyID string, until time.Time) (n int64, err error) {
	return q.exec(ctx, "end trust over", `UPDATE devices SET trusted_at = 0 WHERE`+usersOfCompany+` AND trusted_at > 0 AND trusted_at <= $3`,
		siteID, companyID, micros(until))
}

// PasswordsSet returns which users of a company who are not deactivated have a chosen password that
// was set after from, but not after to: 1 for each.
func (q Queries) PasswordsSet(ctx context.Context, siteID, companyID string, from, to time.Time) (map[string]int, error) {
	return q.perUser(ctx, "passwords set", `SELECT id, 1 FROM users WHERE site_id = $1 AND company_id = $2
		AND password_origin = 'chosen' AND password_hash <> '' AND state <> 'deactivated' AND password_set_at > $3 AND password_set_at <= $4`,
		siteID, companyID, micros(from), micros(to))
}

// PasswordAges returns the ages at which passwords expire that companies of a site have chosen.
func (q Queries) PasswordAges(ctx context.Context, siteID string) (ages []time.Duration, err error) {
	err = q.all(ctx, "password ages", `SELECT DISTINCT password_age FROM companies WHERE site_id = $1 AND password_age > 0 ORDER BY password_age`,
		[]any{siteID}, func(scan func(...any) error) error {
			var age time.Duration
			err := scan(&age)
			ages = append(ages, age)
			return err
		})
	return ages, err
}
