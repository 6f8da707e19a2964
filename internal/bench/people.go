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

// signers is how many people there are who sign in.
const signers = 400

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
		return q.InsertUsers(ctx, b.people(s, company, now))
	})
}

// people are those who sign in.
func (b *bench) people(s *site.Site, company gatehouse.Company, now time.Time) []gatehouse.User {
	var all []gatehouse.User
	for i := range signers {
		all = append(all, b.person(s, company, signer(i), now))
	}
	return all
}

// person is somebody whom nothing is asked of after the password, so that a sign-in is
// one form.
func (b *bench) person(s *site.Site, company gatehouse.Company, name string, now time.Time) gatehouse.User {
	before := now.Add(-48 * time.Hour)
	return gatehouse.User{
		ID: store.NewID("usr", now), SiteID: s.ID, CompanyID: company.ID, Username: name,
		FirstName: "Mira", LastName: "Santos", Email: name + "@northgate.example", EmailConfirmed: true,
		Role: gatehouse.RoleUser, State: gatehouse.Active,
		Password:      gatehouse.Password{Hash: b.hash, Origin: gatehouse.PasswordChosen, SetAt: before},
		FirstSignInAt: before, LastSignInAt: before, ChallengeSet: true,
		TermsAccepted: s.TermsVersion, SoleUserFor: s.TermsVersion, SoleUser: true, CreatedAt: before,
	}
}

func signer(i int) string { return fmt.Sprintf("signer-%03d", i%signers) }
