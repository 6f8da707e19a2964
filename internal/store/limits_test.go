package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/store"
)

func TestALimitAdmitsItsBurstAndThenItsRate(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		address := store.Limit{Key: "address", Every: time.Second, Burst: 5}
		site := store.Limit{Key: "site", Every: time.Millisecond, Burst: 1000}
		admitted := 0
		for range 20 {
			wait, err := s.Allow(ctx, noon, site, address)
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				admitted++
			} else if wait != time.Second {
				t.Errorf("wait %s, want 1s", wait)
			}
		}
		if admitted != 5 {
			t.Errorf("%d of 20 at once admitted, want the burst of 5", admitted)
		}
		if wait, err := s.Allow(ctx, noon.Add(time.Second), address); wait != 0 || err != nil {
			t.Errorf("a second later: wait %s, %v", wait, err)
		}
		if err := s.GiveBack(ctx, address); err != nil {
			t.Fatal(err)
		}
		if wait, err := s.Allow(ctx, noon.Add(time.Second), address); wait != 0 || err != nil {
			t.Errorf("after giving one back: wait %s, %v", wait, err)
		}
	})
}

func TestALimitHoldsAgainstParallelCalls(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		var mu sync.Mutex
		admitted := 0
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				wait, err := s.Allow(t.Context(), noon, store.Limit{Key: "k", Every: time.Minute, Burst: 7})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				} else if wait == 0 {
					admitted++
				}
			})
		}
		all.Wait()
		if admitted != 7 {
			t.Errorf("%d admitted at the same instant, want 7", admitted)
		}
	})
}

// A call that one limit refuses takes nothing from another: one address cannot use up the whole
// site's limit.
func TestARefusalTakesNothingFromOtherLimits(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		site := store.Limit{Key: "site", Every: time.Minute, Burst: 10}
		address := store.Limit{Key: "address", Every: time.Minute, Burst: 2}
		for range 50 {
			if _, err := s.Allow(t.Context(), noon, site, address); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 8 { // ten of the site's, less the two that the address got
			if wait, err := s.Allow(t.Context(), noon, site, store.Limit{Key: "another", Every: time.Minute, Burst: 100}); wait != 0 || err != nil {
				t.Fatalf("call %d from another address waits %s (%v)", i+1, wait, err)
			}
		}
		if wait, err := s.Allow(t.Context(), noon, site); wait == 0 || err != nil {
			t.Errorf("the site's limit is gone: %v", err)
		}
	})
}

// Taking and giving back at the same time, over the same and other keys, causes no errors on
// either database.
func TestLimitsUnderLoad(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				for j := range 25 {
					limits := []store.Limit{
						{Key: "site", Every: time.Microsecond, Burst: 1e6},
						{Key: fmt.Sprint("address", (i+j)%3), Every: time.Microsecond, Burst: 1e6},
						{Key: fmt.Sprint("name", (i*j)%5), Every: time.Microsecond, Burst: 1e6},
					}
					if wait, err := s.Allow(t.Context(), noon, limits...); err != nil || wait != 0 {
						t.Errorf("wait %s, %v", wait, err)
					}
					if err := s.GiveBack(t.Context(), limits...); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}
