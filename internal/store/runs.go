package store

import (
	"context"
	"fmt"
	"time"

	"gatehouse"
)

// ledger is where the runs of a kind are kept: a row for each run, and one for each of its users.
type ledger struct {
	runs, users string
	// of is the column of users that names the run; live is the condition for runs that go on, as an
	// index has it, and open the same for a run that is known by its ID: with the words of the index,
	// PostgreSQL would read that one.
	of, live, open string
}

var ledgers = map[gatehouse.RunKind]ledger{
	gatehouse.RunEnrolment: {runs: "enrolments", users: "enrolment_users", of: "enrolment_id", live: "ended_at = 0", open: "ended_at = 0"},
	gatehouse.RunBulkAct: {runs: "bulk_acts", users: "bulk_act_users", of: "bulk_act_id", live: "state = 'running'",
		open: "ended_at = 0 AND state <> 'proposed'"},
}

const runColumns = `site_id, company_id, id, state, started_at, started_by, started_name, ended_at,
	total, changed, unchanged, skipped, failed, told, after`

func runFields(r *gatehouse.Run) []any {
	return []any{&r.SiteID, &r.CompanyID, &r.ID, &r.State, when{&r.StartedAt}, &r.StartedBy, &r.StartedName, when{&r.EndedAt},
		&r.Total, &r.Counts.Changed, &r.Counts.Unchanged, &r.Counts.Skipped, &r.Counts.Failed, &r.Counts.Told, &r.After}
}

// ClaimRun takes a run that nobody works on, so others skip it until the claim expires; NotFound
// if there is none. It only saves work: AdvanceRun ensures that no user is processed twice.
func (q Queries) ClaimRun(ctx context.Context, kind gatehouse.RunKind, c Claim) (r gatehouse.Run, err error) {
	l := ledgers[kind]
	r.Kind = kind
	err = q.one(ctx, "claim run", `UPDATE `+l.runs+` SET lease = $1, lease_until = $2
		WHERE (site_id, company_id, id) IN (SELECT site_id, company_id, id FROM `+l.runs+`
			WHERE `+l.live+` AND lease_until <= $3 ORDER BY lease_until, id LIMIT 1 `+q.d.claim+`)
		RETURNING `+runColumns, []any{c.Lease, micros(c.Until), micros(c.Now)}, runFields(&r)...)
	return r, err
}

// RunDue reports whether a run is waiting. It is the cheap query of an idle server.
func (q Queries) RunDue(ctx context.Context, kind gatehouse.RunKind, now time.Time) (bool, error) {
	l := ledgers[kind]
	var due int64
	err := q.one(ctx, "run due", `SELECT COUNT(*) FROM (SELECT id FROM `+l.runs+`
		WHERE `+l.live+` AND lease_until <= $1 LIMIT 1) AS first`, []any{micros(now)}, &due)
	return due > 0, err
}

// AdvanceRun records that a run has reached the given username key, with its counts, and extends
// the claim until then. It reports whether the run was still where r says it is: if not, somebody
// else has done this batch or has ended it, and nothing may be written.
func (q Queries) AdvanceRun(ctx context.Context, r gatehouse.Run, after string, n gatehouse.RunCounts, until time.Time) (bool, error) {
	l := ledgers[r.Kind]
	rows, err := q.exec(ctx, "advance run", `UPDATE `+l.runs+` SET after = $5, changed = changed + $6, unchanged = unchanged + $7,
		skipped = skipped + $8, failed = failed + $9, told = told + $10, lease_until = $11
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND after = $4 AND `+l.open,
		r.SiteID, r.CompanyID, r.ID, r.After, after, n.Changed, n.Unchanged, n.Skipped, n.Failed, n.Told, micros(until))
	return rows == 1, err
}

// EndRun ends a finished run. It reports whether this call did.
func (q Queries) EndRun(ctx context.Context, r gatehouse.Run, now time.Time) (bool, error) {
	l := ledgers[r.Kind]
	n, err := q.exec(ctx, "end run", `UPDATE `+l.runs+` SET state = $5, ended_at = $6
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND after = $4 AND `+l.open,
		r.SiteID, r.CompanyID, r.ID, r.After, string(gatehouse.RunDone), micros(now))
	return n == 1, err
}

