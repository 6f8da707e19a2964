package portal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// deviceSamples are the pages of devices, activity and accepted terms.
func deviceSamples() []pages.Sample {
	list := []pages.Sample{
		{Name: "devices", View: fullDevices(2, 2), SignedIn: true},
		{Name: "devices-alone", View: fullDevices(0, 0), SignedIn: true},
		{Name: "devices-many", View: fullDevices(199, 10), SignedIn: true},
		{Name: "devices-one-more", View: fullDevices(shownDevices+1, 1), SignedIn: true},
		{Name: "devices-trusted", View: trustingDevices(), SignedIn: true},
		{Name: "devices-everywhere", View: SignOutEverywhere{}, SignedIn: true},
		{Name: "onward", View: Onward{To: "/forward-auth?return_to=https://wiki.meridian.example/start"}},
		{Name: "activity", View: ActivityLog{Activity: account.Activity{Events: everyEvent(), Own: "evt_0", Next: "evt_9"}}, SignedIn: true},
		{Name: "activity-last", View: ActivityLog{account.Activity{Events: everyEvent()[:3]}, account.ActivityFilter{Topic: gatehouse.ActivityChanges, Result: gatehouse.EventsNotOK, Before: "evt_9"}}, SignedIn: true},
		{Name: "activity-empty", View: ActivityLog{}, SignedIn: true},
		{Name: "activity-none-found", View: ActivityLog{ActivityFilter: account.ActivityFilter{Topic: gatehouse.ActivitySignIns}}, SignedIn: true},
		{Name: "activity-own", View: OwnSignIn{}, SignedIn: true},
		{Name: "activity-ask", View: AskNotMe{Event: gatehouse.Event{ID: "evt_4", At: fixture.Noon, Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, IPAddress: "203.0.113.9", UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"}}, SignedIn: true},
		{Name: "activity-ask-other", View: AskNotMe{Event: gatehouse.Event{ID: "evt_5", At: fixture.Noon, Kind: gatehouse.EventPasswordReset, Result: gatehouse.ResultOK, ActorKind: gatehouse.SignedIn, ActorID: "usr_9", ActorName: "Ines Marchetti"}}, SignedIn: true},
		{Name: "accepted", View: AcceptedTerms{List: acceptances()}, SignedIn: true},
		{Name: "accepted-none", View: AcceptedTerms{}, SignedIn: true},
		{Name: "accepted-text", View: AcceptedText{Acceptance: acceptances()[0], Text: "# Terms\n\n## 1. Scope\n\nRead <b>this</b>.\n"}, SignedIn: true},
	}
	for _, done := range []string{"signed_out", "forgotten", "everywhere", "untrusted"} {
		v := fullDevices(1, 0)
		v.Done = done
		list = append(list, pages.Sample{Name: "devices-done-" + done, View: v, SignedIn: true})
	}
	return list
}

func fullDevices(others, browsers int) Devices {
	agents := []string{fixture.Safari, fixture.LongAgent, "", fixture.Firefox}
	addresses := []string{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "", "203.0.113.7"}
	v := Devices{Devices: account.Devices{Sessions: []gatehouse.Session{{ID: "ses_here", BindingID: "bound", CreatedAt: fixture.Noon.Add(-34 * time.Minute), SeenAt: fixture.Noon, IPAddress: "192.0.2.44", UserAgent: fixture.Firefox}}}}
	for i := range others {
		v.Sessions = append(v.Sessions, gatehouse.Session{ID: fmt.Sprintf("ses_%d", i), CreatedAt: fixture.Noon.Add(-time.Duration(i+9) * time.Hour),
			SeenAt: fixture.Noon.Add(-time.Duration(i) * time.Minute), IPAddress: addresses[i%len(addresses)], UserAgent: agents[i%len(agents)]})
	}
	if others > 1 {
		v.Sessions[2].BindingID = "bound"
	}
	for i := range browsers {
		v.SignedOut = append(v.SignedOut, gatehouse.Device{ID: fmt.Sprintf("dev_%d", i), UserAgent: agents[i%len(agents)],
			CreatedAt: fixture.Noon.Add(-900 * time.Hour), SeenAt: fixture.Noon.Add(-time.Duration(i+1) * 24 * time.Hour)})
	}
	return v
}

// trustingDevices has trust everywhere.
func trustingDevices() Devices {
	v := fullDevices(3, 3)
	v.Trusted = map[string]time.Time{}
	for i := range v.Sessions {
		v.Sessions[i].DeviceID = fmt.Sprintf("dev_s%d", i)
		v.Trusted[v.Sessions[i].DeviceID] = fixture.Noon.AddDate(0, 0, i+1)
	}
	for _, b := range v.SignedOut {
		v.Trusted[b.ID] = fixture.Noon.AddDate(0, 0, 15)
	}
	return v
}

// everyEvent has every kind of event, every result of a sign-in, and every actor.
func everyEvent() []gatehouse.Event {
	var events []gatehouse.Event
	add := func(e gatehouse.Event) {
		e.ID, e.UserID, e.At = fmt.Sprintf("evt_%d", len(events)), "usr_1", fixture.Noon.Add(-time.Duration(len(events))*7*time.Hour)
		if e.ActorKind == "" {
			e.ActorKind, e.IPAddress, e.UserAgent = gatehouse.Visitor, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", fixture.Firefox
		}
		events = append(events, e)
	}
	for _, result := range []gatehouse.EventResult{gatehouse.ResultOK, gatehouse.ResultWrong, gatehouse.ResultUnknown, gatehouse.ResultLocked,
		gatehouse.ResultInactive, gatehouse.ResultExpired, gatehouse.ResultLimited, gatehouse.ResultUsed} {
		add(gatehouse.Event{Kind: gatehouse.EventSignIn, Result: result})
	}
	add(gatehouse.Event{Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, Detail: map[string]string{"next": "terms"}})
	add(gatehouse.Event{Kind: gatehouse.EventRecoveryAnswered, Result: gatehouse.ResultWrong})
	for _, scope := range []string{"one", "others"} {
		add(gatehouse.Event{Kind: gatehouse.EventSignOut, Result: gatehouse.ResultOK, Detail: map[string]string{"scope": scope}})
	}
	for _, scope := range []string{"account", "strangers"} {
		add(gatehouse.Event{Kind: gatehouse.EventLocked, Result: gatehouse.ResultOK, Detail: map[string]string{"scope": scope}})
	}
	for _, kind := range slices.Sorted(maps.Keys(ui.EventLooks)) {
		add(gatehouse.Event{Kind: kind, Result: gatehouse.ResultOK})
	}
	add(gatehouse.Event{Kind: gatehouse.EventUserChanged, Result: gatehouse.ResultOK, ActorKind: gatehouse.SignedIn, ActorID: "usr_2", ActorName: strings.Repeat("Ines Marchetti ", 9)})
	add(gatehouse.Event{Kind: gatehouse.EventUserChanged, Result: gatehouse.ResultOK, ActorKind: gatehouse.SignedIn, ActorID: "usr_2"})
	add(gatehouse.Event{Kind: gatehouse.EventPasswordReset, Result: gatehouse.ResultOK, ActorKind: gatehouse.Operator})
	add(gatehouse.Event{Kind: gatehouse.EventUnlocked, Result: gatehouse.ResultOK, ActorKind: gatehouse.System})
	add(gatehouse.Event{Kind: "account.unheard_of", Result: gatehouse.ResultOK, ActorKind: gatehouse.Visitor})
	return events
}

func acceptances() []gatehouse.Acceptance {
	return []gatehouse.Acceptance{
		{ID: "acc_2", Version: "2026-09", TextHash: strings.Repeat("0123456789abcdef", 4), Lang: "en-GB", AcceptedAt: fixture.Noon, IPAddress: "192.0.2.44"},
		{ID: "acc_1", Version: strings.Repeat("2025-", 20), TextHash: strings.Repeat("f", 64), Lang: "pt", AcceptedAt: fixture.Noon.AddDate(-1, 0, 0)},
	}
}
