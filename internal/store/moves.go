package store

import (
	"context"
	"time"

	"gatehouse"
)

// Move is which users become users of another company.
type Move struct {
	SiteID, From, To string
	// Users are some of them, who are held; nil: all, also deleted ones, who can be restored there.
	Users []string
	// Keep are the administrators who stay administrators; KeepAll: all of them do.
	Keep    []string
	KeepAll bool
}

// chosen selects whom a move is about, in a query in which $1 is the site, $2 the company and $3 the
// list of users. The company is not asked for with a list: SQLite would read all its users.
func (m Move) chosen(d dialect) string {
	if m.Users == nil {
		return ` site_id = $1 AND company_id = $2 AND id >= $3` // $3 is the empty text
	}
	return ` site_id = $1 AND $2 <> '' AND id IN (SELECT value ->> 0 FROM ` + d.each + `($3))`
}

func (m Move) args(more ...any) []any {
	users := any("")
	if m.Users != nil {
		users = inJSON(asRows(m.Users))
	}
	return append([]any{m.SiteID, m.From, users}, more...)
}

func asRows(ids []string) [][]any {
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id}
	}
	return rows
}

// HoldUsersOf holds all users of a company until the transaction ends: what opens a session holds the
// account, so it comes before or after.
func (q Queries) HoldUsersOf(ctx context.Context, siteID, companyID string) error {
	if !q.d.shared { // one writer at a time
		return nil
	}
	_, err := q.exec(ctx, "hold users of company", `SELECT id FROM users WHERE site_id = $1 AND company_id = $2 ORDER BY id `+q.d.hold, siteID, companyID)
	return err
}

// BatchOfUsers returns up to limit users of a company who are not deleted, in the order of their keys
// after the given one, and the last key: one that was kept (rekey) is not that of the name.
func (q Queries) BatchOfUsers(ctx context.Context, siteID, companyID, after string, limit int) (all []gatehouse.User, last string, err error) {
	err = q.all(ctx, "batch of users", `SELECT `+userColumns+`, username_key FROM users
		WHERE site_id = $1 AND company_id = $2 AND username_key > $3 AND deleted_at = 0 ORDER BY username_key LIMIT $4`, []any{siteID, companyID, after, limit}, func(scan func(...any) error) error {
		var u gatehouse.User
		err := scan(append(userFields(&u), &last)...)
		all = append(all, u)
		return err
	})
	return all, last, err
}

