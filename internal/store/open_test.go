package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// Behind a pooler in transaction mode, statements of one connection mix with those of others on
// the same server session.
func TestAPoolerBetweenManyConnectionsAndFewSessions(t *testing.T) {
	s := open(t, testkit.PooledURL(t))
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	u := testUser(t, s, "one")
	var all sync.WaitGroup
	for worker := range 12 {
		all.Go(func() {
			for range 20 {
				if _, err := s.Read().User(t.Context(), "one", u.ID); err != nil {
					t.Error(err)
				}
				err := s.Write(t.Context(), func(q store.Queries) error {
					held, err := q.HoldUser(t.Context(), "one", u.ID)
					return errors.Join(err, q.SetCodesOnRequest(t.Context(), "one", held.ID, worker%2 == 0))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// A database file may have any name.
func TestSQLiteFilesWithOddNames(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("my data", 0o700); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"plain.db", "my data/gate house.db", "100%.db", "a#b.db", "q?mode=ro.db", "ü.db", "%zz.db"} {
		for _, path := range []string{name, filepath.Join(t.TempDir(), filepath.Base(name))} {
			s, err := store.Open(t.Context(), "sqlite://"+path)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if _, err := s.Migrate(t.Context(), noon); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			s.Close()
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%d: the database is somewhere else: %v", i, err)
			}
		}
	}
	if got, lite := store.SQLitePath("sqlite://my%20data/gate.db"); got != "my data/gate.db" || !lite {
		t.Errorf("%q %v", got, lite)
	}
	if _, lite := store.SQLitePath("postgres://h/n"); lite {
		t.Error("postgres:// is no file")
	}
}

// A transaction that runs twice has the same effect as one that runs once, and a failing one is
// not retried.
func TestRunTwice(t *testing.T) {
	s := open(t, testkit.SQLiteURL(t))
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	s.RunTwice()
	runs := 0
	c := gatehouse.Company{SiteID: "one", ID: "com_1", Name: "Northgate", AccountNumber: "1", CreatedAt: noon}
	write(t, s, func(q store.Queries) error {
		runs++
		return q.InsertCompany(t.Context(), c)
	})
	if runs != 2 {
		t.Errorf("run %d times", runs)
	}
	runs = 0
	err := s.Write(t.Context(), func(q store.Queries) error {
		runs++
		return fmt.Errorf("the company is there: %w", q.InsertCompany(t.Context(), c))
	})
	if runs != 1 || gatehouse.KindOf(err) != gatehouse.Conflict {
		t.Errorf("run %d times: %v", runs, err)
	}
}
