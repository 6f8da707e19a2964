package directory

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// bulkActing is an act on many users that this process is working on.
type bulkActing struct {
	gatehouse.BulkAct
	s    *Service
	st   *site.Site
	next []store.RunUser
	// ready is what the acts of the batch need, by user.
	ready map[string]prepared
}

func (s *Service) continueBulkAct(ctx context.Context, st *site.Site, r gatehouse.Run) (task, error) {
	b, err := s.Store.Read().BulkAct(ctx, r.SiteID, r.CompanyID, r.ID)
	return &bulkActing{BulkAct: b, s: s, st: st}, err
}

func (b *bulkActing) caller() gatehouse.Caller { return b.Caller() }

// prepare hashes the passwords that the batch sends, on all processors.
func (b *bulkActing) prepare(ctx context.Context, next []store.RunUser, users map[string]gatehouse.User) error {
	b.next, b.ready = next, map[string]prepared{}
	rule, err := b.s.bulkRule(ctx, b.s.Store.Read(), b.st, b.Caller(), b.BulkAct, users)
	if err != nil {
		return err
	}
	var to []gatehouse.User
	for _, n := range next {
		outcome, _, err := rule(users[n.UserID])
		if err != nil {
			return err
		}
		if outcome == gatehouse.OutcomeChanged {
			to = append(to, users[n.UserID])
		}
	}
	made := make([]prepared, len(to))
	var failed atomic.Pointer[error]
	onAllProcessors(len(to), func(i int) {
		var err error
		if made[i], err = b.s.prepare(ctx, b.st, b.Act, to[i]); err != nil {
			failed.Store(&err)
		}
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	for i, u := range to {
		b.ready[u.ID] = made[i]
	}
	return nil
}

// write acts on the users of the batch whom the act applies to at this moment. Its administrator
// must still lead the company.
func (b *bulkActing) write(tx *act.Unit, users map[string]gatehouse.User) (outcomes []store.RunUser, n gatehouse.RunCounts, err error) {
	if _, err := tx.HoldCompany(tx, b.SiteID, b.CompanyID); err != nil {
		return nil, n, err
	}
	if err := stillLeads(tx, b.CompanyID); errors.Is(err, errForbidden) {
		return nil, n, errNotAllowed
	} else if err != nil {
		return nil, n, err
	}
	rule, err := b.s.bulkRule(tx, tx.Queries, b.st, tx.Caller, b.BulkAct, users)
	if err != nil {
		return nil, n, err
	}
	held, err := tx.HoldMany(slices.Sorted(maps.Keys(b.ready)))
	if err != nil {
		return nil, n, err
	}
	outcomes = make([]store.RunUser, len(b.next))
	for i, of := range b.next {
		if of.Outcome, of.Reason, err = b.actOn(tx, users[of.UserID], held, rule); err != nil {
			return nil, n, err
		}
		of.At = tx.Now()
		outcomes[i] = of
		n.Add(of.Outcome, false)
	}
	return outcomes, n, nil
}

// actOn acts on one user, if the user is held until the transaction ends: what has come to apply
// since the batch was prepared is left.
func (b *bulkActing) actOn(tx *act.Unit, u gatehouse.User, held map[string]gatehouse.User, rule func(gatehouse.User) (gatehouse.Outcome, gatehouse.OutcomeReason, error)) (gatehouse.Outcome, gatehouse.OutcomeReason, error) {
	outcome, why, err := rule(u)
	if err != nil || outcome != gatehouse.OutcomeChanged {
		return outcome, why, err
	}
	ready, is := b.ready[u.ID]
	if !is {
		return gatehouse.OutcomeSkipped, gatehouse.ReasonMeanwhile, nil
	}
	if outcome, why, err = rule(held[u.ID]); err != nil || outcome != gatehouse.OutcomeChanged {
		return outcome, why, err
	}
	return outcome, why, b.s.perform(tx, b.Act, held[u.ID], ready)
}

// end: the result is on its page, and each user was told of the act.
func (b *bulkActing) end(*act.Unit) error { return nil }
