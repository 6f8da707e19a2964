package signin_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

const (
	phrase = "a kestrel over the moor"
	other  = "two herons in the marsh"
)

func (s *stage) reader(name string, change func(*gatehouse.User)) gatehouse.User {
	return s.AddUser("inkwell", name+"@northgate.example", first, change)
}

func (s *stage) useLink(token, password string) error {
	return s.SignIn.ResetPassword(ctx, s.press(), visitor(s.press()), token, signin.NewPassword{New: password, Repeat: password})
}

// C03: a link works once, opening it does not use it up, and the new password works at once.
func TestC03AResetLink(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.press(), s.reader("reader", nil)
		one, two := s.open(u, first, ""), s.open(u, first, "")
		bystander := s.reader("bystander", nil)
		theirs, their := s.open(bystander, first, ""), s.link(bystander.Email)
		token := s.link(u.Email)
		s.Clock.Add(time.Minute)
		before := s.User(u)
		for range 50 {
			if got, err := s.SignIn.ResetLink(ctx, st, token); err != nil || got.ID != u.ID {
				t.Fatalf("opened: %s, %v", got.Username, err)
			}
		}
		if s.User(u) != before || !s.alive(st, one.Session) || !s.alive(st, two.Session) {
			t.Fatal("opening the link changed something")
		}
		for _, bad := range []struct{ new, repeat, want string }{
			{"", "", "new_password required"},
			{phrase, "", "repeat_password required"},
			{phrase, other, "repeat_password mismatch"},
			{first, first, "new_password password-same"},
			{"password", "password", "new_password password-length, new_password password-common"},
			{u.Username, u.Username, "new_password password-context"},
			{strings.Repeat("herons ", 37), strings.Repeat("herons ", 37), "new_password password-too-long"},
		} {
			err := s.SignIn.ResetPassword(ctx, st, visitor(st), token, signin.NewPassword{New: bad.new, Repeat: bad.repeat})
			s.faulty(bad.new, err, bad.want)
		}
		s.must(s.useLink(token, phrase))
		for _, dead := range []signin.In{one, two} {
			if s.alive(st, dead.Session) {
				t.Error("a session of before is alive")
			}
		}
		if !s.alive(st, theirs.Session) {
			t.Error("somebody else's session ended")
		}
		if _, err := s.SignIn.ResetLink(ctx, st, their); err != nil {
			t.Errorf("somebody else's link: %v", err)
		}
		_, err := s.SignIn.ResetLink(ctx, st, token)
		s.refused("opened after its use", err, gatehouse.Gone, signin.ReasonLinkOver)
		s.refused("used twice", s.useLink(token, other), gatehouse.Gone, signin.ReasonLinkOver)
		_, err = s.enter(u, first, one.Device)
		s.refused("the old password", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		s.open(u, phrase, one.Device)
		if got, want := s.mails(u), "new-device new-device reset-link password-changed new-device"; got != want {
			t.Errorf("mails %q, want %q (a reset makes every browser a stranger's)", got, want)
		}
	})
}

