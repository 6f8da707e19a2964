package signin_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
)

// wrongCodes enters wrong codes in new sign-ins on a device until the account accepts no more
// today, and returns how many were judged.
func (g *guesser) wrongCodes(u gatehouse.User, browser string) (judged int) {
	g.t.Helper()
	for {
		at := g.at(g.uk(), g.begin(u, first, browser, gatehouse.StepCode))
		at.Device = browser
		for {
			_, err := g.code(at, "000000")
			var e *gatehouse.Error
			if !errors.As(err, &e) {
				g.t.Fatalf("a guess: %v", err)
			}
			if e.Kind == gatehouse.TooMany {
				if left := g.codeState(at).Left; left != gatehouse.CodeTries-judged%gatehouse.CodeTries {
					g.t.Errorf("a code that was not looked at costs a try: %d left", left)
				}
				return judged
			}
			if judged++; e.Reason == signin.ReasonCodesOver {
				break
			}
		}
	}
}

// Forty concurrent posts in one sign-in cost the account five codes of its day, not forty.
func TestManyCodesAtOnceDoNotUseUpTheDay(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		g, u := &guesser{stage: s}, s.careful("target", nil)
		at := s.atCode(u)
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() { g.guess(at) })
		}
		all.Wait()
		if n := g.wrongEvents(u); n != gatehouse.CodeTries {
			t.Errorf("%d guesses were judged, want %d", n, gatehouse.CodeTries)
		}
		if n, want := g.wrongCodes(u, ""), gatehouse.CodeDayTries/4-gatehouse.CodeTries; n != want {
			t.Errorf("after that %d more were judged, want %d", n, want)
		}
	})
}

// A stranger with the password uses up the strangers' daily limit, but not that of the owner's own
// device, and vice versa.
func TestStrangersDoNotUseUpTheOwnersCodes(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		g, u := &guesser{stage: s}, s.careful("target", nil)
		at := s.atCode(u)
		own := s.wantIn(at, s.mailedCode(u)).Device
		if n, want := g.wrongCodes(u, ""), gatehouse.CodeDayTries/4-1; n != want {
			t.Errorf("strangers: %d were judged, want %d", n, want)
		}
		s.Clock.Add(time.Second)
		if n, want := g.wrongCodes(u, own), gatehouse.CodeDayTries/4; n != want {
			t.Errorf("in the owner's browser %d were judged, want %d", n, want)
		}
		s.Clock.Add(time.Hour) // one more for each
		for _, browser := range []string{"", own} {
			at := s.at(s.uk(), s.begin(u, first, browser, gatehouse.StepCode))
			at.Device = browser
			s.wrongCode("an hour later", at, "000000", "code code-wrong 4")
		}
	})
}

// ASVS 6.3.5: guessing codes with the password does not go unnoticed. The owner is told, at most
// once a day.
func TestFiveWrongCodesTellTheOwner(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u := s.careful("target", nil)
		told := func() int { return strings.Count(s.mails(u), "wrong-codes") }
		guess := func() {
			at := s.atCode(u)
			for range gatehouse.CodeTries {
				_, _ = s.code(at, "000000")
			}
		}
		at := s.atCode(u)
		code := s.mailedCode(u)
		for range gatehouse.CodeTries - 1 {
			_, _ = s.code(at, not(code))
		}
		s.wantIn(at, code)
		if told() != 0 {
			t.Error("told of a sign-in that worked")
		}
		guess()
		s.sent(u.Email)
		found := false
		for _, m := range s.sent(u.Email) {
			if strings.Contains(m.Subject, "5 wrong codes") {
				found = strings.Contains(m.Text, "/account/password") && strings.Contains(m.Text, "192.0.2.7") && strings.Contains(m.Text, u.Username)
			}
		}
		if told() != 1 || !found {
			t.Errorf("told %d times; what, when and where: %v", told(), found)
		}
		guess()
		if n := told(); n != 1 {
			t.Errorf("told %d times in a day", n)
		}
		s.Clock.Add(24 * time.Hour)
		guess()
		if n := told(); n != 2 {
			t.Errorf("told %d times in two days", n)
		}
	})
}

// B08: trust settles on a value that nobody can have copied before, and others who share the
// browser move to it.
func TestB08TrustSettlesOnAFreshValue(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		u, other := s.addUser("owner", nil), s.addUser("colleague", nil)
		copied := s.open(other, first, "").Device
		s.twoFactor(u, true)
		enter := func(trust bool) string {
			t.Helper()
			at := s.at(s.uk(), s.begin(u, first, copied, gatehouse.StepCode))
			at.Device = copied
			out, err := s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: s.mailedCode(u), Trust: trust})
			if err != nil || out.Step != gatehouse.StepDone {
				t.Fatalf("%+v, %v", out, err)
			}
			return out.Device
		}
		copied = enter(false)
		if again := enter(false); again != copied {
			t.Error("without trust, a browser that is known gets another value")
		}
		fresh := enter(true)
		if fresh == "" || fresh == copied {
			t.Fatal("the trust is on the value from before")
		}
		s.begin(u, first, copied, gatehouse.StepCode)
		s.mailedCode(u)
		s.begin(u, first, fresh, gatehouse.StepDone)
		if _, err := s.Store.Read().Device(ctx, other.SiteID, other.ID, secret.HashToken(fresh), time.Time{}); err != nil {
			t.Errorf("who shares the browser is a stranger there now: %v", err)
		}
		s.trustedIn(u, 1)
	})
}
