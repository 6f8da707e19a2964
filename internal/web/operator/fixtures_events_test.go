package operator

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// loggedEvents are events of each kind, and by everybody.
func loggedEvents() (all []directory.LoggedEvent) {
	st, firm := fixture.Sites()["uk"], gatehouse.Company{ID: "com_1", SiteID: "meridian-uk", Name: "Northgate Systems Ltd", AccountNumber: "10482-UK"}
	u := testOperators()[0]
	u.SiteID = st.ID
	add := func(change func(*directory.LoggedEvent)) {
		e := gatehouse.Event{ID: "evt_1", SiteID: st.ID, At: fixture.Noon, Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor, UserID: u.ID,
			IPAddress: "203.0.113.9", UserAgent: fixture.Firefox, Reference: "GH-7F3K-29QX"}
		l := directory.LoggedEvent{FoundEvent: directory.FoundEvent{Event: e, Site: st, User: u}, Company: firm}
		change(&l)
		all = append(all, l)
	}
	for _, k := range gatehouse.EventKinds() {
		add(func(l *directory.LoggedEvent) { l.Event.Kind = k })
	}
	for _, result := range gatehouse.EventResults {
		add(func(l *directory.LoggedEvent) { l.Event.Result = result })
	}
	add(func(l *directory.LoggedEvent) {
		l.Event.Kind, l.Event.ActorKind, l.Event.ActorName, l.Event.Detail = gatehouse.EventPolicyChanged, gatehouse.Operator, "root", map[string]string{"lock": "5", "lock_before": "9", "idle": "", "idle_before": "30", "sessions": "4", "gone_before": "1"}
	})
	add(func(l *directory.LoggedEvent) {
		l.Event.Kind, l.Event.ActorKind, l.Event.ActorID, l.Actor = gatehouse.EventCaseAnswered, gatehouse.Operator, "usr_o", testOperators()[4]
		l.Event.Detail = map[string]string{"case": "CS-7F3K-29QX", "long": fixture.LongWord}
	})
	add(func(l *directory.LoggedEvent) {
		l.Event.ActorKind, l.User, l.Company, l.Event.IPAddress, l.Event.UserAgent = gatehouse.System, gatehouse.User{}, gatehouse.Company{}, "", ""
	})
	add(func(l *directory.LoggedEvent) {
		l.Event.ActorKind, l.User, l.Company, l.Event.UserID, l.Event.Reference = gatehouse.Visitor, gatehouse.User{}, gatehouse.Company{}, "", ""
	})
	add(func(l *directory.LoggedEvent) {
		l.Event.ActorKind, l.Event.ActorID, l.Event.ActorName, l.Company.Name = gatehouse.SignedIn, "usr_gone", "somebody", fixture.LongWord
	})
	add(func(l *directory.LoggedEvent) { l.Event.ActorKind, l.Event.ActorID = gatehouse.SignedIn, u.ID })
	return all
}

