package store

import (
	"context"
	"fmt"
	"time"

	"gatehouse"
)

const enrolmentColumns = `site_id, company_id, id, enable, factor, factor_by, state, started_at, started_by, started_name, ended_at,
	total, changed, unchanged, skipped, failed, told, after`

func enrolmentFields(e *gatehouse.Enrolment) []any {
	return []any{&e.SiteID, &e.CompanyID, &e.ID, &e.Enable, &e.Factor, when{&e.FactorBy}, &e.State, when{&e.StartedAt}, &e.StartedBy, &e.StartedName, when{&e.EndedAt},
		&e.Total, &e.Counts.Changed, &e.Counts.Unchanged, &e.Counts.Skipped, &e.Counts.Failed, &e.Counts.Told, &e.After}
}

// BeginEnrolment adds an enrolment with its users: all that the company has at this moment. It
// returns how many there are.
func (q Queries) BeginEnrolment(ctx context.Context, e gatehouse.Enrolment) (total int, err error) {
	_, err = q.exec(ctx, "insert enrolment", `INSERT INTO enrolments (site_id, company_id, id, enable, factor, factor_by, state, started_at, started_by, started_name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.SiteID, e.CompanyID, e.ID, e.Enable, string(e.Factor), micros(e.FactorBy), string(gatehouse.EnrolmentRunning), micros(e.StartedAt), e.StartedBy, e.StartedName)
	if err != nil {
		return 0, err
	}
	n, err := q.exec(ctx, "users of enrolment", `INSERT INTO enrolment_users (site_id, enrolment_id, username_key, user_id, username)
		SELECT site_id, $3, username_key, id, username FROM users WHERE site_id = $1 AND company_id = $2`, e.SiteID, e.CompanyID, e.ID)
	if err != nil {
		return 0, err
	}
	_, err = q.exec(ctx, "total of enrolment", `UPDATE enrolments SET total = $4 WHERE site_id = $1 AND company_id = $2 AND id = $3`,
		e.SiteID, e.CompanyID, e.ID, n)
	return int(n), err
}

// ReplaceEnrolment ends the running enrolment of a company, if there is one, and skips users it
// has not reached. It returns the enrolment as it is then; NotFound if none is running.
func (q Queries) ReplaceEnrolment(ctx context.Context, siteID, companyID string, now time.Time) (e gatehouse.Enrolment, err error) {
	// The enrolment's row first: a batch that is being written either comes before, or fails.
	var id string
	err = q.one(ctx, "replace enrolment", `UPDATE enrolments SET state = $3, ended_at = $4
		WHERE site_id = $1 AND company_id = $2 AND ended_at = 0 RETURNING id`,
		[]any{siteID, companyID, string(gatehouse.EnrolmentReplaced), micros(now)}, &id)
	if err != nil {
		return e, err
	}
	// Notices that it has not yet sent are no longer true.
	if err := q.dropNotices(ctx, siteID, id, now); err != nil {
		return e, err
	}
	n, err := q.exec(ctx, "skip the rest", `UPDATE enrolment_users SET outcome = $3, reason = $4, at = $5
		WHERE site_id = $1 AND enrolment_id = $2 AND outcome = ''`,
		siteID, id, string(gatehouse.OutcomeSkipped), string(gatehouse.ReasonReplaced), micros(now))
	if err != nil {
		return e, err
	}
	err = q.one(ctx, "count the rest", `UPDATE enrolments SET skipped = skipped + $4
		WHERE site_id = $1 AND company_id = $2 AND id = $3 RETURNING `+enrolmentColumns, []any{siteID, companyID, id, n}, enrolmentFields(&e)...)
	return e, err
}

// Enrolment returns an enrolment of a company.
func (q Queries) Enrolment(ctx context.Context, siteID, companyID, id string) (e gatehouse.Enrolment, err error) {
	err = q.one(ctx, "enrolment", `SELECT `+enrolmentColumns+` FROM enrolments WHERE site_id = $1 AND company_id = $2 AND id = $3`,
		[]any{siteID, companyID, id}, enrolmentFields(&e)...)
	return e, err
}

// Enrolments returns up to limit enrolments of a company, newest first: those before the given ID,
// or all if it is empty.
func (q Queries) Enrolments(ctx context.Context, siteID, companyID, before string, limit int) ([]gatehouse.Enrolment, error) {
	var all []gatehouse.Enrolment
	err := q.all(ctx, "enrolments", `SELECT `+enrolmentColumns+` FROM enrolments
		WHERE site_id = $1 AND company_id = $2 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4`,
		[]any{siteID, companyID, before, limit}, func(scan func(...any) error) error {
			var e gatehouse.Enrolment
			err := scan(enrolmentFields(&e)...)
			all = append(all, e)
			return err
		})
	return all, err
}

// ClaimEnrolment takes an enrolment that nobody works on, so others skip it until the claim
// expires; NotFound if there is none. It only saves work: AdvanceEnrolment ensures that no user is
// enrolled twice.
func (q Queries) ClaimEnrolment(ctx context.Context, c Claim) (e gatehouse.Enrolment, err error) {
	err = q.one(ctx, "claim enrolment", `UPDATE enrolments SET lease = $1, lease_until = $2
		WHERE (site_id, company_id, id) IN (SELECT site_id, company_id, id FROM enrolments
			WHERE ended_at = 0 AND lease_until <= $3 ORDER BY lease_until, id LIMIT 1 `+q.d.claim+`)
		RETURNING `+enrolmentColumns, []any{c.Lease, micros(c.Until), micros(c.Now)}, enrolmentFields(&e)...)
	return e, err
}

// EnrolmentDue reports whether an enrolment is waiting. It is the cheap query of an idle server.
func (q Queries) EnrolmentDue(ctx context.Context, now time.Time) (bool, error) {
	var due int64
	err := q.one(ctx, "enrolment due", `SELECT COUNT(*) FROM (SELECT id FROM enrolments
		WHERE ended_at = 0 AND lease_until <= $1 LIMIT 1) AS first`, []any{micros(now)}, &due)
	return due > 0, err
}

// AdvanceEnrolment records that an enrolment has reached the given username key, with its counts,
// and extends the claim until then. It reports whether the enrolment was still where e says it is:
// if not, somebody else has done this batch or has ended it, and nothing may be written.
func (q Queries) AdvanceEnrolment(ctx context.Context, e gatehouse.Enrolment, after string, n gatehouse.EnrolmentCounts, until time.Time) (bool, error) {
	rows, err := q.exec(ctx, "advance enrolment", `UPDATE enrolments SET after = $5, changed = changed + $6, unchanged = unchanged + $7,
		skipped = skipped + $8, failed = failed + $9, told = told + $10, lease_until = $11
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND after = $4 AND ended_at = 0`,
		e.SiteID, e.CompanyID, e.ID, e.After, after, n.Changed, n.Unchanged, n.Skipped, n.Failed, n.Told, micros(until))
	return rows == 1, err
}

// EndEnrolment ends a finished enrolment. It reports whether this call did.
func (q Queries) EndEnrolment(ctx context.Context, e gatehouse.Enrolment, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "end enrolment", `UPDATE enrolments SET state = $5, ended_at = $6
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND after = $4 AND ended_at = 0`,
		e.SiteID, e.CompanyID, e.ID, e.After, string(gatehouse.EnrolmentDone), micros(now))
	return n == 1, err
}

// EnrolmentUser is one user of an enrolment.
type EnrolmentUser struct {
	UserID, Username string
	// Key is the username's key; an enrolment follows the order of the keys.
	Key string
	// Outcome is empty until the enrolment has reached the user.
	Outcome gatehouse.Outcome
	Reason  gatehouse.OutcomeReason
	At      time.Time
	// MessageID is the notice; empty: none was sent.
	MessageID string
}

// NextOfEnrolment returns up to limit users that an enrolment processes next.
func (q Queries) NextOfEnrolment(ctx context.Context, e gatehouse.Enrolment, limit int) ([]EnrolmentUser, error) {
	var all []EnrolmentUser
	err := q.all(ctx, "next of enrolment", `SELECT user_id, username, username_key FROM enrolment_users
		WHERE site_id = $1 AND enrolment_id = $2 AND username_key > $3 ORDER BY username_key LIMIT $4`,
		[]any{e.SiteID, e.ID, e.After, limit}, func(scan func(...any) error) error {
			var u EnrolmentUser
			err := scan(&u.UserID, &u.Username, &u.Key)
			all = append(all, u)
			return err
		})
	return all, err
}

// UsersOfBatch returns the accounts of the users that NextOfEnrolment returns, as they are now, by
// ID. Deleted users are missing.
func (q Queries) UsersOfBatch(ctx context.Context, e gatehouse.Enrolment, limit int) (map[string]gatehouse.User, error) {
	all, err := q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND id IN (
		SELECT user_id FROM enrolment_users WHERE site_id = $1 AND enrolment_id = $2 AND username_key > $3 ORDER BY username_key LIMIT $4)`,
		e.SiteID, e.ID, e.After, limit)
	byID := make(map[string]gatehouse.User, len(all))
	for _, u := range all {
		byID[u.ID] = u
	}
	return byID, err
}