// StopRun ends a run before it has reached everybody. It reports whether this call did.
func (q Queries) StopRun(ctx context.Context, r gatehouse.Run, why gatehouse.OutcomeReason, now time.Time) (bool, error) {
	l := ledgers[r.Kind]
	n, err := q.exec(ctx, "stop run", `UPDATE `+l.runs+` SET state = $4, ended_at = $5
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND `+l.open,
		r.SiteID, r.CompanyID, r.ID, string(gatehouse.RunStopped), micros(now))
	if err != nil || n == 0 {
		return false, err
	}
	return true, q.skipRest(ctx, r, why, now)
}

// skipRest skips the users that a run has not reached, and counts them.
func (q Queries) skipRest(ctx context.Context, r gatehouse.Run, why gatehouse.OutcomeReason, now time.Time) error {
	l := ledgers[r.Kind]
	n, err := q.exec(ctx, "skip the rest", `UPDATE `+l.users+` SET outcome = $3, reason = $4, at = $5
		WHERE site_id = $1 AND `+l.of+` = $2 AND outcome = ''`,
		r.SiteID, r.ID, string(gatehouse.OutcomeSkipped), string(why), micros(now))
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "count the rest", `UPDATE `+l.runs+` SET skipped = skipped + $4
		WHERE site_id = $1 AND company_id = $2 AND id = $3`, r.SiteID, r.CompanyID, r.ID, n)
	return err
}

// RunUser is one user of a run.
type RunUser struct {
	UserID, Username string
	// Key is the username's key; a run follows the order of the keys.
	Key string
	// Outcome is empty until the run has reached the user.
	Outcome gatehouse.Outcome
	Reason  gatehouse.OutcomeReason
	At      time.Time
	// MessageID is the notice; empty: none was sent.
	MessageID string
}

// NextOfRun returns up to limit users that a run processes next.
func (q Queries) NextOfRun(ctx context.Context, r gatehouse.Run, limit int) ([]RunUser, error) {
	l := ledgers[r.Kind]
	var all []RunUser
	err := q.all(ctx, "next of run", `SELECT user_id, username, username_key FROM `+l.users+`
		WHERE site_id = $1 AND `+l.of+` = $2 AND username_key > $3 ORDER BY username_key LIMIT $4`,
		[]any{r.SiteID, r.ID, r.After, limit}, func(scan func(...any) error) error {
			var u RunUser
			err := scan(&u.UserID, &u.Username, &u.Key)
			all = append(all, u)
			return err
		})
	return all, err
}

