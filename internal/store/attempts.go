package store

import (
	"context"
	"time"

	"gatehouse"
)

// TakeAttempt gives the next number to an attempt of a browser (empty: strangers)
// on a subject, and returns the counts with it in them. It is the caller's duty to
// commit this before anything is verified (invariant 3). Only an attempt that is
// among the first limit of its row counts as admitted now, so that attempts that
// are refused do not make those before them look alive.
func (q Queries) TakeAttempt(ctx context.Context, siteID, subject, browser string, limit int, now time.Time) (a gatehouse.Attempts, err error) {
	err = q.one(ctx, "take attempt", `INSERT INTO attempts (site_id, subject, browser, made, admitted_at)
		VALUES ($1, $2, $3, 1, $4)
		ON CONFLICT (site_id, subject, browser) DO UPDATE SET made = attempts.made + 1,
			admitted_at = CASE WHEN attempts.made + 1 - attempts.cleared <= CAST($5 AS BIGINT) THEN $4 ELSE attempts.admitted_at END
		RETURNING made, cleared, wrong, locked_at, admitted_at`,
		[]any{siteID, subject, browser, micros(now), limit}, attemptFields(&a)...)
	return a, err
}

// Attempts returns the counts of a subject for a browser.
func (q Queries) Attempts(ctx context.Context, siteID, subject, browser string) (a gatehouse.Attempts, err error) {
	err = q.one(ctx, "attempts", `SELECT made, cleared, wrong, locked_at, admitted_at FROM attempts
		WHERE site_id = $1 AND subject = $2 AND browser = $3`, []any{siteID, subject, browser}, attemptFields(&a)...)
	return a, err
}

func attemptFields(a *gatehouse.Attempts) []any {
	return []any{&a.Made, &a.Cleared, &a.Wrong, when{&a.LockedAt}, when{&a.AdmittedAt}}
}

// AttemptRight records that the attempt with this number was right: it breaks the
// row of wrong ones up to it, and no later one.
func (q Queries) AttemptRight(ctx context.Context, siteID, subject, browser string, number int64) error {
	_, err := q.exec(ctx, "attempt right", `UPDATE attempts
		SET cleared = CASE WHEN cleared < $4 THEN $4 ELSE cleared END
		WHERE site_id = $1 AND subject = $2 AND browser = $3`, siteID, subject, browser, number)
	return err
}

// AttemptWrong counts a wrong attempt and returns the counts with it in them.
func (q Queries) AttemptWrong(ctx context.Context, siteID, subject, browser string) (a gatehouse.Attempts, err error) {
	err = q.one(ctx, "attempt wrong", `UPDATE attempts SET wrong = wrong + 1
		WHERE site_id = $1 AND subject = $2 AND browser = $3
		RETURNING made, cleared, wrong, locked_at, admitted_at`, []any{siteID, subject, browser}, attemptFields(&a)...)
	return a, err
}

// LockAttempts locks a subject for a browser. It reports whether it was this call
// that locked.
func (q Queries) LockAttempts(ctx context.Context, siteID, subject, browser string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "lock attempts", `UPDATE attempts SET locked_at = $4
		WHERE site_id = $1 AND subject = $2 AND browser = $3 AND locked_at = 0`, siteID, subject, browser, micros(now))
	return n == 1, err
}

// ReopenAttempts ends a lock that is over, and begins the row anew before the
// attempt with this number.
func (q Queries) ReopenAttempts(ctx context.Context, siteID, subject, browser string, number int64) error {
	_, err := q.exec(ctx, "reopen attempts", `UPDATE attempts SET locked_at = 0, cleared = CAST($4 AS BIGINT) - 1
		WHERE site_id = $1 AND subject = $2 AND browser = $3`, siteID, subject, browser, number)
	return err
}

// ForgetAttempts unlocks a subject for all browsers and begins all counts anew,
// after an unlock or a recovery. Numbers that were taken stay taken.
func (q Queries) ForgetAttempts(ctx context.Context, siteID, subject string) error {
	_, err := q.exec(ctx, "forget attempts", `UPDATE attempts SET cleared = made, wrong = 0, locked_at = 0
		WHERE site_id = $1 AND subject = $2`, siteID, subject)
	return err
}

// DropOldAttempts removes counts of names that are no account and that nobody has
// tried since the given time, so that a flood of invented names does not stay.
func (q Queries) DropOldAttempts(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old attempts", `DELETE FROM attempts WHERE admitted_at < $1 AND subject LIKE 'name:%'`, micros(before))
	return err
}
