package signin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// asks returns a recovery's question and how many answers it accepts, in words.
func (s *stage) asks(token string) string {
	s.t.Helper()
	r, err := s.SignIn.Recovery(ctx, s.uk(), token)
	if gatehouse.KindOf(err) == gatehouse.Gone {
		return "over"
	}
	s.must(err)
	return fmt.Sprint(r.Question, r.Own, " ", r.Left)
}

// A07: from the forgotten password to a new one, with everything that ends on the way (invariant
// 5).
func TestA07ARecoveryByChallengeQuestion(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.asked(s.addUser("forgetful", nil))
		known := s.open(u, first, "")
		half := s.due("other", gatehouse.StepTerms) // of another user: it does not end
		others := s.begin(half, first, "", gatehouse.StepTerms)
		othersSession := s.open(s.addUser("bystander", nil), first, "")
		s.write(func(q store.Queries) error { return q.AcceptTerms(ctx, u.SiteID, u.ID, "2020-01") })
		mine := s.begin(u, first, known.Device, gatehouse.StepTerms)
		abandoned := s.recovery(u.Username, u.Email)
		token := s.recovery("  FORGETFUL ", strings.ToUpper(u.Email))
		if got := s.asks(token); got != "pet 3" {
			t.Fatalf("the question: %q", got)
		}
		s.faulty("no answer", s.answer(token, "  "), "answer required")
		s.faulty("a novel", s.answer(token, strings.Repeat("x", 101)), "answer answer-long")
		s.faulty("a wrong answer", s.answer(token, "Rex"), "answer answer-wrong 2")
		if s.asks(token) != "pet 2" || !s.alive(st, known.Session) || s.step(st, mine.SignIn) == "" {
			t.Fatal("a wrong answer changed something")
		}
		s.Clock.Add(time.Minute)
		s.must(s.answer(token, "  tibbles   THE cat"))
		s.refused("answered twice", s.answer(token, answer), gatehouse.Gone, signin.ReasonRecoveryOver)
		if s.alive(st, known.Session) || s.step(st, mine.SignIn) != "" || s.asks(abandoned) != "over" {
			t.Errorf("session %v, sign-in at %q, the other recovery %q", s.alive(st, known.Session), s.step(st, mine.SignIn), s.asks(abandoned))
		}
		if !s.alive(st, othersSession.Session) || s.step(st, others.SignIn) != gatehouse.StepTerms {
			t.Error("somebody else's session or sign-in ended with it")
		}
		_, err := s.enter(u, first, known.Device)
		s.refused("the old password", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		if !strings.HasSuffix(s.mails(u), " temporary-password") || strings.Contains(s.mails(u), "unlocked") {
			t.Errorf("mails %q", s.mails(u))
		}
		issued := s.mailedPassword(u)
		out := s.begin(u, issued, "", gatehouse.StepPassword)
		out, err = s.SignIn.ChoosePassword(ctx, st, s.at(st, out), signin.NewPassword{Old: issued, New: second, Repeat: second})
		if err != nil || out.Step != gatehouse.StepTerms {
			t.Fatalf("%+v, %v", out, err)
		}
		if strings.Contains(s.Log.String(), issued) || strings.Contains(s.Log.String(), answer) {
			t.Error("a secret is in the log")
		}
	})
}

