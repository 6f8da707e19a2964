package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/jobs"
	"gatehouse/internal/store"
)

// With a hundred times the users, everything that one of them does should take the same
// time, within a fifth.
const (
	fewUsers   = 10_000
	manyUsers  = 1_000_000
	mostGrowth = 1.2
	// perCompany is how many users a company has, in both databases: administrators
	// list and search one company.
	perCompany = 100
	// overdue is how many sessions the expiry job finds each time.
	overdue = 100
)

// house is a database with this number of users, and a server on it.
type house struct {
	st     *store.Store
	server *server
	admin  gatehouse.User
	client *client
	cookie string // of the administrator's session
}

// measureGrowth compares the time of operations with few users and with many, in turns.
func measureGrowth(engine string) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		return b.withHouse(ctx, engine, "few", fewUsers, func(few *house) error {
			return b.withHouse(ctx, engine, "many", b.count(manyUsers), func(many *house) error {
				if err := errors.Join(few.enter(), many.enter()); err != nil {
					return err
				}
				for _, thing := range grows {
					if err := b.compareGrowth(ctx, engine, thing, few, many); err != nil {
						return fmt.Errorf("%s: %w", thing.name, err)
					}
				}
				return nil
			})
		})
	}
}

// deed is an operation to compare, and how many of it make a round.
type deed struct {
	name  string
	times int
	do    func(context.Context, *house) error
}

var grows = []deed{
	{"sign-in", 10, func(_ context.Context, h *house) error {
		t, err := h.client.signIn(h.admin.Username, password)
		if err == nil && t.status != 303 {
			err = t.unexpected()
		}
		return err
	}},
	{"session check", 200, func(_ context.Context, h *house) error { return h.client.check(h.cookie) }},
	{"page of users", 20, func(_ context.Context, h *house) error { return h.page("/company/users") }},
	{"search for a user", 20, func(_ context.Context, h *house) error { return h.page("/company/users?q=0042") }},
	{"expiry job", 3, func(ctx context.Context, h *house) error { return jobs.Expiry(h.st, time.Now).Run(ctx) }},
}

func (h *house) page(path string) error {
	a, err := h.client.get(path, h.cookie)
	if err == nil && a.status != 200 {
		err = fmt.Errorf("GET %s: status %d", path, a.status)
	}
	return err
}

func (b *bench) compareGrowth(ctx context.Context, engine string, thing deed, few, many *house) error {
	var took [2][]time.Duration // of each, few and many
	rounds, disturbed, err := quietly(ctx, b.count(10), func() (round float64, spent processor, err error) {
		before := processorTime(few.server).plus(processorTime(many.server))
		var sum [2]time.Duration
		for i, h := range []*house{few, many} {
			if err := h.expire(ctx); err != nil {
				return 0, spent, err
			}
			for range thing.times {
				begun := time.Now()
				if err := thing.do(ctx, h); err != nil {
					return 0, spent, err
				}
				each := time.Since(begun)
				took[i], sum[i] = append(took[i], each), sum[i]+each
			}
		}
		spent = processorTime(few.server).plus(processorTime(many.server)).minus(before)
		spent.own, spent.busy, spent.all = spent.own/2, spent.busy/2, spent.all/2 // both have counted them
		return float64(sum[1]) / float64(sum[0]), spent, nil
	})
	if err != nil {
		return err
	}
	b.report.add(figure{Name: fmt.Sprintf("%s with %d users / with %d, %s", thing.name, b.count(manyUsers), fewUsers, engine), Value: millis(median(took[1])) / millis(median(took[0])),
		Limit: mostGrowth, Bound: below, Disturbed: disturbed, Detail: fmt.Sprintf("medians %.2f ms and %.2f ms, %d rounds, quartiles %.2f and %.2f",
			millis(median(took[1])), millis(median(took[0])), len(rounds), quantile(rounds, 0.25), quantile(rounds, 0.75))})
	return nil
}

// withHouse fills a database, and starts a server on it.
func (b *bench) withHouse(ctx context.Context, engine, name string, users int, do func(*house) error) error {
	return apart(engine, func(ctx context.Context, b *bench, db *database) error {
		return b.withStore(ctx, db, func(st *store.Store) error {
			h := &house{st: st}
			var err error
			if h.admin, err = b.populate(ctx, st, users); err != nil {
				return err
			}
			return b.during(ctx, db, func(s *server) error {
				h.server, h.client = s, s.client(s.host)
				defer h.client.close()
				return do(h)
			})
		})
	}, name)(ctx, b)
}

// enter signs the administrator in, once both databases are there: filling one takes longer
// than servers keep idle connections and sessions.
func (h *house) enter() (err error) {
	h.cookie, err = h.client.newSession(h.admin.Username)
	return err
}

// populate fills a database with companies of users, with one hash for all; every tenth
// has a session. It returns an administrator.
func (b *bench) populate(ctx context.Context, st *store.Store, users int) (admin gatehouse.User, err error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	const batch = 100 // companies in a transaction
	for first := 0; first < users/perCompany; first += batch {
		err = st.Write(ctx, func(q store.Queries) error {
			for n := first; n < min(first+batch, users/perCompany); n++ {
				firm := gatehouse.Company{ID: store.NewID("com", now), SiteID: siteID, Name: fmt.Sprintf("House %d Ltd", n), AccountNumber: fmt.Sprint(n), CreatedAt: now}
				if err := q.InsertCompany(ctx, firm); err != nil {
					return err
				}
				people := make([]gatehouse.User, perCompany)
				for i := range people {
					people[i] = b.user(b.site, firm, fmt.Sprintf("resident-%04d-%04d", n, i), now)
				}
				if n == 0 {
					people[0].Role = gatehouse.RoleAdmin
					admin = people[0]
				}
				if err := q.InsertUsers(ctx, people); err != nil {
					return err
				}
				for i := 0; i < perCompany; i += 10 {
					if _, err := insertSession(ctx, q, people[i], now, now.Add(12*time.Hour)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return admin, err
		}
	}
	return admin, st.Write(ctx, func(q store.Queries) error { return q.ImportGrew(ctx) })
}

// expire adds expired sessions.
func (h *house) expire(ctx context.Context) error {
	now := time.Now().UTC()
	return h.st.Write(ctx, func(q store.Queries) error {
		for range overdue {
			if _, err := insertSession(ctx, q, h.admin, now.Add(-2*time.Hour), now.Add(-time.Hour)); err != nil {
				return err
			}
		}
		return nil
	})
}

// insertSession adds a session, and returns its ID.
func insertSession(ctx context.Context, q store.Queries, u gatehouse.User, begun, ends time.Time) (string, error) {
	id := store.NewID("ses", begun)
	return id, q.InsertSession(ctx, id, gatehouse.Session{ID: id, SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: begun, SeenAt: begun}, ends)
}
