package main

import (
	"context"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
)

// C12 and C13 for support on the telephone: the reference finds what happened, and the
// user's page what became of the mail.
func TestReferenceAndMailsForSupport(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	in.expect(0, "company create --site meridian-uk --account-number 1 Northgate")
	in.expect(0, "user create --site meridian-uk --company 1 --email mira@northgate.example msantos")
	in.expect(0, "user show --site meridian-uk msantos", "Your temporary password", "mira@northgate.example", "waiting")

	st, err := openStore(context.Background(), "sqlite://"+in.database)
	must(t, err)
	u, err := st.Read().UserByUsername(t.Context(), "meridian-uk", "msantos")
	must(t, err)
	must(t, st.Write(t.Context(), func(q store.Queries) error {
		return q.InsertEvent(t.Context(), gatehouse.Event{SiteID: u.SiteID, ID: store.NewID("evt", utc()), UserID: u.ID, At: utc(),
			Kind: gatehouse.EventSignIn, Result: gatehouse.ResultWrong, ActorKind: gatehouse.Visitor, IPAddress: "192.0.2.7", Reference: "GH-7F3K-29QX"})
	}))
	must(t, st.Close())

	in.expect(0, "reference gh-7f3k-29qx", "meridian-uk", u.ID, "sign_in.password", "wrong", "192.0.2.7")
	in.expect(0, "reference --json GH-7F3K-29QX", `"result": "wrong"`)
	in.expect(0, "reference GH-0000-0000", "changed nothing")
	in.expect(2, "reference nonsense", "is no reference")
}
