package directory_test

import (
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// ended has a user's newest message come to a state, as its sender does.
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
		resend := func(u gatehouse.User, id string) error { return h.Resend(t.Context(), admin, h.uk, u.ID, id) }

		// One that waits is tried at once, and stays the same.
		m := h.ended(u, store.MessageDeferred)
		h.later()
		if err := resend(u, m.ID); err != nil {
			t.Fatal(err)
		}
		if again, _ := h.Store.Read().Message(t.Context(), u.SiteID, m.ID); !again.DueAt.Equal(h.now) || again.State.Final() {
			t.Errorf("%+v", again)
		}
		// A temporary password that is done is replaced by a new one.
		m = h.ended(u, store.MessageRefused)
		before := h.stored(h.uk, "msantos").Password
		h.later()
		if err := resend(u, m.ID); err != nil {
			t.Fatal(err)
		}
		all, err := h.Messages(t.Context(), admin, h.uk, u.ID, 10)
		if err != nil || len(all) != 2 || all[0].Kind != m.Kind || h.stored(h.uk, "msantos").Password.Hash == before.Hash {
			t.Errorf("%+v, %v", all, err)
		}
		events := h.events(u)
		if n := len(events); events[n-1] != gatehouse.EventMailResent || events[n-2] != gatehouse.EventPasswordReset {
			t.Errorf("%v", events)
		}
		// Somebody else's message is not this user's.
		if err := resend(other, m.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("%v", err)
		}
		// What has been chosen meanwhile is not replaced by a temporary password.
		h.write(func(q store.Queries) error {
			chosen := gatehouse.Password{Hash: before.Hash, Origin: gatehouse.PasswordChosen, SetAt: h.now}
			return q.ReplacePassword(t.Context(), h.stored(h.uk, "msantos"), chosen, 0)
		})
		err = resend(u, m.ID)
		if e, ok := err.(*gatehouse.Error); !ok || e.Kind != gatehouse.Conflict || e.Code != directory.CodeNotResendable {
			t.Errorf("%v", err)
		}
	})
}

func TestMessagesAreNotSentAgainWithoutEnd(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	u, admin := h.user(h.uk, c.ID, "msantos", gatehouse.RoleUser), as(h.user(h.uk, c.ID, "imarchetti", gatehouse.RoleAdmin))
	m := h.ended(u, store.MessageDeferred)
	for range 5 {
		if err := h.Resend(t.Context(), admin, h.uk, u.ID, m.ID); err != nil {
			t.Fatal(err)
		}
	}
	err := h.Resend(t.Context(), admin, h.uk, u.ID, m.ID)
	if e, ok := err.(*gatehouse.Error); !ok || e.Code != directory.CodeResendWait || e.RetryAfter <= 0 {
		t.Errorf("%v", err)
	}
}

// Where people may sign in with either, who has an address as the username keeps one: a
// correction changes both.
func TestACorrectedAddressThatIsTheUsername(t *testing.T) {
	h := once(t)
	either := *h.au
	either.SignInWith = gatehouse.WithUsernameOrEmail
	c := h.company(&either, "10482", "Northgate")
	both := h.user(&either, c.ID, "mira@northgate.example", gatehouse.RoleUser)
	plain := h.user(&either, c.ID, "tom", gatehouse.RoleUser)
	for _, u := range []gatehouse.User{both, plain} {
		now, err := h.UpdateUser(t.Context(), operator, &either, u.ID, directory.UserChange{Email: ptr(u.ID + "@right.example")})
		want := u.ID + "@right.example"
		if u.ID == plain.ID {
			want = "tom"
		}
		if err != nil || now.Username != want || now.Email != u.ID+"@right.example" {
			t.Errorf("%+v, %v", now, err)
		}
	}
}
