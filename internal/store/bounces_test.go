package store_test

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// person adds a user with an address.
func person(t *testing.T, s *store.Store, username, email string) gatehouse.User {
	t.Helper()
	u := gatehouse.User{ID: store.NewID("usr", noon), SiteID: "uk", CompanyID: "com_1", Username: username, Email: email,
		Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: noon}
	write(t, s, func(q store.Queries) error { return q.InsertUser(t.Context(), u) })
	return u
}

func bounceOf(t *testing.T, s *store.Store, u gatehouse.User) gatehouse.Bounce {
	t.Helper()
	u, err := s.Read().User(t.Context(), u.SiteID, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return u.Bounce
}

func mark(t *testing.T, s *store.Store, email string, b gatehouse.Bounce) (users []gatehouse.User) {
	t.Helper()
	write(t, s, func(q store.Queries) (err error) {
		users, err = q.MarkBounced(t.Context(), "uk", gatehouse.NameKey(email), b)
		return err
	})
	return users
}

func clearMark(t *testing.T, s *store.Store, email string, reported bool) {
	t.Helper()
	write(t, s, func(q store.Queries) error {
		return q.ClearBounce(t.Context(), "uk", gatehouse.NameKey(email), reported)
	})
}

func company(t *testing.T, s *store.Store) {
	t.Helper()
	write(t, s, func(q store.Queries) error {
		return q.InsertCompany(t.Context(), gatehouse.Company{ID: "com_1", SiteID: "uk", Name: "Northgate", AccountNumber: "1", CreatedAt: noon})
	})
}

func TestMarksOfAddresses(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		company(t, s)
		mira, too := person(t, s, "mira", "Mira@northgate.example"), person(t, s, "too", "mira@northgate.example")
		other, nobody := person(t, s, "other", "other@northgate.example"), person(t, s, "nobody", "")
		refused := gatehouse.Bounce{At: noon, Reason: "550 no such user"}
		reported := gatehouse.Bounce{At: noon.Add(time.Hour), Reason: "5.1.1 unknown", Reported: true}

		if got := mark(t, s, "mira@NORTHGATE.example", refused); len(got) != 2 || got[0].Email == "" || !got[0].Bouncing() {
			t.Errorf("marked %+v", got)
		}
		if got := mark(t, s, "mira@northgate.example", refused); len(got) != 0 {
			t.Errorf("marked again: %+v", got)
		}
		if got := mark(t, s, "mira@northgate.example", reported); len(got) != 2 || bounceOf(t, s, mira) != reported {
			t.Errorf("a report that comes later: %+v, %+v", got, bounceOf(t, s, mira))
		}
		if got := mark(t, s, "mira@northgate.example", refused); len(got) != 0 || bounceOf(t, s, too) != reported {
			t.Errorf("a refusal puts itself over a report: %+v", got)
		}
		if got := mark(t, s, "", reported); len(got) != 0 || bounceOf(t, s, nobody) != (gatehouse.Bounce{}) {
			t.Error("whoever has no address is marked")
		}
		clearMark(t, s, "mira@northgate.example", false)
		if bounceOf(t, s, mira) != reported {
			t.Error("a hand-over clears what a report has said")
		}
		mark(t, s, "other@northgate.example", refused)
		clearMark(t, s, "MIRA@northgate.example", true)
		if bounceOf(t, s, mira) != (gatehouse.Bounce{}) || bounceOf(t, s, too) != (gatehouse.Bounce{}) || bounceOf(t, s, other) != refused {
			t.Error("not cleared, or more than that")
		}
		clearMark(t, s, "other@northgate.example", false)
		if bounceOf(t, s, other) != (gatehouse.Bounce{}) {
			t.Error("a hand-over does not clear a hand-over")
		}
	})
}

func TestMessagesThatComeBack(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		const token = "abcdefghijklmnopqrstuvwxyz"
		sent, inHand := newMessage(1, false), newMessage(2, true)
		sent.MessageID, inHand.MessageID = token+"@uk.example", "zbcdefghijklmnopqrstuvwxyz@uk.example"
		insert(t, s, sent, inHand)
		for wanted, id := range map[string]string{token: sent.ID, "zbcdefghijklmnopqrstuvwxyz": inHand.ID, "abcdefghijklmnopqrstuvwxy": "",
			token + "a": "", "": "", "%": ""} {
			m, err := s.Read().MessageByToken(t.Context(), wanted)
			if m.ID != id || (id == "") != (gatehouse.KindOf(err) == gatehouse.NotFound) {
				t.Errorf("%q leads to %q, %v", wanted, m.ID, err)
			}
		}
		claim(t, s, "a", noon.Add(time.Second), 10)
		finish(t, s, store.MessageResult{SiteID: "uk", ID: sent.ID, Lease: "a", State: store.MessageSent, Reply: "250 ok", At: noon})
		at := noon.Add(time.Minute)
		for _, m := range []store.Message{sent, inHand, sent} {
			write(t, s, func(q store.Queries) error {
				if err := q.NoteDelivery(t.Context(), "uk", m.ID, "4.4.1 late"); err != nil {
					return err
				}
				first, err := q.BounceMessage(t.Context(), "uk", m.ID, "5.1.1 unknown", at)
				if first != (message(t, s, m.ID).State != store.MessageBounced) {
					t.Errorf("bounced now: %v", first)
				}
				return err
			})
			if got := message(t, s, m.ID); got.State != store.MessageBounced || got.Body != nil || !got.DoneAt.Equal(at) ||
				got.Reply != "5.1.1 unknown" || !got.State.Final() {
				t.Errorf("it is %+v", got)
			}
		}
		// The process that handed it over comes too late with its result.
		late := store.MessageResult{SiteID: "uk", ID: inHand.ID, Lease: "a", State: store.MessageSent, At: at}
		if lost := finish(t, s, late); len(lost) != 1 || message(t, s, inHand.ID).State != store.MessageBounced {
			t.Error("what came back counts as sent again")
		}
	})
}

// A claim tells which of its messages go to an address that a server has refused.
func TestClaimsOfDoubtedAddresses(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		company(t, s)
		doubt := map[string]bool{}
		for i, b := range []gatehouse.Bounce{{}, {At: noon, Reason: "550 no"}, {At: noon, Reason: "5.1.1", Reported: true}} {
			u := person(t, s, string(rune('a'+i)), string(rune('a'+i))+"@northgate.example")
			if !b.At.IsZero() {
				mark(t, s, u.Email, b)
			}
			m := newMessage(i, i == 0)
			m.UserID, doubt[m.ID] = u.ID, i == 1
			insert(t, s, m)
		}
		nobody := newMessage(5, false)
		nobody.UserID = ""
		insert(t, s, nobody)
		got := claim(t, s, "a", noon.Add(time.Second), 10)
		for _, m := range got {
			if m.Doubted != doubt[m.ID] {
				t.Errorf("%s is doubted: %v", m.Subject, m.Doubted)
			}
		}
		if len(got) != 4 {
			t.Errorf("%d claimed", len(got))
		}
	})
}
