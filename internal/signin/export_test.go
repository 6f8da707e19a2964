package signin

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// JudgeTwice judges an attempt with a right password for the user as it was read, twice in one
// transaction, like one that lost a race and is retried.
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
