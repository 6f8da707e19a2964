package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// userWithEmail adds a user with an address.
func userWithEmail(t *testing.T, s *store.Store, username, email string) gatehouse.User {
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

func mark(t *testing.T, s *store.Store, u gatehouse.User, email string, b gatehouse.Bounce) (marked bool) {
	t.Helper()
	write(t, s, func(q store.Queries) (err error) {
		marked, err = q.MarkBounced(t.Context(), "uk", u.ID, email, b)
		return err
	})
	return marked
}

func clearMark(t *testing.T, s *store.Store, u gatehouse.User, email string, reported bool) (cleared bool) {
	t.Helper()
	write(t, s, func(q store.Queries) (err error) {
		cleared, err = q.ClearBounce(t.Context(), "uk", u.ID, email, reported)
		return err
	})
	return cleared
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
		const address = "mira@strasse.example"
		mira, too := userWithEmail(t, s, "mira", address), userWithEmail(t, s, "too", address)
		nobody := userWithEmail(t, s, "nobody", "")
		refused := gatehouse.Bounce{At: noon, Reason: "550 no such user"}
		reported := gatehouse.Bounce{At: noon.Add(time.Hour), Reason: "5.1.1 unknown", Reported: true}

		for _, other := range []string{"Mira@strasse.example", "mira@straße.example", "mira@STRASSE.example", "mıra@strasse.example", ""} {
			if mark(t, s, mira, other, reported) || bounceOf(t, s, mira).Reason != "" {
				t.Errorf("a mail to %q marks %s", other, address)
			}
		}
		if !mark(t, s, mira, address, refused) || bounceOf(t, s, mira) != refused {
			t.Errorf("marked %+v", bounceOf(t, s, mira))
		}
		if bounceOf(t, s, too) != (gatehouse.Bounce{}) {
			t.Error("somebody else with the address is marked")
		}
		if mark(t, s, mira, address, refused) {
			t.Error("marked again")
		}
		if !mark(t, s, mira, address, reported) || bounceOf(t, s, mira) != reported {
			t.Errorf("a report that comes later: %+v", bounceOf(t, s, mira))
		}
		if mark(t, s, mira, address, refused) || bounceOf(t, s, mira) != reported {
			t.Error("a refusal puts itself over a report")
		}
		if mark(t, s, nobody, "", reported) || bounceOf(t, s, nobody) != (gatehouse.Bounce{}) {
			t.Error("anyone who has no address is marked")
		}
		if clearMark(t, s, mira, address, false) || bounceOf(t, s, mira) != reported {
			t.Error("a hand-over clears what a report has said")
		}
		if clearMark(t, s, mira, "MIRA@strasse.example", true) || clearMark(t, s, too, address, true) || bounceOf(t, s, mira) != reported {
			t.Error("cleared by what arrived elsewhere")
		}
		if !clearMark(t, s, mira, address, true) || bounceOf(t, s, mira) != (gatehouse.Bounce{}) {
			t.Error("not cleared")
		}
		mark(t, s, too, address, refused)
		if !clearMark(t, s, too, address, false) || bounceOf(t, s, too) != (gatehouse.Bounce{}) {
			t.Error("a hand-over does not clear a hand-over")
		}

		// Another spelling is another address, as far as we know.
		mark(t, s, mira, address, reported)
		mira.Email = "Mira@strasse.example"
		write(t, s, func(q store.Queries) error { return q.UpdateProfile(t.Context(), mira, time.Time{}) })
		if bounceOf(t, s, mira) != (gatehouse.Bounce{}) {
			t.Errorf("another address is %+v", bounceOf(t, s, mira))
		}
	})
}

// Refusals are counted by user, by cause, and over the last hour; all processes share the counts.
func TestCountsOfRefusals(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		company(t, s)
		count := func(cause string, u gatehouse.User, at time.Time) (n int) {
			t.Helper()
			write(t, s, func(q store.Queries) (err error) {
				n, err = q.CountRefusal(t.Context(), "uk", cause, u.ID, at, at.Add(-time.Hour))
				return err
			})
			return n
		}
		a, b := userWithEmail(t, s, "a", "a@northgate.example"), userWithEmail(t, s, "b", "b@northgate.example")
		if n := count("5.1", a, noon); n != 1 {
			t.Errorf("%d", n)
		}
		if n := count("5.1", a, noon.Add(time.Minute)); n != 1 {
			t.Errorf("the same user counts as %d", n)
		}
		if n := count("5.1", b, noon.Add(time.Minute)); n != 2 {
			t.Errorf("%d", n)
		}
		if n := count("5.2", b, noon.Add(time.Minute)); n != 1 {
			t.Errorf("another cause: %d", n)
		}
		if n := count("5.1", b, noon.Add(61*time.Minute)); n != 1 {
			t.Errorf("after an hour: %d", n)
		}

		// Many at the same moment: each sees the earlier ones.
		var all sync.WaitGroup
		seen := make(chan int, 12)
		for i := range cap(seen) {
			u := userWithEmail(t, s, fmt.Sprintf("u%d", i), fmt.Sprintf("u%d@northgate.example", i))
			all.Go(func() { seen <- count("5.1 northgate.example", u, noon) })
		}
		all.Wait()
		close(seen)
		var got []int
		for n := range seen {
			got = append(got, n)
		}
		slices.Sort(got)
		for i, n := range got {
			if n != i+1 {
				t.Fatalf("counted %v", got)
			}
		}
	})
}

