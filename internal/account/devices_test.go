package account_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// flat is a server with a user who can be signed in without passwords.
type flat struct {
	*testkit.Server
	t    *testing.T
	site *site.Site
	own  *account.Service
	mira gatehouse.User
}

// eachFlat runs a test on both databases.
func eachFlat(t *testing.T, test func(t *testing.T, f *flat)) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url, testkit.SharedSites())
		f := &flat{Server: s, t: t, site: s.Sites.ByID("meridian-uk"),
			own: &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}}
		f.mira = s.AddUser("meridian-uk", "msantos", "", func(u *gatehouse.User) { u.CreatedAt = s.Clock.Now() })
		test(t, f)
	})
}

func (f *flat) write(fn func(q store.Queries) error) {
	f.t.Helper()
	if err := f.Store.Write(f.t.Context(), fn); err != nil {
		f.t.Fatal(err)
	}
}

func (f *flat) caller(u gatehouse.User) gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: u.SiteID, CompanyID: u.CompanyID, UserID: u.ID, Role: u.Role, Name: u.Username,
		IPAddress: "192.0.2.7", UserAgent: "Firefox", Reference: "GH-TEST-TEST", Proved: true}
}

// signedIn makes what a finished sign-in leaves: a session, a known device, an event.
func (f *flat) signedIn(u gatehouse.User, agent string) gatehouse.Session {
	f.t.Helper()
	now := f.Clock.Now()
	ses := gatehouse.Session{ID: store.NewID("ses", now), SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: now, SeenAt: now,
		IPAddress: "192.0.2.7", UserAgent: agent, DeviceID: store.NewID("dev", now)}
	c := gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: u.SiteID, IPAddress: ses.IPAddress, UserAgent: agent, Reference: "GH-TEST-TEST"}
	f.write(func(q store.Queries) error {
		if _, _, err := q.DeviceSignedIn(f.t.Context(), u.SiteID, u.ID, ses.DeviceID, ses.DeviceID, agent, "", now); err != nil {
			return err
		}
		if err := q.InsertSession(f.t.Context(), secret.NewToken(), ses, now.Add(f.site.Policy.Session.Absolute)); err != nil {
			return err
		}
		return q.InsertEvent(f.t.Context(), c.Event(store.NewID("evt", now), now, u.SiteID, u, gatehouse.EventSignIn, gatehouse.ResultOK, nil))
	})
	return ses
}

// open returns what a user has: live sessions and devices.
func (f *flat) open(u gatehouse.User) string {
	f.t.Helper()
	sessions, err := f.Store.Read().SessionsOf(f.t.Context(), u.SiteID, u.ID, f.Clock.Now(), 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	browsers, err := f.Store.Read().DevicesOf(f.t.Context(), u.SiteID, u.ID, time.Time{})
	if err != nil {
		f.t.Fatal(err)
	}
	return fmt.Sprintf("%d sessions, %d browsers", len(sessions), len(browsers))
}

func (f *flat) wantOpen(u gatehouse.User, want string) {
	f.t.Helper()
	if got := f.open(u); got != want {
		f.t.Errorf("%s, want %s", got, want)
	}
}

func wantKind(t *testing.T, what string, err error, want gatehouse.Kind) {
	t.Helper()
	if gatehouse.KindOf(err) != want || err == nil {
		t.Errorf("%s: %v", what, err)
	}
}

func (f *flat) newest() gatehouse.Event {
	f.t.Helper()
	all, err := f.Store.Read().EventsOfUser(f.t.Context(), f.mira.SiteID, f.mira.ID, 1)
	if err != nil || len(all) != 1 {
		f.t.Fatal("no event", err)
	}
	return all[0]
}

func TestDevicesAreThoseThatLive(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		limits := f.site.Policy.Session
		f.signedIn(f.mira, "idle too long")
		f.Clock.Add(limits.Idle - time.Minute)
		alive := f.signedIn(f.mira, "alive")
		here := f.signedIn(f.mira, "here")
		f.Clock.Add(2 * time.Minute)
		f.signedIn(f.AddUser("meridian-uk", "somebody", "", nil), "somebody else's")
		d, err := f.own.Devices(t.Context(), f.site, f.caller(f.mira), here)
		if err != nil || len(d.Sessions) != 2 || d.Sessions[0].ID != here.ID || d.Sessions[1].ID != alive.ID || d.Sessions[1].UserAgent != "alive" {
			t.Fatalf("%+v, %v", d, err)
		}
		if len(d.SignedOut) != 1 || d.SignedOut[0].UserAgent != "idle too long" {
			t.Errorf("browsers %+v", d.SignedOut)
		}
		f.Clock.Add(gatehouse.DeviceKnownFor)
		if d, err := f.own.Devices(t.Context(), f.site, f.caller(f.mira), here); err != nil || len(d.SignedOut) != 0 || len(d.Sessions) != 1 {
			t.Errorf("a year and more later: %+v, %v", d, err)
		}
	})
}

