package directory_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
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
			h.later()
		}
		admin := as(h.user(h.uk, c.ID, "echo", gatehouse.RoleAdmin))
		h.write(func(q store.Queries) error {
			u := h.stored(h.uk, "charlie")
			u.Email, u.FirstName = "", "Çağla"
			return errors.Join(q.UpdateProfile(t.Context(), u, time.Time{}), q.SignedIn(t.Context(), h.uk.ID, h.stored(h.uk, "delta").ID, h.now))
		})
		seen := fmt.Sprint(gatehouse.DayOf(h.now, h.uk.Zone))
		found := func(query string, limit int, l directory.UserList) directory.FoundUsers {
			t.Helper()
			asked, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			l.UserFilter, l.Limit = gatehouse.ReadUserFilter(asked), limit
			p, err := h.FindUsers(t.Context(), h.uk, admin, c.ID, l)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		place := map[string]string{}
		for _, u := range found("", 9, directory.UserList{}).Users {
			place[u.Username] = u.ID
		}
		for _, x := range []struct {
			query string
			limit int
			list  directory.UserList
			want  string
		}{
			{"", 2, directory.UserList{}, "charlie Alpha, 0 before, 5 found, more"},
			{"", 2, directory.UserList{After: place["Alpha"]}, "Bravo delta, 2 before, 5 found, more"},
			{"", 2, directory.UserList{After: place["delta"]}, "echo, 4 before, 5 found"},
			{"", 2, directory.UserList{Before: place["echo"]}, "Bravo delta, 2 before, 5 found, more"},
			{"", 2, directory.UserList{Before: place["Bravo"]}, "charlie Alpha, 0 before, 5 found, more"},
			{"", 2, directory.UserList{Before: place["Alpha"]}, "charlie Alpha, 0 before, 5 found, more"},
			{"", 2, directory.UserList{After: "usr_gone"}, "charlie Alpha, 0 before, 5 found, more"},
			{"", 9, directory.UserList{Down: true}, "echo delta Bravo Alpha charlie, 0 before, 5 found"},
			{"", 9, directory.UserList{Sort: gatehouse.SortUsername}, "Alpha Bravo charlie delta echo, 0 before, 5 found"},
			{"", 2, directory.UserList{Sort: gatehouse.SortUsername, Down: true, After: place["delta"]}, "charlie Bravo, 2 before, 5 found, more"},
			{"", 9, directory.UserList{Sort: gatehouse.SortSeen, Down: true}, "delta echo Bravo Alpha charlie, 0 before, 5 found"},
			{"", 3, directory.UserList{Sort: gatehouse.SortSeen, Down: true, After: place["delta"] + "." + seen}, "echo Bravo Alpha, 1 before, 5 found, more"},
			{"", 3, directory.UserList{Sort: gatehouse.SortSeen, Down: true, After: place["delta"] + ".x"}, "delta echo Bravo, 0 before, 5 found, more"},
			{"", 9, directory.UserList{Sort: gatehouse.SortCreated}, "delta Alpha charlie Bravo echo, 0 before, 5 found"},
			{"", 2, directory.UserList{Sort: gatehouse.SortCreated, Before: place["Bravo"]}, "Alpha charlie, 1 before, 5 found, more"},
			{"role=admin", 9, directory.UserList{}, "echo, 0 before, 1 found"},
			{"group=no-address", 9, directory.UserList{}, "charlie, 0 before, 1 found"},
			{"group=no-address&group=never", 9, directory.UserList{}, "charlie, 0 before, 1 found"},
			{"group=no-address&role=admin", 9, directory.UserList{}, ", 0 before, 0 found"},
			{"group=never", 9, directory.UserList{}, "charlie Alpha Bravo echo, 0 before, 4 found"},
			{"group=invited&q=LPH", 9, directory.UserList{}, "Alpha, 0 before, 1 found"},
			{"q=çağla+säntos", 9, directory.UserList{}, "charlie, 0 before, 1 found"},
			{"q=santos+cagla", 9, directory.UserList{}, "charlie, 0 before, 1 found"},
			{"q=tös+ÇAG", 9, directory.UserList{}, "charlie, 0 before, 1 found"},
			{"q=delta@NORTH", 9, directory.UserList{}, "delta, 0 before, 1 found"},
			{"q=delta+charlie", 9, directory.UserList{}, ", 0 before, 0 found"},
			{"q=%25", 9, directory.UserList{}, ", 0 before, 0 found"},
			{"q=%00", 9, directory.UserList{}, ", 0 before, 0 found"},
		} {
			p := found(x.query, x.limit, x.list)
			got := fmt.Sprintf("%s, %d before, %d found", names(p), p.Preceding, p.Found)
			if p.More() {
				got += ", more"
			}
			if got != x.want || p.Total != 5 {
				t.Errorf("%s %+v: %s of %d, want %s", x.query, x.list, got, p.Total, x.want)
			}
		}
		p := found("", 9, directory.UserList{})
		if p.Groups[gatehouse.GroupNoEmail] != 1 || p.Groups[gatehouse.GroupInvited] != 4 || p.Groups[gatehouse.GroupLocked] != 0 {
			t.Errorf("%v", p.Groups)
		}
		if u := p.Users[1]; u.Password.Hash != "" || !p.Reachable[u.ID] || p.Reachable[p.Users[0].ID] {
			t.Errorf("%+v %v", u, p.Reachable)
		}
	})
}

