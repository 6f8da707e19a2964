package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gatehouse/internal/secret"
)

// newHasher is the gate of a server: as many hashes at once as there are cores.
func newHasher() *secret.Hasher {
	return secret.NewHasher(secret.DefaultParams, runtime.NumCPU(), 64)
}

// hashRate is what this machine can hash while it does nothing else: hashes a second,
// and hashes for each second of a processor.
func (b *bench) hashRate(ctx context.Context) (perSecond, perProcessor float64) {
	var done atomic.Int64
	var all sync.WaitGroup
	end := make(chan struct{})
	for range 2 * runtime.NumCPU() { // so that somebody always waits at the gate
		all.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if v, err := b.hasher.Verify(context.Background(), b.hash, password); err != nil || !v.Match {
					panic(fmt.Sprint("the hash is not the password's: ", err))
				}
				done.Add(1)
			}
		})
	}
	pause(ctx, b.span(500*time.Millisecond))
	before := processorTime(nil)
	perSecond, count := rate(ctx, &done, b.span(3*time.Second))
	spent := processorTime(nil).minus(before)
	close(end)
	all.Wait()
	return perSecond, float64(count) / spent.measured().Seconds()
}

// leastSignIns are the limits, by engine and number of clients.
var leastSignIns = map[string]map[int]float64{
	"sqlite":   {8: 0.95, 64: 0.90},
	"postgres": {8: 0.90, 64: 0.90},
}

// measureSignIns compares sign-ins with hashes.
func measureSignIns(ctx context.Context, b *bench, db *database) error {
	return b.during(ctx, db, func(s *server) error {
		for _, people := range []int{8, 64} {
			if err := b.compareSignIns(ctx, s, people); err != nil {
				return err
			}
		}
		return nil
	})
}

// compareSignIns measures in turns, beginning and ending with hashes. Each round of
// sign-ins is compared with the hashes before and after it.
func (b *bench) compareSignIns(ctx context.Context, s *server, people int) error {
	var ratios, rates, hashes, perProcessor []float64
	var spent processor
	var count int64
	one, each := b.hashRate(ctx)
	hashes, perProcessor = append(hashes, one), append(perProcessor, each)
	for range b.count(6) {
		st := brew(s, people, false)
		pause(ctx, b.span(2*time.Second))
		before := processorTime(s)
		r, n := rate(ctx, &st.done, b.span(6*time.Second))
		spent = spent.plus(processorTime(s).minus(before))
		if err := st.still(); err != nil {
			return err
		}
		count += n
		one, each = b.hashRate(ctx)
		hashes, perProcessor = append(hashes, one), append(perProcessor, each)
		rates = append(rates, r)
		ratios = append(ratios, r/((hashes[len(hashes)-2]+one)/2))
	}
	b.report.add(figure{
		Name: fmt.Sprintf("sign-ins by %d clients / hashes, %s", people, s.db.engine), Value: median(ratios),
		Limit: leastSignIns[s.db.engine][people], Bound: atLeast,
		Detail: fmt.Sprintf("%.1f/s of %.1f/s, rounds %s; %s", median(rates), median(hashes), list(ratios), shares(spent, count, median(perProcessor))),
	})
	return ctx.Err()
}

// shares says where the processors' time of a sign-in goes. What it says does not
// depend on what else the machine does.
func shares(spent processor, count int64, hashesPerProcessor float64) string {
	if spent.measured() == 0 || count == 0 {
		return ""
	}
	each := func(d time.Duration) float64 { return millis(d) / float64(count) }
	hash := 1000 / hashesPerProcessor
	return fmt.Sprintf("processor ms each: hash alone %.2f, server %.2f, database %.2f, client %.2f: share %.3f; others took %.0f %%",
		hash, each(spent.server), each(spent.database), each(spent.own), hash/each(spent.measured()),
		100*float64(spent.busy-spent.measured())/float64(spent.all))
}

func list(values []float64) string {
	text := ""
	for _, v := range values {
		text += fmt.Sprintf(" %.3f", v)
	}
	return text[min(1, len(text)):]
}

// leastChecks are the limits, by engine.
var leastChecks = map[string]float64{"sqlite": 0.45, "postgres": 0.25}

// measureSessions compares session checks with an empty handler, in turns.
func measureSessions(ctx context.Context, b *bench, db *database) error {
	empty, stop, err := startEmpty()
	if err != nil {
		return err
	}
	defer stop() //nolint:errcheck // it has nothing to say
	return b.during(ctx, db, func(s *server) error {
		var cookies []string
		for i := range 8 {
			c := newClient(s.public, s.host)
			line, err := c.newSession(signer(i))
			c.close()
			if err != nil {
				return err
			}
			cookies = append(cookies, line)
		}
		var ratios, rates, empties []float64
		for range b.count(6) {
			e, err := b.checkRate(ctx, empty, s.host, cookies)
			if err != nil {
				return err
			}
			r, err := b.checkRate(ctx, s.public, s.host, cookies)
			if err != nil {
				return err
			}
			rates, empties, ratios = append(rates, r), append(empties, e), append(ratios, r/e)
		}
		b.report.add(figure{Name: "session checks / empty handler, " + db.engine, Value: median(ratios), Limit: leastChecks[db.engine], Bound: atLeast,
			Detail: fmt.Sprintf("%.0f/s of %.0f/s, rounds %s", median(rates), median(empties), list(ratios))})
		return ctx.Err()
	})
}

// checkRate is how many checks a second a server answers to clients that ask as fast
// as they can, one for each line of cookies.
func (b *bench) checkRate(ctx context.Context, address, host string, cookies []string) (float64, error) {
	st := &storm{end: make(chan struct{})}
	for _, line := range cookies {
		st.all.Go(func() {
			c := newClient(address, host)
			defer c.close()
			for !st.over() {
				a, err := c.get("/api/v1/session", line)
				if err == nil && a.status != 200 {
					err = fmt.Errorf("GET /api/v1/session: status %d", a.status)
				}
				if err != nil {
					st.fail(err)
					return
				}
				st.done.Add(1)
			}
		})
	}
	pause(ctx, b.span(500*time.Millisecond))
	perSecond, _ := rate(ctx, &st.done, b.span(3*time.Second))
	return perSecond, st.still()
}
