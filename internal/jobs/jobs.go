// Package jobs is the one table of background work. Every process runs all of it: each job claims
// its work in the database, or does only what is harmless twice.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/watch"
)

// Job is one kind of background work.
type Job struct {
	Name string
	// Every is the time between two runs.
	Every time.Duration
	Run   func(ctx context.Context) error
}

// How long ended data is kept: long enough that nobody misses it, short enough that tables do not
// grow with time.
const (
	keepNameAttempts = 48 * time.Hour
	keepLimits       = time.Hour
	keepRecoveries   = 24 * time.Hour
	keepEmailChanges = 30 * 24 * time.Hour
	keepFactorResets = 30 * 24 * time.Hour
	keepProposals    = 30 * 24 * time.Hour
	// keepLooseFiles is longer than it takes to write a case after its files.
	keepLooseFiles = time.Hour
	// keepCodes is longer than codes count for the limit of an hour.
	keepCodes = 24 * time.Hour
	// keepLogins is longer than applications are notified of ended sessions, and long enough to
	// read what went wrong.
	keepLogins = 3 * 24 * time.Hour
)

// Expiry removes what has expired: sign-ins, sessions, counts of unknown names, limits,
// recoveries, outcomes of forms, changes of an address and proposals of one, codes, challenges, tokens of applications,
// ended logins, refused addresses, imported files, and files that belong to no case.
func Expiry(s *store.Store, now func() time.Time) Job {
	return Job{Name: "expiry", Every: 5 * time.Minute, Run: func(ctx context.Context) error {
		return s.Write(ctx, func(q store.Queries) error {
			at := now()
			if err := q.DeleteExpiredSignIns(ctx, at); err != nil {
				return err
			}
			if err := q.DeleteEndedSessions(ctx, at); err != nil {
				return err
			}
			if err := q.DropOldAttempts(ctx, at.Add(-keepNameAttempts)); err != nil {
				return err
			}
			if err := q.DropOldLimits(ctx, at.Add(-keepLimits)); err != nil {
				return err
			}
			if err := dropAsked(ctx, q, at); err != nil {
				return err
			}
			if err := q.DropOldImports(ctx, at); err != nil {
				return err
			}
			if err := q.DropLooseParts(ctx, at.Add(-keepLooseFiles)); err != nil {
				return err
			}
			if err := q.DropOldCodes(ctx, at.Add(-keepCodes)); err != nil {
				return err
			}
			if err := q.DropWaitingFactors(ctx, at.Add(-gatehouse.FactorSetUp)); err != nil {
				return err
			}
			if err := q.DropSpentChallenges(ctx, at); err != nil {
				return err
			}
			if err := q.DropOldCards(ctx, at); err != nil {
				return err
			}
			if err := q.DropOldTokens(ctx, at); err != nil {
				return err
			}
			if err := q.DropOldLogins(ctx, at.Add(-keepLogins)); err != nil {
				return err
			}
			if err := q.DropRetiredSigningKeys(ctx, at); err != nil {
				return err
			}
			return q.DropOldRefusals(ctx, at.Add(-gatehouse.RefusalWindow), at.Add(-gatehouse.RefusalNews))
		})
	}}
}

// dropAsked removes what somebody asked for, and has been answered or is over.
func dropAsked(ctx context.Context, q store.Queries, at time.Time) error {
	if err := q.DropOldRecoveries(ctx, at.Add(-keepRecoveries)); err != nil {
		return err
	}
	if err := q.DropOldRepeats(ctx, at.Add(-gatehouse.RepeatFor)); err != nil {
		return err
	}
	if err := q.DropOldEmailChanges(ctx, at.Add(-keepEmailChanges)); err != nil {
		return err
	}
	if err := q.DropOldFactorResets(ctx, at.Add(-keepFactorResets)); err != nil {
		return err
	}
	return q.DropOldAddressProposals(ctx, at.Add(-keepProposals))
}

// Run runs the jobs until ctx ends, and returns when running jobs have finished. A job that fails
// or panics is logged and runs again at its next time. The book has what each of them did last.
func Run(ctx context.Context, log *slog.Logger, book *watch.Book, jobs ...Job) {
	var all sync.WaitGroup
	for _, j := range jobs {
		book.Listed(j.Name, j.Every)
		all.Go(func() { repeat(ctx, log, book, j) })
	}
	all.Wait()
}

func repeat(ctx context.Context, log *slog.Logger, book *watch.Book, j Job) {
	tick := time.NewTicker(j.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A running job continues when the server stops (graceful stop).
		counting, tally := store.Counting(context.WithoutCancel(ctx))
		book.Begun(j.Name)
		err := guarded(counting, j)
		book.Ended(j.Name, tally.Records(), err)
		if err != nil {
			log.ErrorContext(ctx, "job failed", "job", j.Name, "error", err)
		}
	}
}

func guarded(ctx context.Context, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return j.Run(ctx)
}
