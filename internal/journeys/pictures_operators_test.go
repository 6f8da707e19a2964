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
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	const site = "meridian-uk"
	if _, err := demo.Seed(t.Context(), demo.Deps{Store: s.Store, Hasher: s.Hasher, Outbox: s.Outbox, Now: s.Clock.Now}, s.Sites.All()); err != nil {
		t.Fatal(err)
	}
	second := s.AddOperator("tbello", password, gatehouse.RoleSupport)
	second.FirstName, second.LastName = "Tunde", "Bello"
	if err := s.Store.Write(t.Context(), func(q store.Queries) error { return q.UpdateProfile(t.Context(), second, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	if err := demo.OpenCases(t.Context(), s.Support, s.Sites); err != nil {
		t.Fatal(err)
	}
	locked, err := s.Store.Read().UserByUsername(t.Context(), site, "chorvath")
	if err != nil {
		t.Fatal(err)
	}
	u := s.AddOperator("ohale", password, gatehouse.RoleOwner)
	u.FirstName, u.LastName = "Owen", "Hale"
	if err := s.Store.Write(t.Context(), func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) }); err != nil {
		t.Fatal(err)
	}
	b := testkit.Browser(t)
	newDevice(t, b, nil)
	noAutofill(t, b)
	b.Size(1120, 900)
	at := func(path string) { b.Open(s.URL(gatehouse.OperatorsSite, path)) }
	at("/sign-in")
	b.Fill("username", u.Username)
	b.Fill("password", password)
	b.Press("Sign in")
	b.See("code")
	b.Fill("code", mailedCode(t, s, u.Email))
	b.Press("Verify")
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
}
