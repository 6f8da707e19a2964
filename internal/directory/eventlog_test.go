package directory_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// reader reads the event log as an operator.
type reader struct {
	*house
	c gatehouse.Caller
}

func (h *house) reads(role gatehouse.Role) reader {
	return reader{h, asOperator(h.operator("reader-"+string(role), role))}
}

func (r reader) sites() []*site.Site { return []*site.Site{r.uk, r.au, r.press, r.operators} }

func (r reader) ask(f gatehouse.EventFilter) directory.LogQuery {
	return directory.LogQuery{EventFilter: f, Zone: r.uk.Zone, Lang: "en-GB"}
}

func (r reader) page(ask directory.LogQuery) directory.EventLog {
	r.t.Helper()
	l, err := r.EventLog(r.t.Context(), r.c, r.sites(), ask)
	if err != nil {
		r.t.Fatal(err)
	}
	return l
}

// all are all that a filter finds, page by page, and then back: both ways have the same events.
func (r reader) all(f gatehouse.EventFilter) (all []directory.LoggedEvent) {
	r.t.Helper()
	ask, back := r.ask(f), []string{}
	var last directory.EventLog
	for range 50 {
		last = r.page(ask)
		if len(last.Wrong) > 0 {
			r.t.Fatalf("%+v: %+v", f, last.Wrong)
		}
		all = append(all, last.Events...)
		if last.Older == "" {
			break
		}
		ask.Before = last.Older
	}
	for i, e := range all {
		if i > 0 && all[i-1].Event.ID <= e.Event.ID {
			r.t.Errorf("%+v: %s follows %s", f, e.Event.ID, all[i-1].Event.ID)
		}
	}
	for _, e := range last.Events {
		back = append(back, e.Event.ID)
	}
	for range 50 {
		if last.Newer == "" {
			break
		}
		ask.Before, ask.After = "", last.Newer
		last = r.page(ask)
		var ids []string
		for _, e := range last.Events {
			ids = append(ids, e.Event.ID)
		}
		back = append(ids, back...)
	}
	slices.Sort(back)
	if back = slices.Compact(back); len(back) != len(all) {
		r.t.Errorf("%+v: %d events on the way there, %d on the way back", f, len(all), len(back))
	}
	return all
}

func (r reader) happens(st *site.Site, by gatehouse.Caller, u gatehouse.User, kind gatehouse.EventKind, result gatehouse.EventResult, detail map[string]string) {
	r.t.Helper()
	r.write(func(q store.Queries) error {
		return q.InsertEvent(r.t.Context(), by.Event(store.NewID("evt", r.now), r.now, st.ID, u, kind, result, detail))
	})
	r.now = r.now.Add(time.Second)
}

