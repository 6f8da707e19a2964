package signin_test

import (
	"fmt"
	"testing"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
)

// Invariant 3, also for answers by a link in the mailbox, and for passwords on the device that a
// recovery has made known: of many at the same instant, no more are judged than are counted.
func TestNewDoorsCountEveryGuess(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.asked(s.addUser("besieged", nil))
		for range 3 {
			token := s.recovery(u.Username, u.Email)
			for range 3 {
				s.answer(token, "Rex") //nolint:errcheck // it is wrong
			}
		}
		link := s.recoveryLinks(u)[0]
		for _, err := range atOnce(func(n int) error { return s.answer(link, fmt.Sprint("Rex ", n)) }) {
			if err == nil {
				t.Error("a wrong answer was taken")
			}
		}
		if c, err := s.Store.Read().Attempts(ctx, u.SiteID, gatehouse.AnswerSubject(u.ID), "mailbox"); err != nil || c.All != gatehouse.RecoveryTries || c.Open != 0 {
			t.Errorf("of %d answers by one link %+v are counted, %v", many, c, err)
		}
		s.Clock.Add(st.Policy.ResetLink)
		s.answer(s.recovery(u.Username, u.Email), "Rex") //nolint:errcheck // it is wrong
		link = s.recoveryLinks(u)[1]
		s.must(s.answer(link, answer))
		browser := s.SignIn.RecoveredDevice(link)
		atOnce(func(n int) error {
			_, err := s.SignIn.Password(ctx, st, signin.PasswordRequest{Username: u.Username, Password: fmt.Sprint("Guess-", n), Device: browser, Caller: in(st, n, browser)})
			return err
		})
		id, err := s.Store.Read().Device(ctx, u.SiteID, u.ID, secret.HashToken(browser), s.Clock.Now().Add(-gatehouse.DeviceKnownFor))
		s.must(err)
		c, err := s.Store.Read().Attempts(ctx, u.SiteID, u.ID, id)
		if most := st.Policy.Lockout.Attempts; err != nil || c.All != most || c.Open != 0 || !s.User(u).Locked() {
			t.Errorf("of %d guesses in a browser that a recovery made known %+v are counted, %v, want %d and a lock", many, c, err, most)
		}
	})
}
