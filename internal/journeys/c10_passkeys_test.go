package journeys

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"

	"gatehouse"
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
			t.Fatalf("WA-T01: %d on the device, %d factors", n, s.User(u).Factors)
		}
		if m := mailAbout(t, s, u.Email, "passkey was added"); !strings.Contains(m.Text, "without your password") {
			t.Errorf("%s", m.Text)
		}
		b.Follow("I have saved them")
		b.See("On one device only")
		leave(b)
		b.See("Good ") // "WA-I01: by autofill": the browser has one passkey, and this device asks nobody
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

// After the password, the passkey is the first way on the code page, and another way is there.
// The browser is told which passkeys exist, and which one is no longer known. A synced one, one
// on a device, and one on a key say where they are.
func TestC10_PasskeysAfterThePassword(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		b := testkit.Browser(t)
		beforePages(t, b, `window.signalled = []; if (window.PublicKeyCredential) for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials", "signalCurrentUserDetails"])
			PublicKeyCredential[name] = async (what) => { sessionStorage.setItem(name, JSON.stringify(what)) }`)
		noAutofill(t, b)
		d := newDevice(t, b, func(o *webauthn.VirtualAuthenticatorOptions) {
			o.Transport, o.DefaultBackupEligibility, o.DefaultBackupState = webauthn.AuthenticatorTransportInternal, true, true
		})
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		createPasskey(b, s, u)
		b.Follow("I have saved them")
		b.See("Synced: on all your devices")
		id := d.keeps()[0].CredentialID
		if got := testkit.Read[string](b, `sessionStorage.getItem("signalAllAcceptedCredentials")`); !strings.Contains(got, testkit.Base64(id)) {
			t.Errorf("WA-G02: %s lacks %s", got, testkit.Base64(id))
		}
		if got := testkit.Read[string](b, `sessionStorage.getItem("signalCurrentUserDetails")`); !strings.Contains(got, `"name":"msantos"`) {
			t.Errorf("WA-G03, WA-G04: %s", got)
		}
		leave(b)
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		b.See("Use your passkey to confirm that it is you")
		b.See("Use a recovery code")
		b.Press("Use your passkey")
		b.See("Good ")

		b.Open(s.URL(u.SiteID, "/account/security"))
		b.Follow("Change")
		b.Fill("Name", "My laptop")
		b.Press("Save name")
		b.See("My laptop")
		b.Follow("Change")
		b.Press("Remove passkey")
		b.See("The passkey has been removed")
		if s.User(u).Factors != 0 {
			t.Error("WA-S04: the passkey is still there")
		}
		mailAbout(t, s, u.Email, "passkey was removed")
		leave(b)
		b.Press("Sign in with a passkey")
		b.See("We could not sign you in with that passkey")
		if got := testkit.Read[string](b, `sessionStorage.getItem("signalUnknownCredential")`); !strings.Contains(got, testkit.Base64(id)) || !strings.Contains(got, `"rpId":"uk.localhost"`) {
			t.Errorf("WA-G01: %s", got)
		}
	})
}

// While a page waits for autofill, in this tab and in another one, the button works.
func TestC10_AutofillDoesNotDisturbTheButton(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "msantos", password, nil)
	b := testkit.Browser(t)
	// Autofill waits until it is told to stop, as it does if nobody picks a passkey.
	const waits = `if (navigator.credentials) { const get = navigator.credentials.get.bind(navigator.credentials);
		navigator.credentials.get = (o) => o.mediation !== "conditional" ? get(o) : new Promise((_, no) => {
			window.waiting = true;
			o.signal.addEventListener("abort", () => { window.waiting = false; sessionStorage.setItem("stopped", "yes"); no(new DOMException("stopped", "AbortError")) }) }) }`
	beforePages(t, b, waits)
	newDevice(t, b, nil)
	browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
	createPasskey(b, s, u)
	b.Follow("I have saved them")
	leave(b)
	other := b.NewTab()
	beforePages(t, other, waits)
	other.Open(s.URL(u.SiteID, "/sign-in"))
	testkit.Eventually(t, "both tabs to wait", func() bool {
		return testkit.Read[bool](b, "!!window.waiting") && testkit.Read[bool](other, "!!window.waiting")
	})
	b.Press("Sign in with a passkey")
	b.See("Good ")
	if testkit.Read[string](b, `sessionStorage.getItem("stopped") || "no"`) != "yes" {
		t.Error("WA-I03: autofill was not stopped before the button asked")
	}
}

