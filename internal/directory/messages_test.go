package directory_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// ended moves a user's newest message to a state, as its sender does.
func (h *house) ended(u gatehouse.User, state store.MessageState) store.Message {
	h.t.Helper()
	all, err := h.Store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 1)
	if err != nil || len(all) != 1 {
		h.t.Fatal(all, err)
	}
	h.write(func(q store.Queries) error {
		claimed, err := q.ClaimMessages(h.t.Context(), store.Claim{Lease: store.NewID("lea", h.now), Now: h.now, Until: h.now.Add(1), Limit: 100})
		if err != nil {
			return err
		}
		for _, m := range claimed {
			result := store.MessageResult{SiteID: m.SiteID, ID: m.ID, Lease: m.Lease, State: store.MessageWaiting, At: h.now, DueAt: h.now}
			if m.ID == all[0].ID {
				result.State = state
			}
			if _, err := q.FinishMessages(h.t.Context(), []store.MessageResult{result}); err != nil {
				return err
			}
		}
		return nil
	})
	m, err := h.Store.Read().Message(h.t.Context(), u.SiteID, all[0].ID)
	if err != nil || m.State != state {
		h.t.Fatalf("%+v, %v", m, err)
	}
	return m
}

func TestMessagesAreSentAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u, other := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser), h.user(h.uk, c.ID, "tom", gatehouse.RoleUser)
		admin := as(h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin))
		resend := func(u gatehouse.User, id string) error { return h.Resend(t.Context(), h.uk, admin, u.ID, id) }

		// A waiting message is tried at once, and stays the same.
		m := h.ended(u, store.MessageDeferred)
		h.later()
		if err := resend(u, m.ID); err != nil {
			t.Fatal(err)
		}
		if again, _ := h.Store.Read().Message(t.Context(), u.SiteID, m.ID); !again.DueAt.Equal(h.now) || again.State.Final() {
			t.Errorf("%+v", again)
		}
		// A temporary password is not stored, so it cannot be resent.
		m = h.ended(u, store.MessageRefused)
		if err := resend(u, m.ID); gatehouse.ReasonOf(err) != directory.ReasonNotResendable {
			t.Errorf("%v", err)
		}
		// Somebody else's message is not this user's.
		if err := resend(other, m.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("%v", err)
		}
	})
}

// void returns what the list says about each message, newest first: kind, why it is no longer
// valid, and how it can be resent.
func (h *house) void(by gatehouse.Caller, u gatehouse.User) string {
	h.t.Helper()
	all, err := h.Messages(h.t.Context(), h.siteOf(u), by, u.ID, 10)
	if err != nil {
		h.t.Fatal(err)
	}
	var list []string
	for _, m := range all {
		list = append(list, strings.TrimRight(m.Kind+" "+string(m.Void)+" "+string(m.Way), " "))
	}
	return strings.Join(list, "; ")
}

// A message that was replaced or is no longer valid says so, and nobody can resend it: neither
// from the page nor from one that was opened before.
func TestMessagesThatDoNotHold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser)
		boss := h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin)
		admin := as(boss)
		want := func(when, list string) {
			t.Helper()
			if got := h.void(admin, u); got != list {
				t.Errorf("%s:\ngot  %s\nwant %s", when, got, list)
			}
		}
		want("it waits", "temporary-password  now")
		first := h.ended(u, store.MessageSent)
		want("it was sent", "temporary-password  password")
		h.later()
		if err := h.SendPassword(t.Context(), h.uk, admin, u.ID); err != nil {
			t.Fatal(err)
		}
		want("a newer one", "temporary-password  now; temporary-password replaced")
		h.later()
		if err := h.SendPassword(t.Context(), h.uk, admin, u.ID); err != nil {
			t.Fatal(err)
		}
		want("a newer one before the one before went out", "temporary-password  now; temporary-password replaced; temporary-password replaced")
		if _, texts := h.mails(u); texts[1] != "" || texts[2] == "" {
			t.Errorf("what has been replaced is still sent: %q", texts)
		}
		h.ended(u, store.MessageSent)
		h.write(func(q store.Queries) error { return q.UsePassword(t.Context(), u.SiteID, u.ID, "somewhere") })
		want("it was used", "temporary-password used password; temporary-password replaced; temporary-password replaced")
		h.now = h.now.Add(24 * time.Hour)
		want("it has expired", "temporary-password expired password; temporary-password replaced; temporary-password replaced")
		h.write(func(q store.Queries) error {
			return q.ReplacePassword(t.Context(), h.stored(h.uk, "msantos"), gatehouse.Password{Hash: "x", Origin: gatehouse.PasswordChosen, SetAt: h.now}, 0)
		})
		want("one was chosen", "temporary-password chosen; temporary-password replaced; temporary-password replaced")
		if err := h.Resend(t.Context(), h.uk, admin, u.ID, first.ID); gatehouse.ReasonOf(err) != directory.ReasonNotResendable {
			t.Errorf("%v", err)
		}

		// Of the notices about Enhanced Security, only the newest is valid.
		h.write(func(q store.Queries) error { return q.SignedIn(t.Context(), u.SiteID, u.ID, h.now) })
		for _, on := range []bool{true, false} {
			h.later()
			h.switched(boss, on)
			h.enrolAll(h.byID)
		}
		want("it was switched twice", "two-factor-disabled  now; two-factor-enabled replaced; temporary-password chosen; temporary-password replaced; temporary-password replaced")
		all, err := h.Messages(t.Context(), h.uk, admin, u.ID, 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Resend(t.Context(), h.uk, admin, u.ID, all[1].ID); gatehouse.ReasonOf(err) != directory.ReasonNotResendable {
			t.Errorf("%v", err)
		}
		h.ended(u, store.MessageSent)
		h.later()
		if err := h.Resend(t.Context(), h.uk, admin, u.ID, all[0].ID); err != nil {
			t.Fatal(err)
		}
		if got := h.void(admin, u); !strings.HasPrefix(got, "two-factor-disabled  now; two-factor-disabled replaced; ") {
			t.Error(got)
		}
	})
}
func TestMessagesAreNotSentAgainWithoutEnd(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	u, admin := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser), as(h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin))
	m := h.ended(u, store.MessageDeferred)
	for range 5 {
		if err := h.Resend(t.Context(), h.uk, admin, u.ID, m.ID); err != nil {
			t.Fatal(err)
		}
	}
	err := h.Resend(t.Context(), h.uk, admin, u.ID, m.ID)
	if e, ok := err.(*gatehouse.Error); !ok || e.Reason != directory.ReasonResendWait || e.RetryAfter <= 0 {
		t.Errorf("%v", err)
	}
}

// If users may sign in with either, a user with an address as the username keeps that: a
// correction changes both.
func TestACorrectedAddressThatIsTheUsername(t *testing.T) {
	h := once(t)
	either := *h.au
	either.SignInWith = gatehouse.WithUsernameOrEmail
	c := h.company(&either, "10482", "Northgate")
	both := h.user(&either, c.ID, "mira@northgate.example", gatehouse.RoleUser)
	plain := h.user(&either, c.ID, "tom", gatehouse.RoleUser)
	for _, u := range []gatehouse.User{both, plain} {
		now, err := h.UpdateUser(t.Context(), &either, operator, u.ID, directory.UserChange{Email: ptr(u.ID + "@right.example")})
		want := u.ID + "@right.example"
		if u.ID == plain.ID {
			want = "tom"
		}
		if err != nil || now.Username != want || now.Email != u.ID+"@right.example" {
			t.Errorf("%+v, %v", now, err)
		}
	}
}
