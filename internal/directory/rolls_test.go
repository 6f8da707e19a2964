package directory_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// summary is what the list says with a few filters and orders.
func summary(t *testing.T, s *directory.Service, h *house, companyID string) string {
	t.Helper()
	var all strings.Builder
	for _, f := range []directory.UserList{{}, {Sort: gatehouse.SortUsername}, {Sort: gatehouse.SortSeen, Down: true}, {Sort: gatehouse.SortCreated},
		{UserFilter: gatehouse.UserFilter{Text: "mira"}}, {UserFilter: gatehouse.UserFilter{Factor: gatehouse.FactorNone}},
		{UserFilter: gatehouse.UserFilter{Groups: gatehouse.SetOf(gatehouse.GroupNever)}}} {
		f.Limit = 100
		p, err := s.FindUsers(t.Context(), h.uk, operator, companyID, f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, names(p), p.Found, p.Total, p.UserCounts)
	}
	return all.String()
}

// The list that a process keeps in memory says what one says that is read now, after every kind of
// write; and each of these writes is seen.
func TestKeptListsAreUpToDate(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		var all []gatehouse.User
		for i := range 40 {
			all = append(all, h.user(h.uk, c.ID, fmt.Sprintf("user%02d", i), gatehouse.RoleUser))
		}
		u, id := all[7], all[7].ID
		app := gatehouse.Factor{ID: store.NewID("fac", h.now), SiteID: h.uk.ID, UserID: id, Kind: gatehouse.FactorApp, Name: "App", CreatedAt: h.now}
		ctx := t.Context()
		last := summary(t, h.Service, h, c.ID)
		for _, x := range []struct {
			what string
			do   func(q store.Queries) error
		}{
			{"added", func(q store.Queries) error {
				n := u
				n.ID, n.Username, n.Email = store.NewID("usr", h.now), "someone", "someone@northgate.example"
				return q.InsertUser(ctx, n)
			}},
			{"profile", func(q store.Queries) error {
				n := h.stored(h.uk, u.Username)
				n.FirstName, n.LastName, n.Role = "Zoë", "Åberg", gatehouse.RoleAdmin
				return q.UpdateProfile(ctx, n, h.now)
			}},
			{"signed in", func(q store.Queries) error { return q.SignedIn(ctx, u.SiteID, id, h.now) }},
			{"locked", func(q store.Queries) error {
				_, err := q.LockUser(ctx, u.SiteID, id, gatehouse.LockedByAttempts, h.now)
				return err
			}},
			{"lock ended", func(q store.Queries) error { _, err := q.EndLock(ctx, u.SiteID, id, h.now); return err }},
			{"locked again", func(q store.Queries) error {
				_, err := q.LockUser(ctx, u.SiteID, id, gatehouse.LockedByAttempts, h.now)
				return err
			}},
			{"unlocked", func(q store.Queries) error { return q.UnlockUser(ctx, u.SiteID, id) }},
			{"bounced", func(q store.Queries) error {
				_, err := q.MarkBounced(ctx, u.SiteID, id, u.Email, gatehouse.Bounce{At: h.now, Reason: "x"})
				return err
			}},
			{"bounce cleared", func(q store.Queries) error { _, err := q.ClearBounce(ctx, u.SiteID, id, u.Email, true); return err }},
			{"address proved", func(q store.Queries) error { _, err := q.ProveEmail(ctx, u.SiteID, id, u.Email); return err }},
			{"own two-factor", func(q store.Queries) error { return q.SetOwnTwoFactor(ctx, u.SiteID, id, true) }},
			{"factor", func(q store.Queries) error {
				if err := q.InsertFactor(ctx, app, []byte("sealed")); err != nil {
					return err
				}
				_, err := q.ConfirmFactor(ctx, app, h.now)
				return err
			}},
			{"factor deleted", func(q store.Queries) error { return q.DeleteFactor(ctx, u.SiteID, id, app.ID) }},
			{"shared", func(q store.Queries) error { return q.AnswerSoleUser(ctx, u.SiteID, id, "1", false) }},
			{"deactivated", func(q store.Queries) error { return q.SetUserState(ctx, u.SiteID, id, gatehouse.Deactivated) }},
			{"deleted", func(q store.Queries) error { return q.SetDeleted(ctx, h.stored(h.uk, u.Username), h.now) }},
			{"restored", func(q store.Queries) error { return q.SetRestored(ctx, u) }},
			{"many at once", func(q store.Queries) error {
				for _, one := range all[10:35] {
					if err := q.SetUserState(ctx, u.SiteID, one.ID, gatehouse.Active); err != nil {
						return err
					}
				}
				return nil
			}},
		} {
			h.write(x.do)
			kept, read := summary(t, h.Service, h, c.ID), summary(t, &directory.Service{Desk: h.Desk}, h, c.ID)
			if kept != read {
				t.Errorf("%s: kept\n%s\nread\n%s", x.what, kept, read)
			}
			if kept == last {
				t.Errorf("%s: nothing is seen of it", x.what)
			}
			last = kept
		}
		h.mustImport(h.uk, "account_number,company,username,first_name,last_name,email\n10482,Northgate,user01,New,Name,user01@northgate.example\n10482,Northgate,imported,Iman,Ported,iman@northgate.example\n")
		if kept, read := summary(t, h.Service, h, c.ID), summary(t, &directory.Service{Desk: h.Desk}, h, c.ID); kept != read || !strings.Contains(kept, "imported") {
			t.Errorf("imported: kept\n%s\nread\n%s", kept, read)
		}
	})
}

