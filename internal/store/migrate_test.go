package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// Processes that start at the same moment migrate once, on either database.
func TestMigrateBySeveralAtOnce(t *testing.T) {
	testkit.EmptyDatabases(t, func(t *testing.T, url string) {
		var all sync.WaitGroup
		var mu sync.Mutex
		did := 0
		for range 6 {
			s := open(t, url)
			all.Go(func() {
				done, err := s.Migrate(context.Background(), noon)
				if err != nil {
					t.Error(err)
				}
				if err := s.Ready(context.Background()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				did += len(done)
				mu.Unlock()
			})
		}
		all.Wait()
		known, err := open(t, url).Migrations(t.Context())
		if err != nil || did != len(known) {
			t.Errorf("%d migrations were run, there are %d (%v)", did, len(known), err)
		}
		for _, m := range known {
			if !m.AppliedAt.Equal(noon) {
				t.Errorf("migration %d (%s) applied at %s", m.Version, m.Name, m.AppliedAt)
			}
		}
	})
}

func TestMigrateRefusesANewerDatabase(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := open(t, url)
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		testkit.Exec(t, url, "INSERT INTO migrations (version, name, applied_at) VALUES (999, 'later', 0)")
		for what, err := range map[string]error{"migrate": second(s.Migrate(t.Context(), noon)), "ready": s.Ready(t.Context())} {
			var newer store.NewerError
			if !errors.As(err, &newer) || newer.Database != 999 {
				t.Errorf("%s: %v, want that the database is newer", what, err)
			}
		}
	})
}
