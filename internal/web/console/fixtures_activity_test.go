package console

import (
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// activityOver are so many days with sign-ins, and events of each kind with each result.
func activityOver(days int) CompanyActivity {
	to := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	v := CompanyActivity{ActivityFilter: directory.ActivityFilter{From: to.AddDate(0, 0, 1-days), To: to}}
	for n := range days {
		v.Days = append(v.Days, directory.DayCount{Day: v.From.AddDate(0, 0, n), N: map[gatehouse.SignInOutcome]int{gatehouse.SignInWorked: 17 * n, gatehouse.SignInChallenged: n % 7, gatehouse.SignInFailed: n % 3}})
	}
	return v
}

func activitySamples() []pages.Sample {
	full := activityOver(30)
	full.People = map[string]gatehouse.User{"usr_1": {ID: "usr_1", FirstName: fixture.LongName, LastName: fixture.LongWord, Username: fixture.LongWord}}
	full.Countries = []directory.Country{{Code: "FR", Name: "Frankreich"}, {Code: "GB", Name: fixture.LongWord}}
	for _, kind := range append(append([]gatehouse.EventKind{}, gatehouse.SignInEvents...), gatehouse.ChangeEvents...) {
		for _, result := range []gatehouse.EventResult{gatehouse.ResultOK, gatehouse.ResultWrong} {
			full.Events = append(full.Events, gatehouse.Event{Kind: kind, Result: result, UserID: "usr_1", ActorID: "usr_1", ActorKind: gatehouse.SignedIn, At: fixture.Noon.Add(-time.Hour), IPAddress: "192.0.2.44", UserAgent: fixture.Firefox})
		}
	}
	full.Events = append(full.Events, gatehouse.Event{Kind: gatehouse.EventSignIn, Result: gatehouse.ResultOK, Detail: map[string]string{"next": "code"}, ActorKind: gatehouse.Visitor, At: fixture.Noon},
		gatehouse.Event{Kind: gatehouse.EventUserDeactivated, Result: gatehouse.ResultOK, ActorKind: gatehouse.Operator, UserID: "usr_2", At: fixture.Noon},
		gatehouse.Event{Kind: gatehouse.EventUserChanged, Result: gatehouse.ResultOK, ActorKind: gatehouse.SignedIn, ActorID: "usr_3", ActorName: fixture.LongName, UserID: "usr_1", At: fixture.Noon})
	full.Next = "evt_1"
	one, year := activityOver(1), activityOver(directory.MostActivityDays)
	one.Topic, one.Result, one.Person, one.Address, one.Nobody = gatehouse.ActivityChanges, gatehouse.EventsNotOK, "nobody", "192.", true
	year.Before, year.Next, year.Searched = "evt_1", "evt_0", true
	list := []pages.Sample{{Name: "activity", View: full}, {Name: "activity-one", View: one}, {Name: "activity-year", View: year}, {Name: "activity-empty", View: activityOver(2)}}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}