// UsersOfBatch returns the accounts of the users that NextOfRun returns, as they are now, by ID.
// Deleted users are missing.
func (q Queries) UsersOfBatch(ctx context.Context, r gatehouse.Run, limit int) (map[string]gatehouse.User, error) {
	l := ledgers[r.Kind]
	all, err := q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND id IN (
		SELECT user_id FROM `+l.users+` WHERE site_id = $1 AND `+l.of+` = $2 AND username_key > $3 ORDER BY username_key LIMIT $4)`,
		r.SiteID, r.ID, r.After, limit)
	byID := make(map[string]gatehouse.User, len(all))
	for _, u := range all {
		byID[u.ID] = u
	}
	return byID, err
}

// FinishRunUsers writes the outcomes of users in a run.
func (q Queries) FinishRunUsers(ctx context.Context, r gatehouse.Run, users []RunUser) error {
	l := ledgers[r.Kind]
	rows := make([][]any, len(users))
	for i, u := range users {
		rows[i] = []any{r.SiteID, r.ID, u.Key, u.Outcome, u.Reason, u.MessageID, micros(u.At)}
	}
	// Site and run are in each row: as arguments they would make SQLite scan all users of the run,
	// and for each of them the batch.
	n, err := q.exec(ctx, "finish run users", `WITH results AS MATERIALIZED (
			SELECT value ->> 0 AS site_id, value ->> 1 AS run_id, value ->> 2 AS username_key, value ->> 3 AS outcome,
			value ->> 4 AS reason, value ->> 5 AS message_id, CAST(value ->> 6 AS BIGINT) AS at FROM `+q.d.each+`($1))
		UPDATE `+l.users+` SET outcome = results.outcome, reason = results.reason, message_id = results.message_id, at = results.at
		FROM results WHERE `+l.users+`.site_id = results.site_id AND `+l.users+`.`+l.of+` = results.run_id
			AND `+l.users+`.username_key = results.username_key AND `+l.users+`.outcome = ''`, inJSON(rows))
	if err == nil && n != int64(len(users)) { // the order of the run is broken: better nothing than twice
		err = fmt.Errorf("run %s: %d of %d users of a batch have been come to already", r.ID, int64(len(users))-n, len(users))
	}
	return err
}

// RunLine is a user of a run as an administrator sees it.
type RunLine struct {
	RunUser
	// Name and Email are empty for users who have left the company since.
	FirstName, LastName, Email string
	// Notice is the state of the notice; its State is empty if none was sent.
	Notice Message
}

// RunLines calls fn for the users of a run in the order of their usernames: those after the given
// key, with the given outcome (empty: all), limit at most (0: no limit). The company is outside the
// join: inside, PostgreSQL without statistics looks up all users of the company for each line.
func (q Queries) RunLines(ctx context.Context, r gatehouse.Run, outcome gatehouse.Outcome, after string, limit int, fn func(RunLine) error) error {
	kept := ledgers[r.Kind]
	args := []any{r.SiteID, r.ID, r.CompanyID, after, string(outcome)}
	most := ""
	if limit > 0 {
		most, args = " LIMIT $6", append(args, limit)
	}
	return q.all(ctx, "lines of run", `SELECT e.user_id, e.username, e.username_key, e.outcome, e.reason, e.at, e.message_id,
		CASE WHEN u.company_id = $3 THEN u.first_name ELSE '' END, CASE WHEN u.company_id = $3 THEN u.last_name ELSE '' END,
		CASE WHEN u.company_id = $3 THEN u.email ELSE '' END,
		COALESCE(m.recipient, ''), COALESCE(m.state, ''), COALESCE(m.due_at, 0), COALESCE(m.done_at, 0), COALESCE(m.reply, '')
		FROM `+kept.users+` e
		LEFT JOIN users u ON u.site_id = e.site_id AND u.id = e.user_id
		LEFT JOIN messages m ON m.site_id = e.site_id AND m.id = e.message_id
		WHERE e.site_id = $1 AND e.`+kept.of+` = $2 AND e.username_key > $4 AND ($5 = '' OR e.outcome = $5)
		ORDER BY e.username_key`+most, args, func(scan func(...any) error) error {
		var l RunLine
		err := scan(&l.UserID, &l.Username, &l.Key, &l.Outcome, &l.Reason, when{&l.At}, &l.MessageID,
			&l.FirstName, &l.LastName, &l.Email,
			&l.Notice.Recipient, &l.Notice.State, when{&l.Notice.DueAt}, when{&l.Notice.DoneAt}, &l.Notice.Reply)
		if err != nil {
			return err
		}
		return fn(l)
	})
}

// RunOutcomes counts the users that a run has reached.
func (q Queries) RunOutcomes(ctx context.Context, r gatehouse.Run) ([]gatehouse.OutcomeCount, error) {
	l := ledgers[r.Kind]
	var all []gatehouse.OutcomeCount
	err := q.all(ctx, "outcomes of run", `SELECT outcome, reason, COUNT(*) FROM `+l.users+`
		WHERE site_id = $1 AND `+l.of+` = $2 AND outcome <> '' GROUP BY outcome, reason ORDER BY outcome, reason`,
		[]any{r.SiteID, r.ID}, func(scan func(...any) error) error {
			var n gatehouse.OutcomeCount
			err := scan(&n.Outcome, &n.Reason, &n.Count)
			all = append(all, n)
			return err
		})
	return all, err
}

// RunNotices counts the notices of a run by their state.
func (q Queries) RunNotices(ctx context.Context, r gatehouse.Run) (map[MessageState]int, error) {
	l := ledgers[r.Kind]
	counts := map[MessageState]int{}
	err := q.all(ctx, "notices of run", `SELECT m.state, COUNT(*) FROM `+l.users+` e
		JOIN messages m ON m.site_id = e.site_id AND m.id = e.message_id
		WHERE e.site_id = $1 AND e.`+l.of+` = $2 GROUP BY m.state`, []any{r.SiteID, r.ID}, func(scan func(...any) error) error {
		var state MessageState
		var n int
		err := scan(&state, &n)
		counts[state] = n
		return err
	})
	return counts, err
}
