package directory

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// asksAtOnce is how many mails one transaction writes.
const asksAtOnce = 100

// TellFactorAsks writes the mails to users who were asked to set up a second factor, until none
// waits or the context ends. Each is claimed in the transaction that writes it, so several
// processes may do this at once.
func (s *Service) TellFactorAsks(ctx context.Context, sites func(id string) *site.Site, goOn func() bool) error {
	for goOn() {
		waiting, err := s.Store.Read().WaitingFactorAsks(ctx, asksAtOnce)
		if err != nil || len(waiting) == 0 {
			return err
		}
		bySite := map[string][]gatehouse.FactorAsk{}
		for _, a := range waiting {
			bySite[a.SiteID] = append(bySite[a.SiteID], a)
		}
		told := false
		for id, asks := range bySite {
			if st := sites(id); st != nil {
				told = true
				if err := s.tellFactorAsks(ctx, st, asks); err != nil {
					return err
				}
			}
		}
		if !told { // what is left is for sites that this process does not have
			return nil
		}
	}
	return nil
}

func (s *Service) tellFactorAsks(ctx context.Context, st *site.Site, asks []gatehouse.FactorAsk) error {
	return s.Do(ctx, st, gatehouse.Caller{Kind: gatehouse.System, SiteID: st.ID}, func(tx *act.Unit) error {
		for _, a := range asks {
			mine, err := tx.TellFactorAsk(tx, st.ID, a.UserID, tx.Now())
			if err != nil {
				return err
			}
			if !mine {
				continue
			}
			u, err := tx.User(tx, st.ID, a.UserID)
			if err != nil {
				return err
			}
			if !gatehouse.MayAskFactor(u, reachable(u), time.Time{}, tx.Now()) { // not any longer
				continue
			}
			err = errors.Join(
				tx.Tell(u, mail.FactorAsked{Username: u.Username, By: a.ByName, At: a.AskedAt}),
				tx.Record(u, gatehouse.EventFactorAsked, gatehouse.ResultOK, map[string]string{"by": a.ByName}))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
