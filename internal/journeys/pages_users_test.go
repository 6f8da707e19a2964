package journeys

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// manager is an administrator who looks at the company's users and their mail, and
// makes choices about two-factor authentication.
func manager(w *walker) {
	me := elsewhere(w.t, w.s, w.st.ID, w.user("manager"), func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	add := func(name string, change func(*gatehouse.User)) gatehouse.User {
		return w.s.AddUser(w.st.ID, w.user(name), password, func(u *gatehouse.User) { u.CompanyID = me.CompanyID; change(u) })
	}
	busy, lost := add("busy", func(*gatehouse.User) {}), add("lost", func(*gatehouse.User) {})
	add("nowhere", func(u *gatehouse.User) {
		u.FirstName, u.LastName = strings.Repeat("Wolfeschlegelstein", 4), "hausenbergerdorff"
		if w.st.SignInWith != gatehouse.WithEmail {
			u.Email = ""
		}
	})
	locked := add("locked", func(u *gatehouse.User) {
		u.LockedAt, u.LockReason, u.SoleUser = w.s.Clock.Now(), gatehouse.LockedByAttempts, false
	})
	left := add("left", func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
	gone := add("gone", func(u *gatehouse.User) {
		u.State, u.DeletedAt, u.DeletedState = gatehouse.Deactivated, w.s.Clock.Now(), gatehouse.Active
	})
	chief := add("chief", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	unasked := add("unasked", func(u *gatehouse.User) { u.FirstSignInAt, u.Password = time.Time{}, gatehouse.Password{} })
	fresh := add("new", func(u *gatehouse.User) {
		u.State, u.FirstSignInAt, u.EmailConfirmed = gatehouse.Invited, time.Time{}, false
		u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, w.s.Clock.Now().Add(time.Hour)
	})
	asker := gatehouse.Caller{Kind: gatehouse.Visitor} // so that a request waits
	w.s.Write(func(q store.Queries) error {
		now := w.s.Clock.Now()
		return q.InsertEvent(w.t.Context(), asker.Event(store.NewID("evt", now), now, w.st.ID, busy, gatehouse.EventUsernameAsked, gatehouse.ResultOK, nil))
	})
	secure(w.t, w.s, me, true)
	w.trusts(me)
	w.trusts(busy)
	resetPassword(w.t, w.s, busy)
	lastMessage(w.t, w.s, busy, store.MessageSent)
	w.trusts(busy)
	w.s.Mail.RefuseTo(lost.Email, 550, strings.Repeat("There is no such mailbox here. ", 8))
	resetPassword(w.t, w.s, lost)
	lastMessage(w.t, w.s, lost, store.MessageRefused)

	w.signIn(me.Username, password)
	w.b.Fill("code", mailedCode(w.t, w.s, me.Email))
	w.b.Press("Verify")
	w.b.See("Good ")
	of := func(u gatehouse.User, act string) string { return "/company/users/" + u.ID + act }
	pages := []string{"/company/users", "/company/details", "/company/policy", "/company/policy/preview?session_idle=5m&no_names=yes&min_length=20", "/company/report", "/company/activity", "/company/bulk-acts", proposedAct(w.t, w.s, me, gatehouse.ActDeactivate, busy), of(busy, ""), of(busy, "/reset-two-factor"), of(locked, ""),
		of(locked, "/unlock"), of(unasked, "/invite"), "/company/requests", "/company/users/deleted", "/company/users/new", of(busy, "/edit"), of(busy, "/activity"), "/account/security", "/account/devices"}
	if w.st.ID == "meridian-uk" { // the others have the same template, and words that differ on no site
		pages = append(pages, of(busy, "/send-password"), of(busy, "/deactivate"), of(left, "/activate"), of(fresh, "/invite-again"), of(busy, "/make-administrator"), of(chief, "/unmake-administrator"),
			of(busy, "/sign-out"), of(busy, "/delete"), of(gone, "/restore"), of(gone, ""))
	}
	w.all(pages,
		[]string{"/company/users?q=zebra", "/company/users?group=no-address&role=user", "/company/users/" + me.ID, "/company/users/" + left.ID, "/company/users/" + busy.ID + "?done=resent"})
	w.imports("/company/users/import", "Username;Email;Notes\nimported.one@inkwell.example;imported.one@inkwell.example;a note\nimported.one@inkwell.example;;\n")
	if w.st.ID == "meridian-uk" {
		desk := "/company/platforms/" + newPlatform(w.t, w.s, forAdministrators).app.ID
		w.at("/company/platforms")
		w.at(desk)
		w.send("/company/platforms?done=changed")
	}
	w.b.Open(w.s.URL(w.st.ID, "/company/users/"+lost.ID))
	w.look()
	w.failing([][2]string{{"email", "tom@"}}, "email")
	w.ownChoice(me)
}

// trusts gives a user a trusted browser.
func (w *walker) trusts(u gatehouse.User) {
	w.t.Helper()
	now := w.s.Clock.Now()
	id := store.NewID("dev", now)
	w.s.Write(func(q store.Queries) error {
		if _, _, err := q.DeviceSignedIn(w.t.Context(), u.SiteID, u.ID, id, id, iphoneAgent, "192.0.2.7", now); err != nil {
			return err
		}
		return q.TrustDevice(w.t.Context(), u.SiteID, u.ID, id, now)
	})
}

// ownChoice turns codes on in a window that was opened before the address counted as
// unconfirmed.
func (w *walker) ownChoice(u gatehouse.User) {
	w.t.Helper()
	w.b.Open(w.s.URL(w.st.ID, "/account/security"))
	u.EmailConfirmed = false
	w.s.Write(func(q store.Queries) error { return q.UpdateProfile(w.t.Context(), u, time.Time{}) })
	w.b.Click("#own_two_factor")
	w.failing(nil, "own_two_factor")
	if !testkit.Eval[bool](w.b, "document.getElementById('own_two_factor').checked") {
		w.t.Error("the choice is lost")
	}
}

// imports brings in a user from a file, and looks at each step.
func (w *walker) imports(start, text string) {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
	w.at(start)
	w.b.Attach("File", file)
	w.b.Press("Upload and continue")
	w.b.See("Choose the columns")
	w.look()
	w.b.Press("Show the preview")
	w.b.See("Preview of the import")
	w.look()
	w.b.Press("Import 1 user")
	w.b.See("Finished")
	w.overlay("import-progress")
	w.b.Click("[data-leaves]")
	w.b.See("1 user imported")
	w.look()
}
