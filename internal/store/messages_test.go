package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// newMessage returns the n-th message of a user: later ones are due later.
func newMessage(n int, secret bool) store.Message {
	at := noon.Add(time.Duration(n) * time.Millisecond)
	return store.Message{SiteID: "uk", ID: store.NewID("msg", at), CompanyID: "com_1", UserID: "usr_1", Kind: "locked", Secret: secret,
		Recipient: "mira@northgate.example", Subject: fmt.Sprintf("number %d", n), MessageID: fmt.Sprintf("m%d@uk.example", n),
		Body: []byte("sealed"), CreatedAt: at, ExpiresAt: noon.Add(time.Hour)}
}

func insert(t *testing.T, s *store.Store, all ...store.Message) {
	t.Helper()
	write(t, s, func(q store.Queries) error {
		for _, m := range all {
			if err := q.InsertMessage(t.Context(), m); err != nil {
				return err
			}
		}
		return nil
	})
}

func claim(t *testing.T, s *store.Store, lease string, now time.Time, limit int) (got []store.Message) {
	t.Helper()
	write(t, s, func(q store.Queries) (err error) {
		got, err = q.ClaimMessages(t.Context(), store.Claim{Lease: lease, Now: now, Until: now.Add(time.Minute), Limit: limit})
		return err
	})
	return got
}

func finish(t *testing.T, s *store.Store, results ...store.MessageResult) (lost []store.MessageResult) {
	t.Helper()
	write(t, s, func(q store.Queries) (err error) {
		lost, err = q.FinishMessages(t.Context(), results)
		return err
	})
	return lost
}

func message(t *testing.T, s *store.Store, id string) store.Message {
	t.Helper()
	m, err := s.Read().Message(t.Context(), "uk", id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMessages(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		later := noon.Add(time.Second)
		notice1, notice2, code := newMessage(1, false), newMessage(2, false), newMessage(3, true)
		insert(t, s, notice1, notice2, code)
		if n, oldest, err := s.Read().MailQueue(t.Context(), later); n != 3 || oldest != 999*time.Millisecond || err != nil {
			t.Errorf("%d wait, the oldest for %s, %v", n, oldest, err)
		}
		if due, err := s.Read().MessageDue(t.Context(), noon, false); due || err != nil {
			t.Errorf("due before its time: %v, %v", due, err)
		}
		if due, err := s.Read().MessageDue(t.Context(), later, false); !due || err != nil {
			t.Errorf("due: %v, %v", due, err)
		}

		// What somebody is waiting for comes first, then the oldest.
		got := claim(t, s, "a", later, 2)
		if len(got) != 2 || got[0].ID != code.ID || got[1].ID != notice1.ID {
			t.Fatalf("claimed %+v", got)
		}
		if m := got[0]; m.State != store.MessageSending || m.Lease != "a" || string(m.Body) != "sealed" || !m.Secret || !m.DueAt.Equal(later.Add(time.Minute)) {
			t.Errorf("claimed %+v", m)
		}
		if got := claim(t, s, "b", later, 10); len(got) != 1 || got[0].ID != notice2.ID {
			t.Errorf("the second claim got %+v", got)
		}
		if got := claim(t, s, "c", later.Add(59*time.Second), 10); len(got) != 0 {
			t.Errorf("claimed twice: %+v", got)
		}

		sent := store.MessageResult{SiteID: "uk", ID: code.ID, Lease: "a", State: store.MessageSent, Reply: "250 ok", At: later}
		deferred := store.MessageResult{SiteID: "uk", ID: notice1.ID, Lease: "a", State: store.MessageDeferred, Reply: "451 later", At: later, DueAt: later.Add(15 * time.Second), Tries: 1}
		if lost := finish(t, s, sent, deferred); len(lost) != 0 {
			t.Errorf("lost %+v", lost)
		}
		if m := message(t, s, code.ID); m.State != store.MessageSent || m.Body != nil || !m.DoneAt.Equal(later) || m.Reply != "250 ok" || m.Lease != "" {
			t.Errorf("sent: %+v", m)
		}
		if m := message(t, s, notice1.ID); m.State != store.MessageDeferred || m.Body == nil || !m.DoneAt.IsZero() || m.Tries != 1 || !m.DueAt.Equal(later.Add(15*time.Second)) {
			t.Errorf("deferred: %+v", m)
		}
		if lost := finish(t, s, sent); len(lost) != 1 {
			t.Error("a message can be finished twice")
		}

		// The claim "b" expires; no matter who has it now, its late result does not count.
		if got := claim(t, s, "d", later.Add(time.Minute), 10); len(got) != 2 {
			t.Errorf("claimed %+v", got)
		}
		if n, oldest, err := s.Read().WaitingMail(t.Context(), "uk", 10); n != 1 || oldest.IsZero() || err != nil {
			t.Errorf("while both are tried, %d were put off, the oldest since %s, %v", n, oldest, err)
		}
		late := store.MessageResult{SiteID: "uk", ID: notice2.ID, Lease: "b", State: store.MessageRefused, At: later}
		if lost := finish(t, s, late); len(lost) != 1 || message(t, s, notice2.ID).Lease != "d" {
			t.Error("a lost claim was not noticed")
		}
	})
}

