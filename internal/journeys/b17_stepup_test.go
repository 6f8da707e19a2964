package journeys

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// If a platform requires more than a password, a user with an authenticator app signs in
// again, and the token says so (RFC 9470). A user without one could not, and the platform is
// told at once.
func TestB17_StepUpWithAnAuthenticatorApp(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		p, c := signedIn(t, s)
		ask := p.ask("claims", `{"id_token":{"acr":{"essential":true,"value":"`+gatehouse.ACRLevel1+`"}}}`)
		if got := p.answered(c.Get(ask)); got.Get("error") != string(gatehouse.UnmetAuthentication) {
			t.Errorf("without a factor: %v", got)
		}
		app, _ := setUpApp(t, s, c, "Phone")
		s.Clock.Add(time.Minute) // a new sign-in comes after the request
		again := c.Get(ask).Want(200)
		if again.URL.Path != "/sign-in" {
			t.Fatalf("not asked to sign in again: %s", again.URL)
		}
		s.Clock.Add(time.Minute)
		q := c.Submit(again, signInForm, testkit.Values{"username": "msantos", "password": password})
		if q.URL.Path != "/sign-in/code" {
			t.Fatalf("not asked for a code: %s %q", q.URL, q.Text("main"))
		}
		_, id := p.exchange(p.answered(enterCode(c, q, app.shows(s))))
		var claims struct{ ACR string }
		if err := id.Claims(&claims); err != nil || claims.ACR != gatehouse.ACRLevel1 {
			t.Errorf("%+v, %v", claims, err)
		}
		// A level that the session has reached is not requested again by any platform.
		s.Clock.Add(time.Minute)
		if got := p.answered(c.Get(ask)); got.Get("code") == "" {
			t.Errorf("asked again: %v", got)
		}
	})
}
