package journeys

import (
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// stranger reads what is open to everybody.
func stranger(w *walker) {
	w.all([]string{"/", "/terms", "/terms/" + w.st.TermsVersion, "/forgot-password/challenge", "/reset-password", "/forgot-username",
		"/help", "/help/first-sign-in", "/contact", "/contact/sent?number=CS-7F3K-29QX", "/support/cases/open", "/account/email/confirm", "/account/email/undo", "/account/email/restored", "/oauth2/authorize", "/no-such-page"},
		[]string{"/sign-in?signed_out", "/sign-in?ended", "/sign-in?password_changed", "/forgot-username?sent", "/help?q=password", "/help?q=zebra", "/help/none"})
	w.b.AllowErrors("401")
	w.signIn("", "")
	w.lookFailed(nil, "username", "password")
	w.signIn(w.user("nobody"), "nothing")
	w.lookFailed([][2]string{{w.who(), w.user("nobody")}})
	if w.st.SignInWith != gatehouse.WithEmail {
		w.b.Open(w.s.URL(w.st.ID, "/forgot-username"))
		w.failing([][2]string{{"email", "mira@"}, {"message", "It begins with an m.\nI think."}}, "email")
	}
}

// firstSignIn goes from a temporary password to the home page, and does everything
// wrong first.
func firstSignIn(w *walker) {
	name := w.user("newcomer")
	newcomer(w.s, w.st.ID, name)
	w.signIn(name, temporary)
	w.look()
	w.fill([][2]string{{"old_password", "not it"}, {"new_password", name}, {"repeat_password", "x"}})
	w.failing(nil, "old_password", "new_password", "repeat_password")
	w.fill([][2]string{{"old_password", temporary}, {"new_password", newPassword}, {"repeat_password", newPassword}})
	if w.st.Recovery == gatehouse.RecoverByChallenge {
		w.send("/sign-in/challenge")
		w.look()
		w.ownQuestion()
		w.fill([][2]string{{"own_question", "What did we call the blue van?"}, {"answer", "Periwinkle"}, {"current_password", newPassword}})
	}
	if w.st.Policy.Profile == gatehouse.Modern {
		w.send("/sign-in/factor")
		w.setsUpFactor()
	} else {
		w.send("/sign-in/terms")
	}
	w.look()
	w.failing(nil, "accept")
	w.b.Check("accept")
	if w.st.AsksSoleUser {
		w.send("/sign-in/sole-user")
		w.look()
		w.failing(nil, "sole_user")
		w.b.Check("Yes, only I use it")
	}
	w.send("/")
	w.look()
	w.at("/account/terms")
	w.b.Click("main section a[href^='/account/terms/']")
	w.look()
	lateNewcomer(w)
}

// setsUpFactor sets up an app, which the modern profile offers at the first sign-in.
func (w *walker) setsUpFactor() {
	w.t.Helper()
	w.look()
	w.b.Press("Set up an authenticator app")
	w.b.See("Scan this code with your app")
	w.look()
	w.failing([][2]string{{"code", "418"}}, "code")
	w.entersFirstCode()
	w.b.See("Save your recovery codes")
	w.examine()
	w.b.Follow("I have saved them")
	w.b.See("Terms of use")
}

// ownQuestion is a challenge question that is too short, with wrong secrets.
func (w *walker) ownQuestion() {
	w.t.Helper()
	w.fill([][2]string{{"answer", "Periwinkle"}, {"current_password", "not it"}})
	w.failing([][2]string{{"question", "own"}, {"own_question", "Why?"}}, "own_question", "current_password")
}

// lateNewcomer has an expired temporary password.
func lateNewcomer(w *walker) {
	name := w.user("late")
	w.s.AddUser(w.st.ID, name, temporary, func(u *gatehouse.User) {
		u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, w.s.Clock.Now().Add(-time.Minute)
	})
	w.b = testkit.Browser(w.t)
	w.b.AllowErrors("401")
	w.signIn(name, temporary)
	w.b.See("has expired")
	w.look()
	w.b.Click("main form[action='/sign-in/temporary-password'] button")
	if got := w.pageName(); got != "/sign-in?password_mailed" {
		w.t.Errorf("the button led to %s", got)
	}
	w.look()
	twoFactor(w)
}

// twoFactor belongs to a company with two-factor authentication on.
func twoFactor(w *walker) {
	name, now := w.user("careful"), w.s.Clock.Now()
	company := gatehouse.Company{ID: store.NewID("com", now), SiteID: w.st.ID, Name: "Hartley Academy", AccountNumber: "20", TwoFactor: true, CreatedAt: now}
	w.s.Write(func(q store.Queries) error { return q.InsertCompany(w.t.Context(), company) })
	add := func(name string, change func(u *gatehouse.User)) gatehouse.User {
		return w.s.AddUser(w.st.ID, name, password, func(u *gatehouse.User) { u.CompanyID = company.ID; change(u) })
	}
	u := add(name, func(*gatehouse.User) {})
	w.signIn(name, password)
	w.look()
	w.failing([][2]string{{"code", "418"}}, "code")
	w.b.AllowErrors("429")
	for range 3 { // another walker may have moved the clock: then the first is not too soon
		w.b.Fill("code", "418")
		if testkit.Eval[bool](w.b, sendTooSoon); w.b.Has("You cannot send a new code yet") {
			break
		}
	}
	w.b.See("You cannot send a new code yet")
	w.note("GET") // which leads back to the code
	w.lookFailed([][2]string{{"code", "418"}})
	wrong := not(mailedCode(w.t, w.s, u.Email))
	for range 5 {
		w.b.Open(w.s.URL(w.st.ID, "/sign-in/code"))
		w.b.Fill("code", wrong)
		w.b.Click("main form[novalidate] [type=submit]")
	}
	w.b.See("This sign-in has ended")
	w.examine()
	if w.st.ID != "meridian-uk" {
		return
	}
	for name, change := range map[string]func(*gatehouse.User){
		"on-request":  func(u *gatehouse.User) { u.CodesOnRequest = true },
		"unreachable": func(u *gatehouse.User) { u.Email = "" },
		"bouncing":    func(u *gatehouse.User) { w.s.Mail.RefuseTo(u.Email, 550, "no such user") },
	} {
		add(name, change)
		w.b = testkit.Browser(w.t)
		w.signIn(name, password)
		if name == "bouncing" {
			testkit.Eventually(w.t, "the code to be lost", func() bool { w.b.Reload(); return w.b.Has("We could not deliver the code") })
		}
		w.look()
	}
}

// sendTooSoon requests a code too early, as a browser without scripts can.
const sendTooSoon = `(() => { const send = document.querySelector("[formaction='/sign-in/code/send']"); send.form.requestSubmit(send); return true })()`

// forgetful gets a new password, by the site's method.
func forgetful(w *walker) {
	name := w.user("forgetful")
	w.at("/forgot-password")
	if w.st.Recovery == gatehouse.RecoverByLink {
		u := w.s.AddUser(w.st.ID, name, password, nil)
		w.failing([][2]string{{"email", "mira@"}}, "email")
		w.fill([][2]string{{"email", name}})
		w.send("/forgot-password/sent")
		w.look()
		w.at(mailedLink(w.t, w.s, u.Email, "/reset-password"))
		w.fill([][2]string{{"new_password", "short"}, {"repeat_password", "other"}})
		w.failing(nil, "new_password", "repeat_password")
		return
	}
	u := answeringUser(w.t, w.s, w.st.ID, name, nil)
	w.failing([][2]string{{"username", name}, {"email", "mira@"}}, "email")
	w.fill([][2]string{{"email", u.Email}})
	w.send("/forgot-password/challenge")
	w.look()
	w.b.Fill("answer", "no idea")
	w.failing(nil, "answer")
	w.b.Fill("answer", answer)
	w.send("/forgot-password/sent")
	w.look()
}