// FinishEnrolmentUsers writes the outcomes of users in an enrolment.
func (q Queries) FinishEnrolmentUsers(ctx context.Context, e gatehouse.Enrolment, users []EnrolmentUser) error {
	rows := make([][]any, len(users))
	for i, u := range users {
		rows[i] = []any{e.SiteID, e.ID, u.Key, u.Outcome, u.Reason, u.MessageID, micros(u.At)}
	}
	// Site and enrolment are in each row: as arguments they would make SQLite scan all users of
	// the enrolment, and for each of them the batch.
	n, err := q.exec(ctx, "finish enrolment users", `WITH results AS MATERIALIZED (
			SELECT value ->> 0 AS site_id, value ->> 1 AS enrolment_id, value ->> 2 AS username_key, value ->> 3 AS outcome,
			value ->> 4 AS reason, value ->> 5 AS message_id, CAST(value ->> 6 AS BIGINT) AS at FROM `+q.d.each+`($1))
		UPDATE enrolment_users SET outcome = results.outcome, reason = results.reason, message_id = results.message_id, at = results.at
		FROM results WHERE enrolment_users.site_id = results.site_id AND enrolment_users.enrolment_id = results.enrolment_id
			AND enrolment_users.username_key = results.username_key AND enrolment_users.outcome = ''`, inJSON(rows))
	if err == nil && n != int64(len(users)) { // the order of the enrolment is broken: better nothing than twice
		err = fmt.Errorf("run %s: %d of %d users of a batch have been come to already", e.ID, int64(len(users))-n, len(users))
	}
	return err
}