func TestRemoveASession(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here, other := f.signedIn(f.mira, "here"), f.signedIn(f.mira, "other")
		c := f.caller(f.mira)
		for range 2 { // the second time is no error
			if err := f.own.RemoveDevice(t.Context(), f.site, c, here, other.ID); err != nil {
				t.Fatal(err)
			}
			f.wantOpen(f.mira, "1 sessions, 2 browsers")
		}
		e := f.newest()
		if e.Kind != gatehouse.EventSignOut || e.Detail["by"] != "owner" || e.Detail["ended"] != other.ID || e.ActorID != f.mira.ID {
			t.Errorf("event %+v", e)
		}
		d, err := f.own.Devices(t.Context(), f.site, c, here)
		if err != nil || len(d.SignedOut) != 1 || d.SignedOut[0].ID != other.DeviceID {
			t.Fatalf("the browser is no longer known: %+v, %v", d, err)
		}
		// The ended session can no longer do anything.
		wantKind(t, "the ended session removes", f.own.RemoveDevice(t.Context(), f.site, c, other, here.ID), gatehouse.Unauthenticated)
		wantKind(t, "it signs out", f.own.SignOutElsewhere(t.Context(), f.site, c, other), gatehouse.Unauthenticated)
		f.wantOpen(f.mira, "1 sessions, 2 browsers")
	})
}

func TestForgetADevice(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here, other := f.signedIn(f.mira, "here"), f.signedIn(f.mira, "other")
		c := f.caller(f.mira)
		f.write(func(q store.Queries) error {
			_, err := q.HoldAttempts(t.Context(), f.site.ID, f.mira.ID, other.DeviceID, f.Clock.Now())
			return err
		})
		for range 2 {
			if err := f.own.RemoveDevice(t.Context(), f.site, c, here, other.DeviceID); err != nil {
				t.Fatal(err)
			}
		}
		f.wantOpen(f.mira, "1 sessions, 1 browsers")
		if _, err := f.Store.Read().Attempts(t.Context(), f.site.ID, f.mira.ID, other.DeviceID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("its attempts are still counted: %v", err)
		}
		if e := f.newest(); e.Kind != gatehouse.EventDeviceRemoved || e.Detail["by"] != "owner" || e.Detail["ended"] != other.ID+" "+other.DeviceID {
			t.Errorf("event %+v", e)
		}
		if err := f.own.RemoveDevice(t.Context(), f.site, c, here, other.ID); err != nil {
			t.Errorf("its session, which has ended with it: %v", err)
		}
	})
}