// Invariant 7: somebody who cannot be recovered sees a question like everybody else, the same one
// every time, and gets the same responses.
func TestA07StrangersLearnNothingFromARecovery(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		ask := func(name string, change func(q store.Queries, u gatehouse.User) error) gatehouse.User {
			u := s.asked(s.addUser(name, nil))
			if change != nil {
				s.write(func(q store.Queries) error { return change(q, u) })
			}
			return u
		}
		lock := func(reason gatehouse.LockReason) func(store.Queries, gatehouse.User) error {
			return func(q store.Queries, u gatehouse.User) error {
				_, err := q.LockUser(ctx, u.SiteID, u.ID, reason, s.Clock.Now())
				return err
			}
		}
		some := ask("some", nil)
		own := ask("own", nil)
		in := s.open(own, first, "")
		s.must(s.SignIn.SetChallenge(ctx, s.uk(), in, gatehouse.ChallengeForm{Question: gatehouse.OwnQuestion,
			Own: "Which boat did we hire?", Answer: answer, CurrentPassword: first}))
		gone := ask("gone", func(q store.Queries, u gatehouse.User) error {
			return q.SetUserState(ctx, u.SiteID, u.ID, gatehouse.Deactivated)
		})
		unreachable := ask("unreachable", func(q store.Queries, u gatehouse.User) error {
			u.Email = ""
			return q.UpdateProfile(ctx, u, time.Time{})
		})
		never := s.addUser("never", nil) // has no question
		cases := map[string][2]string{
			"nobody": {"nobody", "nobody@northgate.example"}, "nobody, with somebody's address": {"nobody-else", some.Email},
			"wrong address": {some.Username, "other@northgate.example"}, "own question, wrong address": {own.Username, some.Email},
			"no question": {never.Username, never.Email}, "deactivated": {gone.Username, gone.Email},
			"administrator": {ask("kept-out", lock(gatehouse.LockedByAdministrator)).Username, "kept-out@northgate.example"},
			"operator":      {ask("shut-out", lock(gatehouse.LockedByOperator)).Username, "shut-out@northgate.example"},
			"no address":    {unreachable.Username, "unreachable@northgate.example"},
			"another site":  {s.AddUser("meridian-au", "abroad", first, nil).Username, "abroad@northgate.example"},
		}
		before := len(s.sent("")) + len(s.Mail.All())
		questions := map[string]string{}
		for name, who := range cases {
			token := s.recovery(who[0], who[1])
			questions[name] = s.asks(token)
			house := false
			for _, id := range gatehouse.ChallengeQuestions {
				house = house || questions[name] == id+" 3"
			}
			if !house {
				t.Errorf("%s is asked %q", name, questions[name])
			}
			s.faulty(name, s.answer(token, answer), "answer answer-wrong 2")
			s.faulty(name, s.answer(token, "Tibbles"), "answer answer-wrong 1")
			s.refused(name, s.answer(token, answer), gatehouse.Gone, signin.ReasonRecoveryOver)
			s.refused(name+", once more", s.answer(token, answer), gatehouse.Gone, signin.ReasonRecoveryOver)
			if s.asks(token) != "over" {
				t.Errorf("%s: three wrong answers did not end it", name)
			}
		}
		if questions["wrong address"] != "pet 3" {
			t.Errorf("a question of the house's depends on the address: %q", questions["wrong address"])
		}
		if token := s.recovery(own.Username, own.Email); s.asks(token) != "Which boat did we hire? 3" {
			t.Errorf("the own question for its owner: %q", s.asks(token))
		}
		again := func(what string) {
			for name, who := range cases {
				if got := s.asks(s.recovery(strings.ToUpper(who[0])+" ", who[1])); got != questions[name] {
					t.Errorf("%s: %s is asked %q, and before %q", what, name, got, questions[name])
				}
			}
		}
		s.Clock.Add(7 * 24 * time.Hour)
		again("a week later")
		other := *s.SignIn
		s.SignIn = &other
		again("by another process with the same key")
		if now := len(s.sent("")) + len(s.Mail.All()); now != before {
			t.Errorf("%d mails were sent", now-before)
		}
		varied := map[string]bool{}
		for n := range 40 {
			varied[s.asks(s.recovery(fmt.Sprint("nobody-", n), "x@y.example"))] = true
		}
		if len(varied) < 4 {
			t.Errorf("all strangers are asked %v", varied)
		}
	})
}