// C13: the log of all sites has every event once, page by page and back; its filters combine, and find
// what they say, over everything that an event has.
func TestC13_TheEventLogFindsByEverything(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.now = time.Date(2026, 11, 18, 8, 0, 0, 0, h.uk.Zone) // everybody is made the day before
		r := h.reads(gatehouse.RoleSecurity)
		northgate, other := h.company(h.uk, "N-1", "Northgate"), h.company(h.press, "N-2", "Northgate Press")
		kim, lee := h.user(h.uk, northgate.ID, "kim", gatehouse.RoleUser), h.user(h.uk, northgate.ID, "lee", gatehouse.RoleAdmin)
		pat := h.user(h.press, other.ID, "pat@press.example", gatehouse.RoleUser)
		h.now = time.Date(2026, 11, 19, 23, 30, 0, 0, h.uk.Zone)
		visitor := func(address, reference string) gatehouse.Caller {
			return gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: address, Reference: reference}
		}
		own := func(u gatehouse.User, address string) gatehouse.Caller {
			c := as(u)
			c.IPAddress = address
			return c
		}
		for range 60 {
			r.happens(h.uk, visitor("192.0.2.7", ""), kim, gatehouse.EventSignIn, gatehouse.ResultOK, nil)
		}
		r.happens(h.uk, visitor("198.51.100.9", "GH-7F3K-29QX"), kim, gatehouse.EventSignIn, gatehouse.ResultWrong, nil)
		r.happens(h.press, visitor("198.51.100.200", ""), pat, gatehouse.EventSignIn, gatehouse.ResultLimited, nil)
		r.happens(h.press, visitor("2001:db8::5", ""), gatehouse.User{}, gatehouse.EventSignIn, gatehouse.ResultUnknown, nil)
		h.now = time.Date(2026, 11, 20, 8, 0, 0, 0, h.uk.Zone)
		r.happens(h.uk, own(lee, "203.0.113.1"), kim, gatehouse.EventUserDeactivated, gatehouse.ResultOK, nil)
		r.happens(h.uk, own(lee, "203.0.113.1"), lee, gatehouse.EventPasswordChanged, gatehouse.ResultOK, nil)
		r.happens(h.uk, r.c, kim, gatehouse.EventUserActivated, gatehouse.ResultOK, nil)
		r.happens(h.uk, operator, kim, gatehouse.EventUnlocked, gatehouse.ResultOK, nil)
		r.happens(h.uk, gatehouse.Caller{Kind: gatehouse.System}, kim, gatehouse.EventMailBounced, gatehouse.ResultOK, nil)
		type filter = gatehouse.EventFilter
		day := "2026-11-20"
		for _, test := range []struct {
			f    filter
			want int
		}{
			{filter{Person: "kim"}, 66}, {filter{Person: kim.ID, From: "2026-11-19"}, 65}, {filter{Person: "kim", Site: h.press.ID}, -1}, {filter{Person: "PAT@press.example"}, 2},
			{filter{Person: "kim", Kind: "sign-ins"}, 62}, {filter{Person: "kim", Kind: "sign_in.password", Result: "wrong"}, 1},
			{filter{Company: "N-1", From: "2026-11-19"}, 66}, {filter{Company: "north", From: "2026-11-19"}, 67}, {filter{Company: "N-1", Kind: "user.deactivated"}, 1},
			{filter{Actor: "lee"}, 2}, {filter{Actor: lee.ID}, 2}, {filter{Actor: "lee", Person: "kim"}, 1}, {filter{Actor: "lee", Site: h.press.ID}, 0},
			{filter{Actor: r.c.Name}, 1}, {filter{Actor: "olive", From: day}, 1}, {filter{Actor: "olive", Person: "kim"}, 2}, {filter{Actor: "nobody at all"}, 0},
			{filter{By: "system", From: day}, 1}, {filter{By: "operator", From: day}, 2}, {filter{By: "visitor"}, 63}, {filter{By: "user"}, 2}, {filter{By: "user", Kind: "accounts"}, 1},
			{filter{Kind: "user.deactivated"}, 1}, {filter{Kind: "sign_in.password"}, 63}, {filter{Kind: "sign_in.password", Site: h.press.ID}, 2},
			{filter{Kind: "sign-ins", From: day}, 1}, {filter{Kind: "sign-ins"}, 64}, {filter{Kind: "mail"}, 1}, {filter{Kind: "cases"}, 0},
			{filter{Result: "not-ok"}, 3}, {filter{Result: "limited"}, 1}, {filter{Result: "limited", Site: h.uk.ID}, 0}, {filter{Result: "used"}, 0},
			{filter{From: "2026-11-19", To: "2026-11-19"}, 63}, {filter{From: day}, 5}, {filter{From: day, To: "2026-11-20 08:00"}, 5}, {filter{From: "2026-11-19", To: "2026-11-19 23:30", Result: "ok", Site: h.uk.ID}, 60},
			{filter{From: "2026-11-20T08:00:03Z"}, 2}, {filter{From: "2027-01-01"}, 0},
			{filter{Address: "192.0.2.7"}, 60}, {filter{Address: "198.51.100.0/24"}, 2}, {filter{Address: "198.51.100.0/25"}, 1}, {filter{Address: "198.51.", Site: h.press.ID}, 1},
			{filter{Address: "2001:db8::/32"}, 1}, {filter{Address: "10.0.0.0/8"}, 0}, {filter{Address: "192.0.2.7", Result: "not-ok"}, 0},
			{filter{Reference: "gh 7f3k 29qx"}, 1}, {filter{Reference: "GH-7F3K-29QX", Result: "ok"}, 0},
			{filter{Site: h.press.ID, Company: "N-2", Person: "pat", By: "visitor", Kind: "sign-ins", Result: "not-ok", From: "2026-11-19", To: day, Address: "198.51.100."}, 1},
		} {
			if test.want < 0 {
				if l := r.page(r.ask(test.f)); len(l.Events) > 0 || len(l.Wrong) != 1 {
					t.Errorf("%+v: %+v", test.f, l)
				}
				continue
			}
			if got := r.all(test.f); len(got) != test.want {
				t.Errorf("%+v: %d events, want %d", test.f, len(got), test.want)
			}
		}
		everything := r.all(filter{From: "2026-11-19"})
		if len(everything) != 68 || everything[0].Event.Kind != gatehouse.EventMailBounced {
			t.Errorf("%d events", len(everything))
		}
		for _, e := range everything {
			if e.Event.Kind == gatehouse.EventUserActivated && (e.Actor.ID != r.c.UserID || e.User.ID != kim.ID || e.Company.ID != northgate.ID || e.User.Password.Hash != "") {
				t.Errorf("who did it: %+v", e)
			}
		}
		if l := r.page(r.ask(filter{Site: h.operators.ID})); len(l.Events) == 0 { // those who watch are watched
			t.Error("no events of operators")
		}
	})
}