// Days pass for lists that are kept, too.
func TestNotSeenForLong(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	u := h.user(h.uk, c.ID, "mira", gatehouse.RoleUser)
	h.user(h.uk, c.ID, "never", gatehouse.RoleUser)
	h.write(func(q store.Queries) error { return q.SignedIn(t.Context(), u.SiteID, u.ID, h.now) })
	away := func() int {
		p, err := h.FindUsers(t.Context(), h.uk, operator, c.ID, directory.UserList{UserFilter: gatehouse.UserFilter{Groups: gatehouse.SetOf(gatehouse.GroupAway)}, Limit: 9})
		if err != nil || p.Found != len(p.Users) || p.Found != p.Groups[gatehouse.GroupAway] {
			t.Errorf("%+v, %v", p, err)
		}
		return p.Found
	}
	for days, want := range map[int]int{0: 0, 90: 0, 91: 1, 400: 1} {
		begun := h.now
		h.now = begun.AddDate(0, 0, days)
		if n := away(); n != want {
			t.Errorf("after %d days: %d", days, n)
		}
		h.now = begun
	}
	h.now = h.now.AddDate(0, 0, 100)
	h.write(func(q store.Queries) error { return q.SignedIn(t.Context(), u.SiteID, u.ID, h.now) })
	if n := away(); n != 0 {
		t.Errorf("after another sign-in: %d", n)
	}
}

// Lists are looked at and changed by many at once.
func TestListsAtOnce(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	var users []gatehouse.User
	for i := range 20 {
		users = append(users, h.user(h.uk, c.ID, fmt.Sprintf("user%02d", i), gatehouse.RoleUser))
	}
	var all sync.WaitGroup
	for i, u := range users {
		all.Go(func() {
			err := h.Store.Write(context.Background(), func(q store.Queries) error {
				return q.SetUserState(context.Background(), u.SiteID, u.ID, gatehouse.Active)
			})
			p, found := h.FindUsers(context.Background(), h.uk, operator, c.ID, directory.UserList{Limit: 9, Sort: gatehouse.UserSorts[i%4]})
			if err != nil || found != nil || p.Total != 20 || len(p.Users) != 9 {
				t.Errorf("%d of %d, %v, %v", len(p.Users), p.Total, err, found)
			}
		})
	}
	all.Wait()
	p, err := h.FindUsers(t.Context(), h.uk, operator, c.ID, directory.UserList{Limit: 9})
	if err != nil || p.Groups[gatehouse.GroupInvited] != 0 {
		t.Errorf("%+v, %v", p.UserCounts, err)
	}
}

// The days of a list are those of the company's time zone, also after it was changed.
func TestDaysOfListsAreTheCompanys(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		late, early := h.user(h.uk, c.ID, "anna", gatehouse.RoleUser), h.user(h.uk, c.ID, "ben", gatehouse.RoleUser)
		day := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
		h.write(func(q store.Queries) error {
			return cmp.Or(q.SignedIn(t.Context(), h.uk.ID, late.ID, day.Add(23*time.Hour)), q.SignedIn(t.Context(), h.uk.ID, early.ID, day.Add(14*time.Hour)))
		})
		for _, test := range []struct{ zone, want string }{{"", "ben anna"}, {"Asia/Tokyo", "anna ben"}, {"", "ben anna"}} {
			h.write(func(q store.Queries) error {
				return q.SetCompanyDetails(t.Context(), h.uk.ID, c.ID, gatehouse.CompanyDetails{Zone: test.zone})
			})
			p, err := h.FindUsers(t.Context(), h.uk, operator, c.ID, directory.UserList{Sort: gatehouse.SortSeen, Down: true, Limit: 9})
			if err != nil || names(p) != test.want {
				t.Errorf("in %q: %s, %v", test.zone, names(p), err)
			}
		}
	})
}
