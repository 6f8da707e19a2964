package console

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// What keeps a user out is at the top, in order of importance: what it is, since when
// and until when, what caused it, and what to do, each act once.
func TestBarriersInWords(t *testing.T) {
	all, _ := testUsers()
	v := UserDetail{Of: all[1], UserTwoFactor: directory.UserTwoFactor{Reachable: true}, Standing: directory.Standing{From: []string{"192.0.2.44", "2001:db8::7", "2001:db8::8"}, Lock: gatehouse.Event{UserAgent: fixture.Firefox}, Shared: true, SharedAt: fixture.Noon.AddDate(0, 0, -3)}}
	unlock, password := []gatehouse.Remedy{gatehouse.RemedyUnlock}, []gatehouse.Remedy{gatehouse.RemedyPassword}
	v.Barriers = []gatehouse.Barrier{
		{Kind: gatehouse.BarrierAttempts, Shut: true, Since: fixture.Noon.Add(-time.Hour), Remedies: unlock},
		{Kind: gatehouse.BarrierStrangers, Since: fixture.Noon.Add(-time.Hour), Until: fixture.Noon.Add(time.Hour), Remedies: unlock},
		{Kind: gatehouse.BarrierTemporary, Since: fixture.Noon.AddDate(0, 0, -1), Until: fixture.Noon.Add(time.Hour), Remedies: password},
	}
	doc := show(t, "uk", withActs(v), pages.SignedIn)
	rows := doc.Find("main [data-barrier]")
	for i, want := range [][]string{
		{"Locked after too many wrong passwords", "Since: Today, 13:32. It does not end on its own.", "Device: Firefox on Windows.", "came from 192.0.2.44; 2001:db8::/64.", "every device has been signed out", "Unlock"},
		{"Sign-in from new devices is blocked", "It ends on its own: Today, 15:32.", "own devices still work"},
		{"A temporary password has been sent", "Yesterday, 14:32", "valid until: Today, 15:32", "Send a new password"},
	} {
		for _, part := range want {
			if got := pages.Squeeze(rows.Eq(i).Text()); !strings.Contains(got, part) {
				t.Errorf("%d: %q lacks %q", i, got, part)
			}
		}
	}
	if n := doc.Find("main a[href='/company/users/usr_p1/unlock']").Length(); n != 1 || doc.Find("main a[href$='/send-password']").Length() != 1 || rows.Eq(1).Find("a").Length() != 0 {
		t.Errorf("Unlock is offered %d times", n)
	}
	if got := pages.Squeeze(doc.Find("main .alert").Last().Text()); !strings.Contains(got, "Several people share this sign-in") || !strings.Contains(got, "18 November 2026") ||
		doc.Find("main .alert a[href='/company/users/new']").Length() != 1 {
		t.Error(got)
	}
	// A new password can be sent no matter what the mail list says; not to oneself, and not
	// if nothing would arrive or open.
	for name, c := range map[string]struct {
		v    UserDetail
		want int
	}{
		"plain":       {UserDetail{Of: all[0], UserTwoFactor: directory.UserTwoFactor{Reachable: true}}, 1},
		"no address":  {UserDetail{Of: all[2], Standing: directory.Standing{Barriers: barriersOf(all[2], false)}}, 0},
		"deactivated": {UserDetail{Of: all[8], UserTwoFactor: directory.UserTwoFactor{Reachable: true}, Standing: directory.Standing{Barriers: barriersOf(all[8], true)}}, 0},
		"own":         {UserDetail{Of: *fixture.User(), UserTwoFactor: directory.UserTwoFactor{Reachable: true}, Standing: directory.Standing{Barriers: v.Barriers}}, 0},
	} {
		doc := show(t, "uk", withActs(c.v), pages.SignedIn)
		if n := doc.Find("main a[href$='/send-password']").Length(); n != c.want {
			t.Errorf("%s: a new password is offered %d times", name, n)
		}
		if n := doc.Find("main a[href$='/deactivate']").Length(); n != c.want && name != "no address" {
			t.Errorf("%s: the end is offered %d times", name, n)
		}
	}
	end := UserDetail{Of: all[8], UserTwoFactor: directory.UserTwoFactor{Reachable: true}, Standing: directory.Standing{Barriers: barriersOf(all[8], true), End: gatehouse.Event{ActorKind: gatehouse.SignedIn, ActorName: "imarchetti"}}}
	end.Barriers[0].Since = fixture.Noon
	if got := pages.Squeeze(show(t, "uk", end, pages.SignedIn).Find("[data-barrier=deactivated]").Text()); !strings.Contains(got, "Deactivated by imarchetti: Today, 14:32.") || !strings.Contains(got, "Activate") {
		t.Error(got)
	}
}
