package signin_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
)

// crowd is twenty clicks at one instant: in one browser, or each in its own, with the same form.
func (s *stage) crowd(mine bool, post func(cookie, name string) (signin.Outcome, error)) (outcomes map[string]int, failed int) {
	s.t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	outcomes = map[string]int{}
	cookie := secret.NewToken()
	for i := range 20 {
		all.Go(func() {
			own, name := cookie, "the form"
			if !mine {
				own, name = secret.NewToken(), fmt.Sprint("the form in browser ", i)
			}
			out, err := post(own, name)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed++
				return
			}
			outcomes[string(out.Step)+" "+out.Session+" "+out.SignIn+" "+out.Device]++
		})
	}
	all.Wait()
	return outcomes, failed
}

// Twenty clicks in one browser get the same outcome; twenty browsers that have the same temporary
// password open one sign-in (invariant 2).
func TestTwentyClicksWithATemporaryPassword(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, mine := range []bool{true, false} {
			u := s.newcomer("meridian-uk", fmt.Sprint("newcomer-", mine))
			outcomes, failed := s.crowd(mine, func(cookie, name string) (signin.Outcome, error) {
				c := visitor(s.uk())
				c.Post = name + u.Username
				return s.SignIn.Password(context.Background(), s.uk(), signin.PasswordRequest{Username: u.Username, Password: first, SignIn: cookie, Caller: c})
			})
			if want := map[bool]int{true: 0, false: 19}[mine]; len(outcomes) != 1 || failed != want {
				t.Errorf("one browser %v: %d outcomes, %d refused, want 1 and %d", mine, len(outcomes), failed, want)
			}
			if counts, err := s.Store.Read().Attempts(context.Background(), u.SiteID, u.ID, ""); err != nil || counts.Row != 0 || counts.Open != 0 {
				t.Errorf("counted as wrong: %+v, %v", counts, err)
			}
		}
	})
}

// The last step of a sign-in, and a code: one session, no matter how often and where it is posted.
// The cookie alone, or with another form, gets nothing.
func TestTwentyClicksOnTheLastStep(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("msantos", func(u *gatehouse.User) { u.SoleUserFor = "" })
		in := s.begin(u, first, "", gatehouse.StepSoleUser)
		at := s.at(s.uk(), in)
		outcomes, _ := s.crowd(true, func(_, name string) (signin.Outcome, error) {
			at := at
			at.Caller.Post = name
			out, err := s.SignIn.AnswerSoleUser(context.Background(), s.uk(), at, "yes")
			if gatehouse.KindOf(err) == gatehouse.Unauthenticated {
				out, err = s.SignIn.Repeat(context.Background(), s.uk(), at.Caller, at.SignIn)
			}
			return out, err
		})
		if len(outcomes) != 1 {
			t.Errorf("%d outcomes: %v", len(outcomes), outcomes)
		}
		if n, err := s.Store.Read().CountSessionsOf(context.Background(), u.SiteID, u.ID, s.Clock.Now()); err != nil || n != 1 {
			t.Errorf("%d sessions, %v", n, err)
		}
		for what, try := range map[string][2]string{"another browser": {secret.NewToken(), "the form"}, "another form": {at.SignIn, "another"}, "no form": {at.SignIn, ""}, "no cookie": {"", "the form"}} {
			c := visitor(s.uk())
			c.Post = try[1]
			if out, err := s.SignIn.Repeat(context.Background(), s.uk(), c, try[0]); gatehouse.KindOf(err) != gatehouse.Unauthenticated || out.Session != "" {
				t.Errorf("%s: %+v, %v", what, out, err)
			}
		}
	})
}
