package journeys

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// Everything that people have to do works by clicks alone, if scripts are blocked or
// have not loaded.
func TestPages_WithoutScripts(t *testing.T) {
	t.Parallel()
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	run := func(site, name string, do func(*walker)) {
		t.Run(site+"/"+name, func(t *testing.T) {
			t.Parallel()
			b := testkit.Browser(t)
			b.NoJavaScript()
			b.Size(390, 844)
			do(&walker{census: &census{s: s}, t: t, st: s.Sites.ByID(site), b: b})
		})
	}
	for _, site := range []string{"meridian-uk", "inkwell"} { // they differ in both
		run(site, "first sign-in", scriptlessFirstSignIn)
		run(site, "recovery", scriptlessRecovery)
	}
	run("meridian-uk", "profile", scriptlessProfile)
	run("meridian-uk", "cards", scriptlessCards)
	run("meridian-uk", "devices", scriptlessDevices)
	run("meridian-uk", "switch", scriptlessTwoFactor)
	run("meridian-uk", "unlock", scriptlessUnlock)
}

// scriptlessUnlock unlocks a user, and sends a new password.
func scriptlessUnlock(w *walker) {
	admin := elsewhere(w.t, w.s, w.st.ID, "unlocker", administrator)
	u := w.s.AddUser(w.st.ID, "tadeyemi", password, func(u *gatehouse.User) {
		u.CompanyID, u.FirstName, u.LastName = admin.CompanyID, "Tom", "Adeyemi"
		u.LockedAt, u.LockReason = w.s.Clock.Now(), gatehouse.LockedByAttempts
	})
	w.signIn("unlocker", password)
	w.b.Open(w.s.URL(w.st.ID, "/company/users"))
	unlockInBrowser(w.b)
	if w.s.User(u).Locked() {
		w.t.Error("still locked")
	}
	w.b.Follow("Send a new password")
	w.b.Press("Send a new password")
	w.b.See("A new password has been sent")
}

func scriptlessFirstSignIn(w *walker) {
	name := w.user("newcomer")
	u := newcomer(w.s, w.st.ID, name)
	w.signIn(name, temporary)
	w.fill([][2]string{{"old_password", temporary}, {"new_password", "short"}, {"repeat_password", "short"}})
	w.send("/sign-in/password failed")
	w.fill([][2]string{{"old_password", temporary}, {"new_password", newPassword}, {"repeat_password", newPassword}})
	if w.st.Recovery == gatehouse.RecoverByChallenge {
		w.send("/sign-in/challenge")
		w.fill([][2]string{{"question", "own"}, {"own_question", "What did we call the blue van?"}, {"answer", "Periwinkle"}, {"current_password", newPassword}})
	}
	if w.st.Policy.Profile == gatehouse.Modern {
		w.send("/sign-in/factor")
		w.b.Press("Not now")
		w.b.See("Terms of use")
	} else {
		w.send("/sign-in/terms")
	}
	w.send("/sign-in/terms failed")
	w.b.Check("accept")
	if w.st.AsksSoleUser {
		w.send("/sign-in/sole-user")
		w.b.Check("Yes, only I use it")
	}
	w.send("/")
	w.b.See("Good ")
	if now := w.s.User(u); now.TermsAccepted == "" || now.Password.Temporary() || w.st.Recovery == gatehouse.RecoverByChallenge && !now.ChallengeSet {
		w.t.Errorf("stored: %+v", now)
	}
	w.b.Click(".user-btn")
	w.b.Press("Sign out")
	w.signIn(name, newPassword)
	w.b.See("Good ")
}

// follow clicks a link and waits for its page: the previous one has fields of the same name. As
// people do, it clicks again if nothing happens.
func (w *walker) follow(selector, path string) {
	w.t.Helper()
	w.b.Click(selector)
	clicked := time.Now()
	testkit.Eventually(w.t, "the page "+path, func() bool {
		if w.pageName() == path {
			return true
		}
		if time.Since(clicked) > 3*time.Second {
			w.b.Click(selector)
			clicked = time.Now()
		}
		return false
	})
}

