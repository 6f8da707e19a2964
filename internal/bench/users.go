package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/cluster"
)

// The measured site, and everybody's password.
const (
	siteID   = "meridian-uk"
	siteHost = "uk.localhost"
	password = "Harbour-Lantern-27-Tide"
)

// signers is how many users sign in.
const signers = 400

// database is a separate database.
type database struct {
	engine, url string
	cluster     *cluster.Cluster // PostgreSQL's
}

// database returns the database of an engine with users who sign in; the first call
// makes it.
func (b *bench) database(ctx context.Context, engine string) (*database, error) {
	if db := b.databases[engine]; db != nil {
		return db, nil
	}
	db, err := b.newDatabase(engine, "gatehouse")
	if err != nil {
		return nil, err
	}
	b.databases[engine] = db
	return db, b.withStore(ctx, db, func(st *store.Store) error {
		_, err := b.settle(ctx, st, "Northgate Ltd", signers, signer, nil)
		return err
	})
}

// newDatabase makes an empty database.
func (b *bench) newDatabase(engine, name string) (db *database, err error) {
	db = &database{engine: engine, url: "sqlite://" + filepath.Join(b.dir, name+".db")}
	if engine == "postgres" {
		db.cluster, err = cluster.New(cluster.Options{Durable: true})
		if errors.Is(err, cluster.ErrMissing) {
			return nil, fmt.Errorf("%w: %w", errSkip, err)
		}
		if err != nil {
			return nil, err
		}
		db.url = db.cluster.URL("postgres")
	}
	return db, nil
}

// remove removes it from disk.
func (d *database) remove() error {
	if d.cluster != nil {
		return d.cluster.Close()
	}
	path, _ := store.SQLitePath(d.url)
	return errors.Join(os.RemoveAll(path), os.RemoveAll(path+"-wal"), os.RemoveAll(path+"-shm"))
}

// withStore opens a database next to the server.
func (b *bench) withStore(ctx context.Context, db *database, do func(*store.Store) error) error {
	st, err := store.Open(ctx, db.url)
	if err != nil {
		return err
	}
	defer st.Close()
	if _, err := st.Migrate(ctx, time.Now()); err != nil {
		return err
	}
	return do(st)
}

// settlement is a company and its users.
type settlement struct {
	company gatehouse.Company
	users   []gatehouse.User
}

// settle puts a company with this number of users into a database. change, unless it is
// nil, changes company and users.
func (b *bench) settle(ctx context.Context, st *store.Store, name string, count int, username func(int) string, change func(*settlement)) (*settlement, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	all := &settlement{company: gatehouse.Company{ID: store.NewID("com", now), SiteID: siteID, Name: name, AccountNumber: name, CreatedAt: now}}
	for i := range count {
		all.users = append(all.users, b.user(b.site, all.company, username(i), now))
	}
	if change != nil {
		change(all)
	}
	return all, st.Write(ctx, func(q store.Queries) error {
		if err := q.InsertCompany(ctx, all.company); err != nil {
			return err
		}
		return q.InsertUsers(ctx, all.users)
	})
}

// user is a user who has nothing to do after the password, so that a sign-in is one
// form.
func (b *bench) user(s *site.Site, company gatehouse.Company, name string, now time.Time) gatehouse.User {
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
