package directory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// names returns the usernames of a page.
func names(p directory.FoundUsers) string {
	var all []string
	for _, u := range p.Users {
		all = append(all, u.Username)
	}
	return strings.Join(all, " ")
}

func TestFindUsers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		h.user(h.uk, h.company(h.uk, "2", "Other").ID, "neighbour", gatehouse.RoleUser)
		for _, name := range []string{"delta", "Alpha", "charlie", "Bravo"} {
			h.user(h.uk, c.ID, name, gatehouse.RoleUser)
		}
		admin := as(h.user(h.uk, c.ID, "echo", gatehouse.RoleAdmin))
		h.write(func(q store.Queries) error {
			u := h.stored(h.uk, "charlie")
			u.Email, u.FirstName = "", "Çağla"
			return q.UpdateProfile(t.Context(), u, time.Time{})
		})
		found := func(f directory.UserFilter) directory.FoundUsers {
			t.Helper()
			p, err := h.FindUsers(t.Context(), h.uk, admin, c.ID, f)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		for _, x := range []struct {
			filter directory.UserFilter
			want   string
		}{
			{directory.UserFilter{Limit: 2}, "Alpha Bravo, 0 before, 5 found, more"},
			{directory.UserFilter{Limit: 2, After: "BRAVO"}, "charlie delta, 2 before, 5 found, more"},
			{directory.UserFilter{Limit: 2, After: "delta"}, "echo, 4 before, 5 found"},
			{directory.UserFilter{Limit: 9, Role: gatehouse.RoleAdmin}, "echo, 0 before, 1 found"},
			{directory.UserFilter{Limit: 9, Group: gatehouse.GroupNoEmail}, "charlie, 0 before, 1 found"},
			{directory.UserFilter{Limit: 9, Group: gatehouse.GroupInvited, Search: "LPH"}, "Alpha, 0 before, 1 found"},
			{directory.UserFilter{Limit: 9, Search: "çağla santos"}, "charlie, 0 before, 1 found"},
			{directory.UserFilter{Limit: 9, Search: "delta@NORTH"}, "delta, 0 before, 1 found"},
			{directory.UserFilter{Limit: 9, Search: "%"}, ", 0 before, 0 found"},
		} {
			p := found(x.filter)
			got := fmt.Sprintf("%s, %d before, %d found", names(p), p.Before, p.Found)
			if p.More {
				got += ", more"
			}
			if got != x.want || p.Total != 5 {
				t.Errorf("%+v: %s of %d, want %s", x.filter, got, p.Total, x.want)
			}
		}
		p := found(directory.UserFilter{Limit: 9})
		if p.Groups[gatehouse.GroupNoEmail] != 1 || p.Groups[gatehouse.GroupInvited] != 5 || p.Groups[gatehouse.GroupLocked] != 0 {
			t.Errorf("%v", p.Groups)
		}
		if u := p.Users[0]; u.Password.Hash != "" || !p.Reachable[u.ID] || p.Reachable[p.Users[2].ID] {
			t.Errorf("%+v %v", u, p.Reachable)
		}
	})
}

// A large company is searched completely.
func TestUsersOfALargeCompany(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	h.write(func(q store.Queries) error {
		var all []gatehouse.User
		for i := range 10000 {
			u := gatehouse.User{ID: store.NewID("usr", h.now), SiteID: h.uk.ID, CompanyID: c.ID, Username: fmt.Sprintf("user%05d", i), FirstName: "Mira", LastName: "Santos",
				Email: fmt.Sprintf("user%05d@northgate.example", i), Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: h.now}
			all = append(all, u)
		}
		return q.InsertUsers(t.Context(), all)
	})
	p, err := h.FindUsers(t.Context(), h.uk, operator, c.ID, directory.UserFilter{Search: "09999", Limit: 50})
	if err != nil || p.Found != 1 || p.Total != 10000 {
		t.Errorf("%d of %d, %v", p.Found, p.Total, err)
	}
}

