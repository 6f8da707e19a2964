package portal

import (
	"net/url"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/sso"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

var suite = pages.SuiteOf(Templates, samples, hostile)

func TestViews(t *testing.T) { suite.Test(t) }

// show renders a view on a site of fixture.Sites. Only signed-in users see Home and
// Profile.
func show(t *testing.T, id string, view ui.View, change ...func(*ui.Frame)) *goquery.Document {
	t.Helper()
	switch view.(type) {
	case Home, Profile:
		change = append([]func(*ui.Frame){pages.SignedIn, func(f *ui.Frame) { f.Path = "/" }}, change...)
	}
	return suite.Show(t, id, view, change...)
}

// samples are every view in every state that changes its page.
func samples() []pages.Sample {
	list := []pages.Sample{
		{Name: "signin", View: SignIn{}},
		{Name: "signin-failed", View: SignIn{LastFailed: true, Username: "msantos", ReturnTo: "/account/profile?a=1&b=2"}},
		{Name: "signin-fields", View: SignIn{Fields: []gatehouse.FieldError{
			{Field: "username", Reason: "required"}, {Field: "password", Reason: "too-long", Args: map[string]string{"max": "256"}}, {Field: "password", Reason: "unheard-of"}}}},
		{Name: "signin-cookies", View: SignIn{}, Again: &ui.Again{Why: ui.AgainCookies, Action: "/sign-in", Values: url.Values{"username": {"msantos"}}}},
		{Name: "profile-stale", View: Profile{Typed: account.ProfileForm{FirstName: "Mira"}, Stored: account.Profile{User: *fixture.User()}}, SignedIn: true,
			Again: &ui.Again{Why: ui.AgainStale, Action: "/account/profile", Values: url.Values{"first_name": {"Mirabel"}}}},
		{Name: "profile-proved", View: Profile{Stored: account.Profile{User: *fixture.User()}}, SignedIn: true, Again: &ui.Again{Why: ui.AgainProved, Action: "/account/profile", Values: url.Values{"email": {"new@northgate.example"}}}},
		{Name: "home-stale", View: fullHome(), SignedIn: true, Again: &ui.Again{Why: ui.AgainStale, Action: "/home/cards"}},
		{Name: "help-missing-token", View: ForgotUsername{}, Again: &ui.Again{Why: ui.AgainMissing, Action: "/forgot-username", Values: url.Values{"message": {"It begins\nwith an m"}}}},
		{Name: "signin-expired", View: SignIn{Expired: true}},
		{Name: "signin-signed-out", View: SignIn{SignedOut: true}},
		{Name: "signin-ended", View: SignIn{Ended: true}},
		{Name: "signin-password-changed", View: SignIn{PasswordChanged: true}},
		{Name: "signin-password-mailed", View: SignIn{PasswordMailed: true}},
		{Name: "temporary", View: TemporaryExpired{}},
		{Name: "temporary-mailable", View: TemporaryExpired{signin.TemporaryOverError{Reason: signin.ReasonTemporaryUsed, Ticket: "usr_1.1.mac"}}},
		{Name: "temporary-used", View: TemporaryExpired{signin.TemporaryOverError{Reason: signin.ReasonTemporaryUsed}}},
		{Name: "locked", View: LockedHere{}},
		{Name: "locked-until", View: LockedHere{signin.LockedError{Until: fixture.Noon.Add(time.Hour)}}},
		{Name: "suspended", View: Suspended{}},
		{Name: "locked-person", View: LockedHere{signin.LockedError{Reason: gatehouse.LockedByAdministrator}}},
		{Name: "home", View: fullHome(), SignedIn: true},
		{Name: "home-empty", View: Home{}, SignedIn: true},
		{Name: "home-supplied", View: suppliedHome(), SignedIn: true},
		{Name: "home-arranged", View: arrangedHome(), SignedIn: true},
		{Name: "platforms", View: PlatformOrder{launcher()}, SignedIn: true},
		{Name: "platforms-none", View: PlatformOrder{}, SignedIn: true},
		{Name: "platforms-incomplete", View: PlatformOrder{launcher()}, SignedIn: true, BareUser: true},
		{Name: "home-incomplete", View: incompleteHome(), SignedIn: true, BareUser: true},
	}
	for _, more := range [][]pages.Sample{helpSamples(), caseSamples(), profileSamples(), emailSamples(), stepSamples(), codeSamples(), deviceSamples(), ownTwoFactorSamples(), factorSamples(), phoneSamples(), stepUpSamples(), recoverySamples(), myPlatformSamples(), searchSamples()} {
		list = append(list, more...)
	}
	return list
}

// hostile puts a probe into the texts of a view that come from people.
func hostile(v ui.View, probe string) ui.View {
	switch v := v.(type) {
	case SignIn:
		v.Username, v.ReturnTo = probe, probe
		return v
	case MyPlatforms:
		return myPlatforms(probe)
	case NoAccess:
		return noAccessTo(probe, v.Closed, hostileUser(probe))
	case Home:
		v.LastIP = probe
		v.Launcher = hostileLauncher(probe)
		v.Supplied = []sso.SuppliedCard{{Platform: v.Launcher[0], PlatformCard: gatehouse.PlatformCard{ApplicationID: "app_1", Body: gatehouse.CardBody{Title: probe, Lang: probe, Link: "javascript:alert(1)",
			Lines: []gatehouse.CardLine{{Title: probe, Text: probe, Link: "javascript:alert(1)", State: probe, Tone: probe, Amount: "1", Currency: probe}}}}}}
		v.There = append(namesOf(v.Supplied), v.There...)
		v.Events = []gatehouse.Event{{Kind: gatehouse.EventKind(probe), IPAddress: probe, UserAgent: probe, At: fixture.Noon}}
		return v
	case PlatformOrder:
		return PlatformOrder{hostileLauncher(probe)}
	case SavedSearches:
		return SavedSearches{Saved: []gatehouse.SavedSearch{{ID: probe, Name: probe, Search: gatehouse.Search{Place: gatehouse.SearchHelp, UserFilter: gatehouse.UserFilter{Text: probe}}}},
			Shared: []gatehouse.SharedSearch{hostileShared(probe)}}
	case SharedSearch:
		return SharedSearch{hostileShared(probe)}
	case OneSearch:
		return OneSearch{SavedSearch: gatehouse.SavedSearch{ID: probe, Name: probe, Search: gatehouse.Search{Place: gatehouse.SearchHelp, UserFilter: gatehouse.UserFilter{Text: probe}}}, Typed: probe}
	case NewSearch:
		return NewSearch{Search: gatehouse.Search{Place: gatehouse.SearchHelp, UserFilter: gatehouse.UserFilter{Text: probe}}, Typed: probe}
	case Profile:
		v.Stored.User, v.Typed = hostileUser(probe), account.ProfileForm{FirstName: probe, LastName: probe, Email: probe, Locale: probe, Version: probe}
		return v
	case OwnTwoFactor:
		v.User, v.Own, v.Automatic = hostileUser(probe), probe, probe
		return v
	}
	return hostileStep(v, probe)
}

func hostileLauncher(probe string) []gatehouse.Platform {
	return []gatehouse.Platform{{Application: gatehouse.Application{ID: probe, Name: probe, Settings: gatehouse.ApplicationSettings{Home: gatehouse.ApplicationHome{
		LaunchURL: "javascript:alert(1)", Names: map[string]string{"en": probe}}}}}}
}

func hostileUser(probe string) gatehouse.User {
	return gatehouse.User{ID: probe, Username: probe, FirstName: probe, LastName: probe, Email: probe, Bounce: gatehouse.Bounce{At: fixture.Noon, Reason: probe}}
}

func hostileShared(probe string) gatehouse.SharedSearch {
	return gatehouse.SharedSearch{By: hostileUser(probe), SavedSearch: gatehouse.SavedSearch{ID: probe, Name: probe, SharedAt: fixture.Noon,
		Search: gatehouse.Search{Place: gatehouse.SearchUsers, UserFilter: gatehouse.UserFilter{Text: probe}}}}
}
