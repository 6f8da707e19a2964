package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// session adds one that began the given time before noon.
func session(t *testing.T, s *store.Store, u gatehouse.User, id, device string, ago time.Duration) {
	t.Helper()
	at := noon.Add(-ago)
	write(t, s, func(q store.Queries) error {
		return q.InsertSession(t.Context(), u.SiteID+id, gatehouse.Session{ID: id, SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID,
			CreatedAt: at, SeenAt: at, IPAddress: "192.0.2.7", UserAgent: "Firefox", DeviceID: device}, at.Add(time.Hour))
	})
}

func sessionIDs(t *testing.T, s *store.Store, u gatehouse.User) (ids []string) {
	t.Helper()
	all, err := s.Read().SessionsOf(t.Context(), u.SiteID, u.ID, noon, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		ids = append(ids, x.ID)
	}
	return ids
}

func TestSessionsOfAUser(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u, other := testUser(t, s, "one"), testUser(t, s, "two")
		session(t, s, u, "ses_new", "dev_1", time.Minute)
		session(t, s, u, "ses_old", "dev_2", 30*time.Minute)
		session(t, s, u, "ses_over", "dev_2", time.Hour)
		session(t, s, other, "ses_new", "dev_1", 0)
		ctx := t.Context()
		all, err := s.Read().SessionsOf(ctx, "one", u.ID, noon, 10)
		want := gatehouse.Session{ID: "ses_new", SiteID: "one", UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: noon.Add(-time.Minute),
			SeenAt: noon.Add(-time.Minute), IPAddress: "192.0.2.7", UserAgent: "Firefox", DeviceID: "dev_1"}
		if err != nil || len(all) != 2 || fmt.Sprint(all[0]) != fmt.Sprint(want) || all[1].ID != "ses_old" {
			t.Fatalf("%+v, %v", all, err)
		}
		if all, _ := s.Read().SessionsOf(ctx, "one", u.ID, noon, 1); len(all) != 1 || all[0].ID != "ses_new" {
			t.Errorf("the last used one: %v", all)
		}
		if ses, _, _, err := s.Read().Session(ctx, "one", "oneses_new"); err != nil || ses.DeviceID != "dev_1" {
			t.Errorf("by its token: %+v, %v", ses, err)
		}
		for _, c := range []struct {
			site, user string
			want       bool
		}{{"one", u.ID, true}, {"one", other.ID, false}, {"two", u.ID, false}} {
			if has, err := s.Read().HasSession(ctx, c.site, c.user, "ses_new"); err != nil || has != c.want {
				t.Errorf("%v: %v, %v", c, has, err)
			}
			if c.want {
				continue
			}
			write(t, s, func(q store.Queries) error {
				ended, err := q.EndSession(ctx, c.site, c.user, "ses_new", noon)
				if ended {
					t.Errorf("%v ended somebody else's", c)
				}
				return err
			})
		}
		ended := func(want string, end func(q store.Queries) ([]string, error)) {
			t.Helper()
			write(t, s, func(q store.Queries) error {
				ids, err := end(q)
				slices.Sort(ids)
				if fmt.Sprint(ids) != want {
					t.Errorf("%v ended, not %s", ids, want)
				}
				return err
			})
		}
		ended("[]", func(q store.Queries) ([]string, error) { return q.EndSessionsOfDevice(ctx, "one", u.ID, "", noon) })
		ended("[ses_old ses_over]", func(q store.Queries) ([]string, error) { return q.EndSessionsOfDevice(ctx, "one", u.ID, "dev_2", noon) })
		if got := sessionIDs(t, s, u); !slices.Equal(got, []string{"ses_new"}) {
			t.Errorf("after a browser's: %v", got)
		}
		session(t, s, u, "ses_third", "", 0)
		ended("[ses_new]", func(q store.Queries) ([]string, error) {
			return q.End(ctx, store.Ending{User: u, Change: gatehouse.SignedOutElsewhere, Kept: gatehouse.Kept{Session: "ses_third"}})
		})
		if got := sessionIDs(t, s, u); !slices.Equal(got, []string{"ses_third"}) {
			t.Errorf("after the others': %v", got)
		}
		write(t, s, func(q store.Queries) error {
			for _, want := range []bool{true, false} {
				if ended, err := q.EndSession(ctx, "one", u.ID, "ses_third", noon); err != nil || ended != want {
					t.Errorf("ended %v, %v", ended, err)
				}
			}
			return nil
		})
		if got := sessionIDs(t, s, other); len(got) != 1 {
			t.Errorf("of site two: %v", got)
		}
	})
}