func TestMarksThatAreTakenBack(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		company(t, s)
		const cause = "5.1 northgate.example"
		marked := func(name string, at time.Time, causes ...string) gatehouse.User {
			u := userWithEmail(t, s, name, name+"@northgate.example")
			mark(t, s, u, u.Email, gatehouse.Bounce{At: at, Reason: "550 no"})
			write(t, s, func(q store.Queries) error {
				for _, c := range causes {
					if _, err := q.CountRefusal(t.Context(), "uk", c, u.ID, at, noon); err != nil {
						return err
					}
					if err := q.NoteMark(t.Context(), "uk", c, u.ID, at); err != nil {
						return err
					}
				}
				return nil
			})
			return u
		}
		now := noon.Add(2 * time.Hour)
		fresh, old := marked("fresh", now.Add(-time.Minute), cause, "5.1"), marked("old", now.Add(-61*time.Minute), cause)
		other, again := marked("other", now.Add(-time.Minute), "5.2 northgate.example"), marked("again", now.Add(-50*time.Minute), cause)
		clearMark(t, s, again, again.Email, true)
		mark(t, s, again, again.Email, gatehouse.Bounce{At: now.Add(-time.Minute), Reason: "552 5.2.2 full"})
		var taken []gatehouse.User
		write(t, s, func(q store.Queries) (err error) {
			taken, err = q.TakeBackMarks(t.Context(), "uk", cause, now.Add(-time.Hour))
			return err
		})
		if len(taken) != 1 || taken[0].ID != fresh.ID || bounceOf(t, s, fresh).Reason != "" {
			t.Errorf("taken back: %+v", taken)
		}
		for _, u := range []gatehouse.User{old, other, again} {
			if b := bounceOf(t, s, u); b.At.IsZero() {
				t.Errorf("the mark of %s is gone", u.Username)
			}
		}
	})
}

func TestWhoIsToldOfRefusals(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		company(t, s)
		u := userWithEmail(t, s, "mira", "mira@northgate.example")
		over := func(cause string, at time.Time) (tell bool) {
			t.Helper()
			write(t, s, func(q store.Queries) (err error) {
				if _, err = q.CountRefusal(t.Context(), "uk", cause, u.ID, at, noon); err != nil {
					return err
				}
				tell, err = q.RefusalsOver(t.Context(), "uk", cause, at, store.Told{Since: at.Add(-24 * time.Hour), Most: 3})
				return err
			})
			return tell
		}
		later := func(h time.Duration) time.Time { return noon.Add(h * time.Hour) }
		for i, c := range []struct {
			cause string
			at    time.Time
			want  bool
		}{
			{"a", later(0), true}, {"a", later(1), false}, {"a", later(23), false}, {"a", later(25), true},
			{"b", later(25), true}, {"c", later(26), true}, {"d", later(27), false}, {"d", later(50), true},
		} {
			if got := over(c.cause, c.at); got != c.want {
				t.Errorf("%d, %s: %v", i, c.cause, got)
			}
		}
		n, err := s.Read().CountRefusalsOver(t.Context(), later(26))
		if err != nil || n != 1 {
			t.Errorf("%d are over, %v", n, err)
		}
		write(t, s, func(q store.Queries) error { return q.DropOldRefusals(t.Context(), later(49), later(27)) })
		if n, err := s.Read().CountRefusalsOver(t.Context(), noon.Add(-time.Hour)); err != nil || n != 1 {
			t.Errorf("%d are left, %v", n, err)
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
		// The process that delivered it records its result too late.
		late := store.MessageResult{SiteID: "uk", ID: inHand.ID, Lease: "a", State: store.MessageSent, At: at}
		if lost := finish(t, s, late); len(lost) != 1 || message(t, s, inHand.ID).State != store.MessageBounced {
			t.Error("what came back counts as sent again")
		}
	})
}

// A claim shows which of its messages go to an address that a server has refused.
func TestClaimsOfDoubtedAddresses(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		company(t, s)
		doubt := map[string]bool{}
		for i, b := range []gatehouse.Bounce{{}, {At: noon, Reason: "550 no"}, {At: noon, Reason: "5.1.1", Reported: true}} {
			u := userWithEmail(t, s, string(rune('a'+i)), string(rune('a'+i))+"@northgate.example")
			if !b.At.IsZero() {
				mark(t, s, u, u.Email, b)
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
