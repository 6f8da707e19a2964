package operator

import (
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/web/ui"
)

// testPlatform is a platform with everything that a page shows.
func testPlatform(change func(*gatehouse.Application)) sso.Shown {
	s := gatehouse.DefaultApplication()
	s.RedirectURIs, s.PostLogoutRedirectURIs = []string{"https://orders.meridian.example/back", "https://orders.meridian.example/other"}, []string{"https://orders.meridian.example/"}
	a := gatehouse.Application{ID: "app_0193", SiteID: "meridian-uk", Name: "Orders", State: gatehouse.ApplicationActive, Settings: s, CreatedAt: fixture.Noon}
	change(&a)
	return sso.Shown{Application: a}
}

// platformViews are the pages of platforms in each of their states.
func platformViews() map[string]ui.View {
	uk := *fixture.Sites()["uk"]
	uk.Policy.TrustedDevice = 0 // the suite shows it on a site that trusts none, too
	plain := testPlatform(func(*gatehouse.Application) {})
	plain.Secrets = append(plain.Secrets, secretOf(0), secretOf(time.Hour))
	full := testPlatform(func(a *gatehouse.Application) {
		a.Name, a.State, a.DeletedAt = fixture.LongWord, gatehouse.ApplicationDeleted, fixture.Noon
		s := &a.Settings
		s.Auth, s.JWKSURI, s.Native, s.ThirdParty, s.JWTAccessTokens, s.RequireDPoP, s.RequirePAR, s.WithoutPKCE, s.TokenEndpointAudience =
			gatehouse.AuthPrivateKeyJWT, "https://orders.meridian.example/jwks", true, true, true, true, true, true, true
		s.Grants = []gatehouse.GrantType{gatehouse.GrantCode, gatehouse.GrantRefresh, gatehouse.GrantClientCredentials}
		s.Access = gatehouse.ApplicationAccess{Roles: []gatehouse.Role{gatehouse.RoleAdmin}, Reach: gatehouse.ReachNobody, Level: 2, MaxAge: 90 * time.Minute}
		s.ForwardHosts, s.Home = []string{"wiki.meridian.example"}, gatehouse.ApplicationHome{Names: map[string]string{"de": "Bestellungen"}, LaunchURL: "https://orders.meridian.example/"}
	})
	full.LogoutProblem, full.LogoutProblemAt = "503", fixture.Noon
	off := testPlatform(func(a *gatehouse.Application) {
		a.State, a.Settings.Grants, a.Settings.RedirectURIs, a.Settings.PostLogoutRedirectURIs, a.Settings.Scopes = gatehouse.ApplicationDisabled, nil, nil, nil, nil
		a.Settings.Access = gatehouse.ApplicationAccess{Roles: []gatehouse.Role{gatehouse.RoleUser}, Reach: gatehouse.ReachAdministrators, Level: 1}
		a.Settings.Auth = gatehouse.AuthNone
	})
	post := testPlatform(func(a *gatehouse.Application) { a.Settings.Auth = gatehouse.AuthSecretPost })
	one := OnePlatform{On: &uk, Of: plain, Used: 3}
	views := map[string]ui.View{
		"platforms":         Platforms{On: &uk, All: []gatehouse.Application{plain.Application, full.Application, off.Application, post.Application}, More: true},
		"platforms-none":    Platforms{On: &uk},
		"platform":          one,
		"platform-full":     OnePlatform{On: &uk, Of: full, Used: sso.MostCounted + 1},
		"platform-off":      OnePlatform{On: &uk, Of: off},
		"platform-secret":   PlatformSecret{one, "made-once"},
		"platform-users":    PlatformUsers{On: &uk, Of: plain.Application, More: true, All: []sso.Use{{User: testOperators()[4], FirstAt: fixture.Noon, UsedAt: fixture.Noon}}},
		"platform-nobody":   PlatformUsers{On: &uk, Of: full.Application},
		"platform-new":      PlatformForm{On: &uk, ID: "app_1", Typed: fieldsOf(gatehouse.Application{Settings: gatehouse.DefaultApplication()})},
		"platform-edit":     PlatformForm{On: &uk, Of: full.Application, Seen: "v", Typed: fieldsOf(full.Application)},
		"platform-changed":  PlatformForm{On: &uk, Of: plain.Application, Seen: "v", Typed: fieldsOf(off.Application), Changed: true},
		"platform-bad-host": PlatformForm{On: &uk, ID: "app_1", Typed: platformFields{}, Fields: fixture.Wrong("forward_hosts", "taken")},
	}
	views["terms"] = Terms{On: &uk, Users: testOperators(), More: true, TermsOfSite: directory.TermsOfSite{CountedAt: fixture.Noon, Due: 3,
		Versions: []directory.TermsVersion{{TermsCount: countOf("2026-09", 0), InForce: true, There: true}, {TermsCount: countOf("2025-01", 412), There: true}, {TermsCount: countOf(fixture.LongWord, 1)}}}}
	views["terms-all"] = Terms{On: &uk, TermsOfSite: directory.TermsOfSite{CountedAt: fixture.Noon, Versions: []directory.TermsVersion{{TermsCount: countOf("2026-09", 9), InForce: true, There: true}}}}
	views["terms-not-found"] = Terms{On: &uk, Typed: "zebra", TermsOfSite: directory.TermsOfSite{CountedAt: fixture.Noon, Due: 1, Versions: []directory.TermsVersion{{TermsCount: countOf("2026-09", 9), InForce: true, There: true}}}}
	views["terms-none"] = Terms{On: &uk, TermsOfSite: directory.TermsOfSite{CountedAt: fixture.Noon}}
	views["terms-text"] = TermsText{On: &uk, Of: site.Terms{Version: "2026-09", Texts: map[string]string{"en-GB": "# 1\n\nBe kind.", "de": "# 1"}}, Lang: "en-GB"}
	for _, done := range platformNews {
		v := one
		v.Done = done
		views["platform-done-"+done] = v
	}
	for _, why := range platformRefusals {
		v := one
		v.Refused = why
		views["platform-refused-"+why] = v
	}
	for _, act := range platformActs {
		views["platform-act-"+act] = PlatformAct{one, act}
	}
	return views
}

func hostilePlatform(v ui.View, probe string) ui.View {
	bad := testPlatform(func(a *gatehouse.Application) {
		a.Name, a.Settings.RedirectURIs, a.Settings.Scopes = probe, []string{probe}, []string{probe}
		a.Settings.ForwardHosts, a.Settings.Home.Names = []string{probe}, map[string]string{probe: probe}
	})
	bad.LogoutProblem = probe
	u := testOperators()[0]
	u.FirstName, u.LastName, u.Username = probe, probe, probe
	switch v := v.(type) {
	case Terms:
		v.Typed, v.Users, v.Versions = probe, []gatehouse.User{u}, []directory.TermsVersion{{TermsCount: countOf(probe, 1)}}
		return v
	case TermsText:
		v.Of = site.Terms{Version: probe, Texts: map[string]string{v.Lang: "x"}}
		return v
	case Platforms:
		v.All = []gatehouse.Application{bad.Application}
		return v
	case OnePlatform:
		v.Of = bad
		return v
	case PlatformAct:
		v.Of = bad
		return v
	case PlatformSecret:
		v.Of, v.Secret = bad, probe
		return v
	case PlatformUsers:
		v.Of, v.All = bad.Application, []sso.Use{{User: u}}
		return v
	case PlatformForm:
		v.Typed = fieldsOf(bad.Application)
		return v
	}
	return v
}
