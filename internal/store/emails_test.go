package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// emailChange adds a waiting change, under the hash of its ID.
func emailChange(t *testing.T, s *store.Store, u gatehouse.User, to string, at time.Time) gatehouse.EmailChange {
	t.Helper()
	c := gatehouse.EmailChange{ID: store.NewID("eml", at), SiteID: u.SiteID, UserID: u.ID, Old: u.Email, New: to,
		State: gatehouse.EmailAsked, AskedAt: at, ConfirmUntil: at.Add(time.Hour)}
	write(t, s, func(q store.Queries) error { return q.InsertEmailChange(t.Context(), "hash "+c.ID, c) })
	return c
}

func TestEmailChangesAreFoundInTheirSite(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		testUser(t, s, "two")
		c := emailChange(t, s, u, "new@northgate.example", noon)
		q := s.Read()
		for name, get := range map[string]func(site string) (gatehouse.EmailChange, error){
			"by ID": func(site string) (gatehouse.EmailChange, error) { return q.EmailChange(t.Context(), site, c.ID) },
			"by token": func(site string) (gatehouse.EmailChange, error) {
				return q.EmailChangeByToken(t.Context(), site, "hash "+c.ID)
			},
			"waiting": func(site string) (gatehouse.EmailChange, error) { return q.WaitingEmailChange(t.Context(), site, u.ID) },
		} {
			if got, err := get("one"); err != nil || got != c {
				t.Errorf("%s: %+v, %v; want %+v", name, got, err, c)
			}
			if _, err := get("two"); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%s from another site: %v", name, err)
			}
		}
	})
}

func TestEmailChangesEndAsTheyShould(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		a := emailChange(t, s, u, "a@x.example", noon)
		again := emailChange(t, s, u, "a@x.example", noon.Add(time.Second))
		b := emailChange(t, s, u, "b@x.example", noon.Add(2*time.Second))
		state := func(c gatehouse.EmailChange) gatehouse.EmailChangeState {
			now, err := s.Read().EmailChange(t.Context(), "one", c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return now.State
		}
		drop := func(keep string) (dropped bool) {
			write(t, s, func(q store.Queries) (err error) {
				dropped, err = q.DropEmailChanges(t.Context(), "one", u.ID, keep)
				return err
			})
			return dropped
		}
		if !drop("a@x.example") || drop("a@x.example") || state(a) != gatehouse.EmailAsked || state(again) != gatehouse.EmailAsked || state(b) != gatehouse.EmailDropped {
			t.Errorf("after dropping all but one address: %s %s %s", state(a), state(again), state(b))
		}
		write(t, s, func(q store.Queries) error {
			first, err := q.ConfirmEmailChange(t.Context(), "one", a.ID, noon)
			if err == nil && !first {
				t.Error("not confirmed")
			}
			return err
		})
		if !drop("") || state(a) != gatehouse.EmailConfirmed || state(again) != gatehouse.EmailDropped {
			t.Errorf("after dropping all: %s %s", state(a), state(again))
		}
		byCompany := gatehouse.EmailChange{ID: store.NewID("eml", noon), SiteID: "one", UserID: u.ID, Old: "a@x.example", New: "c@x.example",
			State: gatehouse.EmailConfirmed, AskedAt: noon, ConfirmUntil: noon, ConfirmedAt: noon.Add(time.Minute), ByCompany: true}
		write(t, s, func(q store.Queries) error { return q.InsertEmailChange(t.Context(), "no link", byCompany) })
		waits := emailChange(t, s, u, "d@x.example", noon)
		got, err := s.Read().EmailChanges(t.Context(), "one", u.ID)
		if err != nil || len(got) != 3 || got[0].ID != waits.ID || got[1].ID != a.ID || !got[1].ConfirmedAt.Equal(noon) || got[2] != byCompany {
			t.Errorf("%+v, %v", got, err)
		}
		end(t, s, store.Ending{User: u, Change: gatehouse.AddressStopped})
		if state(a) != gatehouse.EmailUndone || state(again) != gatehouse.EmailUndone || state(b) != gatehouse.EmailUndone {
			t.Errorf("after undoing: %s %s %s", state(a), state(again), state(b))
		}
		if got, err := s.Read().EmailChanges(t.Context(), "one", u.ID); err != nil || len(got) != 0 {
			t.Errorf("left: %+v, %v", got, err)
		}
	})
}

// Many at the same moment: one confirms (invariant 2).
func TestAChangeIsConfirmedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		c := emailChange(t, s, u, "a@x.example", noon)
		var confirmed atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				var first bool
				err := s.Write(t.Context(), func(q store.Queries) (err error) {
					first, err = q.ConfirmEmailChange(t.Context(), "one", c.ID, noon)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if first {
					confirmed.Add(1)
				}
			})
		}
		all.Wait()
		if confirmed.Load() != 1 {
			t.Errorf("confirmed %d times", confirmed.Load())
		}
	})
}

func TestHomeLayouts(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		u := testUser(t, s, "one")
		read := func(site string) string {
			l, _, err := s.Read().HomeLayout(t.Context(), site, u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return l.String()
		}
		usual := gatehouse.ReadHomeLayout("").String()
		if read("one") != usual {
			t.Error(read("one"))
		}
		for _, want := range []string{"activity -checkup profile platforms orders links searches", "checkup activity profile platforms orders links searches"} {
			write(t, s, func(q store.Queries) error {
				return q.PutHomeLayout(t.Context(), "one", u.ID, gatehouse.ReadHomeLayout(want))
			})
			if read("one") != want || read("two") != usual {
				t.Errorf("%s, and in another site %s", read("one"), read("two"))
			}
		}
	})
}
