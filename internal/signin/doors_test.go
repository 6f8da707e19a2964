package signin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// from returns a visitor from the nth network.
func from(st *site.Site, n int) gatehouse.Caller {
	c := visitor(st)
	c.IPAddress = fmt.Sprintf("10.%d.%d.7", n/250, n%250)
	return c
}

// in returns a visitor on a device.
func in(st *site.Site, n int, browser string) gatehouse.Caller {
	c := from(st, n)
	c.DeviceToken = browser
	return c
}

// tokens returns the tokens of the reset links mailed to an address, oldest first.
func (s *stage) tokens(address string) (all []string) {
	s.t.Helper()
	for _, m := range s.sent(address) {
		for _, link := range m.Links() {
			if _, token, ok := strings.Cut(link, "/reset-password?token="); ok {
				all = append(all, token)
			}
		}
	}
	return all
}

// good returns how many of the links work.
func (s *stage) good(st *site.Site, tokens []string) (n int) {
	for _, token := range tokens {
		if _, err := s.SignIn.ResetLink(ctx, st, token); err == nil {
			n++
		}
	}
	return n
}

// A stranger's request does not end the link that the owner has requested, and somebody who asks
// too often is told nothing and sends nothing: there is always a valid link in the mailbox. Using
// one ends all.
func TestStrangersDoNotEndTheOwnersLink(t *testing.T) {
	limited(t, signin.DefaultLimits, func(t *testing.T, s *stage) {
		st, u := s.press(), s.reader("owner", nil)
		s.must(s.SignIn.SendResetLink(ctx, st, from(st, 1), u.Email))
		mine := s.tokens(u.Email)[0]
		for n := range 8 {
			s.must(s.SignIn.SendResetLink(ctx, st, from(st, 10+n), u.Email))
		}
		all := s.tokens(u.Email)
		if len(all) != 3 || s.good(st, all) != 3 {
			t.Fatalf("%d links, %d of them good; want three", len(all), s.good(st, all))
		}
		for range 10 { // somebody asks all the time from another network
			s.Clock.Add(3 * time.Minute)
			s.must(s.SignIn.SendResetLink(ctx, st, from(st, 99), u.Email))
			if s.good(st, s.tokens(u.Email)) == 0 {
				t.Fatal("no link in the mailbox is good")
			}
		}
		all = s.tokens(u.Email)
		if len(all) != 4 || s.good(st, all) != 3 {
			t.Fatalf("half an hour later %d links, %d good", len(all), s.good(st, all))
		}
		s.refused("the oldest of four", s.SignIn.ResetPassword(ctx, st, from(st, 1), mine, reset(phrase)), gatehouse.Gone, signin.ReasonLinkOver)
		s.must(s.SignIn.ResetPassword(ctx, st, from(st, 1), all[2], reset(phrase)))
		if n := s.good(st, all); n != 0 {
			t.Errorf("%d links are good after one was used", n)
		}
	})
}

