package journeys

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/testkit"
)

func TestA10_ADeviceIsSignedOutFromAnother(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		phone := with(visitor(t, s, "meridian-uk"), iphoneAgent)
		wantHome(t, signIn(phone, "msantos", password))
		s.Clock.Add(5 * time.Minute)
		laptop := with(visitor(t, s, "meridian-uk"), firefoxAgent)
		wantHome(t, signIn(laptop, "msantos", password))
		p := laptop.Get("/account/devices").Want(200)
		if got := p.Texts("section[aria-labelledby=signed-in] li"); len(got) != 2 ||
			got[0] != "Firefox on Windows127.0.0.1Signed in: Today, 12:05 This device" ||
			got[1] != "Safari on iPhone127.0.0.1Signed in: Today, 12:00. Last used: Today, 12:00. Sign out" {
			t.Errorf("%q", got)
		}
		if got := phone.Get("/account/devices").Texts("section[aria-labelledby=signed-in] li"); !strings.HasSuffix(got[0], "This device") || !strings.HasPrefix(got[0], "Safari on iPhone") {
			t.Errorf("on the phone: %q", got)
		}
		const label = "Sign out: Safari on iPhone, 127.0.0.1"
		for range 2 { // a second click, on the page as it was
			done := laptop.Press(p, label, nil)
			if done.URL.Path != "/account/devices" || done.Status != 200 || !done.Has("That device is signed out") {
				t.Errorf("%d %s", done.Status, done.URL)
			}
		}
		wantSignedOut(t, phone, "the phone")
		wantHome(t, laptop.Get("/"))
		// It is still a browser that knows the account, until it is forgotten.
		p = laptop.Get("/account/devices")
		if got := p.Texts("section[aria-labelledby=known] li"); len(got) != 1 || !strings.HasPrefix(got[0], "Safari on iPhone") {
			t.Errorf("browsers: %q", got)
		}
		wantHome(t, signIn(phone, "msantos", password))
		p = laptop.Press(p, "Forget: Safari on iPhone", nil) // from before it signed in again
		if !p.Has("That device is forgotten") || p.Find("section[aria-labelledby=known] li").Length() != 0 {
			t.Errorf("%q", p.Text("main"))
		}
		wantSignedOut(t, phone, "the forgotten phone")
	})
}

func TestA10_SignOutEverywhereElse(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		var others []*testkit.Client
		for range 3 {
			c := visitor(t, s, "meridian-uk")
			wantHome(t, signIn(c, "msantos", password))
			others = append(others, c)
		}
		s.AddUser("meridian-uk", "colleague", password, nil)
		colleague := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(colleague, "colleague", password))
		here := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(here, "msantos", password))
		// Without scripts a page asks.
		p := here.Follow(here.Get("/account/devices"), "Sign out everywhere else").Want(200)
		if p.URL.Path != "/account/sign-out-everywhere" || !p.Has("You stay signed in here") {
			t.Fatalf("%s %q", p.URL, p.Text("main"))
		}
		wantHome(t, others[0].Get("/")) // it has only asked
		p = here.Press(p, "Sign out everywhere else", nil)
		if p.URL.Path != "/account/devices" || !p.Has("You are signed out everywhere else") || p.Find("section[aria-labelledby=signed-in] li").Length() != 1 ||
			p.Find("section[aria-labelledby=known] li").Length() != 0 {
			t.Errorf("%s %q", p.URL, p.Text("main"))
		}
		for _, c := range others {
			wantSignedOut(t, c, "another device")
		}
		wantHome(t, here.Get("/"))
		wantHome(t, colleague.Get("/"))
	})
}

func TestA10_SignOutEverywhereElseAsksInADialog(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		other := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(other, "msantos", password))
		b := testkit.PaintedBrowser(t)
		browserSignIn(b, s, "meridian-uk", "Username", "msantos", password)
		b.See("Good ")
		b.Open(s.URL("meridian-uk", "/account/devices"))
		b.See("Devices and sessions")
		wantAccessible(t, b)
		b.Click("[data-dialog]")
		b.See("You stay signed in here")
		testkit.Eventually(t, "the dialog to stand still", func() bool { return testkit.Eval[int](b, "document.getAnimations().length") == 0 })
		wantAccessible(t, b)
		b.Click("dialog [data-close]")
		wantHome(t, other.Get("/"))
		b.Click("[data-dialog]")
		b.Click("dialog [type=submit]")
		b.See("You are signed out everywhere else")
		wantSignedOut(t, other, "the other device")
	})
}

// What belongs to somebody else does not exist here, and stays (invariant 6).
func TestA10_OtherUsersDevicesAreNotThere(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		token := c.Get("/account/devices").MustFind("input[name=form_token]").AttrOr("value", "")
		for _, siteID := range []string{"meridian-uk", "meridian-au"} {
			other := s.AddUser(siteID, "somebody", password, nil)
			theirs := visitor(t, s, siteID)
			wantHome(t, signIn(theirs, "somebody", password))
			sessions, err := s.Store.Read().SessionsOf(t.Context(), siteID, other.ID, s.Clock.Now(), 1)
			if err != nil || len(sessions) != 1 {
				t.Fatal(sessions, err)
			}
			for _, id := range []string{sessions[0].ID, sessions[0].DeviceID} {
				if p := c.Post("/account/devices/"+id+"/remove", url.Values{"form_token": {token}}); p.Status != 404 {
					t.Errorf("%s of %s: %d", id, siteID, p.Status)
				}
			}
			wantHome(t, theirs.Get("/"))
		}
		for _, path := range []string{"/account/devices", "/account/activity", "/account/terms", "/account/sign-out-everywhere"} {
			if p := visitor(t, s, "meridian-uk").Get(path); p.URL.Path != "/sign-in" {
				t.Errorf("%s is open to strangers: %s", path, p.URL)
			}
		}
		if p := c.Post("/account/devices/ses_1/remove", nil); p.Status != 403 {
			t.Errorf("without its token: %d", p.Status)
		}
	})
}
