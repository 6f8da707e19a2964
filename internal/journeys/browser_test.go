package journeys

import "gatehouse/internal/testkit"

// browserSignIn signs in on the page, in a browser.
func browserSignIn(b *testkit.Tab, s *testkit.Server, siteID, label, username, password string) {
	b.Open(s.URL(siteID, "/sign-in"))
	b.Fill(label, username)
	b.Fill("Password", password)
	b.Press("Sign in")
}

// choosePassword fills in the step that replaces a password, and sends it.
func choosePassword(b *testkit.Tab, old, chosen string) {
	b.Fill("Old password", old)
	b.Fill("New password", chosen)
	b.Fill("Repeat new password", chosen)
	b.Press("Change password")
}