// A browser without passkeys sees nothing of them, and the same goes for one without
// scripts.
func TestC10_NothingOfPasskeysWithoutThem(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "msantos", password, nil)
	for what, prepare := range map[string]func(b *testkit.Tab){
		"WA-I02: a browser without passkeys": func(b *testkit.Tab) { beforePages(t, b, "delete window.PublicKeyCredential") },
		"WA-I02: a browser without scripts":  func(b *testkit.Tab) { b.NoJavaScript() },
	} {
		b := testkit.Browser(t)
		prepare(b)
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		b.See("Good ")
		b.Open(s.URL(u.SiteID, "/account/security"))
		b.See("Set up an authenticator app")
		if b.Has("passkey") {
			t.Errorf("%s: %s", what, b.Text("main"))
		}
	}
}

// What the site tells programs about its passkeys, and what it tells strangers: nothing about
// anybody.
func TestC10_PasskeysAndPrograms(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	st := s.Sites.ByID("meridian-uk")
	c := visitor(t, s, "meridian-uk")
	if p := c.Get("/.well-known/passkey-endpoints"); p.Status != 200 || !strings.Contains(string(p.Body), `"enroll":"`+st.Origin+`/account/security/passkeys"`) || len(p.Via) > 0 {
		t.Errorf("WA-P01: %d %s", p.Status, p.Body)
	}
	if p := c.Get("/.well-known/webauthn"); len(st.Hosts) == 1 && p.Status != 404 {
		t.Errorf("WA-O01: %d %s", p.Status, p.Body)
	}
	more := st.Site
	more.Hosts = append([]string{}, st.Hosts[0], "second.localhost")
	if got := more.Origins(); len(got) != 2 || got[1] != strings.Replace(st.Origin, st.Hosts[0], "second.localhost", 1) {
		t.Errorf("WA-O01: %q", got)
	}
	if p := c.Get("/.well-known/anything"); p.Status != 404 {
		t.Errorf("WA-P02: %d", p.Status)
	}
	p := c.Get("/sign-in")
	if got := p.Header.Get("Permissions-Policy"); !strings.Contains(got, "publickey-credentials-get=(self)") || !strings.Contains(got, "publickey-credentials-create=(self)") {
		t.Errorf("WA-H01: %s", got)
	}
	if got := p.Header.Get("Content-Security-Policy"); !strings.Contains(got, "script-src 'self'") {
		t.Errorf("WA-S01: %s", got)
	}
	if p.MustFind("#username").AttrOr("autocomplete", "") != "username webauthn" {
		t.Error("WA-I01: the field takes no passkeys")
	}
	if p := c.Get("/sign-in/passkey/options"); !strings.Contains(string(p.Body), `"allowCredentials":[]`) || !strings.Contains(string(p.Body), `"userVerification":"required"`) {
		t.Errorf("WA-U02, WA-U03: %s", p.Body)
	}
	d := testkit.NewDevice(t, st.Origin)
	if p := passkeySignIn(c, d); p.Status != 401 || !p.Has("We could not sign you in with that passkey") {
		t.Errorf("%d %q", p.Status, p.Text("main"))
	}
	u := s.AddUser("meridian-uk", "msantos", password, nil)
	wantHome(t, signIn(c, u.Username, password))
	if p := addPasskey(c, d); !p.Has("Save your recovery codes") {
		t.Errorf("%q", p.Text("main"))
	}
	signOut(c)
	wantHome(t, passkeySignIn(c, d))
	admin := administratorOf(t, s, gatehouse.User{SiteID: u.SiteID, CompanyID: u.CompanyID})
	q := admin.Get("/company/users/" + u.ID).Want(200)
	if !q.Has("Second factor") || q.Find("ul[aria-labelledby=factors] li").Length() != 1 {
		t.Errorf("%q", q.Text("main"))
	}
	admin.Press(admin.Follow(q, "Reset two-factor").Want(200), "Reset two-factor", nil).Want(200)
	if s.User(u).Factors != 0 {
		t.Error("the passkey is still there")
	}
	signOut(c)
	if p := passkeySignIn(c, d); p.Status != 401 {
		t.Errorf("a passkey that was reset signs in: %d", p.Status)
	}
}