// What a filter cannot mean is said at its field; wildcards are just letters.
func TestC13_WrongFiltersOfTheEventLog(t *testing.T) {
	h := once(t)
	r := h.reads(gatehouse.RoleOwner)
	firm := h.company(h.uk, "N-1", "Northgate")
	for i := range 21 {
		h.user(h.uk, firm.ID, fmt.Sprintf("many-%02d", i), gatehouse.RoleUser)
		h.company(h.uk, fmt.Sprintf("M-%02d", i), "Many")
	}
	for f, want := range map[gatehouse.EventFilter]string{
		{From: "31.12.2026"}:                   "from moment",
		{From: "2026-11-20", To: "2026-11-19"}: "to earlier",
		{From: "%", To: "2026-02-30"}:          "from moment to moment",
		{Person: "%"}:                          "person nobody-found",
		{Person: "_"}:                          "person nobody-found",
		{Person: "many-"}:                      "person too-many-fit",
		{Actor: "many-"}:                       "actor too-many-fit",
		{Company: "%"}:                         "company no-company-found",
		{Company: "Many"}:                      "company too-many-fit",
		{Address: "not an address"}:            "address no-address",
		{Address: "%"}:                         "address no-address",
		{Reference: "GH-1"}:                    "reference no-reference",
		{Site: "x", Kind: "x", Result: "x"}:    "site no-choice kind no-choice result no-choice",
		{By: "' OR 1=1"}:                       "by no-choice",
		{Person: "many-07", Company: "M-07"}:   "",
		{From: "2026-11-20", To: "2026-11-20"}: "",
		{Actor: "%"}:                           "",
	} {
		l := r.page(r.ask(f))
		var got []string
		for _, e := range l.Wrong {
			got = append(got, e.Field, e.Reason)
		}
		if strings.Join(got, " ") != want || want != "" && l.EventFilter != f || l.Events != nil {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}

// Support has the event log neither to read nor to export, nor have those who are no operators; who lost
// the role a moment ago cannot export either.
func TestC13_WhoReadsTheEventLog(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, lost := h.reads(gatehouse.RoleSecurity), h.reads(gatehouse.RoleOwner)
		admin := h.northgate()
		e := r.page(r.ask(gatehouse.EventFilter{Site: h.operators.ID})).Events[0]
		for _, c := range []gatehouse.Caller{as(admin), h.reads(gatehouse.RoleSupport).c, {Kind: gatehouse.Visitor}} {
			_, err := h.EventLog(t.Context(), c, r.sites(), r.ask(gatehouse.EventFilter{}))
			_, oneErr := h.LoggedEvent(t.Context(), c, h.operators, e.Event.ID)
			_, fileErr := h.ExportEvents(t.Context(), c, h.operators, r.sites(), "csv", r.ask(gatehouse.EventFilter{}), func() { t.Error("begun") }, nil)
			for _, err := range []error{err, oneErr, fileErr} {
				if err == nil || gatehouse.KindOf(err) != gatehouse.Forbidden {
					t.Errorf("%s %s: %v", c.Kind, c.Role, err)
				}
			}
		}
		if one, err := h.LoggedEvent(t.Context(), r.c, h.operators, e.Event.ID); err != nil || one.Event.ID != e.Event.ID {
			t.Errorf("%+v, %v", one, err)
		}
		if _, err := h.LoggedEvent(t.Context(), r.c, h.uk, e.Event.ID); gatehouse.KindOf(err) != gatehouse.NotFound || err == nil {
			t.Errorf("at another site: %v", err)
		}
		if err := h.SetOperatorRole(t.Context(), h.operators, operator, lost.c.UserID, gatehouse.RoleSupport); err == nil {
			t.Error("the last owner lost the role")
		}
		h.operator("second", gatehouse.RoleOwner)
		if err := h.SetOperatorRole(t.Context(), h.operators, operator, lost.c.UserID, gatehouse.RoleSupport); err != nil {
			t.Fatal(err)
		}
		_, err := h.ExportEvents(t.Context(), lost.c, h.operators, r.sites(), "csv", r.ask(gatehouse.EventFilter{}), func() { t.Error("begun") }, nil)
		if gatehouse.KindOf(err) != gatehouse.Forbidden || err == nil {
			t.Errorf("who was an owner: %v", err)
		}
	})
}

