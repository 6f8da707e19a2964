package signin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// many is how many do the same thing at the same instant.
const many = 20

// atOnce does something many times at the same instant, and returns the errors.
func atOnce(do func(i int) error) []error {
	errs := make([]error, many)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

// won expects exactly one success, and returns which one it was; all others must get one of the
// reasons.
func (s *stage) won(what string, errs []error, codes ...string) int {
	s.t.Helper()
	winner, told := -1, map[string]int{}
	for i, err := range errs {
		var e *gatehouse.Error
		switch {
		case err == nil && winner < 0:
			winner = i
		case err == nil:
			s.t.Fatalf("%s: %d and %d both succeeded", what, winner, i)
		case !errors.As(err, &e) || !slices.Contains(codes, e.Reason):
			s.t.Fatalf("%s: the %dth was told %v, want one of %q", what, i, err, codes)
		default:
			told[e.Reason]++
		}
	}
	if winner < 0 {
		s.t.Fatalf("%s: none of %d succeeded: %v", what, many, told)
	}
	return winner
}

// works expects that exactly one of many passwords opens a sign-in.
func (s *stage) works(u gatehouse.User, password func(i int) string, want int) {
	s.t.Helper()
	for i := range many {
		out, err := s.enter(u, password(i), "")
		if (err == nil) != (i == want) {
			s.t.Fatalf("the %dth password: %+v, %v; the one that was set is the %dth", i, out, err, want)
		}
		s.must(s.desk.Unlock(ctx, s.Sites.ByID(u.SiteID), operator, u.ID)) // the wrong ones are not the point
	}
}

func words(i int) string { return fmt.Sprintf("Contender-%02d-Word", i) }

// Invariant 2: a temporary password, a right answer and a link each work once, even when used
// twenty times at the same instant.
func TestWhatWorksOnceWorksOnceAtTheSameInstant(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.newcomer("meridian-uk", "popular")
		tokens := make([]string, many)
		winner := s.won("one temporary password in many browsers", atOnce(func(i int) error {
			out, err := s.enter(u, first, "")
			tokens[i] = out.SignIn
			return err
		}), signin.ReasonTemporaryUsed)
		if s.step(s.uk(), tokens[winner]) != gatehouse.StepPassword {
			t.Error("the one that won has no sign-in")
		}

		v := s.asked(s.addUser("wanted", nil))
		token := s.recovery(v.Username, v.Email)
		s.won("one right answer", atOnce(func(int) error { return s.answer(token, answer) }), signin.ReasonRecoveryOver)
		s.mailedPassword(v)
		s.Clock.Add(time.Second)
		for i := range tokens {
			tokens[i] = s.recovery(v.Username, v.Email)
		}
		s.won("the right answer in many recoveries", atOnce(func(i int) error { return s.answer(tokens[i], answer) }), signin.ReasonRecoveryOver)
		if got := strings.Count(s.mails(v), "temporary-password"); got != 2 {
			t.Errorf("%d temporary passwords were mailed for two recoveries", got)
		}
		s.begin(v, s.mailedPassword(v), "", gatehouse.StepPassword)

		r := s.reader("reader", nil)
		token = s.link(r.Email)
		s.Clock.Add(time.Second)
		winner = s.won("one link", atOnce(func(i int) error { return s.useLink(token, words(i)) }), signin.ReasonLinkOver)
		s.works(r, words, winner)
	})
}

// Invariant 3: beyond the limit, concurrent wrong answers of a recovery are not judged, and
// neither are wrong old passwords.
func TestGuessesAtTheSameInstant(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.asked(s.addUser("guessed", nil))
		token := s.recovery(u.Username, u.Email)
		judged := 0
		for _, err := range atOnce(func(i int) error { return s.answer(token, "Rex") }) {
			if faultsOf(err) != "" {
				judged++
			}
		}
		if judged > gatehouse.RecoveryTries-1 || s.asks(token) != "over" {
			t.Errorf("%d wrong answers led on, and it asks %q", judged, s.asks(token))
		}
		if all, err := s.Store.Read().AttemptsOf(ctx, u.SiteID, gatehouse.AnswerSubject(u.ID)); err != nil || all[""].Row != 3 || all[""].Open != 0 {
			t.Errorf("counted: %+v, %v", all, err)
		}
		at := s.at(s.uk(), s.begin(s.due("hasty", gatehouse.StepPassword), first, "", gatehouse.StepPassword))
		judged = 0
		for _, err := range atOnce(func(i int) error {
			_, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, signin.NewPassword{Old: wrong, New: second, Repeat: second})
			return err
		}) {
			if faultsOf(err) != "" {
				judged++
			}
		}
		if judged != 4 || s.step(s.uk(), at.SignIn) != "" {
			t.Errorf("%d wrong old passwords were judged, and the sign-in is at %q", judged, s.step(s.uk(), at.SignIn))
		}
	})
}

