package gatehouse_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

func TestSessionAlive(t *testing.T) {
	limits := gatehouse.SessionLimits{Idle: 30 * time.Minute, Absolute: 12 * time.Hour}
	for _, test := range []struct {
		name          string
		created, seen time.Duration // before now
		want          bool
	}{
		{"new", 0, 0, true},
		{"just not idle", time.Hour, 30*time.Minute - 1, true},
		{"idle", time.Hour, 30 * time.Minute, false},
		{"just not at its end", 12*time.Hour - 1, 0, true},
		{"at its end, in use", 12 * time.Hour, 0, false},
		{"long gone", 1000 * time.Hour, 999 * time.Hour, false},
		{"the clock went back an hour", -time.Hour, -time.Hour, true},
		{"the clock went back a year", -365 * day, -365 * day, true},
		{"the clock is a year ahead", 365 * day, 365 * day, false},
		{"never seen, as far as times go", 0, time.Duration(noon.Unix()) * time.Second, false},
	} {
		if got := limits.Alive(noon.Add(-test.created), noon.Add(-test.seen), noon); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if (gatehouse.SessionLimits{}).Alive(noon, noon, noon) {
		t.Error("without limits nothing is alive")
	}
	if limits.Alive(time.Time{}, time.Time{}, noon) {
		t.Error("a session without times is not alive")
	}
}

// Use never extends a session beyond the absolute limit, and a session that has ended stays ended
// as time goes on.
func TestADeadSessionStaysDead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := func(name string) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(40*day)).Draw(t, name))
		}
		limits := gatehouse.SessionLimits{Idle: span("idle"), Absolute: span("absolute")}
		created := noon
		seen := created.Add(span("seen"))
		now := seen.Add(span("now"))
		alive := limits.Alive(created, seen, now)
		if alive && (now.Sub(created) >= limits.Absolute || now.Sub(seen) >= limits.Idle) {
			t.Fatal("alive beyond a limit")
		}
		if !alive && limits.Alive(created, seen, now.Add(span("later"))) {
			t.Fatal("alive again")
		}
	})
}

// Invariant 4, for every state and lock.
func TestWhoMaySignIn(t *testing.T) {
	for _, test := range []struct {
		state  gatehouse.UserState
		locked bool
		want   bool
	}{
		{gatehouse.Invited, false, true}, {gatehouse.Active, false, true}, {gatehouse.Deactivated, false, false},
		{gatehouse.Invited, true, false}, {gatehouse.Active, true, false}, {gatehouse.Deactivated, true, false},
	} {
		u := gatehouse.User{State: test.state}
		if test.locked {
			u.LockedAt = noon
		}
		if got := u.MaySignIn(); got != test.want || u.Locked() != test.locked {
			t.Errorf("%+v: may sign in %v, locked %v", test, got, u.Locked())
		}
	}
}

// A state that this version does not know (a later version's, or none) may not sign in.
func TestAnUnknownStateMayNotSignIn(t *testing.T) {
	for _, state := range []gatehouse.UserState{"", "deleted", "suspended"} {
		if (gatehouse.User{ID: "usr_1", State: state}).MaySignIn() {
			t.Errorf("state %q may sign in", state)
		}
	}
}

func TestTermsAndSoleUser(t *testing.T) {
	for _, test := range []struct {
		name                        string
		version, accepted, answered string
		asks                        bool
		terms, sole                 bool
	}{
		{"no terms", "", "", "", false, false, false},
		{"no terms, accepted some once", "", "v1", "", false, false, false},
		{"never accepted", "v1", "", "", true, true, true},
		{"accepted and answered", "v1", "v1", "v1", true, false, false},
		{"accepted, not answered", "v1", "v1", "", true, false, true},
		{"a new version asks both again", "v2", "v1", "v1", true, true, true},
		{"a version taken back asks again", "v1", "v2", "v2", true, true, true},
		{"the site does not ask", "v2", "v2", "v1", false, false, false},
		{"no terms, but the question: once", "", "", "", true, false, true},
		{"no terms, the question answered", "", "", "once", true, false, false},
		{"terms came after the question", "v1", "v1", "once", true, false, true},
	} {
		s := gatehouse.Site{TermsVersion: test.version, AsksSoleUser: test.asks}
		u := gatehouse.User{TermsAccepted: test.accepted, SoleUserFor: test.answered}
		if got := gatehouse.TermsDue(s, u); got != test.terms {
			t.Errorf("%s: terms %v", test.name, got)
		}
		if got := gatehouse.SoleUserDue(s, u); got != test.sole {
			t.Errorf("%s: sole user %v", test.name, got)
		}
	}
}

func TestDisplayName(t *testing.T) {
	for _, test := range []struct{ first, last, want string }{
		{"John", "Smith", "John Smith"}, {"John", "", "John"}, {"", "Smith", "Smith"}, {"", "", "jsmith"},
	} {
		if got := (gatehouse.User{Username: "jsmith", FirstName: test.first, LastName: test.last}).DisplayName(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

// Invariant 6: an administrator manages only their own company on their own site, a user none, a
// visitor none; an operator all.
func TestMayManage(t *testing.T) {
	for n := range 5 * 3 * 2 * 2 {
		p := &picker{n}
		c := gatehouse.Caller{
			Kind: pick(p, gatehouse.Visitor, gatehouse.SignedIn, gatehouse.Operator, gatehouse.System, ""),
			Role: pick(p, gatehouse.RoleUser, gatehouse.RoleAdmin, ""),
		}
		c.SiteID, c.CompanyID = pick(p, "uk", "au"), pick(p, "com_1", "com_2")
		own := c.SiteID == "uk" && c.CompanyID == "com_1"
		want := c.Kind == gatehouse.Operator || c.Kind == gatehouse.System ||
			c.Kind == gatehouse.SignedIn && c.Role == gatehouse.RoleAdmin && own
		if got := c.MayManage("uk", "com_1"); got != want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestKindOf(t *testing.T) {
	lost := &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: "database", Err: errors.New("connection refused")}
	for _, test := range []struct {
		err  error
		want gatehouse.Kind
	}{
		{errors.New("anything"), gatehouse.Internal},
		{lost, gatehouse.Unavailable},
		{fmt.Errorf("sign-in: %w", lost), gatehouse.Unavailable},
		{errors.Join(errors.New("first"), lost), gatehouse.Unavailable},
		{gatehouse.ErrNotFound, gatehouse.NotFound},
	} {
		if got := gatehouse.KindOf(test.err); got != test.want {
			t.Errorf("%v: kind %d, want %d", test.err, got, test.want)
		}
	}
	if errors.Is(lost, gatehouse.ErrNotFound) {
		t.Error("a lost database is not a missing row")
	}
	if !errors.Is(fmt.Errorf("user: %w", gatehouse.ErrNotFound), gatehouse.ErrNotFound) {
		t.Error("a wrapped missing row is one")
	}
	if got := lost.Error(); got != "database: connection refused" {
		t.Errorf("text %q", got)
	}
}