// scriptlessRecovery is by challenge question if the site has that, else by link.
func scriptlessRecovery(w *walker) {
	name := w.user("forgetful")
	if w.st.Recovery == gatehouse.RecoverByLink {
		u := w.s.AddUser(w.st.ID, name, password, nil)
		w.b.Open(w.s.URL(w.st.ID, "/sign-in"))
		w.follow("a[href^='/forgot-password']", "/forgot-password")
		w.b.Fill("email", name)
		w.send("/forgot-password/sent")
		w.b.Open(w.s.URL(w.st.ID, mailedLink(w.t, w.s, u.Email, "/reset-password")))
		w.fill([][2]string{{"new_password", newPassword}, {"repeat_password", newPassword}})
		w.send("/sign-in?password_changed")
	} else {
		u := answeringUser(w.t, w.s, w.st.ID, name, nil)
		w.b.Open(w.s.URL(w.st.ID, "/sign-in"))
		w.follow("a[href^='/forgot-password']", "/forgot-password")
		w.fill([][2]string{{"username", name}, {"email", u.Email}})
		w.send("/forgot-password/challenge")
		w.b.Fill("answer", answer)
		w.send("/forgot-password/sent")
		w.b.Click("a[href='/sign-in']")
		mailed := temporaryPassword.FindString(mailAbout(w.t, w.s, u.Email, "temporary password").Text)
		w.signIn(name, mailed)
		w.fill([][2]string{{"old_password", mailed}, {"new_password", newPassword}, {"repeat_password", newPassword}})
		w.send("/")
	}
	w.b = testkit.Browser(w.t)
	w.b.NoJavaScript()
	w.signIn(name, newPassword)
	w.b.See("Good ")
}

func scriptlessProfile(w *walker) {
	name := w.user("mover")
	u := w.s.AddUser(w.st.ID, name, password, nil)
	w.signIn(name, password)
	w.b.Click(".tabs a[href='/account/profile']")
	w.fill([][2]string{{"first_name", ""}, {"last_name", "Ólafsdóttir"}})
	w.send("/account/profile failed")
	w.b.Fill("first_name", "Mira Rós")
	w.send("/account/profile?done=saved")
	if now := w.s.User(u); now.FirstName != "Mira Rós" || now.LastName != "Ólafsdóttir" {
		w.t.Errorf("stored: %+v", now)
	}
	if w.b.Value("last_name") != "Ólafsdóttir" {
		w.t.Error("the page does not show what is stored")
	}
}

func scriptlessCards(w *walker) {
	name := w.user("orderly")
	w.s.AddUser(w.st.ID, name, password, nil)
	w.signIn(name, password)
	w.b.Click("#card-activity summary")
	w.b.Click("#card-activity button[value=hide]")
	if n := testkit.Eval[int](w.b, "document.querySelectorAll('#card-activity').length"); n != 0 {
		w.t.Error("the card is not hidden")
	}
	w.b.Click("#card-hidden button[value=show]")
	w.b.Click("#card-activity summary")
	w.b.Click("#card-activity button[value=up]")
	cards := testkit.Eval[string](w.b, "[...document.querySelectorAll('.cols section.card')].map(e => e.id).join(' ')")
	if cards != "card-platforms card-orders card-links card-activity card-checkup" {
		w.t.Error(cards)
	}
}

func scriptlessDevices(w *walker) {
	name := w.user("careful")
	w.s.AddUser(w.st.ID, name, password, nil)
	phone, tablet := with(visitor(w.t, w.s, w.st.ID), iphoneAgent), with(visitor(w.t, w.s, w.st.ID), firefoxAgent)
	wantHome(w.t, signIn(phone, name, password))
	wantHome(w.t, signIn(tablet, name, password))
	w.signIn(name, password)
	w.b.Open(w.s.URL(w.st.ID, "/account/devices"))
	w.b.Press("Sign out: Safari on iPhone")
	w.b.See("That device is signed out")
	wantSignedOut(w.t, phone, "the phone")
	wantHome(w.t, tablet.Get("/"))
	w.b.Follow("Sign out everywhere else")
	w.b.Click("main form [type=submit]")
	w.b.See("You are signed out everywhere else")
	wantSignedOut(w.t, tablet, "the tablet")
}