// The kind of a second factor is a filter like the others.
func TestUsersAreFoundByFactor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		h.user(h.uk, c.ID, "mira", gatehouse.RoleUser)
		lost := h.loses(c, "tom")
		h.loses(h.company(h.uk, "20482", "Southgate"), "other")
		f := gatehouse.Factor{ID: store.NewID("fac", h.now), SiteID: h.uk.ID, UserID: lost.ID, Kind: gatehouse.FactorText, Name: "Not confirmed", CreatedAt: h.now}
		h.write(func(q store.Queries) error { return q.InsertFactor(t.Context(), f, []byte("sealed")) })
		for filter, want := range map[directory.UserFilter]string{
			{Factor: gatehouse.FactorNone}:                         "mira",
			{Factor: gatehouse.FactorFilter(gatehouse.FactorApp)}:  "tom",
			{Factor: gatehouse.FactorFilter(gatehouse.FactorText)}: "",
			{Factor: gatehouse.FactorNone, Search: "tom"}:          "",
			{Factor: gatehouse.FactorNone, Search: "mir"}:          "mira",
			{}: "mira tom",
		} {
			filter.Limit = 50
			p, err := h.FindUsers(t.Context(), h.uk, operator, c.ID, filter)
			var names []string
			for _, u := range p.Users {
				names = append(names, u.Username)
			}
			if got := strings.Join(names, " "); err != nil || got != want || p.Found != len(p.Users) || p.Total != 2 {
				t.Errorf("%+v: %q, %v", filter, got, err)
			}
		}
	})
}

func TestTwoFactorOfAUser(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u, boss := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser), h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin)
		other := h.user(h.uk, c.ID, "tom", gatehouse.RoleUser)
		admin := as(boss)
		browser := func(u gatehouse.User, agent string, trusted time.Time) string {
			id := store.NewID("dev", h.now)
			h.write(func(q store.Queries) error {
				if _, _, err := q.DeviceSignedIn(t.Context(), u.SiteID, u.ID, id, id, agent, "192.0.2.7", h.now); err != nil || trusted.IsZero() {
					return err
				}
				return q.TrustDevice(t.Context(), u.SiteID, u.ID, id, trusted)
			})
			return id
		}
		one := browser(u, "Firefox", h.now)
		browser(u, "another", h.now)
		never, theirs := browser(u, "never", time.Time{}), browser(other, "theirs", h.now)
		browser(u, "long ago", h.now.Add(-16*24*time.Hour))
		h.write(func(q store.Queries) error { return q.SetOwnTwoFactor(t.Context(), u.SiteID, u.ID, true) })
		step, err := h.TwoFactor(t.Context(), h.uk, admin, u.ID)
		if err != nil || len(step.Trusted) != 2 || !step.Own || step.Company || !step.Reachable {
			t.Fatalf("%+v, %v", step, err)
		}
		h.later()
		h.signIn(u)
		before, _ := h.mails(u)
		for range 2 { // the second time is no error, and notifies nobody
			if err := h.EndTrust(t.Context(), h.uk, admin, u.ID, one); err != nil {
				t.Fatal(err)
			}
		}
		kinds, texts := h.mails(u)
		if len(kinds) != len(before)+1 || !strings.Contains(texts[len(texts)-1], "One of your devices") || !strings.Contains(texts[len(texts)-1], "Mira Santos") {
			t.Errorf("%v %s", kinds, texts[len(texts)-1])
		}
		for _, id := range []string{theirs, "dev_0"} {
			if err := h.EndTrust(t.Context(), h.uk, admin, u.ID, id); gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%s: %v", id, err)
			}
		}
		if err := h.EndTrust(t.Context(), h.uk, admin, u.ID, never); err != nil {
			t.Errorf("never trusted: %v", err)
		}
		h.later()
		if err := h.ResetTwoFactor(t.Context(), h.uk, admin, u.ID); err != nil {
			t.Fatal(err)
		}
		step, err = h.TwoFactor(t.Context(), h.uk, admin, u.ID)
		if err != nil || len(step.Trusted) != 0 || step.Own || h.sessions(u) != 1 {
			t.Errorf("%+v, %d sessions, %v", step, h.sessions(u), err)
		}
		if step, _ := h.TwoFactor(t.Context(), h.uk, admin, other.ID); len(step.Trusted) != 1 {
			t.Error("somebody else's trust has ended")
		}
		events := h.events(u)
		if n := len(events); events[n-1] != gatehouse.EventTwoFactorReset || events[n-2] != gatehouse.EventTwoFactorReset || events[n-3] == gatehouse.EventTwoFactorReset {
			t.Errorf("%v", events)
		}
		if err := h.ResetTwoFactor(t.Context(), h.uk, admin, boss.ID); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("the own: %v", err)
		}
	})
}