// Every user whom a filter means is met once, in the order of names.
func TestEachFound(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		h.user(h.uk, h.company(h.uk, "2", "Other").ID, "neighbour", gatehouse.RoleUser)
		var all []gatehouse.User
		for i := range 1234 {
			all = append(all, gatehouse.User{ID: store.NewID("usr", h.now), SiteID: h.uk.ID, CompanyID: c.ID, Username: fmt.Sprintf("user%05d", i), FirstName: "Mira", LastName: "Santos",
				Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: h.now, Password: gatehouse.Password{Hash: "x"}})
		}
		h.write(func(q store.Queries) error { return q.InsertUsers(t.Context(), all) })
		admin := h.user(h.uk, c.ID, "admin", gatehouse.RoleAdmin)
		met := func(by gatehouse.Caller, f gatehouse.UserFilter) (names []string, err error) {
			err = h.EachFound(t.Context(), h.uk, by, c.ID, f, func(u gatehouse.User) error {
				if names = append(names, u.Username); u.Password.Hash != "" {
					t.Error("with a hash")
				}
				return nil
			})
			return names, err
		}
		f := gatehouse.UserFilter{Text: "USER", Groups: gatehouse.SetOf(gatehouse.GroupNoEmail)}
		names, err := met(as(admin), f)
		if err != nil || len(names) != 1234 || !slices.IsSorted(names) || names[0] != "user00000" {
			t.Errorf("%d, %v", len(names), err)
		}
		if n, err := h.CountFound(t.Context(), h.uk, as(admin), c.ID, f); n != 1234 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if names, err := met(as(admin), gatehouse.UserFilter{}); len(names) != 1235 || err != nil {
			t.Errorf("%d, %v", len(names), err)
		}
		stop := errors.New("stop")
		if err := h.EachFound(t.Context(), h.uk, as(admin), c.ID, f, func(gatehouse.User) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%v", err)
		}
		if names, err := met(as(all[0]), f); gatehouse.KindOf(err) != gatehouse.Forbidden || names != nil {
			t.Errorf("a user: %v", err)
		}
		if names, err := met(as(h.user(h.uk, h.company(h.uk, "3", "Third").ID, "third", gatehouse.RoleAdmin)), f); gatehouse.KindOf(err) != gatehouse.NotFound || names != nil {
			t.Errorf("another company: %v", err)
		}
	})
}

// A large company is searched completely.
func TestUsersOfALargeCompany(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	h.write(func(q store.Queries) error {
		var all []gatehouse.User
		for i := range 3000 {
			u := gatehouse.User{ID: store.NewID("usr", h.now), SiteID: h.uk.ID, CompanyID: c.ID, Username: fmt.Sprintf("user%05d", i), FirstName: "Mira", LastName: "Santos",
				Email: fmt.Sprintf("user%05d@northgate.example", i), Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: h.now}
			all = append(all, u)
		}
		return q.InsertUsers(t.Context(), all)
	})
	p, err := h.FindUsers(t.Context(), h.uk, operator, c.ID, directory.UserList{UserFilter: gatehouse.UserFilter{Text: "02999"}, Limit: 50})
	if err != nil || p.Found != 1 || p.Total != 3000 {
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
		for filter, want := range map[gatehouse.UserFilter]string{
			{Factor: gatehouse.FactorNone}:                         "mira",
			{Factor: gatehouse.FactorFilter(gatehouse.FactorApp)}:  "tom",
			{Factor: gatehouse.FactorFilter(gatehouse.FactorText)}: "",
			{Factor: gatehouse.FactorNone, Text: "tom"}:            "",
			{Factor: gatehouse.FactorNone, Text: "mir"}:            "mira",
			{}: "mira tom",
		} {
			p, err := h.FindUsers(t.Context(), h.uk, operator, c.ID, directory.UserList{UserFilter: filter, Limit: 50})
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
