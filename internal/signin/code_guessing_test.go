package signin_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit/budget"
)

// guesser enters wrong codes and counts those that were checked.
type guesser struct {
	*stage
	judged atomic.Int64
}

// guess enters one; over: this sign-in accepts no more.
func (g *guesser) guess(at signin.At) (judged, over bool) {
	_, err := g.code(at, "000000") // one in a million
	var e *gatehouse.Error
	switch {
	case !errors.As(err, &e):
		g.t.Errorf("a guess: %v", err)
		return false, true
	case e.Kind == gatehouse.Invalid && strings.HasPrefix(faultsOf(err), "code code-wrong"):
		judged = true
	case e.Reason == signin.ReasonCodesOver, e.Reason == "no-sign-in":
		over = true
	case e.Kind == gatehouse.TooMany && e.RetryAfter > 0:
		over = true
	default:
		g.t.Errorf("a guess: %v", err)
	}
	if judged {
		g.judged.Add(1)
	}
	return judged, over
}

// wrongEvents returns the number of wrong codes in the log.
func (g *guesser) wrongEvents(u gatehouse.User) (n int) {
	events, err := g.Store.Read().EventsOfUser(ctx, u.SiteID, u.ID, 100000)
	g.must(err)
	for _, e := range events {
		if e.Kind == gatehouse.EventCode && e.Result == gatehouse.ResultWrong {
			n++
		}
	}
	return n
}

// Invariant 3: fifty clients at one sign-in, who keep requesting codes, get five guesses.
func TestFiftyClientsGuessAtOneSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		g, u := &guesser{stage: s}, s.careful("target", nil)
		at := s.atCode(u)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				for range 4 {
					_ = s.SignIn.SendCode(ctx, s.uk(), at)
					g.guess(at)
				}
			})
		}
		all.Wait()
		if n := g.wrongEvents(u); n != gatehouse.CodeTries {
			t.Errorf("%d guesses were judged, want %d", n, gatehouse.CodeTries)
		}
		if s.step(s.uk(), at.SignIn) != "" {
			t.Error("the sign-in goes on")
		}
	})
}

// Fifty clients who know the password, with any number of sign-ins, some of them with the cookie
// of one of the owner's devices, get a hundred guesses in a day; that locks out nobody else.
func TestFiftyClientsGuessForADay(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		g, u, other := &guesser{stage: s}, s.careful("target", nil), s.careful("other", nil)
		at := s.atCode(u)
		own := s.wantIn(at, s.mailedCode(u)).Device
		for range 12 {
			var all sync.WaitGroup
			for range budget.Of(4, 25) {
				all.Go(func() { g.oneSignIn(u, "") })
				all.Go(func() { g.oneSignIn(u, own) })
			}
			all.Wait()
			s.Clock.Add(2 * time.Hour)
		}
		n := g.wrongEvents(u)
		if n > gatehouse.CodeDayTries || n < gatehouse.CodeDayTries*9/10 {
			t.Errorf("%d guesses were judged in a day, want at most %d and nearly as many", n, gatehouse.CodeDayTries)
		}
		at = s.atCode(other)
		s.wantIn(at, s.mailedCode(other))
	})
}

// oneSignIn starts one, requests a code and guesses until it accepts no more.
func (g *guesser) oneSignIn(u gatehouse.User, browser string) {
	out, err := g.enter(u, first, browser)
	if err != nil {
		var e *gatehouse.Error
		if !errors.As(err, &e) || e.Kind != gatehouse.Unavailable { // the gate is full
			g.t.Error(err)
		}
		return
	}
	at := g.at(g.uk(), out)
	at.Device = browser
	_ = g.SignIn.SendCode(ctx, g.uk(), at)
	judged := 0
	for over := false; !over; {
		var looked bool
		if looked, over = g.guess(at); looked {
			judged++
		}
	}
	if judged > gatehouse.CodeTries {
		g.t.Errorf("%d guesses were judged in one sign-in", judged)
	}
}
