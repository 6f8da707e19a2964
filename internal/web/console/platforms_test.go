package console

import (
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// somePlatforms are platforms with every reach, and one that only a later version
// knows.
func somePlatforms(name string) (all []directory.Platform) {
	for _, r := range []gatehouse.Reach{"", gatehouse.ReachEveryone, gatehouse.ReachAdministrators, gatehouse.ReachNobody, "friends"} {
		all = append(all, directory.Platform{Application: gatehouse.Application{ID: "app_" + string(r), Name: name, State: gatehouse.ApplicationActive, Settings: gatehouse.DefaultApplication()}, Said: r})
	}
	return all
}

func fullPlatforms(name string, u gatehouse.User) Platforms {
	v := Platforms{Done: "allowed", Next: "evt_1"}
	v.All = somePlatforms(name)
	for _, to := range gatehouse.Reaches {
		v.Requests = append(v.Requests, directory.Request{AccessRequest: store.AccessRequest{User: u, AskedAt: fixture.Noon}, Platform: v.All[2], To: to})
		v.History = append(v.History, gatehouse.Event{At: fixture.Noon.Add(-time.Hour), ActorKind: gatehouse.SignedIn, ActorName: u.DisplayName(),
			Detail: map[string]string{"name": name, "reach": string(to), "before": "nobody"}})
	}
	return v
}

func platformSamples() []pages.Sample {
	all, _ := testUsers()
	restricted := somePlatforms("Service desk")[2]
	restricted.Settings.Access.Roles = []gatehouse.Role{gatehouse.RoleAdmin}
	list := []pages.Sample{
		{Name: "platforms-none", View: Platforms{}},
		{Name: "platforms", View: fullPlatforms("Service desk", all[0])},
		{Name: "platforms-changed", View: Platforms{Platforms: directory.Platforms{All: somePlatforms("Storefront")}, Done: "changed"}},
		{Name: "platforms-declined", View: Platforms{Done: "declined", Before: "evt_1"}},
		{Name: "platform", View: PlatformReach{Of: somePlatforms("Service desk")[0]}},
		{Name: "platform-restricted", View: PlatformReach{Of: restricted, Fields: []gatehouse.FieldError{{Field: "reach", Reason: directory.FieldRequired}}}},
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}
