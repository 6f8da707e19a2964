package signin

import (
	"context"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// JudgeTwice judges an attempt whose password was verified as right for the user as it
// was read, twice in one transaction: as one that lost a race and is run again.
func (s *Service) JudgeTwice(ctx context.Context, st *site.Site, read gatehouse.User) (first, second gatehouse.EventResult, err error) {
	a := &attempt{site: st, user: read, subject: read.ID, checked: read.Password, verdict: secret.Verdict{Match: true}}
	err = s.Store.Write(ctx, func(q store.Queries) error {
		if first, err = s.judge(ctx, q, a); err == nil {
			second, err = s.judge(ctx, q, a)
		}
		return err
	})
	return first, second, err
}
