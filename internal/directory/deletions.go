package directory

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// remove deletes an account: everything that is open ends, as when it is deactivated, and it is in
// no list. It can be restored until RemoveDeleted removes it, and its username stays reserved so
// long.
func (s *Service) remove(tx *act.Unit, u gatehouse.User) error {
	now := tx.Now()
	if err := tx.SetDeleted(tx, u, now); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.TurnedOff); err != nil {
		return err
	}
	if err := tx.Record(u, gatehouse.EventUserDeleted, gatehouse.ResultOK, map[string]string{"state_before": string(u.State)}); err != nil {
		return err
	}
	return s.tellAct(tx, u, mail.AccountDeleted, now.Add(gatehouse.KeepDeleted))
}

// restore gives a deleted account back as it was.
func (s *Service) restore(tx *act.Unit, u gatehouse.User) error {
	if err := tx.SetRestored(tx, u); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.TurnedOn); err != nil {
		return err
	}
	if err := tx.Record(u, gatehouse.EventUserRestored, gatehouse.ResultOK, map[string]string{"state": string(u.DeletedState)}); err != nil {
		return err
	}
	if u.DeletedState == gatehouse.Deactivated {
		return nil
	}
	return s.tellAct(tx, u, mail.AccountRestored, time.Time{})
}

// DeletedUsers returns the deleted users of a company that can be restored, those first who were
// deleted last.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) DeletedUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string) ([]gatehouse.User, error) {
	q := s.Store.Read()
	if _, err := company(ctx, q, st, c.For(gatehouse.OperatorSee), companyID); err != nil {
		return nil, err
	}
	return bareAll(q.DeletedUsers(ctx, st.ID, companyID, MaxList))
}

// removedAtOnce is how many users one run of the job removes.
const removedAtOnce = 100

// RemoveDeleted removes users whose time to be restored is over, with everything that belongs to
// them alone; only what the event log says about them stays. Several processes may do this at once.
func (s *Service) RemoveDeleted(ctx context.Context, sites func(id string) *site.Site) error {
	before := s.Now().Add(-gatehouse.KeepDeleted)
	due, err := s.Store.Read().UsersToRemove(ctx, before, removedAtOnce)
	for _, u := range due {
		st := sites(u.SiteID)
		if st == nil || err != nil {
			continue
		}
		err = s.Do(ctx, st, itself(st), func(tx *act.Unit) error {
			gone, err := tx.RemoveUser(tx, u, before)
			if err != nil || !gone {
				return err
			}
			return tx.Record(u, gatehouse.EventUserRemoved, gatehouse.ResultOK, map[string]string{"username": u.Username})
		})
	}
	return err
}