func TestMessagesExpire(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		old, fresh, inHand := newMessage(1, true), newMessage(2, false), newMessage(3, false)
		end := noon.Add(10 * time.Second)
		old.ExpiresAt, inHand.ExpiresAt = end, end
		insert(t, s, inHand)
		claim(t, s, "a", end.Add(-time.Second), 1)
		insert(t, s, old, fresh)
		expire := func(at time.Time) (n int64) {
			write(t, s, func(q store.Queries) (err error) { n, err = q.ExpireMessages(t.Context(), at); return err })
			return n
		}
		if n := expire(end.Add(-time.Microsecond)); n != 0 {
			t.Errorf("%d expired before their time", n)
		}
		if n := expire(end); n != 1 {
			t.Errorf("%d expired", n)
		}
		if m := message(t, s, old.ID); m.State != store.MessageExpired || m.Body != nil || !m.DoneAt.Equal(end) {
			t.Errorf("expired: %+v", m)
		}
		if m := message(t, s, inHand.ID); m.State != store.MessageSending {
			t.Errorf("one that is being sent is %s", m.State)
		}
		if n, _, err := s.Read().MailQueue(t.Context(), end); n != 2 || err != nil {
			t.Errorf("%d wait, %v", n, err)
		}
	})
}

func TestMessagesOfUser(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		for n := range 5 {
			insert(t, s, newMessage(n, false))
		}
		foreign, other := newMessage(9, false), newMessage(9, false)
		foreign.SiteID, other.UserID = "au", "usr_2"
		insert(t, s, foreign, other)
		var seen []string
		for before := ""; ; {
			page, err := s.Read().MessagesOfUser(t.Context(), "uk", "usr_1", before, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, m := range page {
				seen = append(seen, strings.TrimPrefix(m.Subject, "number "))
			}
			before = page[len(page)-1].ID
		}
		if got := strings.Join(seen, ""); got != "43210" {
			t.Errorf("the pages are %s", got)
		}
		if _, err := s.Read().Message(t.Context(), "uk", foreign.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a message of another site: %v", err)
		}
		if n, oldest, err := s.Read().MailQueue(t.Context(), noon.Add(-time.Hour)); n != 7 || oldest != 0 || err != nil {
			t.Errorf("%d wait for %s, %v", n, oldest, err)
		}
	})
}

// No matter how many claim at once, nobody gets what another has.
func TestClaimsDoNotOverlap(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		const count = 200
		for n := range count {
			insert(t, s, newMessage(n, n%3 == 0))
		}
		var mu sync.Mutex
		seen := map[string]int{}
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for round := 0; ; round++ {
					got := claim(t, s, fmt.Sprintf("%d.%d", worker, round), noon.Add(time.Second), 7)
					mu.Lock()
					for _, m := range got {
						seen[m.ID]++
					}
					all := len(seen)
					mu.Unlock()
					if all == count || round > count {
						return
					}
				}
			})
		}
		wg.Wait()
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s was claimed %d times", id, n)
			}
		}
		if len(seen) != count {
			t.Errorf("%d of %d were claimed", len(seen), count)
		}
	})
}