// EnrolmentLine is a user of an enrolment as an administrator sees it.
type EnrolmentLine struct {
	EnrolmentUser
	// Name and Email are empty for users who have left the company since.
	FirstName, LastName, Email string
	// Notice is the state of the notice; its State is empty if none was sent.
	Notice Message
}

// EnrolmentLines calls fn for the users of an enrolment in the order of their usernames: those
// after the given key, with the given outcome (empty: all), limit at most (0: no limit). The
// company is outside the join: inside, PostgreSQL without statistics looks up all users of the
// company for each line.
func (q Queries) EnrolmentLines(ctx context.Context, e gatehouse.Enrolment, outcome gatehouse.Outcome, after string, limit int, fn func(EnrolmentLine) error) error {
	args := []any{e.SiteID, e.ID, e.CompanyID, after, string(outcome)}
	most := ""
	if limit > 0 {
		most, args = " LIMIT $6", append(args, limit)
	}
	return q.all(ctx, "lines of enrolment", `SELECT e.user_id, e.username, e.username_key, e.outcome, e.reason, e.at, e.message_id,
		CASE WHEN u.company_id = $3 THEN u.first_name ELSE '' END, CASE WHEN u.company_id = $3 THEN u.last_name ELSE '' END,
		CASE WHEN u.company_id = $3 THEN u.email ELSE '' END,
		COALESCE(m.recipient, ''), COALESCE(m.state, ''), COALESCE(m.due_at, 0), COALESCE(m.done_at, 0), COALESCE(m.reply, '')
		FROM enrolment_users e
		LEFT JOIN users u ON u.site_id = e.site_id AND u.id = e.user_id
		LEFT JOIN messages m ON m.site_id = e.site_id AND m.id = e.message_id
		WHERE e.site_id = $1 AND e.enrolment_id = $2 AND e.username_key > $4 AND ($5 = '' OR e.outcome = $5)
		ORDER BY e.username_key`+most, args, func(scan func(...any) error) error {
		var l EnrolmentLine
		err := scan(&l.UserID, &l.Username, &l.Key, &l.Outcome, &l.Reason, when{&l.At}, &l.MessageID,
			&l.FirstName, &l.LastName, &l.Email,
			&l.Notice.Recipient, &l.Notice.State, when{&l.Notice.DueAt}, when{&l.Notice.DoneAt}, &l.Notice.Reply)
		if err != nil {
			return err
		}
		return fn(l)
	})
}

