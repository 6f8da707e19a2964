package directory

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ToAsk are the users of a company who would be asked to set up a second factor.
type ToAsk struct {
	Users []gatehouse.User
	// Skipped is how many of the chosen ones would not be: they have one, cannot be reached, or
	// were asked lately.
	Skipped int
}

// ToAsk returns whom AskFactor would ask: of those with the given IDs, or of all.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) ToAsk(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, ids []string, all bool) (ToAsk, error) {
	q := s.Store.Read()
	if _, err := company(ctx, q, st, c, companyID); err != nil {
		return ToAsk{}, err
	}
	return s.toAsk(ctx, q, st, companyID, ids, all)
}

func (s *Service) toAsk(ctx context.Context, q store.Queries, st *site.Site, companyID string, ids []string, all bool) (to ToAsk, err error) {
	asked, err := q.FactorAsksOf(ctx, st.ID, companyID)
	if err != nil {
		return to, err
	}
	now := s.Now()
	err = q.AllUsers(ctx, st.ID, companyID, func(u gatehouse.User) error {
		chosen := slices.Contains(ids, u.ID)
		switch {
		case !chosen && !all:
		case gatehouse.MayAskFactor(u, reachable(u), asked[u.ID], now):
			to.Users = append(to.Users, u)
		case chosen || u.Factors == 0:
			to.Skipped++
		}
		return nil
	})
	return to, err
}

// AskFactor asks users of a company to set up a second factor: those with the given IDs, or all who
// have none. A job writes the mails, batch by batch; see TellFactorAsks. It returns how many are
// asked.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) AskFactor(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, ids []string, all bool) (n int, err error) {
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if _, err := company(tx, tx.Queries, st, c, companyID); err != nil {
			return err
		}
		to, err := s.toAsk(tx, tx.Queries, st, companyID, ids, all)
		if err != nil {
			return err
		}
		admin, err := administrator(tx)
		n = len(to.Users)
		for _, u := range to.Users {
			if err == nil {
				err = tx.PutFactorAsk(tx, gatehouse.FactorAsk{SiteID: st.ID, UserID: u.ID, AskedAt: tx.Now(), ByID: admin.ID, ByName: admin.DisplayName()})
			}
		}
		return err
	})
	return n, err
}

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
