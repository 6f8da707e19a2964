package signin

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/store"
)

// The wait for others' outcomes: as long as a full gate takes, in small steps.
const (
	waitStep = 20 * time.Millisecond
	waitMost = 10 * time.Second
)

// take has the attempt admitted and counted as open, and commits that, before anything is
// verified. If its turn depends on others being verified, it waits for them.
func (s *Service) take(ctx context.Context, a *attempt, limits ...store.Limit) error {
	for waited := time.Duration(0); waited < waitMost; waited += waitStep {
		verdict, err := s.takeOnce(ctx, a, limits)
		limits = nil // already taken from the limits
		if err != nil || verdict != gatehouse.Wait {
			a.refused = verdict == gatehouse.Refuse
			return err
		}
		for ; verdict == gatehouse.Wait && waited < waitMost; waited += waitStep {
			time.Sleep(waitStep)
			counts, err := s.Store.Read().Attempts(ctx, a.site.ID, a.subject, a.device)
			if err != nil {
				return err
			}
			_, verdict = admits(ctx, a.lockout(), counts, s.Now())
		}
	}
	return busy(errors.New("waited too long for other sign-ins of the same account"))
}

func (s *Service) takeOnce(ctx context.Context, a *attempt, limits []store.Limit) (verdict gatehouse.AttemptVerdict, err error) {
	a.open = store.NewID("att", s.Now())
	err = s.countAllowed(ctx, a, limits, func(tx *act.Unit, before gatehouse.Attempts) (after gatehouse.Attempts, err error) {
		after, verdict = admits(ctx, a.lockout(), before, s.Now())
		if after.All > before.All { // given up because they took too long
			err = tx.EndOpenAttempts(tx, a.site.ID, a.subject, a.device)
		}
		if err == nil && verdict == gatehouse.Admit {
			err = tx.InsertOpenAttempt(tx, a.openAttempt())
		}
		if after.CountsAs(before) {
			tx.MayBeLost() // the outcome is counted in a transaction that lasts
		}
		return after, err
	})
	return verdict, err
}

// counting changes held counts, and what belongs to them.
type counting func(tx *act.Unit, before gatehouse.Attempts) (after gatehouse.Attempts, err error)

// outcome is the counting for the outcome of an admitted attempt: by a rule, and only if it is
// still being verified.
func (s *Service) outcome(a *attempt, rule func(gatehouse.Attempts) gatehouse.Attempts) counting {
	return func(tx *act.Unit, before gatehouse.Attempts) (gatehouse.Attempts, error) {
		was, err := tx.EndOpenAttempt(tx, a.openAttempt())
		if err == nil && !was {
			err = errAbandoned
		}
		return rule(before), err
	}
}

// count changes the attempt's counts in its own transaction.
func (s *Service) count(ctx context.Context, a *attempt, change counting) error {
	return s.countAllowed(ctx, a, nil, change)
}

// countAllowed is count after taking from limits first. If they are used up, nothing is counted.
func (s *Service) countAllowed(ctx context.Context, a *attempt, limits []store.Limit, change counting) error {
	wait, err := s.DoAllowed(ctx, a.site, a.req.Caller, limits, func(tx *act.Unit) error { return s.changeIn(tx, a, change) })
	if err != nil || wait == 0 {
		return err
	}
	s.Counted(gatehouse.ResultLimited)
	return &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
}

// countIn records the outcome of an admitted attempt.
func (s *Service) countIn(tx *act.Unit, a *attempt, rule func(gatehouse.Attempts) gatehouse.Attempts) error {
	return s.changeIn(tx, a, s.outcome(a, rule))
}

// changeIn changes the attempt's counts, and handles a lock that results.
func (s *Service) changeIn(tx *act.Unit, a *attempt, change counting) error {
	before, err := tx.HoldAttempts(tx, a.site.ID, a.subject, a.device, tx.Now())
	if err != nil {
		return err
	}
	after, err := change(tx, before)
	if err != nil {
		return err
	}
	return s.changed(tx, a, before, after)
}

// settled records the outcome of a settled attempt.
func (s *Service) settled(tx *act.Unit, a *attempt, held store.Settling, rule func(gatehouse.Attempts) gatehouse.Attempts) error {
	if !held.Open {
		return errAbandoned
	}
	return s.changed(tx, a, held.Attempts, rule(held.Attempts))
}

// changed writes held counts, and handles a lock that results.
func (s *Service) changed(tx *act.Unit, a *attempt, before, after gatehouse.Attempts) error {
	if after == before {
		return nil
	}
	if err := tx.SaveAttempts(tx, a.site.ID, a.subject, a.device, after); err != nil {
		return err
	}
	switch locked := !after.LockedAt.IsZero() && !after.LockedAt.Equal(before.LockedAt); {
	case locked && a.answer:
		return tx.Record(a.user, gatehouse.EventLocked, gatehouse.ResultOK, map[string]string{"scope": "answers"})
	case locked:
		return s.lock(tx, a, after)
	}
	return nil
}

// drop takes back an attempt that was admitted but not verified.
func (s *Service) drop(ctx context.Context, a *attempt) error {
	if a.refused {
		return nil
	}
	err := s.count(ctx, a, s.outcome(a, gatehouse.Attempts.Dropped))
	if errors.Is(err, errAbandoned) { // closed already: nothing to take back
		return nil
	}
	return err
}
