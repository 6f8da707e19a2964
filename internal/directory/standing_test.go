package directory_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// kinds returns the kinds of a user's barriers.
func (h *house) kinds(by gatehouse.Caller, u gatehouse.User) (string, directory.Standing) {
	h.t.Helper()
	how, err := h.Standing(h.t.Context(), h.siteOf(u), by, u.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	var list []string
	for _, b := range how.Barriers {
		list = append(list, string(b.Kind))
	}
	return strings.Join(list, " "), how
}

// tell writes an event about a user.
func (h *house) tell(u gatehouse.User, at time.Time, kind gatehouse.EventKind, result gatehouse.EventResult, address string) {
	h.write(func(q store.Queries) error {
		c := gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: address, UserAgent: "agent"}
		return q.InsertEvent(h.t.Context(), c.Event(store.NewID("evt", at), at, u.SiteID, u, kind, result, nil))
	})
}

// What an administrator reads about a user's locks comes from the right source: the account, the
// counts, the event log, for this lock and no earlier one.
func TestStandingKnowsWhy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u, other := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser), h.user(h.uk, c.ID, "tom", gatehouse.RoleUser)
		admin := as(h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin))
		if got, how := h.kinds(admin, u); got != "invited" || how.Lock.ID != "" || how.From != nil {
			t.Errorf("%s %+v", got, how)
		}
		h.tell(u, h.now.Add(-72*time.Hour), gatehouse.EventLocked, gatehouse.ResultOK, "192.0.2.1")
		h.tell(u, h.now.Add(-72*time.Hour), gatehouse.EventSignIn, gatehouse.ResultWrong, "192.0.2.1")
		for i, from := range []string{"192.0.2.2", "192.0.2.3", "192.0.2.2", ""} {
			h.tell(u, h.now.Add(time.Duration(i)*time.Second), gatehouse.EventSignIn, gatehouse.ResultWrong, from)
		}
		h.tell(u, h.now.Add(4*time.Second), gatehouse.EventSignIn, gatehouse.ResultOK, "192.0.2.9")
		h.tell(other, h.now, gatehouse.EventSignIn, gatehouse.ResultWrong, "192.0.2.8")
		since := h.now.Add(5 * time.Second)
		h.write(func(q store.Queries) error {
			if _, err := q.HoldAttempts(t.Context(), u.SiteID, u.ID, "", since); err != nil {
				return err
			}
			return q.SaveAttempts(t.Context(), u.SiteID, u.ID, "", gatehouse.Attempts{Row: 6, All: 6, LockedAt: since})
		})
		h.now = since.Add(time.Minute)
		got, how := h.kinds(admin, u)
		if got != "strangers-all invited" || strings.Join(how.From, " ") != "192.0.2.2 192.0.2.3" || how.Lock.ID != "" || !how.Barriers[0].Since.Equal(since) {
			t.Errorf("%s %+v", got, how)
		}
		h.tell(u, since, gatehouse.EventLocked, gatehouse.ResultOK, "192.0.2.2")
		h.write(func(q store.Queries) error {
			if _, _, err := q.DeviceSignedIn(t.Context(), u.SiteID, u.ID, "token", store.NewID("dev", h.now), "", "", h.now); err != nil {
				return err
			}
			_, err := q.HoldAttempts(t.Context(), u.SiteID, gatehouse.AnswerSubject(u.ID), "", since)
			if err != nil {
				return err
			}
			return q.SaveAttempts(t.Context(), u.SiteID, gatehouse.AnswerSubject(u.ID), "", gatehouse.Attempts{Row: 6, All: 6, LockedAt: since})
		})
		if got, how := h.kinds(admin, u); got != "strangers invited answers" || how.Lock.IPAddress != "192.0.2.2" || how.Lock.UserAgent != "agent" {
			t.Errorf("%s %+v", got, how)
		}
		if err := h.Unlock(t.Context(), h.uk, admin, u.ID); err != nil {
			t.Fatal(err)
		}
		if got, how := h.kinds(admin, u); got != "invited" || how.From != nil {
			t.Errorf("%s %+v", got, how)
		}

		h.later()
		if err := h.Deactivate(t.Context(), h.uk, admin, u.ID); err != nil {
			t.Fatal(err)
		}
		if got, how := h.kinds(admin, u); got != "deactivated" || how.End.ActorName != "imarchetti" || !how.Barriers[0].Since.Equal(h.now) {
			t.Errorf("%s %+v", got, how)
		}
	})
}