// A07: wrong answers are counted over all recoveries of an account, known or not, and none is
// judged after the sixth for a day.
func TestA07WrongAnswersAreCountedAcrossRecoveries(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.asked(s.addUser("besieged", nil))
		siege := func(username, email string) {
			for range 2 {
				token := s.recovery(username, email)
				s.faulty("wrong", s.answer(token, "Rex"), "answer answer-wrong 2")
				s.faulty("wrong", s.answer(token, "Tom"), "answer answer-wrong 1")
				s.refused("wrong", s.answer(token, "Fido"), gatehouse.Gone, signin.ReasonRecoveryOver)
			}
		}
		right := func(want string) {
			t.Helper()
			before := s.User(u).Password
			token := s.recovery(u.Username, u.Email)
			if err := s.answer(token, answer); want != "" {
				s.faulty("the right answer", err, want)
			} else {
				s.must(err)
			}
			if got := s.User(u).Password != before; got != (want == "") {
				t.Fatalf("another password was issued: %v", got)
			}
			s.Clock.Add(time.Second)
		}
		siege(u.Username, u.Email)
		right("answer answer-wrong 2")
		s.Clock.Add(24*time.Hour - time.Minute)
		right("answer answer-wrong 2")
		s.Clock.Add(time.Minute)
		right("")
		siege(u.Username, "x@y.example") // knowing only the name blocks nothing
		right("")
		siege(u.Username, u.Email)
		right("answer answer-wrong 2")
		s.must(s.desk.Unlock(ctx, s.uk(), operator, u.ID))
		right("")
		siege(u.Username, u.Email) // a recovery by link ends it, too
		s.must(s.SignIn.ResetPassword(ctx, s.uk(), visitor(s.uk()), s.linkAt(s.uk(), u.Email), signin.NewPassword{New: second, Repeat: second}))
		s.Clock.Add(time.Second)
		right("")
		for range 5 {
			s.faulty("five wrong ones", s.answer(s.recovery(u.Username, u.Email), "Rex"), "answer answer-wrong 2")
		}
		right("")
		if s.User(u).Locked() || strings.Contains(s.mails(u), "locked") {
			t.Errorf("wrong answers locked the account: %q", s.mails(u))
		}
		counted := func(subject string) int {
			all, err := s.Store.Read().AttemptsOf(ctx, "meridian-uk", gatehouse.AnswerSubject(subject))
			s.must(err)
			return all[""].Row
		}
		siege("nobody", "x@y.example")
		if got := counted("name:" + secret.HashToken("nobody\x00x@y.example")); got != 6 {
			t.Errorf("%d wrong answers counted for a name that is nobody's", got)
		}
	})
}

// A08: a completed recovery ends a lock by attempts, for everybody, but no lock that somebody
// decided on.
func TestA08ARecoveryUnlocks(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, own := range []bool{false, true} {
			u := s.asked(s.addUser(fmt.Sprint("locked-", own), nil))
			in := s.open(u, first, "")
			browser := map[bool]string{true: in.Device}[own]
			for range 6 {
				if _, err := s.enter(u, wrong, browser); err == nil {
					t.Fatal("a wrong password")
				}
			}
			if s.User(u).Locked() != own {
				t.Fatalf("locked %v after six wrong ones by the own browser: %v", !own, own)
			}
			s.Clock.Add(time.Minute)
			s.must(s.answer(s.recovery(u.Username, u.Email), answer))
			if s.User(u).Locked() || strings.Contains(s.mails(u), " unlocked") != own {
				t.Errorf("locked %v, mails %q", s.User(u).Locked(), s.mails(u))
			}
			s.begin(u, s.mailedPassword(u), "", gatehouse.StepPassword)
		}
	})
}

