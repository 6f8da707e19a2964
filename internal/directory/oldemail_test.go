package directory_test

import (
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
)

// told returns the notice waiting for a mailbox that is no longer a user's.
func (h *house) told(u gatehouse.User, mailbox string) (texts []string) {
	h.t.Helper()
	all, err := h.Store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range all {
		if m.Kind == "address-corrected" && m.Recipient == mailbox && len(m.Body) > 0 {
			texts = append(texts, strings.Join(strings.Fields(h.text(m)), " "))
		}
	}
	return texts
}

// Nobody can redirect a user's mail unnoticed: the mailbox that it went to learns who did it.
func TestTheOldMailboxLearnsOfACorrection(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		u := h.user(h.uk, admin.CompanyID, "priya", gatehouse.RoleUser)
		if err := h.corrected(admin, u, "thief@elsewhere.example"); err != nil {
			t.Fatal(err)
		}
		texts := h.told(u, u.Email)
		if len(texts) != 1 || !strings.Contains(texts[0], admin.DisplayName()+", an administrator of your company, changed") ||
			!strings.Contains(texts[0], gatehouse.MaskEmail("thief@elsewhere.example")) || strings.Contains(texts[0], "thief@elsewhere.example") {
			t.Errorf("%q", texts)
		}
		// A second correction does not cancel the first notice, and also notifies the mailbox in
		// between.
		if err := h.corrected(admin, u, "another@elsewhere.example"); err != nil {
			t.Fatal(err)
		}
		if first, second := h.told(u, u.Email), h.told(u, "thief@elsewhere.example"); len(first) != 1 || len(second) != 1 {
			t.Errorf("after a second one: %q, %q", first, second)
		}
		// The same mailbox in capitals has lost nothing.
		if err := h.corrected(admin, u, "Another@elsewhere.example"); err != nil || len(h.told(u, "another@elsewhere.example")) != 0 {
			t.Errorf("%v, %q", err, h.told(u, "another@elsewhere.example"))
		}
	})
}

// Support is not named to users; an address may be removed; and if there was none, nobody is
// notified.
func TestTheOldMailboxLearnsOfSupport(t *testing.T) {
	h := once(t)
	admin := h.northgate()
	u := h.user(h.uk, admin.CompanyID, "priya", gatehouse.RoleUser)
	for _, email := range []string{"", "priya.new@northgate.example"} {
		h.later()
		if _, err := h.UpdateUser(t.Context(), h.uk, operator, u.ID, directory.UserChange{Email: &email}); err != nil {
			t.Fatal(err)
		}
	}
	texts := h.told(u, u.Email)
	if len(texts) != 1 || !strings.Contains(texts[0], "support removed this email address from your account") || strings.Contains(texts[0], operator.Name) {
		t.Errorf("%q", texts)
	}
	if n := len(h.told(u, "")); n != 0 {
		t.Errorf("%d mails to nowhere", n)
	}
}
