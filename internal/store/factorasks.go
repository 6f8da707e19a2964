package store

import (
	"context"
	"time"

	"gatehouse"
)

// PutFactorAsk records that a user is asked to set up a second factor; the mail waits.
func (q Queries) PutFactorAsk(ctx context.Context, a gatehouse.FactorAsk) error {
	_, err := q.exec(ctx, "put factor ask", `INSERT INTO factor_asks (site_id, user_id, asked_at, by_id, by_name) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (site_id, user_id) DO UPDATE SET asked_at = $3, by_id = $4, by_name = $5, told_at = 0`,
		a.SiteID, a.UserID, micros(a.AskedAt), a.ByID, a.ByName)
	return err
}

// FactorAsk returns when a user was last asked; NotFound: never.
func (q Queries) FactorAsk(ctx context.Context, siteID, userID string) (a gatehouse.FactorAsk, err error) {
	a.SiteID, a.UserID = siteID, userID
	err = q.one(ctx, "factor ask", `SELECT asked_at, by_id, by_name FROM factor_asks WHERE site_id = $1 AND user_id = $2`,
		[]any{siteID, userID}, when{&a.AskedAt}, &a.ByID, &a.ByName)
	return a, err
}

// FactorAsksOf returns when the users of a company were last asked, by user ID.
func (q Queries) FactorAsksOf(ctx context.Context, siteID, companyID string) (map[string]time.Time, error) {
	asked := map[string]time.Time{}
	err := q.all(ctx, "factor asks of company", `SELECT a.user_id, a.asked_at FROM users u
		JOIN factor_asks a ON a.site_id = u.site_id AND a.user_id = u.id
		WHERE u.site_id = $1 AND u.company_id = $2`, []any{siteID, companyID}, readAsks(asked))
	return asked, err
}

// FactorAsksOfUsers returns when users were last asked, by user ID.
func (q Queries) FactorAsksOfUsers(ctx context.Context, siteID string, ids []string) (map[string]time.Time, error) {
	asked, rows := map[string]time.Time{}, make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id}
	}
	err := q.all(ctx, "factor asks of users", `SELECT user_id, asked_at FROM factor_asks
		WHERE site_id = $1 AND user_id IN (SELECT value ->> 0 FROM `+q.d.each+`($2))`, []any{siteID, inJSON(rows)}, readAsks(asked))
	return asked, err
}

// readAsks reads rows of a user and a time.
func readAsks(asked map[string]time.Time) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		var id string
		var at time.Time
		err := scan(&id, when{&at})
		asked[id] = at
		return err
	}
}

// WaitingFactorAsks returns those whose mail is not written yet, the oldest first. All are later
// than zero: asking for that makes both databases search the index of those that wait.
func (q Queries) WaitingFactorAsks(ctx context.Context, limit int) ([]gatehouse.FactorAsk, error) {
	var all []gatehouse.FactorAsk
	err := q.all(ctx, "waiting factor asks", `SELECT site_id, user_id, asked_at, by_id, by_name FROM factor_asks
		WHERE told_at = 0 AND asked_at > 0 ORDER BY asked_at LIMIT $1`, []any{limit}, func(scan func(...any) error) error {
		var a gatehouse.FactorAsk
		err := scan(&a.SiteID, &a.UserID, when{&a.AskedAt}, &a.ByID, &a.ByName)
		all = append(all, a)
		return err
	})
	return all, err
}

// TellFactorAsk records that the mail is written. It reports whether this call did. The condition
// is <= zero: with = zero, PostgreSQL would search the index of all that wait.
func (q Queries) TellFactorAsk(ctx context.Context, siteID, userID string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "tell factor ask", `UPDATE factor_asks SET told_at = $3 WHERE site_id = $1 AND user_id = $2 AND told_at <= 0`,
		siteID, userID, micros(now))
	return n == 1, err
}
