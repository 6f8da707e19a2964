package journeys

import (
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// browserSignIn signs in on the page, in a browser.
func browserSignIn(b *testkit.Tab, s *testkit.Server, siteID, label, username, password string) {
	b.Open(s.URL(siteID, "/sign-in"))
	entersPassword(b, label, username, password)
}

// entersPassword signs in on the page that is open, to which a platform has led.
func entersPassword(b *testkit.Tab, label, username, password string) {
	b.Fill(label, username)
	b.Fill("Password", password)
	b.Press("Sign in")
}

// entersMailedCode signs in with the password and the code from the email, on the page that is open.
func entersMailedCode(t *testing.T, b *testkit.Tab, s *testkit.Server, u gatehouse.User) {
	t.Helper()
	entersPassword(b, "username", u.Username, password)
	b.See("code")
	b.Fill("code", mailedCode(t, s, u.Email))
	b.Press("Verify")
}

// choosePassword fills in the step that replaces a password, and sends it.
func choosePassword(b *testkit.Tab, old, chosen string) {
	b.Fill("Old password", old)
	b.Fill("New password", chosen)
	b.Fill("Repeat new password", chosen)
	b.Press("Change password")
}
