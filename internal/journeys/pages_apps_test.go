package journeys

import (
	"encoding/base32"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// apper sets up an authenticator app, and signs in with it. Its pages are the same on every
// site.
func apper(w *walker) {
	u := w.s.AddUser(w.st.ID, "apper", password, nil)
	w.signIn(u.Username, password)
	w.at("/account/security/apps")
	w.failing([][2]string{{"name", ""}}, "name")
	w.b.Fill("name", strings.Repeat("Phone", 8))
	w.b.Press("Continue")
	w.b.See("Connect your app")
	w.look()
	w.failing([][2]string{{"code", "418"}}, "code")
	w.entersFirstCode()
	w.b.See("Save your recovery codes")
	w.examine()
	w.all([]string{"/account/security", "/account/security/recovery-codes"}, nil)
	w.b.Follow("Two-factor authentication")
	w.b.Follow("Change")
	w.look()
	w.failing([][2]string{{"name", ""}}, "name")
	w.all([]string{"/account/security/passkeys"}, nil)
	newDevice(w.t, w.b, nil)
	w.b.Press("Create a passkey")
	w.b.See("Your passkey has been created")
	w.look()
	w.b.Click("a[href^='/account/security/passkeys/']")
	w.look()
	w.failing([][2]string{{"name", ""}}, "name")
	w.b.Open(w.s.URL(w.st.ID, "/account/security"))

	w.b = testkit.Browser(w.t)
	w.signIn(u.Username, password)
	w.look()
	w.at("/sign-in/code?way=passkey")
	w.look()
	w.at("/sign-in/code?way=app")
	w.failing([][2]string{{"code", "418"}}, "code")
	w.at("/sign-in/code?way=recovery-code")
	w.failing([][2]string{{"code", "K7MP"}}, "code")

	supportResets(w.t, w.s, u)
	w.at(mailedLink(w.t, w.s, u.Email, "/account/two-factor-reset"))
	w.b.Press("Stop the reset")
	w.b.See("The reset is stopped")
	w.look()
}

// entersFirstCode enters the code of the app that is being set up.
func (w *walker) entersFirstCode() {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(testkit.Eval[string](w.b, "document.getElementById('app-key').textContent"), " ", ""))
	if err != nil {
		w.t.Fatal(err)
	}
	w.b.Fill("code", gatehouse.AppCode(key, gatehouse.AppStep(w.s.Clock.Now())))
	w.b.Press("Turn on")
}

// savesSearches saves a search, and gives it an invalid name.
func (w *walker) savesSearches() {
	w.at("/searches")
	w.at("/searches/new?search=%2Fhelp%3Fq%3Dpassword")
	w.failing([][2]string{{"name", strings.Repeat("Password", 8)}}, "name")
	w.b.Fill("name", strings.Repeat("Wide", 13))
	w.b.Press("Save this search")
	w.b.See("WideWide")
	w.look()
	w.at("/searches")
	w.b.Follow("Change or delete")
	w.look()
	w.failing([][2]string{{"name", ""}}, "name")
}

// texter adds a phone, and signs in with a code by text message.
func texter(w *walker) {
	u := w.s.AddUser(w.st.ID, "texter", password, nil)
	w.signIn(u.Username, password)
	w.at("/account/security/phone")
	w.failing([][2]string{{"phone", "020 7946 0018"}}, "phone")
	w.b.Fill("phone", mobile)
	w.b.Press("Send a code")
	w.b.See("We sent a six-digit code to")
	w.look()
	w.failing([][2]string{{"code", "418"}}, "code")
	w.b.Fill("code", w.phones.Code(mobile))
	w.b.Press("Turn on")
	w.b.See("Save your recovery codes")
	w.at("/account/security")
	w.b.Follow("Change")
	w.look()
	w.b.Open(w.s.URL(w.st.ID, "/account/security/apps"))
	w.b.Fill("name", "Phone")
	w.b.Press("Continue")
	w.b.See("Connect your app")
	w.entersFirstCode()
	w.b.See("Your authenticator app is set up")

	w.s.Clock.Add(time.Minute)
	w.b = testkit.Browser(w.t)
	w.signIn(u.Username, password)
	w.at("/sign-in/code?way=text")
	w.look()
	w.b.Press("Send a text message")
	w.b.See("Enter the code from the text message")
	w.look()
	w.failing([][2]string{{"code", "418"}}, "code")

	// A text message is not enough for what matters, if there is an app.
	w.b.Fill("code", w.phones.Code(mobile))
	w.b.Press("Verify")
	w.b.See("Good ")
	w.b.Open(w.s.URL(w.st.ID, "/account/security/recovery-codes"))
	w.b.See("Confirm it’s you")
	w.look()
	w.failing([][2]string{{"code", "418"}}, "code")
}
