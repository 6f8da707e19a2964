package journeys

import (
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// console is an owner who signs in for the first time, and looks at all of the operators' pages.
func console(w *walker) {
	w.at("/sign-in")
	w.b.AllowErrors("401")
	w.signIn("nobody", "nothing")
	w.lookFailed([][2]string{{w.who(), "nobody"}})
	me := w.s.AddOperator("owner", password, gatehouse.RoleOwner)
	late := w.s.AddOperator(strings.Repeat("x", 60), password, gatehouse.RoleSupport)
	w.signIn(me.Username, password)
	w.b.Fill("code", mailedCode(w.t, w.s, me.Email))
	w.b.Press("Verify")
	w.b.Press("Set up an authenticator app")
	w.b.See("Scan this code with your app")
	w.entersFirstCode()
	w.b.See("Save your recovery codes")
	w.b.Follow("I have saved them")
	w.b.See("Sign-ins that worked")
	w.look()
	customer := w.s.AddUser("meridian-uk", "looked.at", password, func(u *gatehouse.User) {
		u.FirstName, u.LastName, u.Factors = "Éabha", "O'Neill-Featherstonehaugh", 0
		u.LockedAt, u.LockReason = w.s.Clock.Now(), gatehouse.LockedByOperator
	})
	user := "/operator/sites/meridian-uk/users/" + customer.ID
	w.all([]string{"/operator/find", "/operator/find?q=looked", "/operator/find?q=zebra", "/operator/find?q=203.0.113.0/24", user, user + "/activity", user + "/unlock", user + "/reset-two-factor"}, nil)
	desk(w)
	mails(w, customer)
	proposed(w, me, late)
	log := "/operator/events"
	w.all([]string{log, log + "?person=looked.at&kind=users&by=operator", log + "?kind=case.removed&site=inkwell", log + "?kind=mail", "/searches", "/searches/new?search=%2Foperator%2Fevents%3Fkind%3Dmail", log}, nil)
	w.at(testkit.Eval[string](w.b, "new URL(document.querySelector('a[href^=\"/operator/events/\"]').href).pathname"))
	w.b.AllowErrors("422")
	w.at(log + "?person=%25&from=tomorrow&to=2026-11-20&address=_&company=zebra&reference=x")
	one := "/operator/operators/" + late.ID
	w.all([]string{"/operator/sites", "/operator/sites/meridian-uk", "/operator/operators", one, one + "/act/deactivate", "/operator/operators/" + me.ID, "/account/security", "/account/devices", "/account/activity", "/account/password"}, nil)
	w.at("/operator/operators/new")
	w.failing([][2]string{{"first_name", "Tunde"}, {"email", "tunde@"}, {"username", ""}}, "email", "username")
	list := "/operator/sites/meridian-uk/companies"
	firm := list + "/" + w.s.AddUser("meridian-uk", "customer of support", password, nil).CompanyID
	w.all([]string{list, firm, firm + "/resume", firm + "/edit"}, nil)
	w.failing([][2]string{{"name", ""}}, "name")
	harlow, err := w.s.Directory.CreateCompany(w.t.Context(), w.s.Sites.ByID("meridian-uk"), operator, directory.CompanyFields{Name: "Harlow", AccountNumber: "M-1"})
	if err != nil {
		w.t.Fatal(err)
	}
	move := firm + "/move?user=" + customer.ID
	w.all([]string{move, move + "&q=harl", move + "&to=" + harlow.ID, firm + "/merge", firm + "/merge?to=" + harlow.ID}, nil)
	w.at(firm + "/suspend")
	w.failing([][2]string{{"reason", ""}}, "reason")
	w.at(list + "/new")
	w.failing([][2]string{{"name", "Harlow Tools"}, {"account_number", ""}, {"email", "first@"}, {"username", "first"}}, "account_number", "email")
	w.imports("/operator/sites/meridian-uk/import", "Account number;Company;Username;Email\nN-1;New "+strings.Repeat("x", 60)+";imported.one;imported.one@new.example\nN-2;;imported.two;\n")
	ofSites(w, customer)
	w.b.AllowErrors("404")
	w.at("/no-such-page")
}

// mails looks at the pages of what sites send, with a message that an operator can do something about.
func mails(w *walker, u gatehouse.User) {
	w.s.Mail.RefuseTo(u.Email, 451, "Come back later")
	if _, err := w.s.Directory.ResetPassword(w.t.Context(), w.s.Sites.ByID(u.SiteID), operator, u.ID); err != nil {
		w.t.Fatal(err)
	}
	m := stateOf(w.t, w.s, u, store.MessageDeferred)
	w.all([]string{"/operator/mail", "/operator/mail?state=refused", "/operator/mail/meridian-uk/" + m.ID, "/operator/bounced", "/operator/alerts", "/operator/health", "/operator/jobs"}, nil)
}

// proposed looks at addresses that wait for a second operator: own ones, and those of others.
func proposed(w *walker, me, other gatehouse.User) {
	list := []string{"/operator/addresses", "/operator"}
	for _, by := range []gatehouse.User{me, other} {
		u := w.s.AddUser("meridian-uk", "proposed."+by.ID, password, administrator)
		id := proposes(w.t, w.s, gatehouse.Caller{Kind: gatehouse.Operator, SiteID: by.SiteID, UserID: by.ID, Role: by.Role, Name: strings.Repeat("x", 60)}, u)
		list = append(list, "/operator/addresses/meridian-uk/"+id, "/operator/sites/meridian-uk/users/"+u.ID)
	}
	w.all(list, nil)
	w.at(list[4])
	w.b.AllowErrors("422")
	w.failing([][2]string{{"reason", ""}}, "reason")
}
