package directory

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of the errors about what operators do to the mail of a site. Kind Conflict.
const (
	// ReasonMailChanged: it is no longer as the operator has seen it.
	ReasonMailChanged = "mail-changed"
	// ReasonMailHeld: nothing of the site is sent.
	ReasonMailHeld = "mail-held"
)

var errMailChanged = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonMailChanged}

// RetryMail has a message that waits tried at once, if it is still as the operator has seen it.
//
// Errors: Forbidden, NotFound; Conflict with ReasonMailChanged or ReasonMailHeld; TooMany with
// ReasonResendWait; Unavailable.
func (s *Service) RetryMail(ctx context.Context, st *site.Site, c gatehouse.Caller, id, as string) error {
	c = c.For(gatehouse.OperatorResend)
	if err := operatorOnly(st, c, c.Act); err != nil {
		return err
	}
	// A relay that defers because it is asked too often must not be asked more often.
	if err := s.spare(ctx, c, ReasonResendWait, store.Limit{Key: "retry:" + st.ID + ":" + id, Every: time.Minute, Burst: 5}); err != nil {
		return err
	}
	return s.onMail(ctx, st, c, id, as, func(tx *act.Unit, m Message) error {
		if held, err := holdOf(tx, tx.Queries, st.ID); err != nil {
			return err
		} else if held.SiteID != "" {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonMailHeld}
		}
		if err := tx.SendNow(m.ID); err != nil {
			return err
		}
		return recordMail(tx, m, gatehouse.EventMailResent, map[string]string{"message": m.ID, "kind": m.Kind, "sent": m.ID})
	})
}

// DropMail ends a message that waits, and erases its content, if it is still as the operator has seen
// it.
//
// Errors: Forbidden, NotFound; Conflict with ReasonMailChanged; Unavailable.
func (s *Service) DropMail(ctx context.Context, st *site.Site, c gatehouse.Caller, id, as string) error {
	c = c.For(gatehouse.OperatorMail)
	if err := operatorOnly(st, c, c.Act); err != nil {
		return err
	}
	return s.onMail(ctx, st, c, id, as, func(tx *act.Unit, m Message) error {
		if ok, err := tx.DropMessage(tx, m, tx.Now()); err != nil {
			return err
		} else if !ok {
			return errMailChanged
		}
		return recordMail(tx, m, gatehouse.EventMailDropped, map[string]string{"message": m.ID, "kind": m.Kind})
	})
}

// onMail changes a message that waits and is as the operator has seen it.
func (s *Service) onMail(ctx context.Context, st *site.Site, c gatehouse.Caller, id, as string, change func(*act.Unit, Message) error) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, ""); err != nil {
			return err
		}
		m, err := tx.Message(tx, st.ID, id)
		switch {
		case err != nil:
			return err
		case m.State.Final() || m.State == store.MessageSending || seen(m) != as:
			return errMailChanged
		}
		return change(tx, m)
	})
}

// recordMail writes an event about a message: about whom it is to, as far as that is a user.
func recordMail(tx *act.Unit, m Message, kind gatehouse.EventKind, detail map[string]string) error {
	return tx.Record(gatehouse.User{ID: m.UserID, CompanyID: m.CompanyID}, kind, gatehouse.ResultOK, detail)
}

// HoldMail has nothing of a site sent from now on, not even what waits. What expires meanwhile is never
// sent.
//
// Errors: Forbidden; Conflict with ReasonMailChanged: it is held already; Unavailable.
func (s *Service) HoldMail(ctx context.Context, st *site.Site, c gatehouse.Caller) error {
	return s.holding(ctx, st, c, func(tx *act.Unit) (gatehouse.EventKind, bool, error) {
		ok, err := tx.HoldMail(tx, store.MailHold{SiteID: st.ID, HeldAt: tx.Now(), By: c.Name})
		return gatehouse.EventMailHeld, ok, err
	})
}

// ReleaseMail sends again what a site has, if it is still the hold that began at this time.
//
// Errors: Forbidden; Conflict with ReasonMailChanged: that hold is over; Unavailable.
func (s *Service) ReleaseMail(ctx context.Context, st *site.Site, c gatehouse.Caller, heldAt time.Time) error {
	return s.holding(ctx, st, c, func(tx *act.Unit) (gatehouse.EventKind, bool, error) {
		ok, err := tx.ReleaseMail(tx, st.ID, heldAt, tx.Now())
		return gatehouse.EventMailReleased, ok, err
	})
}

// byMailOperator does something to the mail of a site for an operator who may, which is checked once more
// in the transaction.
func (s *Service) byMailOperator(ctx context.Context, st *site.Site, c gatehouse.Caller, do func(*act.Unit) error) error {
	c = c.For(gatehouse.OperatorMail)
	if err := operatorOnly(st, c, c.Act); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, ""); err != nil {
			return err
		}
		return do(tx)
	})
}

func (s *Service) holding(ctx context.Context, st *site.Site, c gatehouse.Caller, change func(*act.Unit) (gatehouse.EventKind, bool, error)) error {
	return s.byMailOperator(ctx, st, c, func(tx *act.Unit) error {
		kind, changed, err := change(tx)
		if err != nil {
			return err
		}
		if !changed {
			return errMailChanged
		}
		return tx.Record(gatehouse.User{}, kind, gatehouse.ResultOK, nil)
	})
}