// A reported shared sign-in stays visible, with its day, until the user says otherwise (A04).
func TestStandingKnowsOfASharedSignIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u, admin := h.user(h.uk, c.ID, "counter", gatehouse.RoleUser), as(h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin))
		if _, how := h.kinds(admin, u); how.Shared {
			t.Error("nobody was asked yet")
		}
		for i, sole := range []bool{false, true, false} {
			at := h.now.Add(time.Duration(i) * time.Hour)
			h.tell(u, at, gatehouse.EventSoleUser, gatehouse.ResultOK, "")
			h.write(func(q store.Queries) error { return q.AnswerSoleUser(t.Context(), u.SiteID, u.ID, "2026-09", sole) })
			if _, how := h.kinds(admin, u); how.Shared == sole || how.Shared != how.SharedAt.Equal(at) {
				t.Errorf("%d: %+v", i, how)
			}
		}
	})
}

// A stolen session of an administrator cannot flood mailboxes: passwords and unlocks are limited,
// for one user and for a whole company. Operators are not limited.
func TestWhatAdministratorsDoHasAnEnd(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	admin := as(h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin))
	for name, act := range map[string]func(gatehouse.Caller, string) error{
		directory.ReasonResendWait: func(by gatehouse.Caller, id string) error { return h.SendPassword(t.Context(), h.uk, by, id) },
		directory.ReasonUnlockWait: func(by gatehouse.Caller, id string) error { return h.Unlock(t.Context(), h.uk, by, id) },
	} {
		u := h.user(h.uk, c.ID, name, gatehouse.RoleUser)
		for range 5 {
			if err := act(admin, u.ID); err != nil {
				t.Fatal(err)
			}
		}
		events := len(h.events(u))
		err := act(admin, u.ID)
		if e, ok := err.(*gatehouse.Error); !ok || e.Kind != gatehouse.TooMany || e.Reason != name || e.RetryAfter <= 0 || len(h.events(u)) != events {
			t.Errorf("%s: %v", name, err)
		}
		if err := act(operator, u.ID); err != nil {
			t.Errorf("%s by an operator: %v", name, err)
		}
		for range 110 {
			if err = act(admin, h.user(h.uk, c.ID, store.NewID(name, h.now), gatehouse.RoleUser).ID); err != nil {
				break
			}
		}
		if gatehouse.ReasonOf(err) != name {
			t.Errorf("%s: the whole company: %v", name, err)
		}
	}
}

// What an administrator must not do, and what has no effect, is reported as such, and changes
// nothing.
func TestWhatIsRefusedOnAUsersPage(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	u, me := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser), h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin)
	admin := as(me)
	acts := map[string]func(id string) error{
		"unlock":        func(id string) error { return h.Unlock(t.Context(), h.uk, admin, id) },
		"activate":      func(id string) error { return h.Activate(t.Context(), h.uk, admin, id) },
		"deactivate":    func(id string) error { return h.Deactivate(t.Context(), h.uk, admin, id) },
		"send-password": func(id string) error { return h.SendPassword(t.Context(), h.uk, admin, id) },
	}
	before := len(h.events(me))
	for name, act := range acts {
		if err := act(me.ID); gatehouse.KindOf(err) != gatehouse.Conflict || gatehouse.ReasonOf(err) != directory.ReasonOwnAccount {
			t.Errorf("%s of the own account: %v", name, err)
		}
	}
	if len(h.events(me)) != before {
		t.Error("the own account was changed")
	}
	none := ""
	if _, err := h.UpdateUser(t.Context(), h.uk, operator, u.ID, directory.UserChange{Email: &none}); err != nil {
		t.Fatal(err)
	}
	was := h.stored(h.uk, "msantos").Password
	if err := acts["send-password"](u.ID); gatehouse.ReasonOf(err) != directory.ReasonNoEmail || h.stored(h.uk, "msantos").Password != was {
		t.Errorf("without an address: %v", err)
	}
	h.write(func(q store.Queries) error {
		_, err := q.LockUser(t.Context(), u.SiteID, u.ID, gatehouse.LockedByOperator, h.now)
		return err
	})
	if err := acts["unlock"](u.ID); gatehouse.KindOf(err) != gatehouse.Forbidden || gatehouse.ReasonOf(err) != directory.ReasonLockedByOperator || !h.stored(h.uk, "msantos").Locked() {
		t.Errorf("an operator's lock: %v", err)
	}
	if err := acts["deactivate"](u.ID); err != nil {
		t.Fatal(err)
	}
	if err := acts["send-password"](u.ID); gatehouse.ReasonOf(err) != directory.ReasonDeactivated {
		t.Errorf("deactivated: %v", err)
	}
}
