package signin

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// JudgeTwice judges an attempt whose password was verified as right for the user as it
// was read, twice in one transaction: as one that lost a race and is run again.
func (s *Service) JudgeTwice(ctx context.Context, st *site.Site, read gatehouse.User) (first, second gatehouse.EventResult, err error) {
	a := &attempt{site: st, user: read, subject: read.ID, checked: read.Password, verdict: secret.Verdict{Match: true}}
	err = s.Do(ctx, st, gatehouse.Caller{}, func(tx *act.Unit) error {
		if first, err = s.judge(tx, a); err == nil {
			second, err = s.judge(tx, a)
		}
		return err
	})
	return first, second, err
}
