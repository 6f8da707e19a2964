package journeys

import (
	"gatehouse"
	"gatehouse/internal/testkit"
)

// customer has everything, uses every page behind the sign-in, and is locked out in the
// end.
func customer(w *walker) {
	name := w.user("customer")
	if w.st.Recovery == gatehouse.RecoverByChallenge {
		answeringUser(w.t, w.s, w.st.ID, name, nil)
	} else {
		w.s.AddUser(w.st.ID, name, password, nil)
	}
	wantHome(w.t, signIn(with(visitor(w.t, w.s, w.st.ID), iphoneAgent), name, password))
	w.signIn(name, password)
	w.all([]string{"/", "/home/platforms", "/account/devices", "/account/sign-out-everywhere", "/account/activity", "/account/terms", "/account/password", "/account/profile", "/help", "/search?q=password"},
		[]string{"/account/activity?kind=changes&result=not-ok", "/account/password?saved", "/help/first-sign-in", "/help/none", "/contact", "/support/cases", "/search", "/search?q=zebra", "/terms", "/oauth2/logout", "/no-such-page"})
	if w.st.ID == "meridian-uk" {
		w.savesSearches()
		w.rearranges()
		w.b.Open(newPlatform(w.t, w.s, ofOthers).ask())
		w.look()
		w.at("/account/platforms")
		w.b.AllowErrors("403")
		w.b.Open(newPlatform(w.t, w.s, forAdministrators).ask())
		w.look()
	}
	w.b.Open(w.s.URL(w.st.ID, "/account/password"))
	w.fill([][2]string{{"current_password", "not it"}, {"new_password", "short"}, {"repeat_password", "other"}})
	w.failing(nil, "current_password", "new_password", "repeat_password")
	if w.st.Recovery == gatehouse.RecoverByChallenge {
		w.at("/account/challenge")
		w.ownQuestion()
	}
	w.b.Open(w.s.URL(w.st.ID, "/account/activity"))
	if n := testkit.Eval[int](w.b, "document.querySelectorAll('table:not([role=table]), td:not([role=cell])').length"); n > 0 {
		w.t.Errorf("on a phone %d parts of the table are none", n)
	}
	w.b.Click("tbody tr:last-child a[href$='/not-me']") // of the sign-in on the phone
	w.look()
	w.b.Open(w.s.URL(w.st.ID, "/account/activity"))
	w.b.Click("a[href$='/not-me']") // of the current sign-in
	w.examine()
	w.b.Click("main [action='/sign-out'] button")
	locked(w, name)
}

// locked examines what a browser that knows the account is told about its lock.
func locked(w *walker, name string) {
	stranger := visitor(w.t, w.s, w.st.ID)
	for range 10 {
		signIn(stranger, name, "wrong")
	}
	w.b.AllowErrors("401")
	for range 10 {
		w.signIn(name, "wrong")
		if w.b.Has("Your account is locked") {
			w.look()
			return
		}
	}
	w.t.Error("ten wrong attempts, and the account is not locked here")
}

// mover changes the profile and moves to another address; a colleague's profile lacks
// everything.
func mover(w *walker) {
	name := w.user("mover")
	u := w.s.AddUser(w.st.ID, name, password, nil)
	w.signIn(name, password)
	w.b.Open(w.s.URL(w.st.ID, "/account/profile"))
	w.failing([][2]string{{"first_name", ""}, {"last_name", "Ólafsdóttir"}, {"email", "mira@"}}, "first_name", "email")
	fresh := "moved." + w.st.ID + "@elsewhere.example"
	w.fill([][2]string{{"first_name", "Mira"}, {"email", fresh}})
	w.b.Click("main form[novalidate] [type=submit]")
	w.b.See(fresh)
	w.look()
	w.at(mailedLink(w.t, w.s, u.Email, "/account/email/undo"))
	w.at(mailedLink(w.t, w.s, fresh, "/account/email/confirm"))
	w.b.Click("main form [type=submit]")
	w.look()
	w.b.Open(w.s.URL(w.st.ID, mailedLink(w.t, w.s, u.Email, "/account/email/undo")))
	w.b.Click("main form [type=submit]")
	w.look()
	w.b.AllowErrors("410")
	w.at("/account/email/undo?token=x")

	bare := w.user("bare")
	w.s.AddUser(w.st.ID, bare, password, func(u *gatehouse.User) { u.FirstName, u.LastName = "", "" })
	w.b = testkit.Browser(w.t)
	w.signIn(bare, password)
	w.look()
	w.at("/account/profile")
}

// rearranges opens the menu of a card at home, and puts the card out of sight.
func (w *walker) rearranges() {
	w.b.Open(w.s.URL(w.st.ID, "/"))
	w.b.Click("#card-links summary")
	w.b.See("Move up")
	w.look()
	w.b.Press("Hide")
	w.b.See("Hidden cards")
	w.look()
	w.b.Press("Reset layout")
	w.b.See("Quick links")
}
