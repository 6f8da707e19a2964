package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// storm is many users who sign in, one after another as fast as they can, each with
// their own name and connection.
type storm struct {
	done atomic.Int64 // sign-ins
	end  chan struct{}
	all  sync.WaitGroup

	mu       sync.Mutex
	refusals []time.Duration // time of the answers 503
	failed   error           // the first
}

// brew starts a storm. If it is refusable, users who get a 503 look at that page for a
// second and try again; else a 503 is a failure.
func brew(s *server, users int, refusable bool) *storm {
	return brewIn(s, users, refusable, false)
}

// brewIn is brew in browsers that the server knows after their first sign-in, or in new
// ones each time.
func brewIn(s *server, users int, refusable, known bool) *storm {
	st := &storm{end: make(chan struct{})}
	for i := range users {
		st.all.Go(func() {
			c := newClient(s.public, s.host)
			c.remembers = known
			defer c.close()
			if refusable { // users do not come in step
				st.rest(time.Duration(i*997%1000) * time.Millisecond)
			}
			for !st.over() {
				if err := st.once(c, i, refusable); err != nil {
					st.fail(err)
					return
				}
			}
		})
	}
	return st
}

func (st *storm) once(c *client, i int, refusable bool) error {
	t, err := c.signIn(signer(i), password)
	switch {
	case err != nil:
		return err
	case t.status == 303 && t.session != "":
		st.done.Add(1)
		return nil
	case t.status != 503 || t.retryAfter == "" || !refusable:
		return t.unexpected()
	}
	st.mu.Lock()
	st.refusals = append(st.refusals, t.took)
	st.mu.Unlock()
	st.rest(time.Second + time.Duration(i%7)*50*time.Millisecond)
	return nil
}

func (st *storm) over() bool {
	select {
	case <-st.end:
		return true
	default:
		return false
	}
}

func (st *storm) rest(d time.Duration) {
	select {
	case <-st.end:
	case <-time.After(d):
	}
}

func (st *storm) fail(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.failed == nil {
		st.failed = err
	}
}

// still ends the storm, waits for what has begun, and says what went wrong.
func (st *storm) still() error {
	close(st.end)
	st.all.Wait()
	return st.failed
}

// measureStorm watches the others while 64 sign in at once, and then those who are
// turned away while 300 do.
func measureStorm(ctx context.Context, b *bench, db *database) error {
	return b.during(ctx, db, func(s *server) error {
		if err := b.checkDuring(ctx, s, 64); err != nil {
			return err
		}
		b.report.add(figure{Name: "memory with 64 clients, " + db.engine, Value: memory(s.cmd.Process.Pid, "VmHWM"),
			Unit: "MiB", Limit: 120, Bound: below})
		if err := b.refuse(ctx, s, 300); err != nil {
			return err
		}
		b.report.add(figure{Name: "memory with 300 clients, " + db.engine, Value: memory(s.cmd.Process.Pid, "VmHWM"),
			Unit: "MiB", Limit: 140, Bound: below})
		return nil
	})
}

// checkDuring checks one session 50 times a second while others sign in.
func (b *bench) checkDuring(ctx context.Context, s *server, users int) error {
	c := newClient(s.public, s.host)
	defer c.close()
	cookies, err := c.newSession(signer(signers - 1))
	if err != nil {
		return err
	}
	st := brew(s, users, false)
	pause(ctx, 2*time.Second)
	seconds, disturbed, err := quietly(ctx, b.count(10), func() ([]time.Duration, processor, error) {
		before := processorTime(s)
		took, err := checkForASecond(c, cookies)
		return took, processorTime(s).minus(before), err
	})
	if err = errors.Join(err, st.still()); err != nil {
		return err
	}
	took := slices.Concat(seconds...)
	b.report.add(figure{Name: fmt.Sprintf("session check while %d sign in, p99, %s", users, s.db.engine), Value: millis(quantile(took, 0.99)),
		Unit: "ms", Limit: 40, Bound: below, Disturbed: disturbed,
		Detail: fmt.Sprintf("median %.1f ms, longest %.1f ms of %d", millis(median(took)), millis(quantile(took, 1)), len(took))})
	return nil
}

// checkForASecond checks a session 50 times, 20 ms apart.
func checkForASecond(c *client, cookies string) ([]time.Duration, error) {
	var took []time.Duration
	begun := time.Now()
	for i := range 50 {
		// A check that starts late because the last one took long has waited, too.
		from := begun.Add(time.Duration(i) * 20 * time.Millisecond)
		if wait := time.Until(from); wait > 0 {
			time.Sleep(wait)
			from = time.Now()
		}
		if err := c.check(cookies); err != nil {
			return nil, err
		}
		took = append(took, time.Since(from))
	}
	return took, nil
}

// check asks who is signed in.
func (c *client) check(cookies string) error {
	a, err := c.get("/api/v1/session", cookies)
	if err == nil && a.status != 200 {
		err = fmt.Errorf("GET /api/v1/session: status %d", a.status)
	}
	return err
}

// refuse makes more users sign in than the queue holds.
func (b *bench) refuse(ctx context.Context, s *server, users int) error {
	st := brew(s, users, true)
	pause(ctx, 2*time.Second)
	st.refused()
	seconds, disturbed, err := quietly(ctx, b.count(10), func() ([]time.Duration, processor, error) {
		before := processorTime(s)
		pause(ctx, time.Second)
		return st.refused(), processorTime(s).minus(before), nil
	})
	if err = errors.Join(err, st.still()); err != nil {
		return err
	}
	took := slices.Concat(seconds...)
	if len(took) == 0 {
		return fmt.Errorf("%d sign in at once, and nobody was turned away", users)
	}
	b.report.add(figure{Name: fmt.Sprintf("answer 503 to one too many of %d, p99, %s", users, s.db.engine), Value: millis(quantile(took, 0.99)),
		Unit: "ms", Limit: 50, Bound: below, Disturbed: disturbed,
		Detail: fmt.Sprintf("median %.1f ms, longest %.1f ms of %d", millis(median(took)), millis(quantile(took, 1)), len(took))})
	return nil
}

// refused takes the times of the refusals since the last call.
func (st *storm) refused() []time.Duration {
	st.mu.Lock()
	defer st.mu.Unlock()
	took := st.refusals
	st.refusals = nil
	return took
}
