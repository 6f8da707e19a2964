package signin_test

import (
	"fmt"
	"sync"
	"testing"
)

// Sign-ins with the old password while support resets it: in either order, no session of the old
// password is alive when the reset has returned (invariant 5).
func TestNoSessionOfTheOldPasswordSurvivesAReset(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for n := range 12 {
			u := s.addUser(fmt.Sprint("reset-", n), nil)
			var mu sync.Mutex
			var sessions []string
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					for range 3 {
						if out, err := s.enter(u, first, ""); err == nil {
							mu.Lock()
							sessions = append(sessions, out.Session)
							mu.Unlock()
						}
					}
				})
			}
			if _, err := s.desk.ResetPassword(ctx, s.uk(), operator, u.ID); err != nil {
				t.Error(err)
			}
			all.Wait()
			for _, token := range sessions {
				if s.alive(s.uk(), token) {
					t.Fatal("a session of the old password is alive after the reset")
				}
			}
		}
	})
}
