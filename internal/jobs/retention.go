package jobs

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

const (
	// removedAtOnce is how many rows one transaction removes: nobody waits for it longer than for a
	// sign-in.
	removedAtOnce = 500
	// removingFor is how long one run goes on, so that the other processes and jobs have their turn.
	removingFor = 20 * time.Second
)

// Retention removes what has been kept long enough, of every site that ever was here: a customer who
// has left is not remembered longer than one who stays (ASVS 14.2.7).
func Retention(s *store.Store, keep gatehouse.Retention, now func() time.Time) Job {
	return Job{Name: "retention", Every: 10 * time.Minute, Run: func(ctx context.Context) error {
		r := &removal{store: s, now: now, until: now().Add(removingFor)}
		for _, step := range []struct {
			keep   time.Duration
			remove func(before time.Time) error
		}{
			{keep.Events, func(before time.Time) error { return r.ofSites(ctx, store.AgedEvents, before) }},
			{keep.Messages, func(before time.Time) error { return r.ofSites(ctx, store.AgedMessages, before) }},
			{keep.Runs, func(before time.Time) error { return r.runs(ctx, gatehouse.RunEnrolment, before) }},
			{keep.Runs, func(before time.Time) error { return r.runs(ctx, gatehouse.RunBulkAct, before) }},
		} {
			if step.keep == 0 {
				continue
			}
			if err := step.remove(now().Add(-step.keep)); err != nil {
				return err
			}
		}
		return nil
	}}
}

// removal is one run of the job.
type removal struct {
	store *store.Store
	now   func() time.Time
	until time.Time
}

// repeat removes batch by batch, until nothing is left or the time is over.
func (r *removal) repeat(ctx context.Context, batch func(store.Queries) (int64, error)) error {
	for r.now().Before(r.until) {
		var n int64
		err := r.store.Write(ctx, func(q store.Queries) (err error) {
			n, err = batch(q)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// ofSites removes the rows of a table before a time, site by site; with the events go the counts of
// sign-ins.
func (r *removal) ofSites(ctx context.Context, table store.AgedTable, before time.Time) error {
	for site := ""; ; {
		next, err := r.store.Read().SiteWith(ctx, table, site)
		if err != nil || next == "" {
			return err
		}
		site = next
		err = r.repeat(ctx, func(q store.Queries) (int64, error) { return q.RemoveAged(ctx, table, site, before, removedAtOnce) })
		if err == nil && table == store.AgedEvents {
			err = r.repeat(ctx, func(q store.Queries) (int64, error) { return q.RemoveOldCounts(ctx, site, before) })
		}
		if err != nil {
			return err
		}
	}
}

// runs removes the runs of a kind that ended before a time.
func (r *removal) runs(ctx context.Context, kind gatehouse.RunKind, before time.Time) error {
	return r.repeat(ctx, func(q store.Queries) (int64, error) {
		run, err := q.EndedRun(ctx, kind, before)
		if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		return q.RemoveRun(ctx, run, removedAtOnce)
	})
}
