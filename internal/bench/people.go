package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/cluster"
)

// The site that is measured, and the password of everybody.
const (
	siteID   = "meridian-uk"
	siteHost = "uk.localhost"
	password = "Harbour-Lantern-27-Tide"
)

// How many people there are of each kind.
const (
	signers  = 400 // who sign in
	timedMax = 200 // of each kind that is timed
)

// database is a database with people in it.
type database struct {
	engine, url string
	cluster     *cluster.Cluster // PostgreSQL's
}

// database returns the database of an engine; the first call makes it.
func (b *bench) database(ctx context.Context, engine string) (*database, error) {
	if db := b.databases[engine]; db != nil {
		return db, nil
	}
	db := &database{engine: engine, url: "sqlite://" + filepath.Join(b.dir, "gatehouse.db")}
	if engine == "postgres" {
		var err error
		b.postgres, err = cluster.New(cluster.Options{Durable: true})
		if errors.Is(err, cluster.ErrMissing) {
			return nil, fmt.Errorf("%w: %w", errSkip, err)
		}
		if err != nil {
			return nil, err
		}
		db.cluster, db.url = b.postgres, b.postgres.URL("postgres")
	}
	if err := b.fill(ctx, db.url); err != nil {
		return nil, err
	}
	b.databases[engine] = db
	return db, nil
}

// fill puts the people into an empty database.
func (b *bench) fill(ctx context.Context, url string) error {
	st, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer st.Close()
	now := time.Now().UTC().Truncate(time.Microsecond)
	if _, err := st.Migrate(ctx, now); err != nil {
		return err
	}
	s, err := site.Load(filepath.Join(b.dir, "sites", siteID), site.LoadEnv{Scheme: "http"})
	if err != nil {
		return err
	}
	company := gatehouse.Company{ID: store.NewID("com", now), SiteID: s.ID, Name: "Northgate Ltd", AccountNumber: "100001", CreatedAt: now}
	return st.Write(ctx, func(q store.Queries) error {
		if err := q.InsertCompany(ctx, company); err != nil {
			return err
		}
		if err := q.InsertUsers(ctx, b.people(s, company, now)); err != nil {
			return err
		}
		return lockOut(ctx, q, s, now)
	})
}

// people are those who sign in, and those whose refusals are timed.
func (b *bench) people(s *site.Site, company gatehouse.Company, now time.Time) []gatehouse.User {
	var all []gatehouse.User
	add := func(name string) *gatehouse.User {
		before := now.Add(-48 * time.Hour)
		all = append(all, gatehouse.User{
			ID: store.NewID("usr", now), SiteID: s.ID, CompanyID: company.ID, Username: name,
			FirstName: "Mira", LastName: "Santos", Email: name + "@northgate.example", EmailConfirmed: true,
			Role: gatehouse.RoleUser, State: gatehouse.Active,
			Password: gatehouse.Password{Hash: b.hash, Origin: gatehouse.PasswordChosen, SetAt: before},
			// Nothing is due after the password, so that a sign-in is one form.
			FirstSignInAt: before, LastSignInAt: before, ChallengeSet: true,
			TermsAccepted: s.TermsVersion, SoleUserFor: s.TermsVersion, SoleUser: true, CreatedAt: before,
		})
		return &all[len(all)-1]
	}
	for i := range signers {
		add(signer(i))
	}
	for i := range timedMax {
		for _, k := range kinds {
			if k.account {
				k.change(add(k.username(i)), now)
			}
		}
	}
	return all
}

func signer(i int) string { return fmt.Sprintf("signer-%03d", i%signers) }

// kind is a kind of account that a refusal must not tell apart.
type kind struct {
	name    string
	account bool // there is one
	change  func(u *gatehouse.User, now time.Time)
}

func (k kind) username(i int) string { return fmt.Sprintf("%s-%03d", k.name, i) }

const lockedOut = "locked-out"

var kinds = []kind{
	{"existing", true, func(*gatehouse.User, time.Time) {}},
	{"unknown", false, nil},
	{"locked", true, func(u *gatehouse.User, now time.Time) {
		u.LockedAt, u.LockReason = now, gatehouse.LockedByAttempts
	}},
	{lockedOut, true, func(*gatehouse.User, time.Time) {}}, // for strangers, by attempts
	{"deactivated", true, func(u *gatehouse.User, _ time.Time) { u.State = gatehouse.Deactivated }},
	{"no-email", true, func(u *gatehouse.User, _ time.Time) { u.Email, u.EmailConfirmed = "", false }},
}

// lockOut makes the accounts that strangers have locked out strangers from.
func lockOut(ctx context.Context, q store.Queries, s *site.Site, now time.Time) error {
	for i := range timedMax {
		u, err := q.UserByUsername(ctx, s.ID, kind{name: lockedOut}.username(i))
		if err != nil {
			return err
		}
		counts, err := q.HoldAttempts(ctx, s.ID, u.ID, "", now)
		if err != nil {
			return err
		}
		for range s.Policy.Lockout.Attempts {
			counts = counts.Wrong(s.Policy.Lockout, now)
		}
		if err := q.SaveAttempts(ctx, s.ID, u.ID, "", counts); err != nil {
			return err
		}
	}
	return nil
}
