package gatehouse_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	. "gatehouse"
)

var tenMinutes = SessionLimits{Idle: time.Hour, Absolute: 12 * time.Hour, Bound: 10 * time.Minute}

func TestASessionIsBoundOnlyRightAfterTheSignIn(t *testing.T) {
	for _, c := range []struct {
		bound, age time.Duration
		want       bool
	}{
		{10 * time.Minute, 0, true},
		{10 * time.Minute, BindWithin - time.Second, true},
		{10 * time.Minute, BindWithin, false},
		{10 * time.Minute, -time.Hour, true}, // a clock that was put back
		{0, 0, false},
	} {
		if got := (SessionLimits{Bound: c.bound}).Binds(noonOfRules, noonOfRules.Add(c.age)); got != c.want {
			t.Errorf("bound %s, age %s: %t", c.bound, c.age, got)
		}
	}
}

var noonOfRules = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestWhichBoundCookieOpensASession(t *testing.T) {
	begun := DeviceBinding{}.Bind(noonOfRules)
	renewed, ok := begun.Proved(1, tenMinutes, noonOfRules.Add(8*time.Minute))
	if !ok || renewed.Cookie != 2 {
		t.Fatalf("%t %+v", ok, renewed)
	}
	for _, c := range []struct {
		what   string
		b      DeviceBinding
		cookie int
		at     time.Duration
		l      SessionLimits
		want   bool
	}{
		{"none, in requests that were under way", begun, 0, BoundGrace - 1, tenMinutes, true},
		{"none, afterwards", begun, 0, BoundGrace, tenMinutes, false},
		{"the first", begun, 1, 10*time.Minute - 1, tenMinutes, true},
		{"the first, when it has ended", begun, 1, 10 * time.Minute, tenMinutes, false},
		{"one that was never given out", begun, 2, 0, tenMinutes, false},
		{"the second", renewed, 2, 18*time.Minute - 1, tenMinutes, true},
		{"the second, when it has ended", renewed, 2, 18 * time.Minute, tenMinutes, false},
		{"the first, just after it was replaced", renewed, 1, 8*time.Minute + BoundGrace - 1, tenMinutes, true},
		{"the first, afterwards", renewed, 1, 8*time.Minute + BoundGrace, tenMinutes, false},
		{"none, after a renewal", renewed, 0, 8 * time.Minute, tenMinutes, false},
		{"none, on a site that has switched it off", renewed, 0, time.Hour, SessionLimits{}, true},
	} {
		if got := c.b.Admits(c.cookie, c.l, noonOfRules.Add(c.at)); got != c.want {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}

func TestTabsThatRefreshTogetherGetTheSameCookie(t *testing.T) {
	b := DeviceBinding{}.Bind(noonOfRules)
	at := noonOfRules.Add(9 * time.Minute)
	for i := range 5 {
		b = b.Challenged(at)
		var ok bool
		if b, ok = b.Proved(b.Challenge, tenMinutes, at); !ok || b.Cookie != 2 || !b.CookieAt.Equal(noonOfRules.Add(9*time.Minute)) {
			t.Fatalf("refresh %d: %t %+v", i, ok, b)
		}
		at = at.Add(5 * time.Second)
	}
}

// Whatever is asked for and answered, in whatever order: a challenge that was given out is good
// once, for its lifetime, and only as long as no more than one newer one was given out. It is
// compared with a list of what was given out.
func TestChallengesOfADeviceAreGoodOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := DeviceBinding{}.Bind(noonOfRules), noonOfRules
		type given struct {
			at   time.Time
			used bool
		}
		all := map[int]*given{1: {at: now}}
		newest := 1
		note := func() {
			if b.Challenge != newest {
				newest = b.Challenge
				if all[newest] != nil {
					t.Fatalf("challenge %d was made twice", newest)
				}
				all[newest] = &given{at: now}
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			if rapid.Bool().Draw(t, "asks") {
				b = b.Challenged(now)
				note()
				if all[b.Challenge].used {
					t.Fatalf("challenge %d is given out, and was used", b.Challenge)
				}
				continue
			}
			n := newest - rapid.IntRange(-1, 3).Draw(t, "back")
			g := all[n]
			want := g != nil && !g.used && n >= newest-1 && now.Sub(g.at) < 15*time.Minute
			before := b
			after, ok := b.Proved(n, tenMinutes, now)
			if ok != want {
				t.Fatalf("challenge %d of %d: %t, want %t", n, newest, ok, want)
			}
			if !ok && !same(after, before) {
				t.Fatalf("a refused answer changed %+v to %+v", before, after)
			}
			if b = after; ok {
				g.used = true
				note()
				if now.Sub(b.CookieAt) >= BoundGrace || !b.Admits(b.Cookie, tenMinutes, now) {
					t.Fatalf("no fresh cookie: %+v", b)
				}
			}
		}
	})
}

func same(a, b DeviceBinding) bool {
	return a.Cookie == b.Cookie && a.CookieAt.Equal(b.CookieAt) && a.Challenge == b.Challenge && a.ChallengeAt.Equal(b.ChallengeAt) &&
		a.OlderAt.Equal(b.OlderAt) && a.RefreshedAt.Equal(b.RefreshedAt) && a.WrongProofs == b.WrongProofs
}

func TestWrongProofsInARowEndASession(t *testing.T) {
	b := DeviceBinding{}.Bind(noonOfRules)
	var over bool
	for range MostWrongProofs - 1 {
		if b, over = b.Wrong(); over {
			t.Fatalf("over after %d", b.WrongProofs)
		}
	}
	good, ok := b.Proved(b.Challenge, tenMinutes, noonOfRules)
	if !ok || good.WrongProofs != 0 {
		t.Errorf("a good proof does not start the count again: %+v", good)
	}
	if _, over = b.Wrong(); !over {
		t.Error("not over")
	}
}
