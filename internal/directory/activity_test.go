package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// signs records what a sign-in of a user came to.
func (h *house) signs(u gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, next, address string) {
	h.t.Helper()
	detail := map[string]string{}
	if next != "" {
		detail["next"] = next
	}
	h.write(func(q store.Queries) error {
		c := gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: address, Reference: "GH-1"}
		return q.InsertEvent(h.t.Context(), c.Event(store.NewID("evt", h.now), h.now, u.SiteID, u, kind, result, detail))
	})
	h.now = h.now.Add(time.Second)
}

// C09: the company's view counts every sign-in on its day at the site, finds events by person, kind,
// result, place and time, page by page, and knows nothing of other companies.
func TestC09_ACompanySeesItsActivity(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		kim := h.user(h.uk, admin.CompanyID, "kim", gatehouse.RoleUser)
		other := h.company(h.uk, "2", "Other")
		stranger := h.user(h.uk, other.ID, "stranger", gatehouse.RoleAdmin)
		zone := h.uk.Zone
		// Half past eleven in the evening at the site, and an hour later.
		h.now = time.Date(2026, 11, 19, 23, 30, 0, 0, zone)
		h.signs(kim, gatehouse.EventSignIn, gatehouse.ResultOK, "done", "192.0.2.1")
		h.signs(kim, gatehouse.EventSignIn, gatehouse.ResultWrong, "", "198.51.100.9")
		h.signs(stranger, gatehouse.EventSignIn, gatehouse.ResultWrong, "", "198.51.100.9")
		h.signs(gatehouse.User{SiteID: h.uk.ID}, gatehouse.EventSignIn, gatehouse.ResultUnknown, "", "198.51.100.9")
		h.now = h.now.Add(time.Hour)
		h.signs(kim, gatehouse.EventSignIn, gatehouse.ResultOK, "code", "192.0.2.1")
		h.signs(kim, gatehouse.EventCode, gatehouse.ResultWrong, "", "192.0.2.1")
		h.signs(kim, gatehouse.EventSignInDone, gatehouse.ResultOK, "", "192.0.2.1")
		for range 30 {
			h.signs(kim, gatehouse.EventSignOut, gatehouse.ResultOK, "", "192.0.2.1")
		}
		day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, zone) }
		all := directory.ActivityFilter{From: day(19), To: day(20)}
		see := func(c gatehouse.Caller, f directory.ActivityFilter) directory.CompanyActivity {
			t.Helper()
			a, err := h.Activity(t.Context(), h.uk, c, c.CompanyID, "en-GB", f)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		a := see(as(admin), all)
		got := ""
		for _, d := range a.Days {
			got += fmt.Sprintf("%s %d %d %d; ", d.Day.Format("2"), d.N[gatehouse.SignInWorked], d.N[gatehouse.SignInChallenged], d.N[gatehouse.SignInFailed])
		}
		if got != "19 1 0 1; 20 1 1 1; " {
			t.Errorf("by day: %s", got)
		}
		ids := map[string]bool{}
		for f := all; ; f.Before = a.Next {
			a = see(as(admin), f)
			for _, e := range a.Events {
				if ids[e.ID] || e.CompanyID != admin.CompanyID || e.Reference != "" {
					t.Errorf("%+v", e)
				}
				ids[e.ID] = true
			}
			if a.Next == "" {
				break
			}
		}
		if len(ids) != 35 {
			t.Errorf("%d events on all pages", len(ids))
		}
		for name, test := range map[string]struct {
			change func(*directory.ActivityFilter)
			want   int
		}{
			"place":         {func(f *directory.ActivityFilter) { f.Address = "198.51." }, 1},
			"no wildcard":   {func(f *directory.ActivityFilter) { f.Address = "%" }, 0},
			"result":        {func(f *directory.ActivityFilter) { f.Result = gatehouse.EventsNotOK }, 2},
			"day":           {func(f *directory.ActivityFilter) { f.To = day(19) }, 2},
			"changes":       {func(f *directory.ActivityFilter) { f.Topic = gatehouse.ActivityChanges }, 0},
			"person":        {func(f *directory.ActivityFilter) { f.Person, f.Result = "KIM", gatehouse.EventsNotOK }, 2},
			"nobody":        {func(f *directory.ActivityFilter) { f.Person = "nobody" }, 0},
			"another's":     {func(f *directory.ActivityFilter) { f.Person = "stranger" }, 0},
			"a made-up key": {func(f *directory.ActivityFilter) { f.Before, f.To = "x' OR 1=1", day(19) }, 2},
		} {
			f := all
			test.change(&f)
			if a := see(as(admin), f); len(a.Events) != test.want {
				t.Errorf("%s: %d events, want %d", name, len(a.Events), test.want)
			}
		}
		if a := see(as(stranger), all); len(a.Events) != 1 {
			t.Errorf("the other company sees %d", len(a.Events))
		}
		for _, c := range []gatehouse.Caller{as(kim), as(stranger)} {
			if _, err := h.Activity(t.Context(), h.uk, c, admin.CompanyID, "en-GB", all); err == nil {
				t.Errorf("%s sees it", c.Name)
			}
		}
		var kinds []gatehouse.EventKind
		err := h.ExportActivity(t.Context(), h.uk, as(admin), admin.CompanyID, "csv", all, func() {}, func(e gatehouse.Event, _ string) error {
			kinds = append(kinds, e.Kind)
			return nil
		})
		if err != nil || len(kinds) != 36 || kinds[0] != gatehouse.EventActivityExported || !slices.Contains(kinds, gatehouse.EventSignInDone) {
			t.Errorf("exported: %d, %v, %v", len(kinds), kinds[0], err)
		}
	})
}

