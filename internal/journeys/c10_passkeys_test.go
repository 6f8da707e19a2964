package journeys

import (
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

// A passkey is created in My account, comes with recovery codes, and signs in from the sign-in page
// by the browser's autofill, and by the button, with no username and no code.
func TestC10_PasskeysSignIn(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := careful(t, s, "meridian-uk", "msantos", nil)
		secure(t, s, u, false)
		b := testkit.Browser(t)
		d := newDevice(t, b, nil)
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		secure(t, s, u, true)
		createPasskey(b, s, u)
		b.See("Save your recovery codes")
		b.See("Your passkey has been created")
		if n := len(d.keeps()); n != 1 || s.User(u).Factors != 1 {
			t.Fatalf("%d on the device, %d factors", n, s.User(u).Factors)
		}
		if m := mailAbout(t, s, u.Email, "passkey was added"); !strings.Contains(m.Text, "without your password") {
			t.Errorf("%s", m.Text)
		}
		b.Follow("I have saved them")
		b.See("On one device only")
		leave(b)
		b.See("Good ") // by autofill: the browser has one passkey, and this device asks nobody
		b.Open(s.URL(u.SiteID, "/account/activity"))
		b.See("You signed in with a passkey")
		if n := mailsAbout(s, "code for"); n != 0 {
			t.Errorf("%d codes were mailed", n)
		}

		noAutofill(t, b)
		leave(b)
		b.Press("Sign in with a passkey")
		b.See("Good ")

		d.verifies(false)
		leave(b)
		b.Press("Sign in with a passkey")
		b.See("No passkey was used. Try again, or sign in with your password.")
		d.verifies(true)
		b.Press("Sign in with a passkey")
		b.See("Good ")
	})
}
