package support

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// tidied is how many cases a run of Tidy deals with, of each kind.
const tidied = 200

// Tidy closes cases after silence, and removes the files of closed ones and, later, the cases.
func (s *Service) Tidy(ctx context.Context) error {
	q, now := s.Store.Read(), s.Now()
	silent, err := q.SilentCases(ctx, now.Add(-gatehouse.CaseSilence), tidied)
	if err == nil {
		err = s.each(ctx, silent, closed)
	}
	if err != nil {
		return err
	}
	filed, err := q.CasesWithFiles(ctx, now.Add(-gatehouse.CaseFilesFor), tidied)
	if err == nil {
		err = s.each(ctx, filed, func(tx *act.Unit, one gatehouse.Case) error { return tx.DropCaseFiles(tx, one.SiteID, one.ID) })
	}
	if err != nil {
		return err
	}
	over := now.Add(-gatehouse.CaseFor)
	old, err := q.CasesToRemove(ctx, over, tidied)
	if err != nil {
		return err
	}
	return s.each(ctx, old, func(tx *act.Unit, one gatehouse.Case) error { return removed(tx, one, over) })
}

// each does something about cases of sites that there still are, each in its own unit.
func (s *Service) each(ctx context.Context, all []gatehouse.Case, do func(*act.Unit, gatehouse.Case) error) error {
	for _, one := range all {
		st := s.Sites(one.SiteID)
		if st == nil {
			continue
		}
		if err := s.tidy(ctx, st, one, do); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tidy(ctx context.Context, st *site.Site, found gatehouse.Case, do func(*act.Unit, gatehouse.Case) error) error {
	return s.Do(ctx, st, gatehouse.Caller{Kind: gatehouse.System}, func(tx *act.Unit) error {
		one, err := tx.CaseByNumber(tx, st.ID, found.Number)
		if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && one.Version != found.Version { // somebody was faster
			return nil
		}
		if err != nil {
			return err
		}
		return do(tx, one)
	})
}

func closed(tx *act.Unit, one gatehouse.Case) error {
	if !one.Overdue(tx.Now()) {
		return nil
	}
	after := one.AfterClosing(tx.Now())
	if err := change(tx, one, after); err != nil {
		return err
	}
	return record(tx, after, gatehouse.EventCaseClosed)
}

func removed(tx *act.Unit, one gatehouse.Case, before time.Time) error {
	gone, err := tx.RemoveCase(tx, one, before)
	if err != nil || !gone {
		return err
	}
	return record(tx, one, gatehouse.EventCaseRemoved)
}