// MoveUsers makes users, who are held, users of another company, with what follows them: companyTables
// in the tests says of each table what becomes of it.
func (q Queries) MoveUsers(ctx context.Context, m Move) error {
	chosen := m.chosen(q.d)
	those := ` IN (SELECT id FROM users WHERE` + chosen + `)`
	of := ` WHERE site_id = $1 AND user_id` + those
	for _, s := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO left_users (site_id, company_id, user_id, changed) SELECT site_id, company_id, id, ` + q.d.stamp("$1", "$2") + ` FROM users WHERE` + chosen +
			` ON CONFLICT (site_id, company_id, user_id) DO UPDATE SET changed = excluded.changed`, nil},
		{`DELETE FROM left_users WHERE site_id = $1 AND company_id = $4 AND user_id` + those, []any{m.To}},
		{`DELETE FROM access_requests` + of, nil},
		{`DELETE FROM hidden_searches` + of, nil},
		{`DELETE FROM hidden_searches WHERE site_id = $1 AND owner_id` + those, nil},
		{`UPDATE saved_searches SET shared_at = 0` + of + ` AND shared_at > 0`, nil},
		{`UPDATE messages SET company_id = $4` + of, []any{m.To}},
		{`UPDATE address_proposals SET company_id = $4` + of, []any{m.To}},
		{`UPDATE cases SET company_id = $4` + of + ` AND user_id <> ''`, []any{m.To}},
		{`UPDATE users SET changed = ` + q.d.stamp("$1", "$4") + `, company_id = $4, role = CASE WHEN $5 OR id IN (SELECT value ->> 0 FROM ` + q.d.each +
			`($6)) THEN role ELSE 'user' END WHERE` + chosen, []any{m.To, m.KeepAll, inJSON(asRows(m.Keep))}},
	} {
		if _, err := q.exec(ctx, "move users", s.text, m.args(s.args...)...); err != nil {
			return err
		}
	}
	return nil
}

// CloseCompany keeps new users out of a company until the transaction ends, and waits for those that
// are being added.
func (q Queries) CloseCompany(ctx context.Context, siteID, id string) error {
	_, err := q.exec(ctx, "close company", `SELECT 1 FROM companies WHERE site_id = $1 AND id = $2 `+q.d.close, siteID, id)
	return err
}

// SetMerged writes that a company, which is closed, was merged into another one, and so were those that
// had been merged into it.
func (q Queries) SetMerged(ctx context.Context, siteID, id, into string, now time.Time) error {
	if _, err := q.exec(ctx, "merged before", `UPDATE companies SET merged_into = $3 WHERE site_id = $1 AND merged_into = $2 AND merged_into <> ''`, siteID, id, into); err != nil {
		return err
	}
	n, err := q.exec(ctx, "set merged", `UPDATE companies SET merged_into = $3, merged_at = $4 WHERE site_id = $1 AND id = $2`, siteID, id, into, micros(now))
	return oneRow(n, err)
}

// MergedInto returns up to limit companies that were merged into one.
func (q Queries) MergedInto(ctx context.Context, siteID, id string, limit int) (all []gatehouse.Company, err error) {
	err = q.all(ctx, "merged into", `SELECT `+companyColumns+` FROM companies WHERE site_id = $1 AND merged_into = $2 AND merged_into <> '' LIMIT $3`,
		[]any{siteID, id, limit}, func(scan func(...any) error) error {
			var c gatehouse.Company
			err := scan(companyFields(&c)...)
			all = append(all, c)
			return err
		})
	return all, err
}

// OpenOfUser counts what ends for a user who goes to another company.
type OpenOfUser struct{ Sessions, SignIns, Trusted, Links, Requests int }

// OpenOfUsers returns it for some users.
func (q Queries) OpenOfUsers(ctx context.Context, siteID string, ids []string, now time.Time) (map[string]OpenOfUser, error) {
	of := ` WHERE site_id = $1 AND user_id IN (SELECT value ->> 0 FROM ` + q.d.each + `($2))`
	count := func(what, from, more string) string {
		return `SELECT user_id, '` + what + `', COUNT(*) FROM ` + from + of + more + ` GROUP BY user_id`
	}
	text := count("session", "sessions", ` AND ends_at > $3`) + ` UNION ALL ` + count("signin", "signins", ` AND expires_at > $3`) +
		` UNION ALL ` + count("trusted", "devices", ` AND trusted_at > 0`) + ` UNION ALL ` + count("link", "recoveries", ` AND user_id <> '' AND expires_at > $3`) +
		` UNION ALL ` + count("link", "email_changes", ` AND state = 'asked'`) + ` UNION ALL ` + count("request", "access_requests", ``)
	all := map[string]OpenOfUser{}
	err := q.all(ctx, "open of users", text, []any{siteID, inJSON(asRows(ids)), micros(now)}, func(scan func(...any) error) error {
		var id, what string
		var n int
		if err := scan(&id, &what, &n); err != nil {
			return err
		}
		o := all[id]
		switch what {
		case "session":
			o.Sessions += n
		case "signin":
			o.SignIns += n
		case "trusted":
			o.Trusted += n
		case "link":
			o.Links += n
		default:
			o.Requests += n
		}
		all[id] = o
		return nil
	})
	return all, err
}

// SameAddress is an email address that users of two companies have.
type SameAddress struct{ From, To gatehouse.User }

// sameAddress has the users of company $2, as a, and those of company $3 who have the same address, as
// b. Both are read once: without statistics, PostgreSQL would look through one for each of the other.
const sameAddress = `WITH there AS MATERIALIZED (SELECT id, username, username_key, email, email_key FROM users WHERE site_id = $1 AND company_id = $3 AND username_key > '' AND email_key <> '' AND deleted_at = 0),
	here AS MATERIALIZED (SELECT id, username, username_key, email, email_key FROM users WHERE site_id = $1 AND company_id = $2 AND username_key > '' AND email_key <> '' AND deleted_at = 0)
	SELECT a.id, a.username, a.email, b.id, b.username, b.email, COUNT(*) OVER () FROM here a JOIN there b ON b.email_key = a.email_key`

// SameAddresses returns up to limit addresses that users of two companies have, and how many there are.
func (q Queries) SameAddresses(ctx context.Context, siteID, from, to string, limit int) (all []SameAddress, n int, err error) {
	err = q.all(ctx, "same addresses", sameAddress+` ORDER BY a.username_key, b.username_key LIMIT $4`,
		[]any{siteID, from, to, limit}, func(scan func(...any) error) error {
			var s SameAddress
			err := scan(&s.From.ID, &s.From.Username, &s.From.Email, &s.To.ID, &s.To.Username, &s.To.Email, &n)
			all = append(all, s)
			return err
		})
	return all, n, err
}

// FollowsMerge counts what a merge ends or takes along, beside OpenOfCompany.
type FollowsMerge struct {
	Users, Administrators, Deleted, Links, Requests, Shared, Cases int
	// Runs are enrolments, acts on many users and imports that are under way.
	Runs int
}

// FollowsMerge returns it for a company.
func (q Queries) FollowsMerge(ctx context.Context, siteID, id string, now time.Time) (f FollowsMerge, err error) {
	err = q.one(ctx, "follows merge", `SELECT
		(SELECT COUNT(*) FROM users WHERE site_id = $1 AND company_id = $2 AND deleted_at = 0),
		(SELECT COUNT(*) FROM users WHERE site_id = $1 AND company_id = $2 AND role = 'admin' AND deleted_at = 0),
		(SELECT COUNT(*) FROM users WHERE site_id = $1 AND company_id = $2 AND deleted_at > 0),
		(SELECT COUNT(*) FROM recoveries WHERE`+usersOfCompany+` AND user_id <> '' AND expires_at > $3) + (SELECT COUNT(*) FROM email_changes WHERE`+usersOfCompany+` AND state = 'asked'),
		(SELECT COUNT(*) FROM access_requests WHERE site_id = $1 AND company_id = $2),
		(SELECT COUNT(*) FROM saved_searches WHERE`+usersOfCompany+` AND shared_at > 0),
		(SELECT COUNT(*) FROM cases WHERE`+usersOfCompany+` AND user_id <> '' AND closed_at = 0),
		(SELECT COUNT(*) FROM enrolments WHERE site_id = $1 AND company_id = $2 AND state = 'running')
			+ (SELECT COUNT(*) FROM bulk_acts WHERE site_id = $1 AND company_id = $2 AND state = 'running')
			+ (SELECT COUNT(*) FROM imports WHERE site_id = $1 AND company_id = $2 AND state IN ('running', 'inviting'))`,
		[]any{siteID, id, micros(now)}, &f.Users, &f.Administrators, &f.Deleted, &f.Links, &f.Requests, &f.Shared, &f.Cases, &f.Runs)
	return f, err
}
