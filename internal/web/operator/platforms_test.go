package operator

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/fixture"
)

func secretOf(after time.Duration) store.ApplicationSecret {
	return store.ApplicationSecret{Hash: "h" + after.String(), CreatedAt: fixture.Noon.Add(after)}
}

func countOf(version string, n int) store.TermsCount {
	return store.TermsCount{Version: version, Users: n, First: fixture.Noon, Last: fixture.Noon}
}

// What a form shows of a platform is what it saves, with every setting but those that it does not have.
func TestTheFormOfAPlatformKeepsEverySetting(t *testing.T) {
	for name, v := range platformViews() {
		one, ok := v.(OnePlatform)
		if !ok {
			continue
		}
		var got gatehouse.Application
		if err := fieldsOf(one.Of.Application).put(&got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := one.Of.Settings
		want.Home.Logos = nil
		if want.Access.Reach == "" {
			want.Access.Reach = gatehouse.ReachEveryone
		}
		if got.Name != one.Of.Name || !reflect.DeepEqual(got.Settings, want) && !(len(want.Scopes) == 0 && got.Settings.Scopes != nil) {
			t.Errorf("%s: saved as %+v, was %+v", name, got.Settings, want)
		}
	}
}

// Every setting of an application has a field in the form, or a reason not to.
func TestTheFormHasEveryFieldThatCanBeWrong(t *testing.T) {
	bad := gatehouse.ApplicationSettings{Native: true, Auth: "zebra", JWKS: "x", JWKSURI: "\x00", RedirectURIs: []string{"x"}, PostLogoutRedirectURIs: []string{"y"},
		BackchannelLogoutURI: "x", FrontchannelLogoutURI: "x", ForwardHosts: []string{"?"}, Grants: []gatehouse.GrantType{"zebra"}, Scopes: []string{"\""},
		IDTokenAlg: "none", UserinfoAlg: "none", Sector: "\x00", Resources: []string{"x"}, WithoutPKCE: true,
		Access: gatehouse.ApplicationAccess{Roles: []gatehouse.Role{"owner"}, Reach: "zebra", Level: 7, MaxAge: -1},
		Home:   gatehouse.ApplicationHome{Names: map[string]string{"?": ""}, LaunchURL: "x", CardsURL: "x", Order: 5000}}
	known := slices.Concat(platformLists, platformLines, platformSwitches, platformOthers)
	for _, f := range gatehouse.CheckApplication("", bad) {
		if !slices.Contains(known, f.Field) {
			t.Errorf("%s is nowhere in the form", f.Field)
		}
	}
}

func TestTimesAreWrittenAsCommandsHaveThem(t *testing.T) {
	for d, want := range map[time.Duration]string{5 * time.Minute: "5m", 12 * time.Hour: "12h", 90 * time.Minute: "1h30m", 90 * time.Second: "1m30s", 0: "0s", 10 * time.Second: "10s", 20 * time.Minute: "20m", 20 * time.Hour: "20h"} {
		if got := shortly(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}
