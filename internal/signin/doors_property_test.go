package signin_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit"
)

// siege is an owner on a new computer who has forgotten the password, and strangers who know name
// and address and everything else that is public. They have any number of networks, but neither
// password, mailbox, answer nor one of the owner's devices.
type siege struct {
	*stage
	st    *site.Site
	owner gatehouse.User
	dice  *rand.Rand
	acts  []string // what strangers did
}

// An owner with a working mailbox and the right name has an open door, no matter what strangers do
// before, between and after the owner's own steps: on a site that recovers by question, by link to
// the address that is the name, and by link after typing name or address.
func TestAnOwnerAlwaysHasADoor(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := eitherStage(t, url, testkit.WithLimits(signin.DefaultLimits))
		for _, id := range []string{"meridian-uk", "inkwell", "meridian-au"} {
			for round := range 4 {
				w := &siege{stage: s, st: s.Sites.ByID(id), dice: rand.New(rand.NewPCG(uint64(round), 7))}
				name := fmt.Sprintf("owner-%s-%d", id, round)
				if w.st.SignInWith == gatehouse.WithEmail {
					name += "@northgate.example"
				}
				w.owner = s.AddUser(id, name, first, nil)
				if id == "meridian-uk" {
					w.owner = s.asked(w.owner)
				}
				began := s.Clock.Now()
				if err := w.getIn(); err != nil {
					t.Errorf("%s, round %d, after %s: %v; strangers did %v", id, round, s.Clock.Now().Sub(began), err, w.acts)
				}
			}
		}
	})
}

// getIn is the owner's way. Each step is retried if strangers may have made a link expire, but the
// owner never waits.
func (w *siege) getIn() (err error) {
	w.strangers(12)
	for range 3 {
		var token, password string
		if w.st.Recovery == gatehouse.RecoverByLink {
			token, password, err = w.byLink()
		} else {
			token, password, err = w.byQuestion()
		}
		w.strangers(12)
		if err == nil {
			var out signin.Outcome
			out, err = w.enter(w.owner, password, w.SignIn.RecoveredDevice(token))
			if err == nil && out.Step != gatehouse.StepDone && out.Step != gatehouse.StepPassword {
				err = fmt.Errorf("step %q", out.Step)
			}
			return err
		}
	}
	return err
}

// byLink requests a link and uses the newest valid one in the mailbox.
func (w *siege) byLink() (token, password string, err error) {
	if err := w.SignIn.SendResetLink(ctx, w.st, from(w.st, 1), w.owner.Email); err != nil {
		return "", "", err
	}
	w.strangers(4)
	tokens := w.tokens(w.owner.Email)
	slices.Reverse(tokens)
	err = fmt.Errorf("none of %d links is good", len(tokens))
	for _, token := range tokens {
		if _, gone := w.SignIn.ResetLink(ctx, w.st, token); gone != nil {
			continue
		}
		w.strangers(4) // while the new password is typed
		return token, second, w.SignIn.ResetPassword(ctx, w.st, from(w.st, 1), token, reset(second))
	}
	return "", "", err
}

// byQuestion answers, and if that is refused answers by the newest link in the mailbox.
func (w *siege) byQuestion() (token, password string, err error) {
	token, err = w.SignIn.BeginRecovery(ctx, w.st, signin.RecoveryRequest{Username: w.owner.Username, Email: w.owner.Email, Caller: from(w.st, 1)})
	if err != nil {
		return "", "", err
	}
	w.strangers(4)
	if err = w.SignIn.AnswerChallenge(ctx, w.st, from(w.st, 1), token, answer); err != nil {
		if gatehouse.KindOf(err) != gatehouse.Invalid {
			return "", "", err
		}
		links := w.recoveryLinks(w.owner)
		if len(links) == 0 {
			return "", "", fmt.Errorf("no link in the mailbox after %w", err)
		}
		w.strangers(4)
		token = links[len(links)-1]
		if err := w.SignIn.AnswerChallenge(ctx, w.st, from(w.st, 1), token, answer); err != nil {
			return "", "", err
		}
	}
	mails := w.sent(w.owner.Email)
	return token, temporaryPassword.FindString(mails[len(mails)-1].Text), nil
}

// strangers do up to this many things, from any network but the owner's.
func (w *siege) strangers(most int) {
	for range w.dice.IntN(most + 1) {
		c, email := from(w.st, 2+w.dice.IntN(400)), w.owner.Email
		act := w.dice.IntN(12)
		w.acts = append(w.acts, fmt.Sprint(act))
		switch act {
		case 0: // time passes
			w.Clock.Add(time.Duration(1+w.dice.IntN(240)) * time.Second)
		case 1:
			w.SignIn.SendResetLink(ctx, w.st, c, email) //nolint:errcheck // it is a stranger's, like all that follow
		case 2:
			w.SignIn.AskUsername(ctx, w.st, c, email, "It is me.") //nolint:errcheck
		case 3:
			w.SignIn.BeginRecovery(ctx, w.st, signin.RecoveryRequest{Username: w.owner.Username, Email: "x@northgate.example", Caller: c}) //nolint:errcheck
		case 4, 5, 6:
			if token, err := w.SignIn.BeginRecovery(ctx, w.st, signin.RecoveryRequest{Username: w.owner.Username, Email: email, Caller: c}); err == nil {
				for range 3 {
					w.SignIn.AnswerChallenge(ctx, w.st, c, token, "Rex") //nolint:errcheck
				}
			}
		default:
			for range 6 {
				w.enterFrom(w.owner, wrong, c)
			}
		}
	}
}
