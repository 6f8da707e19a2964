package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/store"
)

// happened adds an event about Mira.
func (f *flat) happened(kind gatehouse.EventKind, result gatehouse.EventResult, by gatehouse.Caller) gatehouse.Event {
	f.t.Helper()
	f.Clock.Add(time.Second)
	now := f.Clock.Now()
	e := by.Event(store.NewID("evt", now), now, f.mira.SiteID, f.mira, kind, result, nil)
	f.write(func(q store.Queries) error { return q.InsertEvent(f.t.Context(), e) })
	return e
}

func (f *flat) visitor() gatehouse.Caller {
	return gatehouse.Caller{Kind: gatehouse.Visitor, SiteID: f.site.ID, IPAddress: "198.51.100.9", UserAgent: "Chrome", Reference: "GH-AAAA-AAAA"}
}

func (f *flat) activity(here gatehouse.Session, filter account.ActivityFilter) account.Activity {
	f.t.Helper()
	a, err := f.own.Activity(f.t.Context(), f.site, f.caller(f.mira), here, filter)
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func TestActivityPagesByKeyAndFilters(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		var want []string
		for i := range 60 {
			kind, result := gatehouse.EventProfileChanged, gatehouse.ResultOK
			if i%3 == 0 {
				kind, result = gatehouse.EventSignIn, gatehouse.ResultWrong
			}
			want = append([]string{f.happened(kind, result, f.visitor()).ID}, want...)
		}
		var got []string
		var filter account.ActivityFilter
		for page := range 4 {
			a := f.activity(here, filter)
			for _, e := range a.Events {
				got = append(got, e.ID)
			}
			if filter.Before = a.Next; a.Next == "" {
				if page != 2 || len(a.Events) != 11 { // 60 and the sign-in
					t.Errorf("the last page is the %dth, with %d events", page+1, len(a.Events))
				}
				break
			}
		}
		if len(got) != 61 || fmt.Sprint(got[:60]) != fmt.Sprint(want) {
			t.Errorf("%d events, not those in their order", len(got))
		}
		for _, c := range []struct {
			filter account.ActivityFilter
			want   int
		}{
			{account.ActivityFilter{Topic: gatehouse.ActivitySignIns}, 21}, {account.ActivityFilter{Topic: gatehouse.ActivitySignIns, Result: string(gatehouse.ResultOK)}, 1},
			{account.ActivityFilter{Topic: gatehouse.ActivityChanges, Result: gatehouse.EventsNotOK}, 0}, {account.ActivityFilter{Result: gatehouse.EventsNotOK}, 20},
			{account.ActivityFilter{Before: got[59]}, 1}, {account.ActivityFilter{Before: got[60]}, 0},
			{account.ActivityFilter{Topic: "everything", Result: "what", Before: "evt_\x00'"}, 25},
		} {
			if a := f.activity(here, c.filter); len(a.Events) != c.want {
				t.Errorf("%+v: %d events, want %d", c.filter, len(a.Events), c.want)
			}
		}
	})
}

