package signin_test

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit"
)

const mobile = "+447400123456"

// onTheLine is onStage with phones that get text messages.
func onTheLine(t *testing.T, perDay int, scene func(t *testing.T, s *stage, phones *testkit.Phones)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, url string) {
		phones := testkit.NewPhones(t)
		scene(t, raise(t, url, noLimits, phones.With(perDay)), phones)
	})
}

// withPhone adds a user who has added a phone.
func (s *stage) withPhone(name string, phones *testkit.Phones) gatehouse.User {
	s.t.Helper()
	u := s.addUser(name, nil)
	in := s.open(u, first, "")
	own := &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}
	ses := s.session(in)
	in.Caller = ses.Caller(in.Caller)
	made, err := own.BeginPhone(ctx, s.uk(), in, ses.Session, mobile)
	s.must(err)
	_, err = own.ConfirmPhone(ctx, s.uk(), in, ses.Session, made.ID, phones.Code(mobile))
	s.must(err)
	_, err = s.SignIn.SignOut(ctx, s.uk(), in.Caller, in.Session, "")
	s.must(err)
	s.Clock.Add(time.Minute)
	return s.User(u)
}

func (s *stage) textCode(at signin.At, code string) (signin.Outcome, error) {
	return s.SignIn.EnterCode(ctx, s.uk(), at, signin.CodeForm{Code: code, Way: gatehouse.WayText})
}

// Of 20 that enter the same code at one instant, one gets in. A code opens no other sign-in, and
// none after it expires.
func TestATextCodeOpensItsSignInOnce(t *testing.T) {
	onTheLine(t, 1000, func(t *testing.T, s *stage, phones *testkit.Phones) {
		u := s.withPhone("msantos", phones)
		at, other := s.atCode(u), s.atCode(u)
		s.must(s.SignIn.SendText(ctx, s.uk(), at))
		code := phones.Code(mobile)
		_, err := s.textCode(other, code)
		s.faulty("another sign-in", err, "code text-code-wrong 4")
		if opened := openedAtOnce(func(int) (signin.Outcome, error) { return s.textCode(at, code) }); opened != 1 {
			t.Errorf("%d got in", opened)
		}

		s.Clock.Add(time.Minute)
		late := s.atCode(u)
		s.must(s.SignIn.SendText(ctx, s.uk(), late))
		code = phones.Code(mobile)
		s.Clock.Add(s.uk().Policy.Code)
		_, err = s.textCode(late, code)
		s.faulty("too late", err, "code text-code-expired 4")
	})
}

// No text message is sent to a user without a phone, before the password, or without a gateway; a
// number has its limit, no matter who asks.
func TestWhoGetsNoTextMessage(t *testing.T) {
	onTheLine(t, 1000, func(t *testing.T, s *stage, phones *testkit.Phones) {
		plain := s.addUser("plain", func(u *gatehouse.User) { u.OwnTwoFactor = true })
		if err := s.SignIn.SendText(ctx, s.uk(), s.atCode(plain)); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("without a phone: %v", err)
		}
		if err := s.SignIn.SendText(ctx, s.uk(), signin.At{SignIn: "made up", Caller: visitor(s.uk())}); gatehouse.KindOf(err) != gatehouse.Unauthenticated {
			t.Errorf("without a sign-in: %v", err)
		}
		sent := 0
		for i := range gatehouse.TextsANumber {
			u := s.withPhoneOrNot([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}[i])
			if u {
				sent++
			}
		}
		if sent != gatehouse.TextsANumber/2 { // the other half is allowed over the day
			t.Errorf("%d messages to one number", sent)
		}
		if n := len(phones.Texts(mobile)); n > gatehouse.TextsANumber {
			t.Errorf("%d arrived", n)
		}
	})
}

// withPhoneOrNot begins to add the phone, and reports whether a message was sent.
func (s *stage) withPhoneOrNot(name string) bool {
	s.t.Helper()
	u := s.addUser(name, nil)
	in := s.open(u, first, "")
	own := &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}
	ses := s.session(in)
	in.Caller = ses.Caller(in.Caller)
	_, err := own.BeginPhone(ctx, s.uk(), in, ses.Session, mobile)
	if err != nil && gatehouse.KindOf(err) != gatehouse.TooMany {
		s.t.Errorf("%s: %v", name, err)
	}
	return err == nil
}
