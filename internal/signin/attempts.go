package signin

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// Waiting for others' outcomes: as long as a full gate takes, in small steps.
const (
	waitStep = 20 * time.Millisecond
	waitMost = 10 * time.Second
)

// take has the attempt admitted, and counted as open, before anything is verified;
// that is committed when it returns. Where its turn depends on others that are being
// verified, it waits for them.
func (s *Service) take(ctx context.Context, a *attempt) error {
	for waited := time.Duration(0); waited < waitMost; waited += waitStep {
		verdict, err := s.takeOnce(ctx, a)
		if err != nil || verdict != gatehouse.Wait {
			a.refused = verdict == gatehouse.Refuse
			return err
		}
		for ; verdict == gatehouse.Wait && waited < waitMost; waited += waitStep {
			time.Sleep(waitStep)
			counts, err := s.Store.Read().Attempts(ctx, a.site.ID, a.subject, a.browser)
			if err != nil {
				return err
			}
			_, verdict = counts.Take(a.lockout(), s.Now())
		}
	}
	return busy(errors.New("waited too long for other sign-ins of the same account"))
}

func (s *Service) takeOnce(ctx context.Context, a *attempt) (verdict gatehouse.AttemptVerdict, err error) {
	err = s.count(ctx, a, func(counts gatehouse.Attempts) gatehouse.Attempts {
		counts, verdict = counts.Take(a.lockout(), s.Now())
		return counts
	})
	return verdict, err
}

// count changes the attempt's counts in a transaction of its own.
func (s *Service) count(ctx context.Context, a *attempt, rule func(gatehouse.Attempts) gatehouse.Attempts) error {
	err := s.Store.Write(ctx, func(q store.Queries) error { return s.countIn(ctx, q, a, rule) })
	if err == nil && a.told {
		s.Outbox.Hurry()
	}
	return err
}

// countIn changes the attempt's counts by a rule, and does what follows when that
// locks.
func (s *Service) countIn(ctx context.Context, q store.Queries, a *attempt, rule func(gatehouse.Attempts) gatehouse.Attempts) error {
	before, err := q.HoldAttempts(ctx, a.site.ID, a.subject, a.browser, s.Now())
	if err != nil {
		return err
	}
	after := rule(before)
	if after == before {
		return nil
	}
	if err := q.SaveAttempts(ctx, a.site.ID, a.subject, a.browser, after); err != nil {
		return err
	}
	switch locked := !after.LockedAt.IsZero() && !after.LockedAt.Equal(before.LockedAt); {
	case locked && a.answer:
		return q.InsertEvent(ctx, s.event(a.req.Caller, a.user, gatehouse.EventLocked, gatehouse.ResultOK, map[string]string{"scope": "answers"}))
	case locked:
		return s.lock(ctx, q, a, after)
	}
	return nil
}

// drop takes an attempt back that was admitted and not verified.
func (s *Service) drop(ctx context.Context, a *attempt) error {
	if a.refused {
		return nil
	}
	return s.count(ctx, a, func(counts gatehouse.Attempts) gatehouse.Attempts { return counts.Dropped() })
}
