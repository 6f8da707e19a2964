package signin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// A11, B13: everything that is wrong with a new password is reported at once, at its field, and
// the step stays due.
func TestA11WhatIsWrongWithANewPassword(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.due("JohnSmith@mycompany.com", gatehouse.StepPassword)
		at := s.at(s.uk(), s.begin(u, first, "", gatehouse.StepPassword))
		for _, test := range []struct{ name, old, new, repeat, want string }{
			{"nothing typed", "", "", "", "old_password required, new_password required"},
			{"not repeated", first, second, "", "repeat_password required"},
			{"repeated otherwise", first, second, second + " ", "repeat_password mismatch"},
			{"the old one missing", "", second, second, "old_password required"},
			{"the old one wrong", wrong, second, second, "old_password password-wrong"},
			{"the old one", first, first, first, "new_password password-same"},
			{"a part of the username", first, "Johnsmith3", "Johnsmith3", "new_password password-username, new_password password-common"},
			{"another part, inside", first, "x-MyCompany-7", "x-MyCompany-7", "new_password password-username"},
			{"the whole username", first, "JohnSmith@mycompany.com1", "JohnSmith@mycompany.com1", "new_password password-username"},
			{"all rules at once", first, "john", "john",
				"new_password password-length, new_password password-upper, new_password password-digit, new_password password-username, new_password password-common"},
			{"all rules, both fields and the old one", wrong, "smith!", "x",
				"old_password password-wrong, repeat_password mismatch, new_password password-length, new_password password-upper, new_password password-digit, new_password password-username, new_password password-common"},
			{"common", first, "Password1", "Password1", "new_password password-common"},
			{"six characters", first, "Abc4ef", "Abc4ef", "new_password password-length"},
			{"too long", first, "Aa1" + strings.Repeat("x", 254), "Aa1" + strings.Repeat("x", 254), "new_password password-too-long"},
			{"a NUL", first, "Abcd\x00efg1", "Abcd\x00efg1", "new_password password-character"},
			{"no text", first, "Abcd\xffefg1", "Abcd\xffefg1", "new_password password-character"},
		} {
			_, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, signin.NewPassword{Old: test.old, New: test.new, Repeat: test.repeat})
			if test.old == wrong { // so the table does not end the sign-in early
				s.write(func(q store.Queries) error { return q.UncountSignInWrong(ctx, u.SiteID, s.signInID(at)) })
			}
			s.faulty(test.name, err, test.want)
		}
		backwards := "htimSnhoJ7"
		if out, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, signin.NewPassword{Old: first, New: backwards, Repeat: backwards}); err != nil || out.Step != gatehouse.StepDone {
			t.Fatalf("the username backwards: %+v, %v", out, err)
		}
		s.open(u, backwards, "")
	})
}

func (s *stage) signInID(at signin.At) string {
	s.t.Helper()
	facts, _, err := s.SignIn.InProgress(ctx, s.uk(), at.SignIn)
	s.must(err)
	return facts.SignIn.ID
}

// A11: none of the last five, by any way to a new password; temporary ones in between do not
// count, and do not push out old ones.
func TestA11NoneOfTheLastFivePasswords(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("historian", nil)
		word := func(n int) string { return fmt.Sprintf("Number-%d-Word", n) }
		in, now := s.open(u, first, ""), first
		change := func(to string) error {
			s.Clock.Add(time.Minute)
			out, err := s.SignIn.ChangePassword(ctx, s.uk(), in, signin.NewPassword{Old: now, New: to, Repeat: to})
			if err == nil {
				in.Session, now = out.Session, to
			}
			return err
		}
		for n := range 5 { // first, 0, 1, 2, 3, 4: six in all
			s.must(change(word(n)))
		}
		s.faulty("the present one", change(word(4)), "new_password password-same")
		for n := range 4 {
			s.faulty("one of the last five", change(word(n)), "new_password password-history")
		}
		s.faulty("in another Unicode form it is no other one", change("Ｎumber-1-Word"), "")
		s.must(change(word(5)))
		s.must(change(word(1))) // the last five were 5, N, 4, 3, 2: it was the sixth
		var issued string
		for range 3 { // resets do not push any of them out
			s.Clock.Add(time.Minute)
			_, err := s.desk.ResetPassword(ctx, s.uk(), operator, u.ID)
			s.must(err)
			issued = s.mailedPassword(u)
		}
		at := s.at(s.uk(), s.begin(u, issued, "", gatehouse.StepPassword))
		choose := func(to string) error {
			s.Clock.Add(time.Minute)
			_, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, signin.NewPassword{Old: issued, New: to, Repeat: to})
			return err
		}
		for _, n := range []int{1, 5, 4, 3} {
			s.faulty("one of the last five, after resets", choose(word(n)), "new_password password-history")
		}
		s.faulty("the temporary one", choose(issued), "new_password password-same")
		s.must(choose(word(2)))
		s.open(u, word(2), "")
	})
}

