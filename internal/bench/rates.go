package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"gatehouse/internal/argon2"
	"gatehouse/internal/secret"
)

// newHasher is a server's gate: as many hashes at once as there are cores.
func newHasher() *secret.Hasher {
	return secret.NewHasher(secret.DefaultParams, runtime.NumCPU(), 64)
}

// round is what was done in a while, and its cost.
type round struct {
	perSecond, count float64
	spent            processor
}

// watch counts for a while.
func watch(ctx context.Context, s *server, done *atomic.Int64, d time.Duration) round {
	hash := s.hashing()
	begun, before, spent := time.Now(), done.Load(), processorTime(s)
	pause(ctx, d)
	count := float64(done.Load() - before)
	r := round{count / time.Since(begun).Seconds(), count, processorTime(s).minus(spent)}
	r.spent.hash = s.hashing() - hash
	return r
}

// beyond is the processor time per operation without its hash, in milliseconds: of the server,
// of its part in the kernel, and of the database.
func (r round) beyond() (server, kernel, database float64) {
	each := func(d time.Duration) float64 { return millis(d) / max(1, r.count) }
	return each(r.spent.server - r.spent.hash), each(r.spent.kernel), each(r.spent.database)
}

// beyondHash is the processor time per operation without the hash.
func beyondHash(name string, limit float64, rounds []round, disturbed bool) figure {
	var sum, server, kernel, database, hash []float64
	for _, r := range rounds {
		s, k, d := r.beyond()
		sum, server, kernel, database = append(sum, s+d), append(server, s), append(kernel, k), append(database, d)
		hash = append(hash, millis(r.spent.hash)/max(1, r.count))
	}
	return figure{Name: name, Value: median(sum), Unit: "ms", Limit: limit, Bound: below, Disturbed: disturbed,
		Detail: fmt.Sprintf("server %.2f ms, of which in the kernel %.2f ms, and database %.2f ms; hash %.2f ms; %d rounds, quartiles %.2f and %.2f",
			median(server), median(kernel), median(database), median(hash), len(rounds), quantile(sum, 0.25), quantile(sum, 0.75))}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// leastSignIns are the limits, by engine and number of clients.
var leastSignIns = map[string]map[int]float64{
	"sqlite":   {8: 0.80, 64: 0.78},
	"postgres": {8: 0.75, 64: 0.72},
}

// mostBeyondHash is the limit for the processor time of a plain sign-in without its hash, in
// milliseconds, including the database's.
const mostBeyondHash = 2.5

// leastSignInsOfLibrary are the limits for sign-ins as a share of the library's hashes,
// which other servers in Go cannot exceed.
var leastSignInsOfLibrary = map[string]float64{"sqlite": 1.7, "postgres": 1.4}

// measureSignIns compares sign-ins with hashes.
func measureSignIns(ctx context.Context, b *bench, db *database) error {
	return b.during(ctx, db, func(s *server) error {
		for _, users := range []int{8, 64} {
			if err := b.compareSignIns(ctx, s, users); err != nil {
				return err
			}
		}
		return b.knownSignIns(ctx, s, 8)
	})
}

// knownSignIns measures the most common sign-ins: in a browser that has signed in before,
// about which nobody has to be told. All others here are in a new browser, each with the
// mail to its owner, and the limits are for those.
func (b *bench) knownSignIns(ctx context.Context, s *server, users int) error {
	all, disturbed, err := quietly(ctx, b.count(6), func() (round, processor, error) {
		st := brewIn(s, users, false, true)
		pause(ctx, time.Second) // all of them are known by then
		r := watch(ctx, s, &st.done, 1500*time.Millisecond)
		return r, r.spent, st.still()
	})
	if err != nil {
		return err
	}
	b.report.add(beyondHash("sign-in in a known browser / hash, processor time beyond, "+s.db.engine, mostBeyondHash, all, disturbed))
	return nil
}

// compared is a round of the server's with what it is compared with.
type compared struct {
	ratio        float64
	server, best round
	library      float64 // the library's hashes per second
}

// machine is how much can be hashed here, with our kernel and with the library.
func (b *bench) machine(length time.Duration) (ours, library round, err error) {
	if ours, err = b.limit.measure(length); err != nil {
		return ours, library, err
	}
	library, err = b.library.measure(length / 2)
	return ours, library, err
}

// compareSignIns measures in turns, beginning and ending with hashes. Each round of
// sign-ins is compared with the hashes before and after it.
func (b *bench) compareSignIns(ctx context.Context, s *server, users int) error {
	rounds, warmUp, length := 12, 300*time.Millisecond, 1500*time.Millisecond
	if users > 8 { // a sign-in takes a second
		rounds, warmUp, length = 5, 1500*time.Millisecond, 3*time.Second
	}
	before, library, err := b.machine(length)
	if err != nil {
		return err
	}
	all, disturbed, err := quietly(ctx, b.count(rounds), func() (compared, processor, error) {
		st := brew(s, users, false)
		pause(ctx, warmUp)
		r := watch(ctx, s, &st.done, length)
		if err := st.still(); err != nil {
			return compared{}, processor{}, err
		}
		after, libraryAfter, err := b.machine(length)
		if err != nil {
			return compared{}, processor{}, err
		}
		spent := before.spent.plus(r.spent).plus(after.spent)
		best := round{(before.perSecond + after.perSecond) / 2, before.count + after.count, before.spent.plus(after.spent)}
		c := compared{r.perSecond / best.perSecond, r, best, (library.perSecond + libraryAfter.perSecond) / 2}
		before, library = after, libraryAfter
		return c, spent, nil
	})
	if err != nil {
		return err
	}
	of := fmt.Sprintf("sign-ins by %d clients / ", users)
	b.report.add(figure{
		Name: of + "hashes, " + s.db.engine, Value: median(ratios(all)), Limit: leastSignIns[s.db.engine][users], Bound: atLeast,
		Most: mostOfLimit, Disturbed: disturbed, Detail: describe(all) + "; " + shares(all),
	})
	if users == 8 {
		var rounds []round
		for _, c := range all {
			rounds = append(rounds, c.server)
		}
		b.report.add(beyondHash("sign-in in a new browser / hash, processor time beyond, "+s.db.engine, mostBeyondHash, rounds, disturbed))
	}
	for i := range all {
		all[i].ratio, all[i].best.perSecond = all[i].server.perSecond/all[i].library, all[i].library
	}
	kernel, _ := argon2.Kernel()
	b.report.add(figure{
		Name: of + "hashes of the library, " + s.db.engine, Value: median(ratios(all)), Limit: leastSignInsOfLibrary[s.db.engine], Bound: atLeast,
		Informational: kernel == "library", Disturbed: disturbed, Detail: describe(all),
	})
	return nil
}

func ratios(all []compared) []float64 {
	var values []float64
	for _, c := range all {
		values = append(values, c.ratio)
	}
	return values
}

// describe says what the ratio is of, and the spread of the middle half of the rounds.
func describe(all []compared) string {
	var server, best []float64
	for _, c := range all {
		server, best = append(server, c.server.perSecond), append(best, c.best.perSecond)
	}
	values := ratios(all)
	return fmt.Sprintf("%.1f/s of %.1f/s, %d rounds, quartiles %.3f and %.3f", median(server), median(best),
		len(all), quantile(values, 0.25), quantile(values, 0.75))
}

// shares says where the processor time of a sign-in goes. Other programs make little
// difference to that.
func shares(all []compared) string {
	var server, best round
	for _, c := range all {
		server.count, server.spent = server.count+c.server.count, server.spent.plus(c.server.spent)
		best.count, best.spent = best.count+c.best.count, best.spent.plus(c.best.spent)
	}
	if server.spent.measured() == 0 || server.count == 0 || best.count == 0 {
		return ""
	}
	each := func(d time.Duration) float64 { return millis(d) / server.count }
	hash := millis(best.spent.measured()) / best.count
	return fmt.Sprintf("processor ms each: hash alone %.2f, server %.2f (%.2f of it in the kernel), database %.2f, client %.2f: share %.3f",
		hash, each(server.spent.server), each(server.spent.kernel), each(server.spent.database), each(server.spent.own), hash/each(server.spent.measured()))
}

// costs says how much processor time a check takes, and the same for what it is compared
// with.
func costs(all []compared) string {
	var server, database, own, empty []float64
	for _, c := range all {
		each := func(d time.Duration) float64 { return 1000 * millis(d) / max(1, c.server.count) }
		server, database, own = append(server, each(c.server.spent.server)), append(database, each(c.server.spent.database)), append(own, each(c.server.spent.own))
		empty = append(empty, 1000*millis(c.best.spent.own)/max(1, c.best.count))
	}
	return fmt.Sprintf("processor µs each: server %.0f, database %.0f, client %.0f; client of the empty handler %.0f",
		median(server), median(database), median(own), median(empty))
}

// leastChecks are the limits, by engine.
var leastChecks = map[string]float64{"sqlite": 0.55, "postgres": 0.30}

// measureSessions compares session checks with an empty handler.
func measureSessions(ctx context.Context, b *bench, db *database) error {
	return b.duringBesideEmpty(ctx, db, func(s *server, empty string) error {
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
		return b.compareWithEmpty(ctx, s, empty, question{name: "session checks", least: leastChecks[db.engine], rounds: 8, clients: len(cookies),
			ask: func(c *client, i int) error { return c.check(cookies[i]) }})
	})
}

// duringBesideEmpty is during, with an empty handler next to the server.
func (b *bench) duringBesideEmpty(ctx context.Context, db *database, measure func(s *server, empty string) error) error {
	empty, stop, err := startEmpty()
	if err != nil {
		return err
	}
	defer stop() //nolint:errcheck // it has nothing to say
	return b.during(ctx, db, func(s *server) error { return measure(s, empty) })
}

// question is a request to a server and an empty handler in turns.
type question struct {
	name  string
	least float64 // of the empty handler's rate
	// rounds is how often each is asked for a while, and clients by how many at once.
	rounds, clients int
	ask             func(c *client, i int) error // for the client with this number
	of              string                       // what the empty handler does, if it is told to answer
}

// compareWithEmpty compares the number of answers per second with that of an empty handler, in
// turns.
func (b *bench) compareWithEmpty(ctx context.Context, s *server, empty string, q question) error {
	all, disturbed, err := quietly(ctx, b.count(q.rounds), func() (compared, processor, error) {
		best, err := b.answers(ctx, s, empty, q)
		if err != nil {
			return compared{}, processor{}, err
		}
		r, err := b.answers(ctx, s, s.public, q)
		return compared{ratio: r.perSecond / best.perSecond, server: r, best: best}, r.spent, err
	})
	if err != nil {
		return err
	}
	f := figure{Name: q.name + " / empty handler, " + s.db.engine, Value: median(ratios(all)), Limit: q.least,
		Bound: atLeast, Most: mostOfLimit, Disturbed: disturbed, Detail: describe(all) + "; " + costs(all)}
	if q.of != "" { // both do the same work, so either may be the faster one
		f.Name, f.Most = q.name+" / "+q.of+", "+s.db.engine, 0
	}
	b.report.add(f)
	return nil
}

// answers is the number of answers per second at an address to clients that ask as fast as
// they can.
func (b *bench) answers(ctx context.Context, s *server, address string, q question) (round, error) {
	st := &storm{end: make(chan struct{})}
	for i := range q.clients {
		st.all.Go(func() {
			c := newClient(address, s.host)
			defer c.close()
			for !st.over() {
				if err := q.ask(c, i); err != nil {
					st.fail(err)
					return
				}
				st.done.Add(1)
			}
		})
	}
	pause(ctx, 100*time.Millisecond)
	r := watch(ctx, s, &st.done, 800*time.Millisecond)
	return r, st.still()
}
