package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// A company's administrators look at its users page by page: with this many users, the server
// takes no longer than this for 99 of 100 pages.
const (
	listedUsers     = 100_000
	mostOfFirstList = 30 * time.Millisecond
	mostOfAList     = 50 * time.Millisecond
	mostOnPostgres  = 80 * time.Millisecond
	pagesInARound   = 20
	userPages       = "/company/users?"
)

// listings are the pages that are measured together, each as often as the others.
type listings struct {
	name    string
	most    time.Duration
	path    string // and the question mark
	queries []string
}

// measurePeople measures the list of users of a large company.
func measurePeople(ctx context.Context, b *bench, db *database) error {
	return b.withLargeCompany(ctx, db, nil, func(h *house, firm *settlement) error {
		begun := time.Now()
		if err := h.page("/company/users"); err != nil {
			return err
		}
		most := mostOfAList
		if db.engine == "postgres" {
			most = mostOnPostgres
		}
		b.report.add(figure{Name: fmt.Sprintf("first look at %d users after the start, %s", len(firm.users), db.engine), Unit: "ms", Value: millis(time.Since(begun)),
			Limit: 1000, Bound: below, Informational: true, Detail: "the server reads the list of a company when it is looked at first; afterwards it asks for changes only"})
		for range 2 * pagesInARound { // what a server does once in its life is not looked for here
			if err := h.page("/company/users"); err != nil {
				return err
			}
		}
		for _, l := range listingsOf(firm.users[len(firm.users)/2].ID, most) {
			if err := b.measureListings(ctx, h, db, len(firm.users), "users", l); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
		}
		return nil
	})
}

// withLargeCompany measures a company with many users, whose administrator has signed in. more, unless it
// is nil, adds to the company before the server starts.
func (b *bench) withLargeCompany(ctx context.Context, db *database, more func(*store.Store, *settlement) error, measure func(*house, *settlement) error) error {
	return b.withStore(ctx, db, func(st *store.Store) error {
		firm, err := b.settle(ctx, st, "Northgate Ltd", b.count(listedUsers), func(i int) string { return fmt.Sprintf("person-%06d", i) }, variety)
		if err == nil && more != nil {
			err = more(st, firm)
		}
		if err == nil {
			err = st.Write(ctx, func(q store.Queries) error { return q.ImportGrew(ctx) })
		}
		if err != nil {
			return err
		}
		return b.during(ctx, db, func(s *server) error {
			h := &house{st: st, server: s, admin: firm.users[0], client: s.client(s.host)}
			defer h.client.close()
			if err := h.enter(); err != nil {
				return err
			}
			return measure(h, firm)
		})
	})
}

func listingsOf(middle string, most time.Duration) []listings {
	all := []listings{
		{"first page", mostOfFirstList, userPages, []string{""}},
		{"page in the middle", most, userPages, []string{"after=" + middle, "before=" + middle}},
		{"search", most, userPages, []string{"q=person-004711", "q=ali+ben", "q=zzz", "q=a", "q=santos+mira&group=never"}},
		{"sorted list", most, userPages, []string{"order=down", "sort=username", "sort=seen&order=down", "sort=seen", "sort=created&order=down", "sort=created&after=" + middle}},
	}
	filters := listings{"filter", most, userPages, nil}
	for _, g := range gatehouse.ListGroups {
		filters.queries = append(filters.queries, url.Values{"group": {string(g)}}.Encode())
	}
	for _, f := range gatehouse.FactorFilters {
		filters.queries = append(filters.queries, url.Values{"factor": {string(f)}, "role": {"user"}}.Encode())
	}
	return append(all, filters)
}

// measureListings measures the time of pages. The client is on the same machine, and its own part in
// the time is small.
func (b *bench) measureListings(ctx context.Context, h *house, db *database, n int, things string, l listings) error {
	each := map[string][]time.Duration{}
	rounds, disturbed, err := quietly(ctx, b.count(10), func() (round []time.Duration, spent processor, err error) {
		before := processorTime(h.server)
		for range pagesInARound {
			for _, q := range l.queries {
				begun := time.Now()
				if err := h.page(l.path + q); err != nil {
					return nil, spent, err
				}
				round = append(round, time.Since(begun))
				each[q] = append(each[q], time.Since(begun))
			}
		}
		return round, processorTime(h.server).minus(before), nil
	})
	if err != nil {
		return err
	}
	var took []time.Duration
	for _, round := range rounds {
		took = append(took, round...)
	}
	slowest := slices.MaxFunc(l.queries, func(a, b string) int { return cmp.Compare(median(each[a]), median(each[b])) })
	b.report.add(figure{Name: fmt.Sprintf("%s of %d %s, 99th percentile, %s", l.name, n, things, db.engine), Unit: "ms", Value: millis(quantile(took, 0.99)),
		Limit: millis(l.most), Bound: below, Disturbed: disturbed, Detail: fmt.Sprintf("median %.1f ms, %d pages of %d kinds; the slowest kind, %q, has a median of %.1f ms", millis(median(took)), len(took), len(l.queries), slowest, millis(median(each[slowest])))})
	return nil
}

// variety makes the users of a settlement different from each other. The first one is an
// administrator.
func variety(s *settlement) {
	firsts := []string{"Abigail", "Ben", "Çağla", "Dylan", "Elena", "Fatima", "Grace", "Hannah", "Inès", "Johan", "Karim", "Lena", "Mira", "Nadia", "Oskar", "Priya", "Quentin", "Rose", "Samir", "Tom", "Ursula", "Viktor", "Zoë"}
	lasts := []string{"Adeyemi", "Ali", "Bell", "Dubois", "Fischer", "Fraser", "García", "Kowalski", "Lindqvist", "Marchetti", "Müller", "Nair", "Novák", "Okafor", "Rossi", "Santos", "Tanaka", "Wren", "Ångström"}
	for i := range s.users {
		u := &s.users[i]
		u.FirstName, u.LastName = firsts[i%len(firsts)], lasts[i/3%len(lasts)]
		u.CreatedAt = u.CreatedAt.Add(-time.Duration(i) * time.Minute)
		u.LastSignInAt = u.LastSignInAt.AddDate(0, 0, -i%200)
		switch {
		case i == 0:
			u.Role, u.LastSignInAt = gatehouse.RoleAdmin, u.FirstSignInAt
		case i%9 == 0:
			u.State, u.FirstSignInAt, u.LastSignInAt = gatehouse.Invited, time.Time{}, time.Time{}
		case i%31 == 0:
			u.State = gatehouse.Deactivated
		case i%17 == 0:
			u.Email, u.EmailConfirmed = "", false
		case i%19 == 0:
			u.Bounce = gatehouse.Bounce{At: u.CreatedAt, Reason: "550"}
		case i%101 == 0:
			u.LockedAt, u.LockReason = u.CreatedAt, gatehouse.LockedByAttempts
		case i%103 == 0:
			u.SoleUser = false
		case i%5 == 0:
			u.Factors, u.Apps = 1, 1
		case i%7 == 0:
			u.OwnTwoFactor = true
		}
	}
}
