package ui

import (
	"fmt"
	"strings"
	"time"

	"gatehouse"
)

// deviceSamples are the pages of devices, activity and accepted terms.
func deviceSamples() []sample {
	list := []sample{
		{name: "devices", view: fullDevices(2, 2), signedIn: true},
		{name: "devices-alone", view: Devices{Sessions: fullDevices(0, 0).Sessions}, signedIn: true},
		{name: "devices-many", view: fullDevices(199, 10), signedIn: true},
		{name: "devices-one-more", view: fullDevices(shownDevices+1, 1), signedIn: true},
		{name: "devices-trusted", view: trustingDevices(), signedIn: true},
		{name: "devices-everywhere", view: SignOutEverywhere{}, signedIn: true},
		{name: "activity", view: ActivityLog{Events: everyEvent(), Own: "evt_0", Next: "evt_9"}, signedIn: true},
		{name: "activity-last", view: ActivityLog{Events: everyEvent()[:3], Topic: "changes", Result: "not-ok", Before: "evt_9"}, signedIn: true},
		{name: "activity-empty", view: ActivityLog{}, signedIn: true},
		{name: "activity-none-found", view: ActivityLog{Topic: "sign-ins"}, signedIn: true},
		{name: "activity-own", view: OwnSignIn{}, signedIn: true},
		{name: "activity-ask", view: AskNotMe{Event: gatehouse.Event{ID: "evt_4", At: noon, Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, Address: "203.0.113.9", UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"}}, signedIn: true},
		{name: "activity-ask-other", view: AskNotMe{Event: gatehouse.Event{ID: "evt_5", At: noon, Kind: gatehouse.EventPasswordReset, Result: gatehouse.ResultOK, ActorKind: gatehouse.SignedIn, ActorID: "usr_9", ActorName: "Ines Marchetti"}}, signedIn: true},
		{name: "accepted", view: AcceptedTerms{List: acceptances()}, signedIn: true},
		{name: "accepted-none", view: AcceptedTerms{}, signedIn: true},
		{name: "accepted-text", view: AcceptedText{Acceptance: acceptances()[0], Text: "# Terms\n\n## 1. Scope\n\nRead <b>this</b>.\n"}, signedIn: true},
	}
	for _, done := range []string{"signed_out", "forgotten", "everywhere", "untrusted"} {
		v := fullDevices(1, 0)
		v.Done = done
		list = append(list, sample{name: "devices-done-" + done, view: v, signedIn: true})
	}
	return list
}

// longAgent is the longest header that is kept, without a place to break.
var longAgent = "Mozilla/5.0 (Linux; Android 15) " + strings.Repeat("x", 268)

func fullDevices(others, browsers int) Devices {
	agents := []string{safari, longAgent, "", firefox}
	addresses := []string{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "", "203.0.113.7"}
	v := Devices{Sessions: []gatehouse.Session{{ID: "ses_here", CreatedAt: noon.Add(-34 * time.Minute), SeenAt: noon, Address: "192.0.2.44", UserAgent: firefox}}}
	for i := range others {
		v.Sessions = append(v.Sessions, gatehouse.Session{ID: fmt.Sprintf("ses_%d", i), CreatedAt: noon.Add(-time.Duration(i+9) * time.Hour),
			SeenAt: noon.Add(-time.Duration(i) * time.Minute), Address: addresses[i%len(addresses)], UserAgent: agents[i%len(agents)]})
	}
	for i := range browsers {
		v.Browsers = append(v.Browsers, gatehouse.Browser{ID: fmt.Sprintf("brw_%d", i), UserAgent: agents[i%len(agents)],
			CreatedAt: noon.Add(-900 * time.Hour), SeenAt: noon.Add(-time.Duration(i+1) * 24 * time.Hour)})
	}
	return v
}

// trustingDevices has trust everywhere.
func trustingDevices() Devices {
	v := fullDevices(3, 3)
	v.Trusted = map[string]time.Time{}
	for i := range v.Sessions {
		v.Sessions[i].BrowserID = fmt.Sprintf("brw_s%d", i)
		v.Trusted[v.Sessions[i].BrowserID] = noon.AddDate(0, 0, i+1)
	}
	for _, b := range v.Browsers {
		v.Trusted[b.ID] = noon.AddDate(0, 0, 15)
	}
	return v
}

// everyEvent has every kind of event, every result of a sign-in, and every actor.
func everyEvent() []gatehouse.Event {
	var events []gatehouse.Event
	add := func(e gatehouse.Event) {
		e.ID, e.UserID, e.At = fmt.Sprintf("evt_%d", len(events)), "usr_1", noon.Add(-time.Duration(len(events))*7*time.Hour)
		if e.ActorKind == "" {
			e.ActorKind, e.Address, e.UserAgent = gatehouse.Visitor, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", firefox
		}
		events = append(events, e)
	}
	for _, result := range []gatehouse.EventResult{gatehouse.ResultOK, gatehouse.ResultWrong, gatehouse.ResultUnknown, gatehouse.ResultLocked,
		gatehouse.ResultInactive, gatehouse.ResultExpired, gatehouse.ResultLimited, gatehouse.ResultUsed} {
		add(gatehouse.Event{Kind: gatehouse.EventSignIn, Result: result})
	}
	add(gatehouse.Event{Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, Detail: map[string]string{"next": "terms"}})
	add(gatehouse.Event{Kind: gatehouse.EventRecoveryAnswered, Result: gatehouse.ResultWrong})
	for kind, scopes := range map[gatehouse.EventKind][]string{gatehouse.EventSignOut: {"one", "others"}, gatehouse.EventLocked: {"account", "strangers"}} {
		for _, scope := range scopes {
			add(gatehouse.Event{Kind: kind, Result: gatehouse.ResultOK, Detail: map[string]string{"scope": scope}})
		}
	}
	for kind := range eventLooks {
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
		{ID: "acc_2", Version: "2026-09", TextHash: strings.Repeat("0123456789abcdef", 4), Lang: "en-GB", AcceptedAt: noon, Address: "192.0.2.44"},
		{ID: "acc_1", Version: strings.Repeat("2025-", 20), TextHash: strings.Repeat("f", 64), Lang: "pt", AcceptedAt: noon.AddDate(-1, 0, 0)},
	}
}
