package signin_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// A10: the session that changes the password continues under a new token, this device stays known,
// and everything else that was open for the user ends (invariant 5).
func TestA10ChangingThePassword(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.asked(s.addUser("changer", nil))
		in, elsewhere := s.open(u, first, ""), s.open(u, first, "")
		s.write(func(q store.Queries) error { return q.AcceptTerms(ctx, u.SiteID, u.ID, "2020-01") })
		half := s.begin(u, first, in.Device, gatehouse.StepTerms)
		s.write(func(q store.Queries) error { return q.AcceptTerms(ctx, u.SiteID, u.ID, st.TermsVersion) })
		recovery := s.recovery(u.Username, u.Email)
		s.Clock.Add(2 * time.Minute)
		change := func(in signin.In, old, new, repeat string) (signin.Outcome, error) {
			return s.SignIn.ChangePassword(ctx, st, in, signin.NewPassword{Old: old, New: new, Repeat: repeat})
		}
		for _, bad := range []struct{ old, new, repeat, want string }{
			{"", "", "", "current_password required, new_password required"},
			{wrong, "x", "y", "current_password password-wrong, repeat_password mismatch, new_password password-length, new_password password-upper, new_password password-digit"},
			{first, first, first, "new_password password-same"},
			{first, "My-Changer-99", "My-Changer-99", "new_password password-username"},
			{wrong, second, second, "current_password password-wrong"},
		} {
			_, err := change(in, bad.old, bad.new, bad.repeat)
			s.faulty(bad.new, err, bad.want)
		}
		if !s.alive(st, in.Session) || !s.alive(st, elsewhere.Session) || s.step(st, half.SignIn) == "" || s.asks(recovery) != "pet 3" {
			t.Fatal("a change that did not work ended something")
		}
		id := s.session(in).ID
		out, err := change(in, first, second, second)
		s.must(err)
		if s.alive(st, in.Session) || s.alive(st, elsewhere.Session) || s.step(st, half.SignIn) != "" || s.asks(recovery) != "over" {
			t.Error("something of before goes on")
		}
		renewed := signin.In{Session: out.Session, Device: out.Device, Caller: in.Caller}
		if out.Device != in.Device || s.session(renewed).ID != id {
			t.Errorf("the session goes on as %+v", out)
		}
		_, err = change(in, second, other, other)
		s.refused("with the token of before", err, gatehouse.Unauthenticated, "no-session")
		_, err = s.enter(u, first, in.Device)
		s.refused("the old password", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		count := len(s.mails(u))
		s.open(u, second, in.Device)
		if len(s.mails(u)) != count {
			t.Error("this browser is no longer known")
		}
		s.open(u, second, elsewhere.Device)
		if got, want := s.mails(u), "new-device challenge-changed new-device new-device password-changed new-device"; got != want {
			t.Errorf("mails %q, want %q", got, want)
		}
	})
}

func (s *stage) session(in signin.In) signin.Session {
	s.t.Helper()
	ses, err := s.SignIn.Session(ctx, s.uk(), in.Session)
	s.must(err)
	return ses
}

// Somebody at an unattended screen has no more guesses at the password than at the sign-in page,
// in any form. The sixth wrong one locks the account and ends the session.
func TestGuessingInAnOpenSession(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for name, guess := range map[string]func(in signin.In, password string) error{
			"confirm": func(in signin.In, password string) error { return s.SignIn.Confirm(ctx, s.uk(), in, password) },
			"change": func(in signin.In, password string) error {
				_, err := s.SignIn.ChangePassword(ctx, s.uk(), in, signin.NewPassword{Old: password, New: "Another-1-Word", Repeat: "Another-1-Wurd"})
				return err
			},
			"question": func(in signin.In, password string) error {
				return s.SignIn.SetChallenge(ctx, s.uk(), in, gatehouse.ChallengeForm{Question: "pet", Answer: "x", CurrentPassword: password})
			},
		} {
			rest := map[string]string{"change": ", repeat_password mismatch", "question": ""}[name]
			before := map[string]string{"question": "answer answer-short, "}[name]
			u := s.addUser("guessed-"+name, nil)
			in, elsewhere := s.open(u, first, ""), s.open(u, first, "")
			guesses := func(n int) {
				for range n {
					s.faulty(name+", a wrong one", guess(in, wrong), before+"current_password password-wrong"+rest)
				}
				s.faulty(name+", none", guess(in, ""), before+"current_password required"+rest)
			}
			guesses(5)
			if !s.alive(s.uk(), in.Session) || s.User(u).Locked() {
				t.Fatalf("%s: five wrong ones locked", name)
			}
			if got := faultsOf(guess(in, first)); got == before+"current_password password-wrong"+rest {
				t.Fatalf("%s: the right one is refused: %q", name, got)
			}
			guesses(5)
			s.refused(name+", the sixth in a row", guess(in, wrong), gatehouse.Unauthenticated, "no-session")
			if u := s.User(u); u.LockReason != gatehouse.LockedByAttempts || s.alive(s.uk(), in.Session) || s.alive(s.uk(), elsewhere.Session) {
				t.Errorf("%s: locked by %q, sessions %v %v", name, u.LockReason, s.alive(s.uk(), in.Session), s.alive(s.uk(), elsewhere.Session))
			}
			s.refused(name+", afterwards", guess(in, first), gatehouse.Unauthenticated, "no-session")
			if got := s.mails(u); got != "new-device new-device locked" {
				t.Errorf("%s: the owner was told %q", name, got)
			}
		}
	})
}