// EnrolmentOutcomes counts the users that an enrolment has reached.
func (q Queries) EnrolmentOutcomes(ctx context.Context, e gatehouse.Enrolment) ([]gatehouse.OutcomeCount, error) {
	var all []gatehouse.OutcomeCount
	err := q.all(ctx, "outcomes of enrolment", `SELECT outcome, reason, COUNT(*) FROM enrolment_users
		WHERE site_id = $1 AND enrolment_id = $2 AND outcome <> '' GROUP BY outcome, reason ORDER BY outcome, reason`,
		[]any{e.SiteID, e.ID}, func(scan func(...any) error) error {
			var n gatehouse.OutcomeCount
			err := scan(&n.Outcome, &n.Reason, &n.Count)
			all = append(all, n)
			return err
		})
	return all, err
}

// EnrolmentSetUp counts the users whom an enrolment asked to set up a factor and who have it now.
func (q Queries) EnrolmentSetUp(ctx context.Context, e gatehouse.Enrolment) (n int, err error) {
	err = q.one(ctx, "set up since enrolment", `SELECT COUNT(*) FROM enrolment_users e JOIN users u ON u.site_id = e.site_id AND u.id = e.user_id
		WHERE e.site_id = $1 AND e.enrolment_id = $2 AND e.outcome = $3 AND (u.passkeys > 0 OR $4 = 'factor' AND u.apps > 0)`,
		[]any{e.SiteID, e.ID, string(gatehouse.OutcomeChanged), string(e.Factor)}, &n)
	return n, err
}

// EnrolmentNotices counts the notices of an enrolment by their state.
func (q Queries) EnrolmentNotices(ctx context.Context, e gatehouse.Enrolment) (map[MessageState]int, error) {
	counts := map[MessageState]int{}
	err := q.all(ctx, "notices of enrolment", `SELECT m.state, COUNT(*) FROM enrolment_users e
		JOIN messages m ON m.site_id = e.site_id AND m.id = e.message_id
		WHERE e.site_id = $1 AND e.enrolment_id = $2 GROUP BY m.state`, []any{e.SiteID, e.ID}, func(scan func(...any) error) error {
		var state MessageState
		var n int
		err := scan(&state, &n)
		counts[state] = n
		return err
	})
	return counts, err
}