// A recovery never skips two-factor (invariant 1; B16 is for first sign-ins only).
func TestARecoveryNeverSkipsTwoFactor(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.asked(s.addUser("careful", nil))
		known := s.open(u, first, "")
		invited := s.newcomer("meridian-uk", "never-signed-in")
		fresh := s.newcomer("inkwell", "reader@northgate.example")
		halfway := s.newcomer("meridian-uk", "halfway") // has a question, and has never signed in
		at := s.at(s.uk(), s.begin(halfway, first, "", gatehouse.StepPassword))
		_, err := s.SignIn.ChoosePassword(ctx, s.uk(), at, chosen)
		s.must(err)
		_, err = s.SignIn.SetFirstChallenge(ctx, s.uk(), at, pet)
		s.must(err)
		s.must(s.answer(s.recovery(halfway.Username, halfway.Email), answer))
		s.must(s.answer(s.recovery(u.Username, u.Email), answer))
		_, err = s.desk.ResetPassword(ctx, s.uk(), operator, invited.ID)
		s.must(err)
		s.Clock.Add(time.Minute)
		s.must(s.SignIn.ResetPassword(ctx, s.press(), visitor(s.press()), s.link(fresh.Email), signin.NewPassword{New: "a kestrel over the moor", Repeat: "a kestrel over the moor"}))
		for _, who := range []gatehouse.User{u, invited, fresh} {
			s.twoFactor(who, true)
		}
		s.begin(u, s.mailedPassword(u), known.Device, gatehouse.StepCode)
		s.begin(invited, s.mailedPassword(invited), "", gatehouse.StepPassword) // invited again, which is no recovery (B16)
		s.begin(halfway, s.mailedPassword(halfway), "", gatehouse.StepCode)
		out := s.begin(fresh, "a kestrel over the moor", "", gatehouse.StepCode)
		_, err = s.SignIn.AcceptTerms(ctx, s.press(), s.at(s.press(), out), yesForm(s.press()))
		s.moved("past the code", err, gatehouse.StepCode)
	})
}

// A recovery is tied to its site, its kind and its time, and changing the question ends it.
func TestWhatEndsARecovery(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.asked(s.addUser("changing", nil))
		in := s.open(u, first, "")
		token := s.recovery(u.Username, u.Email)
		err := s.SignIn.AnswerChallenge(ctx, s.Sites.ByID("meridian-au"), visitor(s.uk()), token, answer)
		s.refused("on another site", err, gatehouse.Gone, signin.ReasonRecoveryOver)
		_, err = s.SignIn.ResetLink(ctx, s.uk(), token)
		s.refused("as a link", err, gatehouse.Gone, signin.ReasonLinkOver)
		err = s.SignIn.ResetPassword(ctx, s.uk(), visitor(s.uk()), token, signin.NewPassword{New: second, Repeat: second})
		s.refused("used as a link", err, gatehouse.Gone, signin.ReasonLinkOver)
		for _, none := range []string{"", "invented"} {
			s.refused("no token", s.answer(none, answer), gatehouse.Gone, signin.ReasonRecoveryOver)
		}
		s.must(s.SignIn.SetChallenge(ctx, s.uk(), in, gatehouse.ChallengeForm{Question: "meal", Answer: "Laksa", CurrentPassword: first}))
		s.refused("after another question", s.answer(token, "Laksa"), gatehouse.Gone, signin.ReasonRecoveryOver)
		token = s.recovery(u.Username, u.Email)
		s.Clock.Add(30 * time.Minute)
		if s.asks(token) != "over" {
			t.Error("it goes on after its time")
		}
		s.refused("after its time", s.answer(token, "Laksa"), gatehouse.Gone, signin.ReasonRecoveryOver)
		token = s.recovery(u.Username, u.Email)
		s.must(s.desk.Deactivate(ctx, s.uk(), operator, u.ID))
		s.faulty("deactivated in between", s.answer(token, "Laksa"), "answer answer-wrong 2")
		s.must(s.desk.Activate(ctx, s.uk(), operator, u.ID))
		s.refused("from before the activation", s.answer(token, "Laksa"), gatehouse.Gone, signin.ReasonRecoveryOver)
		s.must(s.answer(s.recovery(u.Username, u.Email), " LAKSA "))
	})
}
