package portal

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

func aPlatform(name string, change func(*account.Platform)) account.Platform {
	p := account.Platform{Application: gatehouse.Application{ID: "app_1", Name: name, State: gatehouse.ApplicationActive, Settings: gatehouse.DefaultApplication()}}
	if change != nil {
		change(&p)
	}
	return p
}

func myPlatforms(name string) MyPlatforms {
	used := func(p *account.Platform) {
		p.Grant.FirstAt, p.Grant.UsedAt = fixture.Noon.AddDate(0, -2, 0), fixture.Noon
	}
	return MyPlatforms{Removed: true, Open: []account.Platform{aPlatform(name, nil), aPlatform(name, used), aPlatform(name, func(p *account.Platform) {
		used(p)
		p.Settings.ThirdParty, p.Grant.Scopes = true, []string{"openid", "email"}
	}), aPlatform(name, func(p *account.Platform) { p.Settings.Scopes = []string{"openid"} })},
		Closed: []account.Platform{aPlatform(name, nil), aPlatform(name, func(p *account.Platform) { p.AskedAt = fixture.Noon })}}
}

func noAccessTo(name string, closed gatehouse.Closed, people ...gatehouse.User) NoAccess {
	return NoAccess{NoAccess: account.NoAccess{Platform: aPlatform(name, nil), Closed: closed, Administrators: people}}
}

func myPlatformSamples() []pages.Sample {
	boss := *fixture.User()
	asked, often, self := noAccessTo("Service desk", gatehouse.ClosedToUsers, boss), noAccessTo("Service desk", gatehouse.ClosedToUsers, boss), noAccessTo("Service desk", gatehouse.ClosedToAll, boss)
	asked.Platform.AskedAt, often.Refused, self.Self = fixture.Noon, "often", true
	return []pages.Sample{
		{Name: "my-platforms", View: myPlatforms("Service desk"), SignedIn: true},
		{Name: "my-platforms-none", View: MyPlatforms{}, SignedIn: true},
		{Name: "no-access", View: noAccessTo("Service desk", gatehouse.ClosedToUsers, boss, boss), SignedIn: true},
		{Name: "no-access-asked", View: asked, SignedIn: true},
		{Name: "no-access-often", View: often, SignedIn: true},
		{Name: "no-access-self", View: self, SignedIn: true},
		{Name: "no-access-nobody", View: noAccessTo("Service desk", gatehouse.ClosedToAll), SignedIn: true},
		{Name: "no-access-site", View: noAccessTo("Service desk", gatehouse.ClosedBySite), SignedIn: true},
	}
}

// A third party may read what was consented to, not what it may ask for.
func TestWhatAPlatformReads(t *testing.T) {
	doc := show(t, "uk", myPlatforms("Desk"), pages.SignedIn)
	items := doc.Find("section[aria-labelledby=open] li")
	for i, want := range []string{"your profile, your email address, your company and role", "your profile", "It can read your email address.", "nothing else about you"} {
		if got := items.Eq(i).Find("small").First().Text(); !strings.Contains(got, want) {
			t.Errorf("%d: %q", i, got)
		}
	}
}