// Five wrong old passwords end the sign-in, whatever else is typed; four do not.
func TestWrongOldPasswordsEndTheSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, step := range []gatehouse.Step{gatehouse.StepPassword, gatehouse.StepChallenge} {
			field := map[gatehouse.Step]string{gatehouse.StepPassword: "old_password", gatehouse.StepChallenge: "current_password"}[step]
			post := func(at signin.At, old string) error {
				var err error
				if step == gatehouse.StepPassword {
					_, err = s.SignIn.ChoosePassword(ctx, s.uk(), at, signin.NewPassword{Old: old, New: second, Repeat: second})
				} else {
					_, err = s.SignIn.SetFirstChallenge(ctx, s.uk(), at, gatehouse.ChallengeForm{Question: "pet", Answer: answer, CurrentPassword: old})
				}
				return err
			}
			u := s.due(fmt.Sprint("hasty-", len(field)), step)
			at := s.at(s.uk(), s.begin(u, first, "", step))
			for range 4 {
				s.faulty("a wrong old password", post(at, wrong), field+" password-wrong")
				s.faulty("none is not counted", post(at, ""), field+" required")
			}
			if s.step(s.uk(), at.SignIn) != step {
				t.Fatal("four wrong ones ended the sign-in")
			}
			s.refused("the fifth wrong one", post(at, wrong), gatehouse.Unauthenticated, "no-sign-in")
			s.refused("the right one after five", post(at, first), gatehouse.Unauthenticated, "no-sign-in")
			if s.step(s.uk(), at.SignIn) != "" {
				t.Error("the sign-in is there after five wrong ones")
			}
			at = s.at(s.uk(), s.begin(u, first, at.Device, step)) // again, in this browser
			for range 4 {
				s.faulty("a wrong old password", post(at, wrong), field+" password-wrong")
			}
			s.must(post(at, first))
		}
	})
}

// E50: a temporary password that expires while its new one is typed no longer works, and its owner
// is told why.
func TestATemporaryPasswordThatExpiresInBetween(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.newcomer("meridian-uk", "late")
		s.Clock.Add(24*time.Hour - time.Minute)
		at := s.at(s.uk(), s.begin(u, first, "", gatehouse.StepPassword))
		s.Clock.Add(time.Minute)
		_, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, chosen)
		s.refused("a minute too late", err, gatehouse.Unauthenticated, signin.ReasonTemporaryExpired)
		_, err = s.enter(u, first, at.Device)
		s.refused("to sign in", err, gatehouse.Unauthenticated, signin.ReasonTemporaryExpired)
		if s.User(u).Password != s.browserless(u) || s.mails(u) != "" {
			t.Errorf("%+v, mails %q", s.User(u).Password, s.mails(u))
		}
	})
}

// browserless returns a user's password as issued, with who used it.
func (s *stage) browserless(u gatehouse.User) gatehouse.Password {
	w := u.Password
	w.UsedBy = s.User(u).Password.UsedBy
	return w
}