// A stranger's lockout does not affect the owner's open session, and the guesses of both do not
// add up.
func TestAStrangersLockoutDoesNotHinderASession(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("owner", nil)
		in := s.open(u, first, "")
		for range 8 {
			if _, err := s.enter(u, wrong, ""); err == nil {
				t.Fatal("a wrong password")
			}
		}
		_, err := s.enter(u, first, "")
		s.refused("a stranger with the right password", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		for range 5 {
			s.faulty("a slip", s.SignIn.Confirm(ctx, s.uk(), in, wrong), "current_password password-wrong")
		}
		s.must(s.SignIn.Confirm(ctx, s.uk(), in, first))
		out, err := s.SignIn.ChangePassword(ctx, s.uk(), in, signin.NewPassword{Old: first, New: second, Repeat: second})
		s.must(err)
		s.must(s.SignIn.Confirm(ctx, s.uk(), signin.In{Session: out.Session, Device: out.Device, Caller: in.Caller}, second))
	})
}

// A07: the new question is asked from then on, and setting it requires the password.
func TestA07SettingTheQuestion(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.addUser("asker", nil)
		in := s.open(u, first, "")
		if _, err := s.SignIn.Challenge(ctx, st, u.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Fatalf("a question that nobody set: %v", err)
		}
		set := func(question, own, answer, password string) error {
			return s.SignIn.SetChallenge(ctx, st, in, gatehouse.ChallengeForm{Question: question, Own: own, Answer: answer, CurrentPassword: password})
		}
		s.faulty("everything wrong", set("", "", "Mira", wrong), "question required, answer answer-known, current_password password-wrong")
		s.faulty("the password as the answer", set("pet", "", "FIRST-password-1", first), "answer answer-password")
		s.faulty("the username", set("pet", "", "asker", first), "answer answer-known")
		s.must(set("own", "  Which boat did we hire? ", "The Gannet", first))
		if c, err := s.SignIn.Challenge(ctx, st, u.ID); err != nil || c.Question != "" || c.Own != "Which boat did we hire?" || c.SetAt != s.Clock.Now() {
			t.Errorf("%+v, %v", c, err)
		}
		s.must(set("pet", "left over", answer, first))
		if c, err := s.SignIn.Challenge(ctx, st, u.ID); err != nil || c.Question != "pet" || c.Own != "" {
			t.Errorf("%+v, %v", c, err)
		}
		if !s.alive(st, in.Session) || s.mails(u) != "new-device challenge-changed challenge-changed" {
			t.Errorf("session %v, mails %q", s.alive(st, in.Session), s.mails(u))
		}
		token := s.recovery(u.Username, u.Email)
		s.faulty("the answer of before", s.answer(token, "The Gannet"), "answer answer-wrong 2")
		// Somebody who can write to the database cannot copy an answer from one account to
		// another.
		victim := s.asked(s.addUser("victim", nil))
		s.write(func(q store.Queries) error {
			c, sealed, err := q.Challenge(ctx, st.ID, u.ID)
			if err != nil {
				return err
			}
			return q.SetChallenge(ctx, st.ID, victim.ID, c, sealed)
		})
		s.faulty("an answer from another row", s.answer(s.recovery(victim.Username, victim.Email), answer), "answer answer-wrong 2")
		s.must(s.answer(token, answer))
		if err := set("pet", "", "Rex", first); gatehouse.KindOf(err) != gatehouse.Unauthenticated {
			t.Errorf("in a session that is over: %v", err)
		}
	})
}

// Without the present password, nobody is told whether a password is an old one: that would allow
// uncounted guesses. And it costs the server no hash.
func TestOldPasswordsAreToldToNobodyElse(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.addUser("watched", nil)
		in := s.open(u, first, "")
		out, err := s.SignIn.ChangePassword(ctx, s.uk(), in, signin.NewPassword{Old: first, New: second, Repeat: second})
		s.must(err)
		in.Session = out.Session
		s.Clock.Add(time.Second)
		for _, old := range []string{"", "Wrong-Guess-1"} {
			_, err := s.SignIn.ChangePassword(ctx, s.uk(), in, signin.NewPassword{Old: old, New: first, Repeat: first})
			var e *gatehouse.Error
			if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Field != "current_password" {
				t.Errorf("with %q as the present password: %+v", old, err)
			}
		}
	})
}

// A device token that is not known for the user is replaced: somebody may have planted it. Others
// who share the browser stay known on it.
func TestADevicesTokenIsNotTakenFromStrangers(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		owner, guest := s.addUser("owner", nil), s.addUser("guest", nil)
		shared := s.open(owner, first, "planted").Device
		if shared == "planted" {
			t.Fatal("a planted token is the owner's from now on")
		}
		both := s.open(guest, first, shared).Device
		if both == shared {
			t.Error("the guest is known by a token that the owner had")
		}
		if again := s.open(owner, first, both).Device; again != both {
			t.Error("the owner is no longer known in the own browser")
		}
	})
}