// Administrators are named, operators are not; their location is not shown.
func TestActivityTellsWhoAndNotFromWhere(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		admin := f.AddUser("meridian-uk", "imarchetti", "", func(u *gatehouse.User) { u.FirstName, u.LastName, u.Role = "Ines", "Marchetti", gatehouse.RoleAdmin })
		stranger := f.AddUser("meridian-uk", "outsider", "", func(u *gatehouse.User) {
			c := gatehouse.Company{SiteID: "meridian-uk", ID: store.NewID("com", f.Clock.Now()), Name: "Another", AccountNumber: "99", CreatedAt: f.Clock.Now()}
			f.write(func(q store.Queries) error { return q.InsertCompany(t.Context(), c) })
			u.CompanyID = c.ID
		})
		callers := []gatehouse.Caller{f.caller(f.mira), f.caller(admin), f.caller(stranger),
			{Kind: gatehouse.Operator, Name: "root@console", IPAddress: "10.0.0.1", UserAgent: "gatehouse", Reference: "GH-BBBB-BBBB"}, {Kind: gatehouse.System, Reference: "GH-CCCC-CCCC"}}
		for _, c := range callers {
			f.happened(gatehouse.EventUserChanged, gatehouse.ResultOK, c)
		}
		f.happened(gatehouse.EventSignIn, gatehouse.ResultWrong, f.visitor())
		var got []string
		for _, e := range f.activity(here, account.ActivityFilter{}).Events {
			if e.Reference != "" {
				t.Errorf("reference %s", e.Reference)
			}
			got = append(got, fmt.Sprintf("%s %q %s %s", e.ActorKind, e.ActorName, e.IPAddress, e.UserAgent))
		}
		want := []string{`visitor "" 198.51.100.9 Chrome`, `system ""  `, `operator ""  `, `user ""  `, `user "Ines Marchetti"  `, `user "msantos" 192.0.2.7 Firefox`, `visitor "" 192.0.2.7 here`}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestActivityKnowsTheSignInInUse(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		// All at the same instant, on the same device.
		first, second := f.signedIn(f.mira, "same"), f.signedIn(f.mira, "same")
		events := f.activity(first, account.ActivityFilter{}).Events
		if len(events) != 2 {
			t.Fatal(len(events))
		}
		if got := f.activity(first, account.ActivityFilter{}).Own; got != events[1].ID {
			t.Errorf("the first session's is %s of %s, %s", got, events[0].ID, events[1].ID)
		}
		if got := f.activity(second, account.ActivityFilter{}).Own; got != events[0].ID {
			t.Errorf("the second session's is %s", got)
		}
		elsewhere := second
		elsewhere.UserAgent = "another"
		if got := f.activity(elsewhere, account.ActivityFilter{}).Own; got != "" {
			t.Errorf("another browser's is %s", got)
		}
	})
}

func TestNotMeEndsEverythingElse(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here := f.signedIn(f.mira, "here")
		f.signedIn(f.mira, "thief")
		now := f.Clock.Now()
		f.write(func(q store.Queries) error {
			if err := q.InsertRecovery(t.Context(), "link", store.Recovery{SiteID: f.site.ID, ID: "rec_1", Kind: gatehouse.RecoverByLink, UserID: f.mira.ID,
				Subject: f.mira.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}); err != nil {
				return err
			}
			if err := q.InsertEmailChange(t.Context(), "change", gatehouse.EmailChange{ID: "eml_1", SiteID: f.site.ID, UserID: f.mira.ID, Old: f.mira.Email,
				New: "thief@elsewhere.example", State: gatehouse.EmailAsked, AskedAt: now, ConfirmUntil: now.Add(time.Hour)}); err != nil {
				return err
			}
			return q.InsertSignIn(t.Context(), "half", gatehouse.SignIn{ID: "sin_1", SiteID: f.site.ID, UserID: f.mira.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)})
		})
		a := f.activity(here, account.ActivityFilter{})
		thief, c := a.Events[0], f.caller(f.mira)
		if thief.UserAgent != "thief" {
			t.Fatalf("%+v", thief)
		}
		err := f.own.NotMe(t.Context(), f.site, c, here, a.Own)
		wantKind(t, "the own sign-in", err, gatehouse.Conflict)
		f.wantOpen(f.mira, "2 sessions, 2 browsers")
		if err := f.own.NotMe(t.Context(), f.site, c, here, thief.ID); err != nil {
			t.Fatal(err)
		}
		f.wantOpen(f.mira, "1 sessions, 1 browsers")
		if _, err := f.Store.Read().SignIn(t.Context(), f.site.ID, "half"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a half-finished sign-in goes on: %v", err)
		}
		if _, err := f.Store.Read().Recovery(t.Context(), f.site.ID, "link"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a reset link still works: %v", err)
		}
		if _, err := f.Store.Read().WaitingEmailChange(t.Context(), f.site.ID, f.mira.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a change of address still waits: %v", err)
		}
		if e := f.newest(); e.Kind != gatehouse.EventNotMe || e.Detail["event"] != thief.ID || e.Detail["by"] != "owner" {
			t.Errorf("event %+v", e)
		}
	})
}

