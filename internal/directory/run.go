package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

const (
	// runBatch is how many users one transaction processes: while it is written, nobody else writes
	// to SQLite.
	runBatch = 100
	// runLease is how long a run waits for a process that died. A batch that takes longer is at
	// worst done twice, and written once.
	runLease = time.Second
)

// task is what a run does with its users.
type task interface {
	// caller is on whose behalf it acts.
	caller() gatehouse.Caller
	// prepare works out a batch before its transaction, because others wait for that.
	prepare(ctx context.Context, next []store.RunUser, users map[string]gatehouse.User) error
	// write does the batch; users are the accounts as they are in the transaction. errNotAllowed
	// stops the run.
	write(tx *act.Unit, users map[string]gatehouse.User) ([]store.RunUser, gatehouse.RunCounts, error)
	// end follows the last batch.
	end(tx *act.Unit) error
}

// begin makes the task of a run.
func (s *Service) begin(ctx context.Context, st *site.Site, r gatehouse.Run) (task, error) {
	if r.Kind == gatehouse.RunBulkAct {
		return s.continueBulkAct(ctx, st, r)
	}
	return s.beginEnrolment(ctx, st, r)
}

// Continue continues with a waiting run of a kind, for several batches while goOn says so, because
// claiming it for each would double the transactions. It reports whether there may be more to do at
// once. Any number of processes may call it, and be killed at any moment: what is done to a user,
// the outcome and the progress of the run are written in one transaction, which fails if the run is
// not where it was.
func (s *Service) Continue(ctx context.Context, kind gatehouse.RunKind, sites func(id string) *site.Site, goOn func() bool) (more bool, err error) {
	now := s.Now()
	if due, err := s.Store.Read().RunDue(ctx, kind, now); err != nil || !due {
		return false, err
	}
	r := &running{s: s, size: runBatch}
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		r.Run, err = q.ClaimRun(ctx, kind, store.Claim{Lease: rand.Text(), Now: now, Until: now.Add(runLease)})
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if r.st = sites(r.SiteID); r.st == nil { // another process may have it
		return false, fmt.Errorf("run %s: the site %q is not configured here", r.ID, r.SiteID)
	}
	if r.task, err = s.begin(ctx, r.st, r.Run); err == nil {
		err = r.batches(ctx, goOn)
	}
	if err != nil {
		err = fmt.Errorf("run %s: %w", r.ID, err)
	}
	return err == nil, err
}

var (
	// errOvertaken: another process has done the batch, or the run was ended meanwhile.
	errOvertaken = errors.New("the run has gone on without this process")
	// errNotAllowed: its administrator may no longer do it.
	errNotAllowed = errors.New("the run is no longer allowed")
)

// running is a run that this process is working on.
type running struct {
	gatehouse.Run
	s    *Service
	st   *site.Site
	task task
	// size is how many users the next batch has.
	size int
}

func (r *running) batches(ctx context.Context, goOn func() bool) error {
	for on := true; on; {
		on = goOn()
		over, err := r.batch(ctx, on)
		switch {
		case over || errors.Is(err, errOvertaken):
			return nil
		case errors.Is(err, errNotAllowed):
			return r.s.stop(ctx, r.st, r.Run)
		case err != nil && r.size > 1 && worthRetrying(ctx, err):
			r.s.log().ErrorContext(ctx, "run: a batch cannot be written; its users are tried one by one", "run", r.ID, "error", err)
			r.size = 1
		case err != nil && worthRetrying(ctx, err):
			if err := r.fail(ctx, err); err != nil {
				return err
			}
		case err != nil:
			return err
		}
	}
	return nil
}

// worthRetrying reports whether an error is about some user of the batch: if the database is lost,
// or the server is stopping, nothing is wrong with anybody.
func worthRetrying(ctx context.Context, err error) bool {
	return ctx.Err() == nil && gatehouse.KindOf(err) != gatehouse.Unavailable
}

// fail passes over the next user, who keeps the run from going on.
func (r *running) fail(ctx context.Context, why error) error {
	next, err := r.s.Store.Read().NextOfRun(ctx, r.Run, 1)
	if err != nil || len(next) == 0 {
		return err
	}
	of := next[0]
	r.s.log().ErrorContext(ctx, "run: a user is passed over", "run", r.ID, "user", of.UserID, "error", why)
	of.Outcome, of.Reason, of.At = gatehouse.OutcomeFailed, gatehouse.ReasonError, r.s.Now()
	err = r.s.Do(ctx, r.st, itself(r.st), func(tx *act.Unit) error {
		return r.advance(tx, []store.RunUser{of}, gatehouse.RunCounts{Failed: 1}, r.s.Now().Add(runLease))
	})
	if err == nil {
		r.After = of.Key
	}
	return err
}

// advance writes how far the run has come, unless it has gone on without this process.
func (r *running) advance(tx *act.Unit, outcomes []store.RunUser, n gatehouse.RunCounts, until time.Time) error {
	still, err := tx.AdvanceRun(tx, r.Run, outcomes[len(outcomes)-1].Key, n, until)
	if err == nil && !still {
		err = errOvertaken
	}
	if err != nil {
		return err
	}
	return tx.FinishRunUsers(tx, r.Run, outcomes)
}

// batch does the next batch, or ends the run if there is none. on: this process continues with it
// afterwards.
func (r *running) batch(ctx context.Context, on bool) (over bool, err error) {
	q := r.s.Store.Read()
	next, err := q.NextOfRun(ctx, r.Run, r.size)
	if err != nil {
		return false, err
	}
	if len(next) == 0 {
		return true, r.end(ctx)
	}
	users, err := q.UsersOfBatch(ctx, r.Run, r.size)
	if err == nil {
		err = r.task.prepare(ctx, next, users)
	}
	if err != nil {
		return false, err
	}
	until, last := r.s.Now(), next[len(next)-1].Key
	if on {
		until = until.Add(runLease)
	}
	err = r.s.Do(ctx, r.st, r.task.caller(), func(tx *act.Unit) error {
		users, err := tx.UsersOfBatch(tx, r.Run, r.size)
		if err != nil {
			return err
		}
		outcomes, n, err := r.task.write(tx, users)
		if err != nil {
			return err
		}
		return r.advance(tx, outcomes, n, until)
	})
	if err == nil {
		r.After = last
	}
	return false, err
}

// end ends a run that has reached all users.
func (r *running) end(ctx context.Context) error {
	return r.s.Do(ctx, r.st, itself(r.st), func(tx *act.Unit) error {
		ended, err := tx.EndRun(tx, r.Run, tx.Now())
		if err == nil && !ended {
			err = errOvertaken
		}
		if err != nil {
			return err
		}
		return r.task.end(tx)
	})
}

// stop ends a run whose administrator may no longer do it, before it has reached everybody.
func (s *Service) stop(ctx context.Context, st *site.Site, r gatehouse.Run) error {
	return s.Do(ctx, st, itself(st), func(tx *act.Unit) error {
		_, err := tx.StopRun(tx, r, gatehouse.ReasonNotAllowed, tx.Now())
		return err
	})
}

// itself is the server, which continues a run.
func itself(st *site.Site) gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.System, SiteID: st.ID}
}

// onAllProcessors does something for every user of a batch of n, on all processors.
func onAllProcessors(n int, do func(i int)) {
	var all sync.WaitGroup
	share := (n + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for from := 0; from < n; from += share {
		all.Go(func() {
			for i := from; i < min(from+share, n); i++ {
				do(i)
			}
		})
	}
	all.Wait()
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}
