package signin_test

import (
	"fmt"
	"testing"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit"
)

// A known device has its own budget, and anyone who knows a password can make any number of those,
// each by one sign-in. Their requests still share one budget: a thief of the password, who does
// not read the mailbox, cannot end the link by which the owner gets rid of the thief, and cannot
// fill the mailbox.
func TestAThiefOfThePasswordHasOneBudget(t *testing.T) {
	limited(t, signin.DefaultLimits, func(t *testing.T, s *stage) {
		st, u := s.press(), s.reader("owner", nil)
		boss, local := s.addUser("boss", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin }), s.addUser("local", nil)
		var thieves, locals []string
		for range 3 {
			thieves = append(thieves, s.open(u, first, "").Device)
			locals = append(locals, s.open(local, first, "").Device)
		}
		s.must(s.SignIn.SendResetLink(ctx, st, from(st, 1), u.Email))
		for n := range thieves {
			for range 4 {
				s.must(s.SignIn.SendResetLink(ctx, st, in(st, 10+n, thieves[n]), u.Email))
				s.must(s.SignIn.AskUsername(ctx, s.uk(), in(s.uk(), 10+n, locals[n]), local.Email, ""))
			}
		}
		// Both budgets at once: the devices' and everybody's.
		if n := len(s.tokens(u.Email)); n > 6 {
			t.Errorf("%d links in the mailbox", n)
		}
		if n := len(s.sent(boss.Email)); n > 6 {
			t.Errorf("%d requests to the administrator", n)
		}
	})
}

// A thief of the password cannot guess answers without limit either, a few on each new device. The
// owner, whose answers are blocked then, is mailed a link with a separate count.
func TestAThiefOfThePasswordHasOneCountOfAnswers(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.asked(s.addUser("owner", nil))
		guess := func(n int, text string) error {
			c := in(st, n, s.open(u, first, "").Device)
			token, err := s.SignIn.BeginRecovery(ctx, st, signin.RecoveryRequest{Username: u.Username, Email: u.Email, Caller: c})
			s.must(err)
			return s.SignIn.AnswerChallenge(ctx, st, c, token, text)
		}
		for n := range st.Policy.AnswerLockout().Attempts {
			s.faulty("a wrong answer", guess(n, "Rex"), "answer answer-wrong 2")
		}
		s.faulty("the right one in one more browser", guess(50, answer), "answer answer-wrong 2")
		links := s.recoveryLinks(u)
		if len(links) != 1 {
			t.Fatalf("%d links for the owner", len(links))
		}
		s.must(s.answer(links[0], answer))
	})
}

// A user with only a claim to an address, written into an account by an administrator, uses up
// nothing of a user who has confirmed it: no mail, and no valid link.
func TestAClaimHasNoBudget(t *testing.T) {
	const address = "ada@northgate.example"
	testkit.Databases(t, func(t *testing.T, url string) {
		s := eitherStage(t, url, testkit.WithLimits(signin.DefaultLimits))
		st := s.Sites.ByID("meridian-au")
		s.firm(st, "rival")
		boss := s.firm(st, "home")
		s.claimant(st, "ada", "com_home", address, true, nil)
		s.must(s.SignIn.SendResetLink(ctx, st, from(st, 1), address))
		mine := s.tokens(address)[0]
		for n := range 3 {
			claim := s.claimant(st, fmt.Sprint("claim-", n), "com_rival", address, false, nil)
			c := in(st, 10+n, s.open(claim, first, "").Device)
			for range 4 {
				s.SignIn.SendResetLink(ctx, st, c, address)   //nolint:errcheck // a stranger's
				s.SignIn.AskUsername(ctx, st, c, address, "") //nolint:errcheck
			}
		}
		if _, err := s.SignIn.ResetLink(ctx, st, mine); err != nil {
			t.Errorf("the owner's link after those of claims: %v", err)
		}
		if n := len(s.sent(boss.Email)); n > 3 {
			t.Errorf("%d requests to the owner's administrator", n)
		}
	})
}
