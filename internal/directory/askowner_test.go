package directory_test

import (
	"fmt"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// sent returns the kinds of mail to a mailbox, of all users.
func (h *house) sent(users []gatehouse.User, mailbox string) (kinds []string) {
	h.t.Helper()
	for _, u := range users {
		all, err := h.Store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, m := range all {
			if gatehouse.SameMailbox(m.Recipient, mailbox) && m.State == store.MessageWaiting {
				kinds = append(kinds, m.Kind)
			}
		}
	}
	return kinds
}

// If the address is the username, an administrator's correction waits for the new mailbox. The
// administrator does not learn whether an address is taken, takes none away, and what the old
// mailbox held has ended.
func TestM2ACorrectionWaitsWhereTheAddressIsTheUsername(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		firm, other := h.company(h.press, "1", "Quill"), h.company(h.press, "2", "Ember")
		admin := h.user(h.press, firm.ID, "ines@quill.example", gatehouse.RoleAdmin)
		victim := h.user(h.press, other.ID, "mira@ember.example", gatehouse.RoleUser)
		before := h.stored(h.press, victim.Username)
		var answers []string
		for i, to := range []string{"mira@ember.example", "MIRA@ember.example", "free@ember.example"} {
			u := h.user(h.press, firm.ID, fmt.Sprintf("tom%d@quill.example", i), gatehouse.RoleUser)
			first := temporaryPassword.FindString(func() string { _, texts := h.mails(u); return texts[0] }())
			step := h.open(u)
			h.later()
			answer, err := h.UpdateUser(t.Context(), h.press, as(admin), u.ID, directory.UserChange{Email: &to})
			answers = append(answers, fmt.Sprint(answer.Email == u.Email, answer.Username == u.Username, answer.EmailConfirmed, err))
			now := h.stored(h.press, u.Username)
			if now.Email != u.Email || now.Username != u.Username {
				t.Errorf("%s: it did not wait: %+v", to, now)
			}
			if left := h.leftOpen(u, step); len(left) > 0 || gatehouse.PasswordUsable(now.Password, h.now) && h.opens(u, first) {
				t.Errorf("%s: left open: %q", to, left)
			}
			want := map[bool]string{true: "[address-taken temporary-password]", false: "[confirm-address]"}[i < 2]
			if i == 1 {
				want = "[address-taken address-taken temporary-password]"
			}
			if got := fmt.Sprint(h.sent([]gatehouse.User{u, victim}, to)); got != want {
				t.Errorf("%s: mails there: %s, want %s", to, got, want)
			}
			if n := len(h.told(u, u.Email)); n != 1 {
				t.Errorf("%s: the old mailbox is told %d times", to, n)
			}
		}
		if answers[0] != answers[2] || answers[1] != answers[2] {
			t.Errorf("the answers differ: %q", answers)
		}
		if now := h.stored(h.press, victim.Username); now != before {
			t.Errorf("the other one is %+v", now)
		}
		// A waiting correction does not keep the owner of a free address from it.
		h.user(h.press, other.ID, "free@ember.example", gatehouse.RoleUser)
	})
}
