package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limit is a rate: Burst calls at once, then one for each Every.
type Limit struct {
	Key   string
	Every time.Duration
	Burst int
}

// Allow takes one call from each of the limits, which all processes share. It returns 0 if the
// call may go ahead, else how long to wait: then it has taken nothing from any, so a call that one
// limit refuses does not use up another, shared one. One statement takes (GCRA), so there is no
// race. Callers pass limits of several scopes in the same order, so two of them never deadlock.
func (s *Store) Allow(ctx context.Context, now time.Time, limits ...Limit) (wait time.Duration, err error) {
	if s.dialect.shared {
		q := s.Read()
		return wait, again(func() error {
			wait, err = q.Allow(ctx, now, limits...)
			return err
		})
	}
	return wait, s.Write(ctx, func(q Queries) error {
		q.MayBeLost()
		wait, err = q.Allow(ctx, now, limits...)
		return err
	})
}

// WriteAllowed is Write with limits: it takes from the limits, as Allow does, and runs fn only if
// they allow it. If transactions run one at a time, both are one transaction; otherwise nobody
// waits for the shared limits until another call's change is on the disk.
func (s *Store) WriteAllowed(ctx context.Context, now time.Time, limits []Limit, fn func(Queries) error) (wait time.Duration, err error) {
	if s.dialect.shared {
		if wait, err = s.Allow(ctx, now, limits...); wait > 0 || err != nil {
			return wait, err
		}
		return 0, s.Write(ctx, fn)
	}
	return wait, s.Write(ctx, func(q Queries) error {
		if wait, err = q.Allow(ctx, now, limits...); wait > 0 || err != nil {
			return err
		}
		return fn(q)
	})
}

// Allow is Store.Allow in a transaction, for limits of a single account: others wait for them
// until it ends, and a rollback returns what it took.
func (q Queries) Allow(ctx context.Context, now time.Time, limits ...Limit) (wait time.Duration, err error) {
	free, err := q.takeLimits(ctx, now, limits)
	if err != nil || len(free) == len(limits) {
		return 0, err
	}
	for _, l := range limits {
		if !slices.ContainsFunc(free, func(f Limit) bool { return f.Key == l.Key }) {
			w, err := q.limitFree(ctx, l.Key, now)
			if err != nil {
				return 0, err
			}
			wait = max(wait, w)
		}
	}
	return wait, q.giveBack(ctx, free)
}

// takeLimits takes one call from each of the limits that admit one, and returns those.
func (q Queries) takeLimits(ctx context.Context, now time.Time, limits []Limit) (free []Limit, err error) {
	args := make([]any, 1, 1+3*len(limits))
	args[0] = micros(now)
	for _, l := range limits {
		args = append(args, l.Key, l.Every.Microseconds(), int64(l.Burst-1)*l.Every.Microseconds())
	}
	err = q.all(ctx, "rate limit", takeLimitsText(len(limits)), args, func(scan func(...any) error) error {
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

// takeLimitsTexts are the statements for each number of limits used so far.
var takeLimitsTexts sync.Map

func takeLimitsText(limits int) string {
	if text, known := takeLimitsTexts.Load(limits); known {
		return text.(string)
	}
	rows := make([]string, limits)
	for i := range rows {
		n := 1 + 3*i
		rows[i] = fmt.Sprintf("($%d, CAST($1 AS BIGINT) + CAST($%d AS BIGINT), CAST($%d AS BIGINT), CAST($%d AS BIGINT))", n+1, n+2, n+2, n+3)
	}
	text := `INSERT INTO rate_limits (key, tat, every, slack) VALUES ` + strings.Join(rows, ", ") + `
		ON CONFLICT (key) DO UPDATE SET every = excluded.every, slack = excluded.slack,
			tat = CASE WHEN rate_limits.tat > CAST($1 AS BIGINT) THEN rate_limits.tat ELSE CAST($1 AS BIGINT) END + excluded.every
		WHERE rate_limits.tat <= CAST($1 AS BIGINT) + excluded.slack RETURNING key`
	takeLimitsTexts.Store(limits, text)
	return text
}

// limitFree returns how long until a limit admits the next call, at least a second.
func (q Queries) limitFree(ctx context.Context, key string, now time.Time) (time.Duration, error) {
	var at time.Time
	err := q.one(ctx, "rate limit", `SELECT tat - slack FROM rate_limits WHERE key = $1`, []any{key}, when{&at})
	return max(at.Sub(now), time.Second), err
}

// GiveBack returns one call to each of the limits: for a call that turned out not to be limited.
func (s *Store) GiveBack(ctx context.Context, limits ...Limit) error {
	if s.dialect.shared {
		return again(func() error { return s.Read().giveBack(ctx, limits) })
	}
	return s.Write(ctx, func(q Queries) error {
		q.MayBeLost()
		return q.giveBack(ctx, limits)
	})
}

// GiveBackWith gives back limits if the transaction is committed.
func (q Queries) GiveBackWith(limits ...Limit) { *q.returned = append(*q.returned, limits...) }

// giveBack updates one row at a time, in the order in which limits are taken: one statement for
// several would lock them in the planner's order.
func (q Queries) giveBack(ctx context.Context, limits []Limit) error {
	if len(limits) == 0 {
		return nil
	}
	asks := make([]ask, len(limits))
	for i, l := range limits {
		asks[i] = ask{text: `UPDATE rate_limits SET tat = tat - every WHERE key = $1`, args: []any{l.Key}}
	}
	return q.together(ctx, "give back", asks...)
}

// DropOldLimits removes limits that have been free for a while.
func (q Queries) DropOldLimits(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old limits", `DELETE FROM rate_limits WHERE tat < $1`, micros(before))
	return err
}
