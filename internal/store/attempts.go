package store

import (
	"context"
	"time"

	"gatehouse"
)

// HoldAttempts returns the counts of a subject for a device (empty: strangers) and holds them:
// until the transaction ends, nobody else reads them to change them. The methods of
// gatehouse.Attempts decide what they become, and SaveAttempts writes them.
func (q Queries) HoldAttempts(ctx context.Context, siteID, subject, device string, now time.Time) (a gatehouse.Attempts, err error) {
	if q.d.hold == "" { // there is one transaction at a time, so it is held already
		var touched time.Time
		err = q.one(ctx, "attempts", attemptsText, []any{siteID, subject, device}, append(attemptFields(&a), when{&touched})...)
		if err == nil && now.Sub(touched) < touchEvery || err != nil && gatehouse.KindOf(err) != gatehouse.NotFound {
			return a, err
		}
	}
	err = q.one(ctx, "hold attempts", holdAttemptsText, holdAttemptsArgs(siteID, subject, device, now), attemptFields(&a)...)
	return a, err
}

// touchEvery is how often the time of the last attempt is written: a day's precision is enough,
// and each write also writes an index.
const touchEvery = time.Hour

const holdAttemptsText = `INSERT INTO attempts (site_id, subject, device, touched_at) VALUES ($1, $2, $3, $4)
	ON CONFLICT (site_id, subject, device) DO UPDATE SET touched_at = CASE WHEN attempts.touched_at > $5 THEN attempts.touched_at ELSE $4 END
	RETURNING ` + attemptColumns

func holdAttemptsArgs(siteID, subject, device string, now time.Time) []any {
	return []any{siteID, subject, device, micros(now), micros(now.Add(-touchEvery))}
}

const countsText = `SELECT ` + attemptColumns + ` FROM attempts WHERE site_id = $1 AND subject = $2 AND device = $3 `

const attemptsText = `SELECT ` + attemptColumns + `, touched_at FROM attempts WHERE site_id = $1 AND subject = $2 AND device = $3`

// SaveAttempts writes counts that this transaction holds.
func (q Queries) SaveAttempts(ctx context.Context, siteID, subject, device string, a gatehouse.Attempts) error {
	return q.later(ctx, "save attempts", `UPDATE attempts
		SET wrong_row = $4, wrong_all = $5, open = $6, opened_at = $7, locked_at = $8
		WHERE site_id = $1 AND subject = $2 AND device = $3`,
		siteID, subject, device, a.Row, a.All, a.Open, micros(a.OpenedAt), micros(a.LockedAt))
}

// Attempts returns the counts of a subject for a device, without holding them.
func (q Queries) Attempts(ctx context.Context, siteID, subject, device string) (a gatehouse.Attempts, err error) {
	err = q.one(ctx, "attempts", countsText, []any{siteID, subject, device}, attemptFields(&a)...)
	return a, err
}

const attemptColumns = `wrong_row, wrong_all, open, opened_at, locked_at`

func attemptFields(a *gatehouse.Attempts) []any {
	return []any{&a.Row, &a.All, &a.Open, when{&a.OpenedAt}, when{&a.LockedAt}}
}

// forgetAttempts resets all counts of a user's passwords and answers, for all devices, as
// gatehouse.Attempts.Forgotten says.
func (q Queries) forgetAttempts(ctx context.Context, u gatehouse.User) error {
	_, err := q.exec(ctx, "forget attempts", `UPDATE attempts SET wrong_row = 0, wrong_all = 0, locked_at = 0
		WHERE site_id = $1 AND subject IN ($2, $3)`, u.SiteID, u.ID, gatehouse.AnswerSubject(u.ID))
	return err
}

// DropOldAttempts removes counts of unknown names that nobody has tried since the given time, so a
// flood of invented names does not stay.
func (q Queries) DropOldAttempts(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old attempts", `DELETE FROM attempts WHERE touched_at < $1 AND (subject LIKE 'name:%' OR subject LIKE 'answers:name:%')`, micros(before))
	return err
}

// AttemptsOf returns the counts of a subject for each device that has some (empty: strangers),
// without holding them.
func (q Queries) AttemptsOf(ctx context.Context, siteID, subject string) (map[string]gatehouse.Attempts, error) {
	all := map[string]gatehouse.Attempts{}
	err := q.all(ctx, "attempts of", `SELECT device, `+attemptColumns+` FROM attempts
		WHERE site_id = $1 AND subject = $2`, []any{siteID, subject}, func(scan func(...any) error) error {
		var device string
		var a gatehouse.Attempts
		err := scan(append([]any{&device}, attemptFields(&a)...)...)
		all[device] = a
		return err
	})
	return all, err
}