// C09: events are found by the country of their address, among those that the time has. Where an
// operator is stays unknown: nothing that one can ask for finds it.
func TestC09_ActivityByCountry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.Country = func(lang, address string) (code, name string) {
			switch {
			case strings.HasPrefix(address, "192.0.2."):
				return "DE", "Germany in " + lang
			case strings.HasPrefix(address, "198.51."):
				return "AT", "Austria"
			}
			return "", ""
		}
		h.signs(admin, gatehouse.EventSignIn, gatehouse.ResultOK, "done", "192.0.2.1")
		h.signs(admin, gatehouse.EventSignIn, gatehouse.ResultWrong, "", "192.0.2.77")
		h.signs(admin, gatehouse.EventSignIn, gatehouse.ResultWrong, "", "198.51.100.9")
		h.signs(admin, gatehouse.EventSignIn, gatehouse.ResultWrong, "", "10.0.0.1")
		h.write(func(q store.Queries) error {
			c := gatehouse.Caller{Kind: gatehouse.Operator, Name: "support", IPAddress: "203.0.113.5"}
			return q.InsertEvent(h.t.Context(), c.Event(store.NewID("evt", h.now), h.now, admin.SiteID, admin, gatehouse.EventUnlocked, gatehouse.ResultOK, nil))
		})
		today := time.Date(h.now.Year(), h.now.Month(), h.now.Day(), 0, 0, 0, 0, h.uk.Zone)
		all := directory.ActivityFilter{From: today, To: today}
		for _, test := range []struct {
			change    func(*directory.ActivityFilter)
			events    int
			countries string
		}{
			{func(*directory.ActivityFilter) {}, 7, "[{AT Austria} {DE Germany in fr}]"},
			{func(f *directory.ActivityFilter) { f.Country = "DE" }, 2, "[{AT Austria} {DE Germany in fr}]"},
			{func(f *directory.ActivityFilter) { f.Country, f.Result = "DE", gatehouse.EventsNotOK }, 1, "[{AT Austria} {DE Germany in fr}]"},
			{func(f *directory.ActivityFilter) { f.Country = "NZ" }, 0, "[{AT Austria} {DE Germany in fr} {NZ NZ}]"},
			{func(f *directory.ActivityFilter) { f.Address = "203." }, 0, "[{AT Austria} {DE Germany in fr}]"},
		} {
			f := all
			test.change(&f)
			a, err := h.Activity(t.Context(), h.uk, as(admin), admin.CompanyID, "fr", f)
			if err != nil || len(a.Events) != test.events || fmt.Sprint(a.Countries) != test.countries {
				t.Errorf("%+v: %d events, %v, %v", f, len(a.Events), a.Countries, err)
			}
			exported := 0
			if err := h.ExportActivity(t.Context(), h.uk, as(admin), admin.CompanyID, "csv", f, func() {}, func(e gatehouse.Event, _ string) error {
				if e.Kind != gatehouse.EventActivityExported {
					exported++
				}
				return nil
			}); err != nil || exported != test.events {
				t.Errorf("%+v: %d exported, %v", f, exported, err)
			}
		}
	})
}
