package journeys

import (
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

const (
	password   = "Correct-Horse-42-Battery"
	signInForm = "form[action^='/sign-in']:not([data-passkeys])"
)

// each runs a journey on both databases, each with its own server.
func each(t *testing.T, test func(t *testing.T, s *testkit.Server), options ...testkit.ServerOption) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		test(t, testkit.NewServer(t, url, options...))
	})
}

// visitor is a client without scripts that has seen nothing yet.
func visitor(t *testing.T, s *testkit.Server, siteID string) *testkit.Client {
	return s.Visitor(siteID)
}

// signIn fills in the sign-in page and sends it.
func signIn(c *testkit.Client, username, password string) *testkit.Page {
	return c.SignIn(username, password)
}

func wantHome(t *testing.T, p *testkit.Page) {
	t.Helper()
	if p.Status != 200 || !strings.HasPrefix(p.Text("h1"), "Good ") {
		t.Fatalf("not at home: %d %s %q", p.Status, p.URL, p.Text("h1"))
	}
}

// wantRefused checks for the one answer that every stranger gets.
func wantRefused(t *testing.T, p *testkit.Page) {
	t.Helper()
	if p.Status != 401 || !strings.Contains(p.Text("main"), "could not sign you in") {
		t.Fatalf("not refused as everyone is: %d %s %q", p.Status, p.URL, p.Text("main"))
	}
}
