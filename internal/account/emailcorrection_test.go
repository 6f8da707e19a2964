package account_test

import (
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
)

// A correction of an address that is the username waits for the new mailbox. Once it is confirmed
// there, it is address and username; the old mailbox, which was the wrong one, cannot undo it, and
// a temporary password in it is replaced.
func TestM2ACorrectionIsConfirmedFromTheNewMailbox(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("inkwell", "wrong@northgate.example", func(u *gatehouse.User) {
			u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, f.Clock.Now().Add(1<<40)
		})
		admin := f.user("inkwell", "ines@northgate.example", func(a *gatehouse.User) { a.Role, a.CompanyID = gatehouse.RoleAdmin, u.CompanyID })
		right := "right@northgate.example"
		by := gatehouse.Caller{Kind: gatehouse.SignedIn, UserID: admin.ID, CompanyID: admin.CompanyID, SiteID: admin.SiteID, Role: gatehouse.RoleAdmin}
		if _, err := f.directory().UpdateUser(t.Context(), f.site, by, u.ID, directory.UserChange{Email: &right}); err != nil {
			t.Fatal(err)
		}
		f.wantEmail(u, "wrong@northgate.example")
		links := f.links(right, "/account/email/confirm")
		if len(links) != 1 {
			t.Fatalf("%d links", len(links))
		}
		if err := f.confirm(links[0]); err != nil {
			t.Fatal(err)
		}
		f.wantEmail(u, right)
		if undo := f.links("wrong@northgate.example", "/account/email/undo"); len(undo) != 0 {
			t.Error("the wrong mailbox can take the account")
		}
		now, err := f.Store.Read().User(t.Context(), u.SiteID, u.ID)
		if err != nil || now.Username != right || !now.EmailConfirmed || !gatehouse.PasswordUsable(now.Password, f.Clock.Now()) || now.Password.Hash == u.Password.Hash || now.Password.Origin != gatehouse.PasswordInitial {
			t.Errorf("%+v, %v", now, err)
		}
	})
}