// After a sign-in with the password, home offers a passkey; "not now" lasts 30 days. A browser
// that makes passkeys by itself has made one before anybody could answer.
func TestC10_PasskeysAreOffered(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "msantos", password, nil)
	b := testkit.Browser(t)
	beforePages(t, b, "if (window.PublicKeyCredential) PublicKeyCredential.getClientCapabilities = async () => ({})")
	noAutofill(t, b)
	newDevice(t, b, nil)
	browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
	b.See("Sign in faster with a passkey")
	b.Press("Not now")
	b.See("Good ")
	if b.Has("Sign in faster") {
		t.Error("it is offered again at once")
	}
	s.Clock.Add(30 * 24 * time.Hour)
	b = testkit.Browser(t)
	noAutofill(t, b)
	newDevice(t, b, nil)
	beforePages(t, b, `if (window.PublicKeyCredential) { PublicKeyCredential.getClientCapabilities = async () => ({ conditionalCreate: true });
		const create = navigator.credentials.create.bind(navigator.credentials);
		navigator.credentials.create = (o) => create(o.mediation === "conditional" ? { publicKey: o.publicKey } : o) }`)
	browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
	b.See("Your passkey has been created")
	b.See("Save your recovery codes")
	if s.User(u).Factors != 1 {
		t.Error("WA-I05: the browser's passkey does not count")
	}
}

// A security key that cannot verify its user makes no passkey: browsers refuse that, and the page says
// what to do. One that can makes one, and is one factor whenever it does not: it works after the
// password, and does not sign in by itself. A prompt that the user cancels changes nothing, and can be
// opened again.
func TestC10_ASecurityKeyAndItsUser(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		b := testkit.Browser(t)
		noAutofill(t, b)
		impatient(t, b)
		blind := func(o *webauthn.VirtualAuthenticatorOptions) {
			o.Transport, o.HasUserVerification, o.IsUserVerified = webauthn.AuthenticatorTransportUsb, false, false
		}
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		b.See("Good ")
		d := newDevice(t, b, blind)
		b.Open(s.URL(u.SiteID, "/account/security/passkeys"))
		d.touched(true)
		b.Press("Create a passkey")
		b.See("No passkey was created. Try again, and follow your browser’s instructions.")
		d.unplug()

		d = newDevice(t, b, func(o *webauthn.VirtualAuthenticatorOptions) { o.Transport = webauthn.AuthenticatorTransportUsb })
		b.Reload()
		d.touched(false)
		b.Press("Create a passkey")
		b.See("No passkey was created")
		if n := len(d.keeps()); n != 0 || s.User(u).Factors != 0 {
			t.Errorf("cancelled: %d on the key, %d factors", n, s.User(u).Factors)
		}
		d.touched(true)
		b.Press("Create a passkey")
		b.See("Your passkey has been created")
		b.Open(s.URL(u.SiteID, "/account/security"))
		b.See("On this security key only")

		// The same key, without its fingerprint reader.
		kept := d.keeps()
		d.unplug()
		d = newDevice(t, b, blind)
		d.put(kept[0])
		leave(b)
		d.touched(true)
		b.Press("Sign in with a passkey")
		b.See("No passkey was used. Try again, or sign in with your password.")
		browserSignIn(b, s, u.SiteID, "Username", u.Username, password)
		b.See("Use your passkey to confirm that it is you")
		d.touched(false)
		b.Press("Use your passkey")
		b.See("No passkey was used")
		d.touched(true)
		b.Press("Use your passkey")
		b.See("Good ")
	})
}