func TestNotMeIsForWhatCanBeDisowned(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		here, other := f.signedIn(f.mira, "here"), f.signedIn(f.mira, "other")
		colleague := f.AddUser("meridian-uk", "colleague", "", nil)
		f.signedIn(colleague, "theirs")
		theirs, err := f.Store.Read().EventsOfUser(t.Context(), f.site.ID, colleague.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		for name, id := range map[string]string{
			"somebody else's": theirs[0].ID, "none": "evt_" + strings.Repeat("0", 32), "no ID": "x", "a session": other.ID, "a null": "evt_\x00",
			"one that failed":    f.happened(gatehouse.EventSignIn, gatehouse.ResultWrong, f.visitor()).ID,
			"an administrator's": f.happened(gatehouse.EventUserChanged, gatehouse.ResultOK, f.caller(colleague)).ID,
			"support's":          f.happened(gatehouse.EventPasswordReset, gatehouse.ResultOK, gatehouse.Caller{Kind: gatehouse.Operator}).ID,
			"a sign-out":         f.happened(gatehouse.EventSignOut, gatehouse.ResultOK, f.caller(f.mira)).ID,
		} {
			wantKind(t, name, f.own.NotMe(t.Context(), f.site, f.caller(f.mira), here, id), gatehouse.NotFound)
		}
		f.wantOpen(f.mira, "2 sessions, 2 browsers")
		f.wantOpen(colleague, "1 sessions, 1 browsers")
		changed := f.happened(gatehouse.EventPasswordChanged, gatehouse.ResultOK, f.visitor())
		if err := f.own.NotMe(t.Context(), f.site, f.caller(f.mira), here, changed.ID); err != nil {
			t.Errorf("a change: %v", err)
		}
		wantKind(t, "by a session that has ended", f.own.NotMe(t.Context(), f.site, f.caller(f.mira), other, changed.ID), gatehouse.Unauthenticated)
	})
}

func TestAcceptedTermsAreTheOwners(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		colleague := f.AddUser("meridian-uk", "colleague", "", nil)
		text := "# Terms\n"
		accept := func(u gatehouse.User) gatehouse.Acceptance {
			a := gatehouse.Acceptance{ID: store.NewID("acc", f.Clock.Now()), SiteID: u.SiteID, UserID: u.ID, Version: "2026-09", TextHash: gatehouse.TermsHash(text),
				Lang: "en-GB", AcceptedAt: f.Clock.Now(), IPAddress: "192.0.2.7"}
			f.write(func(q store.Queries) error { return q.InsertAcceptance(t.Context(), a, text) })
			return a
		}
		if list, err := f.own.Acceptances(t.Context(), f.site, f.caller(f.mira)); err != nil || len(list) != 0 {
			t.Errorf("before: %v, %v", list, err)
		}
		without := *f.site
		without.TermsVersion = ""
		_, err := f.own.Acceptances(t.Context(), &without, f.caller(f.mira))
		wantKind(t, "a site without terms", err, gatehouse.NotFound)
		mine, theirs := accept(f.mira), accept(colleague)
		for _, st := range []string{f.site.TermsVersion, ""} {
			without.TermsVersion = st
			if list, err := f.own.Acceptances(t.Context(), &without, f.caller(f.mira)); err != nil || len(list) != 1 || list[0] != mine {
				t.Errorf("terms %q: %v, %v", st, list, err)
			}
		}
		if a, got, err := f.own.AcceptedText(t.Context(), f.site, f.caller(f.mira), mine.ID); err != nil || a != mine || got != text {
			t.Errorf("%v, %q, %v", a, got, err)
		}
		for _, id := range []string{theirs.ID, "acc_1", "acc_\x00", ""} {
			_, _, err := f.own.AcceptedText(t.Context(), f.site, f.caller(f.mira), id)
			wantKind(t, id, err, gatehouse.NotFound)
		}
	})
}
