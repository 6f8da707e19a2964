package openid

import (
	"net/url"
	"testing"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

var suite = pages.SuiteOf(Templates, samples, hostile)

func TestViews(t *testing.T) { suite.Test(t) }

func samples() []pages.Sample {
	list := []pages.Sample{
		{Name: "consent", View: consent("Trips", "openid", "profile", "email", "company"), SignedIn: true},
		{Name: "consent-little", View: consent("Trips", "openid", "reports.read"), SignedIn: true},
		{Name: "onward", View: Onward{Application: "Shop", Location: "https://shop.example/cb?code=x&state=y"}, SignedIn: true},
		{Name: "form-post", View: FormPost{"Shop", "https://shop.example/cb", url.Values{"code": {"x"}, "state": {"y"}}}, SignedIn: true},
		{Name: "logout", View: AskLogout{"Shop", "hint", "https://shop.example/bye", "s"}, SignedIn: true},
		{Name: "onward-leaving", View: Onward{"Shop", "https://shop.example/", true}},
		{Name: "signed-out", View: SignedOut{Platforms: []sso.Farewell{{Name: "Order desk", State: sso.FarewellConfirmed}, {Name: "Shop", State: sso.FarewellConfirmed}}}},
		{Name: "signed-out-waiting", View: SignedOut{Platforms: []sso.Farewell{{Name: "Order desk", State: sso.FarewellConfirmed}, {Name: "Shop", State: sso.FarewellWaiting},
			{Name: "Training", State: sso.FarewellFrame}, {Name: "Service desk", State: sso.FarewellOpen}}, Again: "/signed-out?asked=1", Look: "/signed-out?asked=1"}},
		{Name: "signed-out-back", View: SignedOut{Platforms: []sso.Farewell{{Name: "Shop", State: sso.FarewellWaiting}}, Location: "https://shop.example/bye", Application: "Shop", Look: "/signed-out?asked=6"}},
		{Name: "signed-out-some", View: SignedOut{Platforms: []sso.Farewell{{Name: "Shop", State: sso.FarewellOpen}}}},
		{Name: "logout-somebody", View: AskLogout{}, SignedIn: true},
	}
	for _, kind := range []sso.PageKind{sso.PageClient, sso.PageRedirect, sso.PageRequest, sso.PageOver, sso.PageAnswered} {
		list = append(list, pages.Sample{Name: "refused-" + string(kind), View: Refused{Kind: kind}},
			pages.Sample{Name: "refused-known-" + string(kind), View: Refused{Kind: kind, Error: gatehouse.InvalidRequest, Application: "Shop"}})
	}
	return list
}

// consent is the page for an application that asks for scopes.
func consent(name string, scopes ...string) Consent {
	settings := gatehouse.DefaultApplication()
	settings.Scopes = scopes
	return Consent{OtherUser: "/sign-in?again", Outcome: sso.Outcome{Waiting: "w", Application: gatehouse.Application{Name: name, Settings: settings},
		Request: gatehouse.AuthorizationRequest{RedirectURI: "https://shop.example/cb", Scopes: scopes}}}
}

// hostile puts a probe into the texts of a view that come from people and applications.
func hostile(v ui.View, probe string) ui.View {
	switch v := v.(type) {
	case Consent:
		return consent(probe, "openid", "profile", probe)
	case Onward:
		return Onward{probe, "https://shop.example/" + url.QueryEscape(probe), v.Leaving}
	case SignedOut:
		return SignedOut{Platforms: []sso.Farewell{{Name: probe, State: sso.FarewellWaiting}}, Application: probe, Location: "https://shop.example/" + url.QueryEscape(probe)}
	case FormPost:
		return FormPost{probe, "https://shop.example/cb", url.Values{probe: {probe}}}
	case AskLogout:
		return AskLogout{probe, probe, probe, probe}
	case Refused:
		v.Application, v.Error = probe, gatehouse.OAuthError(probe)
		return v
	}
	return v
}

// Only what an application could have registered becomes a link.
func TestNoScriptBecomesALink(t *testing.T) {
	for uri, want := range map[string]string{"https://shop.example/cb": "https://shop.example/cb", "com.example.app:/cb": "com.example.app:/cb",
		"javascript:alert(1)": "/", "data:text/html,x": "/", "": "/", "//evil.example": "/"} {
		if got := string(ui.Registered(uri)); got != want {
			t.Errorf("%q: %q", uri, got)
		}
	}
}

func TestThePolicyNamesWhereAFormLeads(t *testing.T) {
	for uri, want := range map[string]string{"https://shop.example:8443/cb?x": "https://shop.example:8443", "http://127.0.0.1:5/": "http://127.0.0.1:5",
		"com.example.app:/cb": "com.example.app:"} {
		if got := sourceOf(uri); got != want {
			t.Errorf("%q: %q", uri, got)
		}
	}
}
