package signin_test

import (
	"context"
	"sync"
	"testing"

	"gatehouse/internal/testkit"
)

// Sign-ins with the old password while support resets it: whichever comes first, no
// session of the old password is alive when the reset has answered (invariant 5).
func TestNoSessionOfTheOldPasswordSurvivesAReset(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url, testkit.WithLimits(noLimits))
		for range 12 {
			w := newWorld(t, s)
			var mu sync.Mutex
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for range 3 {
						if out, err := w.try(w.password, ""); err == nil {
							mu.Lock()
							w.dead = append(w.dead, out.Session)
							mu.Unlock()
						}
					}
				})
			}
			if _, err := w.directory.ResetPassword(context.Background(), operator, w.site, w.user.ID); err != nil {
				t.Error(err)
			}
			all.Wait()
			for _, token := range w.dead {
				if _, err := s.SignIn.Session(context.Background(), w.site, token); err == nil {
					t.Fatal("a session of the old password is alive after the reset")
				}
			}
		}
	})
}