// A device that its owner has signed in on before has its own budget.
func TestAKnownDeviceHasItsOwnBudget(t *testing.T) {
	limits := signin.DefaultLimits
	limits.RecoveryIP = signin.Rate{Burst: 6, PerMinute: 1}
	limited(t, limits, func(t *testing.T, s *stage) {
		st, u := s.press(), s.reader("owner", nil)
		browser := s.open(u, first, "").Device
		stranger := in(st, 3, s.open(s.reader("somebody", nil), first, "").Device)
		for n := range 8 { // by name, and from the owner's network
			s.SignIn.SendResetLink(ctx, st, from(st, n), u.Email) //nolint:errcheck // some are over the limit
			s.SignIn.SendResetLink(ctx, st, stranger, u.Email)    //nolint:errcheck
		}
		before := len(s.tokens(u.Email))
		if before != 3 {
			t.Fatalf("strangers sent %d links, also in a browser that somebody else is known in", before)
		}
		s.must(s.SignIn.SendResetLink(ctx, st, in(st, 3, browser), u.Email))
		if n := len(s.tokens(u.Email)); n != before+1 {
			t.Errorf("the owner's own browser sent %d", n-before)
		}
		local := s.addUser("local", nil)
		boss := s.addUser("boss", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		known := s.open(local, first, "").Device
		for n := range 6 {
			s.must(s.SignIn.AskUsername(ctx, s.uk(), from(s.uk(), n), s.addUser(fmt.Sprint("colleague-", n), nil).Email, ""))
			s.must(s.SignIn.AskUsername(ctx, s.uk(), from(s.uk(), n), local.Email, ""))
		}
		before = len(s.sent(boss.Email))
		s.must(s.SignIn.AskUsername(ctx, s.uk(), in(s.uk(), 1, known), local.Email, "It is me."))
		if m := s.sent(boss.Email); len(m) != before+1 || !strings.Contains(m[before].Text, "It is me.") {
			t.Errorf("of the owner's own browser %d requests", len(m)-before)
		}
	})
}

// A user who has completed a recovery is no stranger on that device: strangers who lock out
// strangers at the same moment do not lock out the owner. The device has not signed in yet, so it
// is in no list of devices, and its first sign-in is notified like any other.
func TestARecoveryMakesItsDeviceKnown(t *testing.T) {
	limited(t, signin.DefaultLimits, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.asked(s.addUser("forgetful", nil))
		neighbour := s.addUser("neighbour", nil)
		shared := s.open(neighbour, first, "").Device
		besiege := func() {
			for n := range 8 {
				s.enterFrom(u, wrong, from(st, 30+n))
			}
		}
		besiege()
		token, err := s.SignIn.BeginRecovery(ctx, st, signin.RecoveryRequest{Username: u.Username, Email: u.Email, Caller: in(st, 1, shared)})
		s.must(err)
		s.must(s.SignIn.AnswerChallenge(ctx, st, in(st, 1, shared), token, answer))
		browser := s.SignIn.RecoveredDevice(token)
		issued := s.mailedPassword(u)
		besiege()
		if devices, err := s.Store.Read().DevicesOf(ctx, u.SiteID, u.ID, time.Time{}); err != nil || len(devices) != 0 {
			t.Errorf("devices before the first sign-in: %+v, %v", devices, err)
		}
		_, err = s.enter(u, issued, "")
		s.refused("the temporary password in a strange browser", err, gatehouse.Unauthenticated, signin.ReasonFailed)
		out := s.begin(u, issued, browser, gatehouse.StepPassword)
		out, err = s.SignIn.ChoosePassword(ctx, st, s.at(st, out), signin.NewPassword{Old: issued, New: second, Repeat: second})
		if err != nil || out.Step != gatehouse.StepDone {
			t.Fatalf("%+v, %v", out, err)
		}
		if !strings.HasSuffix(s.mails(u), "new-device") {
			t.Errorf("the owner was not told of the sign-in: %s", s.mails(u))
		}
		if devices, err := s.Store.Read().DevicesOf(ctx, u.SiteID, u.ID, time.Time{}); err != nil || len(devices) != 1 {
			t.Errorf("devices after it: %+v, %v", devices, err)
		}
		before := s.mails(neighbour)
		s.open(neighbour, first, out.Device)
		if s.mails(neighbour) != before {
			t.Error("who shares the browser is a stranger in it now")
		}
		press, reader := s.press(), s.reader("reader", nil)
		for n := range 8 {
			s.enterFrom(reader, wrong, from(press, 30+n))
		}
		link := s.link(reader.Email)
		s.must(s.SignIn.ResetPassword(ctx, press, from(press, 1), link, reset(phrase)))
		for n := range 8 {
			s.enterFrom(reader, wrong, from(press, 30+n))
		}
		s.open(reader, phrase, s.SignIn.RecoveredDevice(link))
	})
}

