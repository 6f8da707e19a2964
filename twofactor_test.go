package gatehouse

import (
	"testing"
	"time"
)

func TestTwoFactorOf(t *testing.T) {
	active := User{State: Active, Email: "a@northgate.example", EmailConfirmed: true, FirstSignInAt: time.Unix(1, 0)}
	with := func(change func(*User)) User {
		u := active
		change(&u)
		return u
	}
	bounced := Bounce{At: time.Unix(2, 0)}
	for name, c := range map[string]struct {
		company, unreachable bool
		user                 User
		want                 TwoFactorState
	}{
		"off":                   {false, false, active, TwoFactorOff},
		"off, bouncing":         {false, false, with(func(u *User) { u.Bounce = bounced }), TwoFactorOff},
		"on":                    {true, false, active, TwoFactorOn},
		"own":                   {false, false, with(func(u *User) { u.OwnTwoFactor = true }), TwoFactorOwn},
		"own and the company's": {true, false, with(func(u *User) { u.OwnTwoFactor = true }), TwoFactorOwn},
		"own, no address":       {false, false, with(func(u *User) { u.OwnTwoFactor, u.Email = true, "" }), TwoFactorNoEmail},
		"no address":            {true, true, with(func(u *User) { u.Email = "" }), TwoFactorNoEmail},
		"bad address":           {true, true, active, TwoFactorBouncing},
		"bouncing":              {true, false, with(func(u *User) { u.Bounce = bounced }), TwoFactorBouncing},
		"invited":               {true, false, with(func(u *User) { u.State, u.FirstSignInAt = Invited, time.Time{} }), TwoFactorLater},
		"invited, off":          {false, false, with(func(u *User) { u.State, u.FirstSignInAt = Invited, time.Time{} }), TwoFactorOff},
		"invited, no address":   {true, false, with(func(u *User) { u.State, u.FirstSignInAt, u.Email = Invited, time.Time{}, "" }), TwoFactorNoEmail},
		"locked":                {true, false, with(func(u *User) { u.LockedAt = time.Unix(3, 0) }), TwoFactorOn},
		"deactivated":           {true, false, with(func(u *User) { u.State, u.OwnTwoFactor = Deactivated, true }), TwoFactorNone},
	} {
		if got := TwoFactorOf(EmailCodes(c.company).Require, c.user, !c.unreachable); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestBeforeTwoFactor(t *testing.T) {
	good := User{Email: "a@northgate.example", EmailConfirmed: true}
	for _, c := range []struct {
		change      func(*User)
		unreachable bool
		want        OutcomeReason
	}{
		{func(*User) {}, false, ""},
		{func(u *User) { u.Email = "" }, true, ReasonNoEmail},
		{func(*User) {}, true, ReasonBadEmail},
		{func(u *User) { u.Bounce.At = time.Unix(1, 0) }, false, ReasonBouncing},
		{func(u *User) { u.EmailConfirmed = false }, false, ReasonUnconfirmed},
	} {
		u := good
		c.change(&u)
		if got := BeforeTwoFactor(u, !c.unreachable); got != c.want {
			t.Errorf("%+v: %q, want %q", u, got, c.want)
		}
	}
}
