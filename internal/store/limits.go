package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limit is a rate: Burst calls at once, then one for each Every.
type Limit struct {
	Key   string
	Every time.Duration
	Burst int
}

// Allow takes one call from each of the limits, which all processes share. It
// returns 0 if the call may go ahead, else how long to wait: then nothing has been
// taken from any, so that who is refused by one limit does not use up another,
// which is everybody's. One statement takes (GCRA), so it has no race. Callers give
// limits of several scopes in the same order, so that two of them never wait for
// each other crosswise.
func (s *Store) Allow(ctx context.Context, now time.Time, limits ...Limit) (wait time.Duration, err error) {
	err = s.writeLoosely(ctx, func(q Queries) error {
		wait = 0
		free, err := q.takeLimits(ctx, now, limits)
		if err != nil || len(free) == len(limits) {
			return err
		}
		for _, l := range limits {
			if !slices.ContainsFunc(free, func(f Limit) bool { return f.Key == l.Key }) {
				w, err := q.limitFree(ctx, l.Key, now)
				if err != nil {
					return err
				}
				wait = max(wait, w)
			}
		}
		return q.giveBack(ctx, free)
	})
	return wait, err
}

// takeLimits takes one call from each of the limits that admit one, and returns those.
func (q Queries) takeLimits(ctx context.Context, now time.Time, limits []Limit) (free []Limit, err error) {
	rows := make([]string, len(limits))
	args := []any{micros(now)}
	for i, l := range limits {
		n := len(args)
		rows[i] = fmt.Sprintf("($%d, CAST($1 AS BIGINT) + CAST($%d AS BIGINT), CAST($%d AS BIGINT), CAST($%d AS BIGINT))", n+1, n+2, n+2, n+3)
		args = append(args, l.Key, l.Every.Microseconds(), int64(l.Burst-1)*l.Every.Microseconds())
	}
	err = q.all(ctx, "rate limit", `INSERT INTO rate_limits (key, tat, every, slack) VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (key) DO UPDATE SET every = excluded.every, slack = excluded.slack,
			tat = CASE WHEN rate_limits.tat > CAST($1 AS BIGINT) THEN rate_limits.tat ELSE CAST($1 AS BIGINT) END + excluded.every
		WHERE rate_limits.tat <= CAST($1 AS BIGINT) + excluded.slack RETURNING key`,
		args, func(scan func(...any) error) error {
			var key string
			err := scan(&key)
			for _, l := range limits {
				if l.Key == key {
					free = append(free, l)
				}
			}
			return err
		})
	return free, err
}

// limitFree returns how long until a limit admits the next call, at least a second.
func (q Queries) limitFree(ctx context.Context, key string, now time.Time) (time.Duration, error) {
	var at time.Time
	err := q.one(ctx, "rate limit", `SELECT tat - slack FROM rate_limits WHERE key = $1`, []any{key}, when{&at})
	return max(at.Sub(now), time.Second), err
}

// GiveBack returns one call to each of the limits: for a call that turned out to be
// of the kind that is not limited.
func (s *Store) GiveBack(ctx context.Context, limits ...Limit) error {
	return s.writeLoosely(ctx, func(q Queries) error { return q.giveBack(ctx, limits) })
}

// giveBack takes one row at a time: several at once would be locked in an order of the
// planner's, which two statements need not share.
func (q Queries) giveBack(ctx context.Context, limits []Limit) error {
	for _, l := range limits {
		if _, err := q.exec(ctx, "give back", `UPDATE rate_limits SET tat = tat - every WHERE key = $1`, l.Key); err != nil {
			return err
		}
	}
	return nil
}

// DropOldLimits removes limits that have been free for a while.
func (q Queries) DropOldLimits(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old limits", `DELETE FROM rate_limits WHERE tat < $1`, micros(before))
	return err
}