// An export has all that the filter finds, over many reads, and is an event of its own.
func TestC13_TheEventLogIsExported(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.reads(gatehouse.RoleSecurity)
		firm := h.company(h.uk, "N-1", "Northgate")
		kim := h.user(h.uk, firm.ID, "kim", gatehouse.RoleUser)
		var events []gatehouse.Event
		for i := range 1203 {
			h.now = h.now.Add(time.Second)
			st := r.sites()[i%3]
			u := gatehouse.User{}
			if st == h.uk {
				u = kim
			}
			events = append(events, gatehouse.Caller{Kind: gatehouse.Visitor}.Event(store.NewID("evt", h.now), h.now, st.ID, u, gatehouse.EventSignIn, gatehouse.ResultWrong, nil))
		}
		h.write(func(q store.Queries) error { return q.InsertEvents(t.Context(), events) })
		last, n := "evu", 0
		f := gatehouse.EventFilter{Result: "wrong", Kind: "sign-ins"}
		more, err := h.ExportEvents(t.Context(), r.c, h.operators, r.sites(), "jsonl", r.ask(f), func() {}, func(e directory.LoggedEvent) error {
			if e.Event.ID >= last {
				t.Errorf("%s follows %s", e.Event.ID, last)
			}
			last = e.Event.ID
			n++
			return nil
		})
		if err != nil || more || n != 1203 {
			t.Errorf("%d events, %v, %v", n, more, err)
		}
		told := r.all(gatehouse.EventFilter{Kind: "events.exported"})
		if len(told) != 1 || told[0].Event.Detail["filter"] != "kind=sign-ins&result=wrong" || told[0].Event.Detail["format"] != "jsonl" || told[0].Actor.ID != r.c.UserID || told[0].Site.ID != h.operators.ID {
			t.Errorf("%+v", told)
		}
		_, err = h.ExportEvents(t.Context(), r.c, h.operators, r.sites(), "csv", r.ask(gatehouse.EventFilter{From: "x"}), func() { t.Error("begun") }, nil)
		if e, ok := errors.AsType[*gatehouse.Error](err); !ok || len(e.Fields) != 1 {
			t.Errorf("a wrong filter: %v", err)
		}
		for range 20 {
			_, err = h.ExportEvents(t.Context(), r.c, h.operators, r.sites(), "csv", r.ask(gatehouse.EventFilter{Reference: "GH-7F3K-29QX"}), func() {}, nil)
		}
		if gatehouse.KindOf(err) != gatehouse.TooMany || err == nil {
			t.Errorf("one export after another: %v", err)
		}
	})
}

// A filter that fits next to nothing goes through the log window by window, and so does a block with more
// addresses than are looked up one by one, and a country.
func TestC13_WindowsOfTheEventLog(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.reads(gatehouse.RoleSecurity)
		h.Country = func(_, address string) (code, name string) {
			if strings.HasSuffix(address, "7") {
				return "DE", "Germany"
			}
			return "AT", "Austria"
		}
		block := netip.MustParsePrefix("192.0.2.0/25")
		want, inBlock, german := 0, 0, 0
		var events []gatehouse.Event
		for i := range 5000 {
			h.now = h.now.Add(time.Second)
			c := gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: fmt.Sprintf("192.0.2.%d", i%250)}
			result := gatehouse.ResultWrong
			if i%1000 == 3 {
				want, result = want+1, gatehouse.ResultUsed
			}
			if block.Contains(netip.MustParseAddr(c.IPAddress)) && result == gatehouse.ResultUsed {
				inBlock++
			}
			if result == gatehouse.ResultUsed && strings.HasSuffix(c.IPAddress, "7") {
				german++
			}
			st := r.sites()[i%2]
			events = append(events, c.Event(store.NewID("evt", h.now), h.now, st.ID, gatehouse.User{}, gatehouse.EventCode, result, nil))
		}
		h.write(func(q store.Queries) error { return q.InsertEvents(t.Context(), events) })
		if l := r.page(r.ask(gatehouse.EventFilter{Result: "expired"})); !l.Searched || l.Older == "" || len(l.Events) != 0 || len(l.Countries) != 2 {
			t.Errorf("nothing yet: %+v", l)
		}
		for f, want := range map[gatehouse.EventFilter]int{{Result: "used"}: want, {Result: "used", Address: block.String()}: inBlock, {Result: "used", Country: "DE"}: german,
			{Result: "used", Country: "AT", Address: "192.0.2."}: want - german, {Country: "NZ"}: 0} {
			if got := r.all(f); len(got) != want {
				t.Errorf("%+v: %d events, want %d", f, len(got), want)
			}
		}
	})
}