func TestDevicesOfAUser(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u, other := testUser(t, s, "one"), testUser(t, s, "two")
		ctx := t.Context()
		write(t, s, func(q store.Queries) error {
			for i, id := range []string{"dev_1", "dev_2", "dev_3"} {
				for _, who := range []gatehouse.User{u, other} {
					if _, _, err := q.DeviceSignedIn(ctx, who.SiteID, who.ID, id, id, "agent", "", noon.Add(time.Duration(i)*time.Hour)); err != nil {
						return err
					}
					if _, err := q.HoldAttempts(ctx, who.SiteID, who.ID, id, noon); err != nil {
						return err
					}
				}
			}
			_, err := q.HoldAttempts(ctx, "one", u.ID, "", noon)
			return err
		})
		known := func(who gatehouse.User) (ids []string) {
			all, err := s.Read().DevicesOf(ctx, who.SiteID, who.ID, noon.Add(-time.Second))
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range all {
				ids = append(ids, b.ID)
			}
			return ids
		}
		counted := func(who gatehouse.User, device string) bool {
			_, err := s.Read().Attempts(ctx, who.SiteID, who.ID, device)
			return err == nil
		}
		if got := known(u); fmt.Sprint(got) != "[dev_3 dev_2 dev_1]" {
			t.Error(got)
		}
		all, _ := s.Read().DevicesOf(ctx, "one", u.ID, noon)
		if len(all) != 2 || all[0] != (gatehouse.Device{ID: "dev_3", UserAgent: "agent", CreatedAt: noon.Add(2 * time.Hour), SeenAt: noon.Add(2 * time.Hour)}) {
			t.Errorf("since noon: %+v", all)
		}
		write(t, s, func(q store.Queries) error {
			for _, want := range []bool{true, false} {
				if was, err := q.ForgetDevice(ctx, "one", u.ID, "dev_1"); err != nil || was != want {
					t.Errorf("was known %v, %v", was, err)
				}
			}
			was, err := q.ForgetDevice(ctx, "one", other.ID, "dev_2")
			if was {
				t.Error("somebody else's browser is forgotten")
			}
			return err
		})
		if fmt.Sprint(known(u)) != "[dev_3 dev_2]" || counted(u, "dev_1") || !counted(u, "dev_2") || !counted(u, "") {
			t.Errorf("one forgotten: %v", known(u))
		}
		end(t, s, store.Ending{User: u, Change: gatehouse.SignedOutElsewhere, Kept: gatehouse.Kept{Device: "dev_2"}})
		if fmt.Sprint(known(u)) != "[dev_2]" || counted(u, "dev_3") || !counted(u, "dev_2") || !counted(u, "") {
			t.Errorf("the others forgotten: %v", known(u))
		}
		if len(known(other)) != 3 || !counted(other, "dev_1") {
			t.Error("of site two")
		}
	})
}