// Invariant 2: a temporary password opens one sign-in. It can be restarted in the browser that
// began it, which ends what it opened before.
func TestATemporaryPasswordBelongsToOneBrowser(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.newcomer("meridian-uk", "mover")
		one := s.begin(u, first, "", gatehouse.StepPassword)
		for _, other := range []string{"", "another browser"} {
			_, err := s.enter(u, first, other)
			s.refused("a second browser", err, gatehouse.Unauthenticated, signin.ReasonTemporaryUsed)
			_, err = s.enter(u, wrong, other)
			s.refused("a wrong password says nothing of it", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		}
		if s.step(st, one.SignIn) != gatehouse.StepPassword {
			t.Fatal("a second browser ended the first one's sign-in")
		}
		s.Clock.Add(2 * time.Hour)
		two := s.begin(u, first, one.Device, gatehouse.StepPassword)
		if two.Device != one.Device || s.step(st, one.SignIn) != "" {
			t.Errorf("begun again: browser %v, the first one is at %q", two.Device == one.Device, s.step(st, one.SignIn))
		}
		_, err := s.SignIn.ChoosePassword(ctx, st, s.at(st, one), chosen)
		s.refused("the first one", err, gatehouse.Unauthenticated, "no-sign-in")
		out, err := s.SignIn.ChoosePassword(ctx, st, s.at(st, two), chosen)
		if err != nil || out.Step != gatehouse.StepChallenge {
			t.Fatalf("%+v, %v", out, err)
		}
		for _, browser := range []string{"", one.Device} {
			_, err = s.enter(u, first, browser)
			s.refused("the temporary password after the new one", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		}
		if s.begin(u, second, "any", gatehouse.StepChallenge); s.step(st, two.SignIn) != gatehouse.StepChallenge {
			t.Error("signing in with the chosen password ended what goes on elsewhere")
		}
	})
}

// In a shared browser, a colleague may sign in before the new password is chosen. The browser then
// gets another token, and the temporary password moves to it: it would work nowhere else.
func TestATemporaryPasswordStaysWithASharedBrowser(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, colleague := s.newcomer("meridian-uk", "mover"), s.addUser("colleague", nil)
		one := s.begin(u, first, "", gatehouse.StepPassword)
		in := s.open(colleague, first, one.Device)
		if in.Device == one.Device {
			t.Fatal("the colleague's browser kept a token that the colleague was not known by")
		}
		_, err := s.enter(u, first, one.Device)
		s.refused("the token from before", err, gatehouse.Unauthenticated, signin.ReasonTemporaryUsed)
		out, err := s.SignIn.ChoosePassword(ctx, s.uk(), s.at(s.uk(), s.begin(u, first, in.Device, gatehouse.StepPassword)), chosen)
		if err != nil || out.Step != gatehouse.StepChallenge {
			t.Errorf("the new password: %+v, %v", out, err)
		}
	})
}

// ASVS 6.3.5: the owner is told of a device's first sign-in, unless it is the account's first.
func TestWhenANewDeviceIsTold(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.AddUser("inkwell", "reader@northgate.example", first, func(u *gatehouse.User) { u.FirstSignInAt = time.Time{} })
		told := func(what string, want int) {
			t.Helper()
			s.Clock.Add(time.Minute)
			if got := strings.Count(s.mails(u), "new-device"); got != want {
				t.Fatalf("%s: told %d times, want %d", what, got, want)
			}
		}
		one := s.open(u, first, "")
		told("the account's first sign-in", 0)
		s.open(u, first, one.Device)
		told("the same browser again", 0)
		two := s.open(u, first, "")
		told("a second browser", 1)
		s.open(u, first, two.Device)
		s.open(u, first, one.Device)
		told("both again", 1)
		s.open(u, first, "a cookie that somebody invented")
		told("a cookie that nobody knows", 2)
		if _, err := s.enter(u, wrong, ""); err == nil {
			t.Fatal("a wrong password")
		}
		told("a wrong password in a new browser", 2)
	})
}
