package journeys

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit"
)

// The first operator in a browser with passkeys: the printed link, a password, a code by mail, and a
// passkey instead of an app, because nothing is open before there is a factor. From then on the passkey
// alone signs in, and nothing by mail does. One who is turned off is out with the next request, and the
// passkey opens nothing; turned on again, it does.
func TestC07_AnOperatorSignsInWithAPasskey(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		st := s.Sites.Operators()
		u, link, err := s.Directory.CreateOperator(t.Context(), st, command, directory.UserFields{Username: "ohale", FirstName: "Owen", LastName: "Hale", Email: "owen@platform.example", Role: gatehouse.RoleSupport})
		if err != nil {
			t.Fatal(err)
		}
		b := testkit.Browser(t)
		d := newDevice(t, b, nil)
		noAutofill(t, b)
		b.Open(link)
		b.Fill("new_password", password)
		b.Fill("repeat_password", password)
		b.Press("Save")
		b.See("Sign in to Gatehouse Console")
		entersMailedCode(t, b, s, u)
		b.See("Set up an authenticator app")
		b.Open(s.URL(gatehouse.OperatorsSite, "/operator"))
		if strings.HasSuffix(b.URL(), "/operator") {
			t.Fatal("open before there is a factor")
		}
		b.Open(s.URL(gatehouse.OperatorsSite, "/sign-in/factor"))
		b.Press("Create a passkey")
		b.See("Save your recovery codes")
		if n := len(d.keeps()); n != 1 || s.User(u).Passkeys != 1 {
			t.Fatalf("%d on the device, %d of the operator", n, s.User(u).Passkeys)
		}
		b.Follow("I have saved them")
		b.See("Sign-ins that worked")

		sent := mailsAbout(s, "code for")
		leave(b)
		b.Press("Sign in with a passkey")
		b.See("Sign-ins that worked")
		if n := mailsAbout(s, "code for"); n != sent {
			t.Errorf("%d codes were mailed", n-sent)
		}

		act := func(a gatehouse.UserAct) {
			if err := s.Directory.Act(t.Context(), st, command, u.ID, a, ""); err != nil {
				t.Fatal(err)
			}
		}
		act(gatehouse.ActDeactivate)
		b.Open(s.URL(gatehouse.OperatorsSite, "/operator"))
		b.See("Sign in to Gatehouse Console")
		b.Press("Sign in with a passkey")
		b.See("We could not sign you in with that passkey")
		act(gatehouse.ActActivate)
		b.Open(s.URL(gatehouse.OperatorsSite, "/sign-in"))
		b.Press("Sign in with a passkey")
		b.See("Sign-ins that worked")
	})
}