// Invariant 6: what is not the caller's looks as if it did not exist, and stays.
func TestOtherUsersDevicesAreNotThere(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		colleague := f.AddUser("meridian-uk", "colleague", "", nil)
		abroad := f.AddUser("meridian-au", "msantos", "", nil)
		theirs, away := f.signedIn(colleague, "theirs"), f.signedIn(abroad, "away")
		events := func() int {
			all, _ := f.Store.Read().EventsOfUser(t.Context(), f.site.ID, f.mira.ID, 100)
			return len(all)
		}
		before := events()
		for _, id := range []string{theirs.ID, theirs.DeviceID, away.ID, away.DeviceID, here.ID, here.DeviceID, "", "ses_", "dev_1",
			"ses_" + strings.Repeat("0", 32), "usr_" + strings.Repeat("0", 32), f.mira.ID, "ses_\x00" + strings.Repeat("0", 31), "\xff", strings.Repeat("s", 5000)} {
			wantKind(t, fmt.Sprintf("%.50q", id), f.own.RemoveDevice(t.Context(), f.site, f.caller(f.mira), here, id), gatehouse.NotFound)
		}
		// What the owner has ended is not revealed to others either.
		if err := f.own.RemoveDevice(t.Context(), f.site, f.caller(colleague), theirs, f.signedIn(colleague, "second").ID); err != nil {
			t.Fatal(err)
		}
		if err := f.own.SignOutElsewhere(t.Context(), f.site, f.caller(f.mira), here); err != nil {
			t.Fatal(err)
		}
		f.wantOpen(f.mira, "1 sessions, 1 browsers")
		f.wantOpen(colleague, "1 sessions, 2 browsers")
		f.wantOpen(abroad, "1 sessions, 1 browsers")
		if got := events(); got != before+1 {
			t.Errorf("%d events, want %d", got, before+1)
		}
		// A caller of another site, or without one, has no account here.
		for _, c := range []gatehouse.Caller{f.caller(abroad), {Kind: gatehouse.Visitor, SiteID: f.site.ID}, {Kind: gatehouse.Operator, Name: "root"}} {
			wantKind(t, "remove", f.own.RemoveDevice(t.Context(), f.site, c, here, theirs.ID), gatehouse.Forbidden)
			_, err := f.own.Devices(t.Context(), f.site, c, here)
			wantKind(t, "devices", err, gatehouse.Forbidden)
			_, err = f.own.Activity(t.Context(), f.site, c, here, account.ActivityFilter{})
			wantKind(t, "activity", err, gatehouse.Forbidden)
			_, err = f.own.Acceptances(t.Context(), f.site, c)
			wantKind(t, "terms", err, gatehouse.Forbidden)
			_, _, err = f.own.AcceptedText(t.Context(), f.site, c, "acc_"+strings.Repeat("0", 32))
			wantKind(t, "text", err, gatehouse.Forbidden)
		}
	})
}

func TestSignOutElsewhereLeavesOnlyThis(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		for range 3 {
			f.signedIn(f.mira, "other")
		}
		f.write(func(q store.Queries) error {
			return q.InsertSignIn(t.Context(), "half", gatehouse.SignIn{ID: "sin_1", SiteID: f.site.ID, UserID: f.mira.ID, CreatedAt: f.Clock.Now(), ExpiresAt: f.Clock.Now().Add(time.Hour)})
		})
		if err := f.own.SignOutElsewhere(t.Context(), f.site, f.caller(f.mira), here); err != nil {
			t.Fatal(err)
		}
		f.wantOpen(f.mira, "1 sessions, 1 browsers")
		if has, err := f.Store.Read().HasSession(t.Context(), f.site.ID, f.mira.ID, here.ID); err != nil || !has {
			t.Errorf("this session is gone: %v", err)
		}
		if _, err := f.Store.Read().SignIn(t.Context(), f.site.ID, "half"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a half-finished sign-in goes on: %v", err)
		}
		e := f.newest()
		if ended := strings.Fields(e.Detail["ended"]); e.Kind != gatehouse.EventSignOut || e.Detail["scope"] != "others" || len(ended) != 6 {
			t.Errorf("event %+v", e)
		}
	})
}

// Two sessions that end each other at the same moment: one is left, and only one.
func TestSessionsThatEndEachOther(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		for round := range 5 {
			u := f.AddUser("meridian-uk", fmt.Sprintf("person-%d", round), "", nil)
			a, b := f.signedIn(u, "a"), f.signedIn(u, "b")
			var all sync.WaitGroup
			var errs [2]error
			all.Go(func() { errs[0] = f.own.RemoveDevice(context.Background(), f.site, f.caller(u), a, b.ID) })
			all.Go(func() { errs[1] = f.own.SignOutElsewhere(context.Background(), f.site, f.caller(u), b) })
			all.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("both or none ended the other: %v", errs)
			}
			if got := f.open(u); !strings.HasPrefix(got, "1 sessions") {
				t.Error(got)
			}
		}
	})
}
