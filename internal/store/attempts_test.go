package store_test

import (
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// Held counts are changed by one transaction at a time: no change is lost.
func TestHeldAttemptsLoseNoChange(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		const n = 40
		policy := gatehouse.LockoutPolicy{Attempts: n, InAll: n}
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				err := s.Write(t.Context(), func(q store.Queries) error {
					a, err := q.HoldAttempts(t.Context(), "one", "usr_1", "", noon)
					if err != nil {
						return err
					}
					a, _ = a.Take(policy, noon)
					return q.SaveAttempts(t.Context(), "one", "usr_1", "", a)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if a, err := s.Read().Attempts(t.Context(), "one", "usr_1", ""); err != nil || a.Open != n {
			t.Errorf("%+v, %v; want %d open", a, err, n)
		}
	})
}

func TestAttemptsAreCountedForEachDeviceAndForgottenTogether(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		counts := map[string]gatehouse.Attempts{
			"":      {Row: 6, All: 9, Open: 1, OpenedAt: noon, LockedAt: noon.Add(time.Second)},
			"dev_1": {Row: 1, All: 1},
		}
		write(t, s, func(q store.Queries) error {
			for device, a := range counts {
				if _, err := q.HoldAttempts(ctx, "one", "usr_1", device, noon); err != nil {
					return err
				}
				if err := q.SaveAttempts(ctx, "one", "usr_1", device, a); err != nil {
					return err
				}
			}
			return nil
		})
		for device, want := range counts {
			if got, err := s.Read().Attempts(ctx, "one", "usr_1", device); err != nil || got != want {
				t.Errorf("browser %q: %+v, %v; want %+v", device, got, err, want)
			}
		}
		end(t, s, store.Ending{User: gatehouse.User{SiteID: "one", ID: "usr_1"}, Change: gatehouse.Unlocked})
		for device, was := range counts {
			if got, err := s.Read().Attempts(ctx, "one", "usr_1", device); err != nil || got != was.Forgotten() {
				t.Errorf("browser %q after forgetting: %+v, %v; want %+v", device, got, err, was.Forgotten())
			}
		}
	})
}