// Every invalid link says so, for any reason.
func TestC03ALinkThatIsOver(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for name, happens := range map[string]func(u gatehouse.User){
			"outnumbered": func(u gatehouse.User) { s.link(u.Email); s.link(u.Email); s.link(u.Email) },
			"expired":     func(gatehouse.User) { s.Clock.Add(time.Hour) },
			"deactivated": func(u gatehouse.User) { s.must(s.desk.Deactivate(ctx, s.press(), operator, u.ID)) },
			"locked": func(u gatehouse.User) {
				s.write(func(q store.Queries) error {
					_, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByAdministrator, s.Clock.Now())
					return err
				})
			},
			"reset": func(u gatehouse.User) { _, err := s.desk.ResetPassword(ctx, s.press(), operator, u.ID); s.must(err) },
			"changed": func(u gatehouse.User) {
				_, err := s.SignIn.ChangePassword(ctx, s.press(), s.open(u, first, ""), signin.NewPassword{Old: first, New: phrase, Repeat: phrase})
				s.must(err)
			},
			"question": func(u gatehouse.User) {
				s.must(s.SignIn.SetChallenge(ctx, s.press(), s.open(u, first, ""), gatehouse.ChallengeForm{Question: "pet", Answer: answer, CurrentPassword: first}))
			},
		} {
			u := s.reader(name, nil)
			token := s.link(u.Email)
			s.Clock.Add(time.Second)
			happens(u)
			before := s.User(u)
			_, err := s.SignIn.ResetLink(ctx, s.press(), token)
			s.refused(name+", opened", err, gatehouse.Gone, signin.ReasonLinkOver)
			s.refused(name+", used", s.useLink(token, other), gatehouse.Gone, signin.ReasonLinkOver)
			if s.User(u) != before {
				t.Errorf("%s: the account was changed", name)
			}
		}
		u := s.reader("traveller", nil)
		token := s.link(u.Email)
		_, err := s.SignIn.ResetLink(ctx, s.uk(), token)
		s.refused("on another site", err, gatehouse.Gone, signin.ReasonLinkOver)
		s.refused("as a recovery by challenge", s.answer(token, answer), gatehouse.Gone, signin.ReasonRecoveryOver)
		for _, none := range []string{"", "invented"} {
			s.refused("no token", s.useLink(none, phrase), gatehouse.Gone, signin.ReasonLinkOver)
		}
		s.must(s.useLink(s.link(u.Email), phrase))
	})
}

// A08: a reset ends a lock by attempts.
func TestC03AResetUnlocks(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.reader("locked", nil)
		s.write(func(q store.Queries) error {
			_, err := q.LockUser(ctx, u.SiteID, u.ID, gatehouse.LockedByTotal, s.Clock.Now())
			return err
		})
		s.must(s.useLink(s.link(u.Email), phrase))
		if s.User(u).Locked() || s.mails(u) != "reset-link unlocked password-changed" {
			t.Errorf("locked %v, mails %q", s.User(u).Locked(), s.mails(u))
		}
		s.open(u, phrase, "")
	})
}

// Invariant 7: a request for a link gets the same response for any address, in any spelling;
// nothing is sent if there is nothing to recover.
func TestStrangersLearnNothingFromALink(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		lock := func(reason gatehouse.LockReason) func(*gatehouse.User) {
			return func(u *gatehouse.User) { u.LockedAt, u.LockReason = s.Clock.Now(), reason }
		}
		silent := []gatehouse.User{
			s.reader("gone", func(u *gatehouse.User) { u.State = gatehouse.Deactivated }),
			s.reader("kept-out", lock(gatehouse.LockedByAdministrator)), s.reader("shut-out", lock(gatehouse.LockedByOperator)),
			{Email: "nobody@northgate.example"}, {Email: "nobody@xn--bcher-kva.example"},
		}
		for _, u := range silent {
			for _, typed := range []string{u.Email, strings.ToUpper(u.Email), "  " + u.Email + "\u00a0"} {
				if err := s.SignIn.SendResetLink(ctx, s.press(), visitor(s.press()), typed); err != nil {
					t.Errorf("%q: %v", typed, err)
				}
			}
			if m := s.sent(u.Email); len(m) != 0 {
				t.Errorf("%s was sent %q", u.Email, m[0].Subject)
			}
		}
		told := s.reader("known", nil)
		for _, typed := range []string{strings.ToUpper(told.Email), " " + told.Email + " "} {
			s.must(s.SignIn.SendResetLink(ctx, s.press(), visitor(s.press()), typed))
		}
		if m := s.sent(told.Email); len(m) != 2 {
			t.Errorf("%d mails to who has an account", len(m))
		}
		for typed, want := range map[string]string{"": "email required", " ": "email required", "reader": "email email", "a\x00@b.example": "email character",
			strings.Repeat("x", 255): "email too-long"} {
			s.faulty(typed, s.SignIn.SendResetLink(ctx, s.press(), visitor(s.press()), typed), want)
		}
	})
}
