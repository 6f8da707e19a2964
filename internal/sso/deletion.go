package sso

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of errors about the state of an application.
const (
	ReasonDeleted    = "deleted"     // Conflict
	ReasonNotDeleted = "not-deleted" // Conflict
	ReasonNoSecret   = "no-secret"   // Conflict: it authenticates in another way
	ReasonSeen       = "seen"        // Conflict: it is no longer as the page has shown it
	ReasonCreated    = "created"     // Conflict: this form has made it already
	ReasonHostTaken  = store.ReasonHostTaken
)

// Delete turns off an application. When gatehouse.ApplicationGrace is over, it is removed with
// everything that belongs to it, unless it is restored before. seen is as for Change.
//
// Errors: Forbidden, NotFound, Conflict (ReasonDeleted, ReasonSeen), Unavailable.
func (s *Service) Delete(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string) (gatehouse.Application, error) {
	return s.turn(ctx, st, c, id, seen, gatehouse.EventApplicationDeleted, func(a *gatehouse.Application, now time.Time) error {
		if a.Deleted() {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonDeleted}
		}
		a.State, a.DeletedAt = gatehouse.ApplicationDeleted, now
		return nil
	})
}

// Restore undoes a deletion. The application stays off until it is turned on: it may have been
// deleted because something was wrong with it. seen is as for Change.
//
// Errors: Forbidden, NotFound, Conflict (ReasonNotDeleted, ReasonSeen), Unavailable.
func (s *Service) Restore(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string) (gatehouse.Application, error) {
	return s.turn(ctx, st, c, id, seen, gatehouse.EventApplicationRestored, func(a *gatehouse.Application, _ time.Time) error {
		if !a.Deleted() {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNotDeleted}
		}
		a.State, a.DeletedAt = gatehouse.ApplicationDisabled, time.Time{}
		return nil
	})
}

func (s *Service) turn(ctx context.Context, st *site.Site, c gatehouse.Caller, id, seen string, kind gatehouse.EventKind, to func(*gatehouse.Application, time.Time) error) (a gatehouse.Application, err error) {
	if c, err = operates(st, c, gatehouse.OperatorPlatforms); err != nil {
		return a, err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) (err error) {
		if a, err = held(tx, id, seen); err != nil {
			return err
		}
		if err := to(&a, tx.Now()); err != nil {
			return err
		}
		if err := tx.UpdateApplication(tx, a); err != nil {
			return err
		}
		if err := errors.Join(tx.DeleteCardsOf(tx, st.ID, id), endLogins(tx, a)); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, kind, gatehouse.ResultOK, about(a, "name", a.Name))
	})
	return a, err
}

// held returns an application that nobody else changes until the end of the unit, if it is as the
// operator has seen it, who may still do this.
func held(tx *act.Unit, id, seen string) (gatehouse.Application, error) {
	if err := tx.StillOperates(); err != nil {
		return gatehouse.Application{}, err
	}
	a, err := tx.HoldApplication(tx, tx.Site.ID, id)
	if err != nil || seen == "" {
		return a, err
	}
	secrets, err := tx.ApplicationSecrets(tx, tx.Site.ID, id)
	if err == nil && version(a, secrets) != seen {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonSeen}
	}
	return a, err
}

// changeable is held for an application that was not deleted. A deleted one cannot be changed.
func changeable(tx *act.Unit, id, seen string) (gatehouse.Application, error) {
	a, err := held(tx, id, seen)
	if err == nil && a.Deleted() {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonDeleted}
	}
	return a, err
}

// RemoveDeleted removes the applications of a site that can no longer be restored. It may run in
// several processes: each application is removed and reported by one.
func (s *Service) RemoveDeleted(ctx context.Context, st *site.Site) error {
	before := s.Now().Add(-gatehouse.ApplicationGrace)
	gone, err := s.Store.Read().DeletedApplications(ctx, st.ID, before)
	if err != nil {
		return err
	}
	for _, a := range gone {
		err := s.Do(ctx, st, gatehouse.Caller{Kind: gatehouse.System, SiteID: st.ID}, func(tx *act.Unit) error {
			mine, err := tx.RemoveApplication(tx, st.ID, a.ID, before)
			if err != nil || !mine {
				return err
			}
			return tx.Record(gatehouse.User{}, gatehouse.EventApplicationRemoved, gatehouse.ResultOK, about(a, "name", a.Name))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
