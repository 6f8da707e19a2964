package signin_test

import (
	"context"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// A transaction that lost a race is retried. It must judge the password that was read before it,
// not the one that its first run found.
func TestATransactionThatRunsTwiceJudgesTheSame(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		read := s.addUser("msantos", nil)
		if first, second, err := s.SignIn.JudgeTwice(context.Background(), s.uk(), read); err != nil || first != gatehouse.ResultOK || second != gatehouse.ResultOK {
			t.Errorf("the password as it was verified: %q, then %q, %v", first, second, err)
		}
		s.write(func(q store.Queries) error { // a reset, while the hash was being computed
			w := read.Password
			w.SetAt = w.SetAt.Add(time.Second)
			return q.SetPassword(context.Background(), read.SiteID, read.ID, w)
		})
		if first, second, err := s.SignIn.JudgeTwice(context.Background(), s.uk(), read); err != nil || first != gatehouse.ResultWrong || second != gatehouse.ResultWrong {
			t.Errorf("a password that was replaced meanwhile: %q, then %q, %v", first, second, err)
		}
	})
}
