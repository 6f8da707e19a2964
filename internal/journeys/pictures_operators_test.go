package journeys

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/demo"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// docs/operators.md shows the operators' pages, as in the demo.
func TestPicturesOfOperators(t *testing.T) {
	t.Parallel()
	s := demoServer(t)
	const site = "meridian-uk"
	second := pictured(t, s, "tbello", "Tunde", "Bello", gatehouse.RoleSupport)
	pictured(t, s, "skeller", "Sabine", "Keller", gatehouse.RoleSecurity)
	if err := demo.Day(t.Context(), s.Store, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := demo.OpenCases(t.Context(), s.Support, s.Sites); err != nil {
		t.Fatal(err)
	}
	locked, err := s.Store.Read().UserByUsername(t.Context(), site, "chorvath")
	if err != nil {
		t.Fatal(err)
	}
	u := pictured(t, s, "ohale", "Owen", "Hale", gatehouse.RoleOwner)
	b := testkit.PaintedBrowser(t)
	newDevice(t, b, nil)
	noAutofill(t, b)
	b.Size(1120, 900)
	at := func(path string) { b.Open(s.URL(gatehouse.OperatorsSite, path)) }
	at("/sign-in")
	entersMailedCode(t, b, s, u)
	b.Press("Create a passkey")
	b.Follow("I have saved them")
	b.See("Sign-ins that worked")
	keepPicture(t, b, "operator-overview")
	b.Size(1120, 700)
	at("/operator/find?q=san")
	b.See("Users")
	keepPicture(t, b, "operator-find")
	b.Size(1120, 1000)
	at("/operator/sites/" + site + "/users/" + locked.ID)
	b.See(locked.DisplayName())
	keepPicture(t, b, "operator-user")
	by := gatehouse.Caller{Kind: gatehouse.Operator, SiteID: second.SiteID, UserID: second.ID, Role: second.Role, Name: "Tunde Bello"}
	at("/operator/addresses/" + site + "/" + proposes(t, s, by, locked))
	b.See("Agree")
	keepPicture(t, b, "operator-proposal")
	picturesOfCompanies(t, s, b, locked)
	b.Size(1120, 900)
	at("/operator/mail")
	b.See("Mail")
	keepPicture(t, b, "operator-mail")
	at("/operator/cases")
	keepPicture(t, b, "operator-cases")
	b.Open(testkit.Eval[string](b, `document.querySelector("main a[href^='/operator/cases/meridian']").href`))
	b.Size(1120, 1000)
	keepPicture(t, b, "operator-case")
	b.Size(1120, 700)
	at("/operator/sites/" + site + "/terms")
	b.See("In force")
	keepPicture(t, b, "operator-terms")
	at("/operator/events")
	b.See("Events")
	keepPicture(t, b, "operator-events")
	raiseAlert(t, s)
	at("/operator/alerts")
	b.See("Over")
	keepPicture(t, b, "operator-alerts")
	b.Size(1120, 1000)
	at("/operator/health")
	b.See("The last 24 hours")
	keepPicture(t, b, "operator-health")
	b.Size(1120, 800)
	at("/operator/jobs")
	b.See("Background work")
	keepPicture(t, b, "operator-jobs")
}

// pictured adds an operator with a name.
func pictured(t *testing.T, s *testkit.Server, username, first, last string, role gatehouse.Role) gatehouse.User {
	t.Helper()
	u := s.AddOperator(username, password, role)
	u.FirstName, u.LastName = first, last
	s.Write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) })
	return u
}

// picturesOfCompanies shows what an owner sees before a user moves to another company, and before a
// company is merged into another one.
func picturesOfCompanies(t *testing.T, s *testkit.Server, b *testkit.Tab, u gatehouse.User) {
	t.Helper()
	companies := map[string]gatehouse.Company{}
	for _, number := range []string{"10731-UK", "12044-UK"} {
		c, err := s.Store.Read().CompanyByAccount(t.Context(), u.SiteID, number)
		if err != nil {
			t.Fatal(err)
		}
		companies[number] = c
	}
	to, of := companies["12044-UK"].ID, s.URL(gatehouse.OperatorsSite, "/operator/sites/"+u.SiteID+"/companies/")
	b.Size(1120, 1000)
	b.Open(of + u.CompanyID + "/move?user=" + u.ID + "&to=" + to)
	b.See("Move 1 user")
	keepPicture(t, b, "operator-move")
	b.Size(1120, 1400)
	b.Open(of + companies["10731-UK"].ID + "/merge?to=" + to)
	b.See("Merge the companies")
	keepPicture(t, b, "operator-merge")
}