// eventViews are the pages of the event log in all their states.
func eventViews() map[string]ui.View {
	sites := []*site.Site{fixture.Sites()["uk"], fixture.Sites()["au"]}
	full := EventLog{EventLog: directory.EventLog{Events: loggedEvents(), Older: "evt_0", Newer: "evt_2", Countries: []directory.Country{{Code: "FR", Name: fixture.LongWord}}}, Sites: sites, Before: "evt_1"}
	full.EventFilter = gatehouse.EventFilter{Site: sites[0].ID, Company: fixture.LongWord, Person: fixture.LongWord, Actor: "ohale", By: "operator", Kind: "users", Result: "not-ok",
		From: "2026-11-19", To: "2026-11-20 14:32", Address: "203.0.113.0/24", Country: "FR", Reference: "GH-7F3K-29QX"}
	view := gatehouse.Search{Place: gatehouse.SearchEvents, Events: gatehouse.EventFilter{Company: "zebra"}}
	gone := EventLog{EventLog: directory.EventLog{EventFilter: view.Events, Wrong: []gatehouse.FieldError{{Field: "company", Reason: directory.FieldNoCompany}}}, Sites: sites,
		Views: ui.Searches{Here: view, Wrong: true, Saved: []gatehouse.SavedSearch{{Search: view, ID: "sea_1", Name: fixture.LongWord[:60]}},
			Shared: []gatehouse.SharedSearch{{SavedSearch: gatehouse.SavedSearch{Search: view, ID: "sea_2", Name: "<b>"}, By: gatehouse.User{FirstName: fixture.LongName}}}}}
	all := map[string]ui.View{"events-gone": gone, "events-full": full, "events-empty": EventLog{Sites: sites}}
	for name, searched := range map[string]bool{"events-searched": true, "events-none": false} {
		v := EventLog{Sites: sites, After: "evt_1"}
		v.Kind, v.Searched, v.Older = "user.locked", searched, "evt_0"
		all[name] = v
	}
	for field, reason := range map[string]string{"from": directory.FieldMoment, "to": directory.FieldEarlier, "person": directory.FieldNobodyFound, "company": directory.FieldNoCompany,
		"address": directory.FieldNoAddress, "reference": directory.FieldNoReference, "kind": directory.FieldNoChoice, "actor": directory.FieldTooManyFit} {
		v := EventLog{Sites: sites}
		v.Wrong = fixture.Wrong(field, reason)
		if reason == directory.FieldTooManyFit {
			v.Wrong[0].Args = map[string]string{"n": "20"}
		}
		v.From, v.Person = "tomorrow", "%"
		all["events-wrong-"+field] = v
	}
	for i, e := range loggedEvents() {
		if e.Event.Detail != nil || i == 0 || e.User.ID == "" {
			all["event-"+string(e.Event.Kind)+"-"+string(e.Event.ActorKind)] = OneEvent{e}
		}
	}
	return all
}

// hostileEvents puts a probe into what people have written, and into what their browsers have sent.
func hostileEvents(v ui.View, probe string) ui.View {
	st := *fixture.Sites()["uk"]
	st.Name = probe
	e := loggedEvents()[0]
	e.Site, e.Company.Name = &st, probe
	e.User.FirstName, e.User.LastName, e.User.Username = probe, probe, probe
	e.Event.IPAddress, e.Event.UserAgent, e.Event.Reference, e.Event.ActorName, e.Event.Kind = probe, probe, probe, probe, gatehouse.EventKind(probe)
	e.Event.ActorKind, e.Event.ActorID, e.Event.ID = gatehouse.Operator, probe, probe
	e.Event.Detail = map[string]string{probe: probe, probe + wasBefore: probe}
	switch v := v.(type) {
	case EventLog:
		v.Sites, v.Events, v.Countries = []*site.Site{&st}, []directory.LoggedEvent{e}, []directory.Country{{Code: probe, Name: probe}}
		v.EventFilter = gatehouse.EventFilter{Site: probe, Company: probe, Person: probe, Actor: probe, By: probe, Kind: probe, Result: probe, From: probe, To: probe, Address: probe, Country: probe, Reference: probe}
		v.Older, v.Newer, v.Before = probe, probe, probe
		return v
	case OneEvent:
		return OneEvent{e}
	}
	return v
}

// A fact that has changed is one row, with what it was; one that is only known from before keeps its row.
func TestDetailsOfAnEvent(t *testing.T) {
	e := OneEvent{directory.LoggedEvent{FoundEvent: directory.FoundEvent{Event: gatehouse.Event{Detail: map[string]string{"lock": "5", "lock_before": "9", "idle": "", "idle_before": "30", "gone_before": "1", "sessions": "4"}}}}}
	var all []string
	for _, d := range e.Details() {
		all = append(all, d.Name+": "+d.Before+" > "+d.Now)
	}
	if got := strings.Join(all, ", "); got != "gone: 1 > , idle: 30 > , lock: 9 > 5, sessions:  > 4" || !e.Before() {
		t.Error(got)
	}
}
