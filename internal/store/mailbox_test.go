package store_test

import (
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// Mail waiting for a mailbox that is no longer the user's is dropped in any spelling, and mail for
// look-alike addresses is not.
func TestDropMessagesKnowsTheMailbox(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		company(t, s)
		u := userWithEmail(t, s, "kim", "kim@exämple.example")
		to := map[string]bool{"kim@exämple.example": true, "KIM@xn--exmple-cua.example": true, "\u212aim@exämple.example": false, "kim@example.example": false, "kım@exämple.example": false}
		ids := map[string]string{}
		for address := range to {
			m := store.Message{SiteID: "uk", ID: store.NewID("msg", noon), UserID: u.ID, Kind: "changed", Recipient: address, CreatedAt: noon, DueAt: noon}
			ids[address] = m.ID
			write(t, s, func(q store.Queries) error { return q.InsertMessage(t.Context(), m) })
		}
		u.Email = "Kim@EXÄMPLE.example"
		end(t, s, store.Ending{User: u, Change: gatehouse.AddressCorrected, At: noon.Add(time.Minute)})
		for address, dropped := range to {
			state, err := s.Read().MessageState(t.Context(), "uk", ids[address])
			if err != nil || (state == store.MessageExpired) != dropped {
				t.Errorf("%s: %s, %v", address, state, err)
			}
		}
	})
}