// The same step many times at once, as by an impatient finger: it is done once, and the last one
// opens one session.
func TestTheSameStepAtTheSameInstant(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.newcomer("meridian-uk", "impatient")
		at := s.at(st, s.begin(u, first, "", gatehouse.StepPassword))
		step := func(what string, want gatehouse.Step, do func(i int) (signin.Outcome, error)) (int, signin.Outcome) {
			t.Helper()
			s.Clock.Add(time.Second)
			outs := make([]signin.Outcome, many)
			winner := s.won(what, atOnce(func(i int) (err error) {
				outs[i], err = do(i)
				return err
			}), "moved", "no-sign-in")
			if outs[winner].Step != want {
				t.Fatalf("%s led to %q, want %q", what, outs[winner].Step, want)
			}
			return winner, outs[winner]
		}
		set, _ := step("choosing passwords", gatehouse.StepChallenge, func(i int) (signin.Outcome, error) {
			return s.SignIn.ChoosePassword(ctx, st, at, signin.NewPassword{Old: first, New: words(i), Repeat: words(i)})
		})
		s.works(u, words, set)
		step("setting a question", gatehouse.StepTerms, func(i int) (signin.Outcome, error) {
			return s.SignIn.SetFirstChallenge(ctx, st, at, gatehouse.ChallengeForm{Question: "pet", Answer: answer, CurrentPassword: words(set)})
		})
		step("accepting the terms", gatehouse.StepSoleUser, func(int) (signin.Outcome, error) { return s.SignIn.AcceptTerms(ctx, st, at, yesForm(st)) })
		_, out := step("the last step", gatehouse.StepDone, func(int) (signin.Outcome, error) { return s.SignIn.AnswerSoleUser(ctx, st, at, "yes") })
		sessions, err := s.Store.Read().CountSessionsOf(ctx, u.SiteID, u.ID, s.Clock.Now())
		if err != nil || sessions != 1 || !s.alive(st, out.Session) {
			t.Errorf("%d sessions, %v", sessions, err)
		}
		if a, err := s.Store.Read().Acceptances(ctx, u.SiteID, u.ID); err != nil || len(a) != 1 {
			t.Errorf("the terms were accepted %d times (%v)", len(a), err)
		}
		for _, kind := range []string{"password-changed", "challenge-changed", "terms-receipt"} {
			if got := strings.Count(s.mails(u), kind); got != 1 {
				t.Errorf("%d mails %s", got, kind)
			}
		}
	})
}

// The password changed many times at the same instant, in one session and in many: one
// wins, the others are told, and one password works.
func TestPasswordsChangedAtTheSameInstant(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, sessions := range []int{1, many} {
			u := s.addUser(fmt.Sprint("torn-", sessions), nil)
			var ins []signin.In
			for range sessions {
				ins = append(ins, s.open(u, first, ""))
			}
			s.Clock.Add(time.Second)
			outs := make([]signin.Outcome, many)
			winner := s.won(fmt.Sprint("in ", sessions, " sessions"), atOnce(func(i int) (err error) {
				outs[i], err = s.SignIn.ChangePassword(ctx, s.uk(), ins[i%sessions], signin.NewPassword{Old: first, New: words(i), Repeat: words(i)})
				return err
			}), "no-session", "fields")
			if !s.alive(s.uk(), outs[winner].Session) {
				t.Error("the session of who won is over")
			}
			if n, err := s.Store.Read().CountSessionsOf(ctx, u.SiteID, u.ID, s.Clock.Now()); err != nil || n != 1 {
				t.Errorf("%d sessions go on, %v", n, err)
			}
			s.works(u, words, winner)
		}
	})
}

// The three newest links are valid, even if many are requested at the same instant.
func TestLinksAskedForAtTheSameInstant(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.reader("eager", nil)
		for _, err := range atOnce(func(int) error { return s.SignIn.SendResetLink(ctx, s.press(), visitor(s.press()), u.Email) }) {
			s.must(err)
		}
		good := 0
		for _, m := range s.sent(u.Email) {
			for _, address := range m.Links() {
				if _, token, ok := strings.Cut(address, "/reset-password?token="); ok {
					if _, err := s.SignIn.ResetLink(ctx, s.press(), token); err == nil {
						good++
					}
				}
			}
		}
		if good != 3 {
			t.Errorf("%d of %d links work", good, many)
		}
	})
}

// A step while an administrator resets, deactivates or locks: in either order, no session is left
// when both have returned (invariants 4 and 5).
func TestAStepWhileTheAccountIsClosed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for n := range 9 {
			u := s.due(fmt.Sprint("closing-", n), gatehouse.StepTerms)
			at := s.at(s.uk(), s.begin(u, first, "", gatehouse.StepTerms))
			s.write(func(q store.Queries) error { return q.AnswerSoleUser(ctx, u.SiteID, u.ID, s.uk().TermsVersion, true) })
			var session string
			var both sync.WaitGroup
			both.Go(func() {
				out, _ := s.SignIn.AcceptTerms(ctx, s.uk(), at, yesForm(s.uk()))
				session = out.Session
			})
			both.Go(func() {
				var err error
				switch n % 3 {
				case 0:
					_, err = s.desk.ResetPassword(ctx, s.uk(), operator, u.ID)
				case 1:
					err = s.desk.Deactivate(ctx, s.uk(), operator, u.ID)
				case 2:
					err = s.Store.Write(ctx, func(q store.Queries) error {
						_, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByOperator, s.Clock.Now())
						return errors.Join(err, endLocked(ctx, q, u))
					})
				}
				if err != nil {
					t.Error(err)
				}
			})
			both.Wait()
			if session != "" && s.alive(s.uk(), session) || s.step(s.uk(), at.SignIn) != "" {
				t.Fatalf("%d: a session or a sign-in goes on", n)
			}
		}
	})
}