func TestEventsOfAUserPageByKey(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u, other := testUser(t, s, "one"), testUser(t, s, "two")
		ctx := t.Context()
		write(t, s, func(q store.Queries) error {
			for i := range 7 {
				e := gatehouse.Event{ID: fmt.Sprintf("evt_%d", i), UserID: u.ID, SiteID: "one", At: noon, Kind: gatehouse.EventSignIn,
					Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor}
				if i%2 == 1 {
					e.Kind = gatehouse.EventProfileChanged
				}
				if i >= 4 {
					e.Result = gatehouse.ResultWrong
				}
				if err := q.InsertEvent(ctx, e); err != nil {
					return err
				}
				e.SiteID, e.UserID = "two", other.ID
				if err := q.InsertEvent(ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
		signIns := []gatehouse.EventKind{gatehouse.EventSignIn, gatehouse.EventLocked}
		for _, c := range []struct {
			page store.EventPage
			want string
		}{
			{store.EventPage{Limit: 3}, "[evt_6 evt_5 evt_4]"},
			{store.EventPage{Limit: 3, Before: "evt_4"}, "[evt_3 evt_2 evt_1]"},
			{store.EventPage{Limit: 3, Before: "evt_1"}, "[evt_0]"},
			{store.EventPage{Limit: 3, Before: "evt_0"}, "[]"},
			{store.EventPage{Limit: 9, Kinds: signIns}, "[evt_6 evt_4 evt_2 evt_0]"},
			{store.EventPage{Limit: 9, Kinds: signIns, Results: store.OnlyOK}, "[evt_2 evt_0]"},
			{store.EventPage{Limit: 1, Kinds: signIns, Results: store.NotOK, Before: "evt_6"}, "[evt_4]"},
			{store.EventPage{Limit: 9, Results: store.NotOK}, "[evt_6 evt_5 evt_4]"},
		} {
			all, err := s.Read().EventPageOfUser(ctx, "one", u.ID, c.page)
			ids := []string{}
			for _, e := range all {
				ids = append(ids, e.ID)
				if e.UserID != u.ID || e.SiteID != "one" {
					t.Errorf("of somebody else: %+v", e)
				}
			}
			if err != nil || fmt.Sprint(ids) != c.want {
				t.Errorf("%+v: %v, %v; want %s", c.page, ids, err, c.want)
			}
		}
		if e, err := s.Read().EventOfUser(ctx, "one", u.ID, "evt_5"); err != nil || e.Kind != gatehouse.EventProfileChanged {
			t.Errorf("%+v, %v", e, err)
		}
		for _, c := range [][3]string{{"one", other.ID, "evt_5"}, {"two", u.ID, "evt_5"}, {"one", u.ID, "evt_9"}} {
			if _, err := s.Read().EventOfUser(ctx, c[0], c[1], c[2]); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%v: %v", c, err)
			}
		}
	})
}

func TestAcceptedTermsAreKeptWithTheirText(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u, other := testUser(t, s, "one"), testUser(t, s, "two")
		ctx := t.Context()
		text := "# Terms\n\nFirst — “exact”, to the last space. \n"
		accept := func(who gatehouse.User, id, version, text string) gatehouse.Acceptance {
			a := gatehouse.Acceptance{ID: id, SiteID: who.SiteID, UserID: who.ID, Version: version, TextHash: gatehouse.TermsHash(text),
				Lang: "en-GB", AcceptedAt: noon, IPAddress: "192.0.2.7"}
			write(t, s, func(q store.Queries) error { return q.InsertAcceptance(ctx, a, text) })
			return a
		}
		first := accept(u, "acc_1", "2026-01", text)
		accept(u, "acc_2", "2026-09", text) // the same text under another version is stored once
		accept(other, "acc_1", "2026-01", "another site's")
		all, err := s.Read().Acceptances(ctx, "one", u.ID)
		if err != nil || len(all) != 2 || all[0].ID != "acc_2" || all[1] != first {
			t.Errorf("%+v, %v", all, err)
		}
		if a, got, err := s.Read().AcceptedText(ctx, "one", u.ID, "acc_1"); err != nil || a != first || got != text || gatehouse.TermsHash(got) != a.TextHash {
			t.Errorf("%+v, %q, %v", a, got, err)
		}
		for _, c := range [][3]string{{"one", other.ID, "acc_1"}, {"two", u.ID, "acc_1"}, {"one", u.ID, "acc_3"}} {
			if _, got, err := s.Read().AcceptedText(ctx, c[0], c[1], c[2]); gatehouse.KindOf(err) != gatehouse.NotFound || got != "" {
				t.Errorf("%v: %q, %v", c, got, err)
			}
		}
	})
}