// enterFrom types a password from a network and device.
func (s *stage) enterFrom(u gatehouse.User, password string, c gatehouse.Caller) {
	st := s.Sites.ByID(u.SiteID)
	s.SignIn.Password(ctx, st, signin.PasswordRequest{Username: u.Username, Password: password, Device: c.DeviceToken, Caller: c}) //nolint:errcheck // it is a stranger's
}

// A stranger who knows name and address can have answers refused for a day, and permanently after
// the hundredth wrong one. After that, anyone who answers is mailed a link whose answers are
// counted separately; known devices have their own count as well.
func TestStrangersDoNotUseUpTheOwnersAnswers(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		st, u := s.uk(), s.asked(s.addUser("besieged", nil))
		known := s.asked(s.addUser("known", nil))
		browser := s.open(known, first, "").Device
		closeAnswers := func(u gatehouse.User) {
			for range 3 {
				token := s.recovery(u.Username, u.Email)
				for range 3 {
					s.answer(token, "Rex") //nolint:errcheck // it is wrong
				}
			}
		}
		closeAnswers(u)
		closeAnswers(known)
		token, err := s.SignIn.BeginRecovery(ctx, st, signin.RecoveryRequest{Username: known.Username, Email: known.Email, Caller: in(st, 1, browser)})
		s.must(err)
		s.must(s.SignIn.AnswerChallenge(ctx, st, in(st, 1, browser), token, answer))

		s.faulty("the right answer in a strange browser", s.answer(s.recovery(u.Username, u.Email), answer), "answer answer-wrong 2")
		links := s.recoveryLinks(u)
		if len(links) != 1 {
			t.Fatalf("%d links in the mailbox", len(links))
		}
		closeAnswers(u) // once more: nothing is mailed while that link is valid
		if links := s.recoveryLinks(u); len(links) != 1 {
			t.Fatalf("%d links in the mailbox", len(links))
		}
		if got := s.asks(links[0]); got != "pet 3" {
			t.Errorf("the link asks %q", got)
		}
		s.write(func(q store.Queries) error {
			u.EmailConfirmed = false
			return q.UpdateProfile(ctx, u, time.Time{})
		})
		s.faulty("a wrong answer by the link", s.answer(links[0], "Rex"), "answer answer-wrong 2")
		before := s.User(u).Password
		s.must(s.answer(links[0], answer))
		if now := s.User(u); now.Password == before || !now.EmailConfirmed {
			t.Errorf("by the link: a temporary password %v, the address is confirmed %v", now.Password != before, now.EmailConfirmed)
		}
		s.refused("the link again", s.answer(links[0], answer), gatehouse.Gone, signin.ReasonRecoveryOver)

		other := s.asked(s.addUser("other", nil))
		closeAnswers(other)
		link := s.recoveryLinks(other)[0]
		for range 3 {
			s.answer(link, "Rex") //nolint:errcheck // it is wrong
		}
		if got := s.asks(link); got != "over" {
			t.Errorf("after three wrong answers the link asks %q", got)
		}
		s.Clock.Add(st.Policy.ResetLink)
		closeAnswers(other)
		if n := len(s.recoveryLinks(other)); n != 2 {
			t.Errorf("when the first is over there are %d links", n)
		}
		for _, nobody := range []gatehouse.User{{Username: "nobody", Email: "nobody@northgate.example"}, {Username: u.Username, Email: "x@northgate.example"}} {
			closeAnswers(nobody)
			if n := len(s.sent(nobody.Email)); n != 0 {
				t.Errorf("%d mails for %s", n, nobody.Email)
			}
		}
	})
}

// recoveryLinks returns the tokens of recoveries by question that were mailed.
func (s *stage) recoveryLinks(u gatehouse.User) (all []string) {
	s.t.Helper()
	for _, m := range s.sent(u.Email) {
		for _, link := range m.Links() {
			if _, token, ok := strings.Cut(link, "/forgot-password/challenge?token="); ok {
				all = append(all, token)
			}
		}
	}
	return all
}
