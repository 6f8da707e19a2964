package signin_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/signin"
)

// signers are several clients that sign a user in, again and again.
type signers struct {
	sync.WaitGroup
	mu     sync.Mutex
	tokens []string
}

// signsIn begins to sign a user in.
func (s *stage) signsIn(u gatehouse.User) *signers {
	c := &signers{}
	for range 4 {
		c.Go(func() {
			for range 3 {
				if out, err := s.enter(u, first, ""); err == nil {
					c.mu.Lock()
					c.tokens = append(c.tokens, out.Session)
					c.mu.Unlock()
				}
			}
		})
	}
	return c
}

// sessions are those opened so far.
func (c *signers) sessions() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tokens)
}

// noneAlive stops the test if one of the sessions can be used.
func (s *stage) noneAlive(sessions []string, otherwise string) {
	s.t.Helper()
	for _, token := range sessions {
		if s.alive(s.uk(), token) {
			s.t.Fatal(otherwise)
		}
	}
}

// openedAtOnce is how many sessions are opened by many tries at the same instant.
func openedAtOnce(try func(i int) (signin.Outcome, error)) (opened int) {
	errs := atOnce(func(i int) error {
		out, err := try(i)
		if err == nil && out.Session == "" {
			err = errors.New("no session")
		}
		return err
	})
	for _, err := range errs {
		if err == nil {
			opened++
		}
	}
	return opened
}

// Sign-ins with the old password while support resets it: in either order, no session of the old
// password is alive when the reset has returned (invariant 5).
func TestNoSessionOfTheOldPasswordSurvivesAReset(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for n := range 12 {
			u := s.addUser(fmt.Sprint("reset-", n), nil)
			clients := s.signsIn(u)
			if _, err := s.desk.ResetPassword(ctx, s.uk(), operator, u.ID); err != nil {
				t.Error(err)
			}
			clients.Wait()
			s.noneAlive(clients.sessions(), "a session of the old password is alive after the reset")
		}
	})
}
