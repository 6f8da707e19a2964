package journeys

import "gatehouse/internal/testkit"

// browserSignIn signs in on the page, in a browser.
func browserSignIn(b *testkit.Tab, s *testkit.Server, siteID, label, username, password string) {
	b.Open(s.URL(siteID, "/sign-in"))
	b.Fill(label, username)
	b.Fill("Password", password)
	b.Press("Sign in")
}
