package journeys

import (
	"fmt"
	"strings"

	"gatehouse"
	"gatehouse/internal/store"
)

// fernhollow adds a separate company to the site: switching it must not affect anybody
// else.
func fernhollow(w *walker) (companyID string) {
	now := w.s.Clock.Now()
	company := gatehouse.Company{ID: store.NewID("com", now), SiteID: w.st.ID, Name: "Fernhollow Wholesale & Sons (Holdings) Ltd", AccountNumber: "30", CreatedAt: now}
	w.s.Write(func(q store.Queries) error { return q.InsertCompany(w.t.Context(), company) })
	return company.ID
}

// scriptlessTwoFactor turns it on, and sees the progress of the enrolment and its
// result.
func scriptlessTwoFactor(w *walker) {
	company := fernhollow(w)
	admin := w.s.AddUser(w.st.ID, "switcher", password, func(u *gatehouse.User) { u.CompanyID = company; administrator(u) })
	w.signIn("switcher", password)
	w.b.Open(w.s.URL(w.st.ID, enhancedSecurityPath))
	w.b.Check("Enable")
	w.b.See("1 will be enrolled")
	w.b.Press("Save")
	w.b.See("Turn on two-factor for 1 user?")
	w.b.Press("Turn on for 1 user")
	for !w.b.Has("Done: 1 enrolled") { // the page asks again every five seconds
		w.b.Reload()
	}
	w.b.Screenshot("switch-done-without-scripts")
	w.b.Follow("Close")
	w.b.See("Two-factor is on: 1 user enrolled")
	w.b.Open(w.s.URL(w.st.ID, enrolmentPath(heldEnrolment(w.t, w.s, admin, false))))
	w.b.See("0 of 1 user done")
	w.b.Screenshot("switch-progress-without-scripts")
	w.b.Follow("Close")
	w.b.See("Two-factor authentication for all users")
	w.b.Follow("See progress")
	w.b.See("0 of 1 user done")
}

// switcher is the administrator of a company that turns Enhanced security on.
func switcher(w *walker) {
	name, company := w.user("switcher"), fernhollow(w)
	add := func(name string, change func(*gatehouse.User)) gatehouse.User {
		return w.s.AddUser(w.st.ID, w.user(name), password, func(u *gatehouse.User) { u.CompanyID = company; change(u) })
	}
	admin := add("switcher", administrator)
	add("switched-nowhere", func(u *gatehouse.User) { u.Email, u.FirstName = "", strings.Repeat("Wolfeschlegelstein", 3) })
	for i := range 60 { // more than a page has
		add(fmt.Sprintf("switched-%02d", i), func(u *gatehouse.User) {
			u.OwnTwoFactor, u.EmailConfirmed = i%5 == 0, i%7 > 0
			if i%11 == 0 {
				u.State = gatehouse.Deactivated
			}
		})
	}
	w.signIn(name, password)
	w.at(enhancedSecurityPath)
	w.b.Check("Enable")
	w.b.Press("Save")
	w.b.See("Turn on two-factor for")
	w.overlay("switch-dialog")
	w.at(enhancedSecurityPath + "?two_factor=enabled")
	add("switched-late", func(*gatehouse.User) {})
	w.b.AllowErrors("409")
	w.failing(nil)
	w.b.Click("main form[novalidate] [type=submit]")
	w.b.See("Done: ")
	w.overlay("switch-done")
	w.b.Follow("Close")
	w.b.See("Result for each user")
	w.look()
	result := strings.TrimPrefix(w.b.URL(), w.st.Origin)
	w.all(nil, []string{result + "?outcome=skipped", enhancedSecurityPath, enhancedSecurityPath + "?two_factor=disabled", enhancedSecurityPath + "?two_factor=enabled"})
	running := enrolmentPath(heldEnrolment(w.t, w.s, admin, false))
	w.b.Open(w.s.URL(w.st.ID, running))
	w.b.See("Turning off two-factor")
	w.overlay("switch-progress")
	for _, lang := range w.st.Languages {
		w.b.Language(lang)
		for _, path := range []string{enhancedSecurityPath, enhancedSecurityPath + "?two_factor=enabled", result, running} {
			w.b.Open(w.s.URL(w.st.ID, path))
			w.wantFits(lang+" "+w.pageName(), 320, 640)
			w.b.Screenshot(lang + w.pageName() + "-320")
		}
	}
}

// overlay examines a dialog, which keeps the focus inside.
func (w *walker) overlay(name string) {
	w.t.Helper()
	w.wantFits(name, 320, 640)
	w.b.Size(390, 844)
	w.b.Screenshot(name + "-390-day")
	w.b.Dark()
	wantNone(w.t, name+" by night", w.b.AxeColours("[document.body]"))
	w.b.Screenshot(name + "-390-night")
	w.b.Light()
	w.b.Size(1366, 900)
	wantAccessible(w.t, w.b)
	w.b.Screenshot(name + "-1366-day")
}
