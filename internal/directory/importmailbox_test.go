package directory_test

import (
	"slices"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// An import that corrects an address does what a page does: the temporary password in the wrong
// mailbox ends, another one goes to the right one, and the wrong one is notified. A deactivated
// account gets no mail, but is closed to the wrong mailbox all the same.
func TestAnImportMovesAMailboxAsAPageDoes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		made := func(name string) (u gatehouse.User, password string) {
			i, err := h.CreateUser(t.Context(), h.uk, operator, admin.CompanyID, directory.UserFields{Username: name, Email: name + "@wrong.example"})
			if err != nil {
				t.Fatal(err)
			}
			_, texts := h.mails(i.User)
			return i.User, temporaryPassword.FindString(texts[0])
		}
		kim, before := made("kim")
		lee, gone := made("lee")
		if err := h.Deactivate(t.Context(), h.uk, operator, lee.ID); err != nil {
			t.Fatal(err)
		}
		h.later()
		file := "account_number,username,email\n1,kim,kim@right.example\n1,lee,lee@right.example\n"
		h.mustImport(h.uk, file)

		kinds, texts := h.mails(kim)
		if !slices.Equal(kinds, []string{"temporary-password", "address-corrected", "temporary-password"}) {
			t.Fatalf("kim is sent %q", kinds)
		}
		if texts[0] != "" {
			t.Error("the password still waits to go to the wrong mailbox")
		}
		if len(h.told(kim, "kim@wrong.example")) != 1 {
			t.Error("the wrong mailbox is not told")
		}
		if again := temporaryPassword.FindString(texts[2]); h.opens(kim, before) || !h.opens(kim, again) {
			t.Error("the password in the wrong mailbox opens the account, or the one in the right mailbox does not")
		}
		if w := h.stored(h.uk, "kim").Password; w.Origin != gatehouse.PasswordInitial || !w.ExpiresAt.After(h.now) {
			t.Errorf("kim has %+v", w)
		}
		if w := h.stored(h.uk, "lee").Password; !h.opens(lee, gone) || w.ExpiresAt.After(h.now) {
			t.Error("the password of a deactivated account waits for its activation")
		}
		if kinds, _ := h.mails(lee); slices.Contains(kinds[1:], "temporary-password") {
			t.Errorf("a deactivated account is sent %q", kinds)
		}
		sent := h.mailed(kim)
		h.mustImport(h.uk, file)
		if h.mailed(kim) != sent {
			t.Error("the same file a second time sends mail")
		}
		h.leaves(kim, "kim@wrong.example")
	})
}

// leaves fails if mail to an address is still waiting, except for the notice to it.
func (h *house) leaves(u gatehouse.User, address string) {
	h.t.Helper()
	all, err := h.Store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range all {
		if m.Recipient == address && m.Kind != "address-corrected" && m.State == store.MessageWaiting {
			h.t.Errorf("%s waits to go to %s", m.Kind, address)
		}
	}
}
