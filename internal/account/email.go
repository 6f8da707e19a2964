package account

import (
	"context"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of errors about changes of an address.
const (
	// ReasonEmailLinkOver: the link is used, expired, or invalid. Kind Gone.
	ReasonEmailLinkOver = "email-link-over"
	// ReasonEmailTaken: another account of the site has the address. Kind Conflict; it is only
	// revealed to a user who reads the mail of that address.
	ReasonEmailTaken = "email-taken"
	// ReasonNothingToConfirm is of kind Conflict.
	ReasonNothingToConfirm = "nothing-to-confirm"
)

var (
	errLinkOver = &gatehouse.Error{Kind: gatehouse.Gone, Reason: ReasonEmailLinkOver}
	errTaken    = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonEmailTaken}
	errNothing  = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNothingToConfirm}
)

// changesOf limits how often a user can have mail sent to addresses of their choice.
func changesOf(st *site.Site, userID string) store.Limit {
	return store.Limit{Key: st.ID + ":email-change:" + userID, Every: time.Hour / 5, Burst: 5}
}

// repairsOf is the limit of changes back to the address that keeps the account. An intruder in the
// account must not use up what the owner needs to repair it.
func repairsOf(st *site.Site, userID string) store.Limit {
	return store.Limit{Key: st.ID + ":email-repair:" + userID, Every: time.Hour / 5, Burst: 5}
}

// againFor is the pause between two mails to the same address.
func againFor(st *site.Site, userID string) store.Limit {
	return store.Limit{Key: st.ID + ":email-again:" + userID, Every: time.Minute, Burst: 1}
}

// limit takes one call from each of the limits, or returns when to try again.
func (s *Service) limit(ctx context.Context, limits ...store.Limit) error {
	wait, err := s.Store.Allow(ctx, s.Now(), limits...)
	if err != nil || wait == 0 {
		return err
	}
	minutes := int((wait + time.Minute - 1) / time.Minute)
	return &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonEmailOften, RetryAfter: wait,
		Fields: []gatehouse.FieldError{{Field: "email", Reason: ReasonEmailOften, Args: map[string]string{"n": strconv.Itoa(minutes)}}}}
}

// ask begins a change of the address: the link goes to the new one, a notice to the old one, with
// the way to stop it if that address keeps the account. again: the old one has already been
// notified.
func (s *Service) ask(tx *act.Unit, u gatehouse.User, to string, again bool) error {
	now, token := tx.Now(), secret.NewToken()
	change := gatehouse.EmailChange{ID: store.NewID("eml", now), SiteID: tx.Site.ID, UserID: u.ID, Old: u.Email, New: to,
		State: gatehouse.EmailAsked, AskedAt: now, ConfirmUntil: now.Add(gatehouse.ConfirmEmailFor)}
	if _, err := tx.DropEmailChanges(tx, tx.Site.ID, u.ID, to); err != nil {
		return err
	}
	if err := tx.InsertEmailChange(tx, secret.HashToken(token), change); err != nil {
		return err
	}
	if err := tx.Record(u, gatehouse.EventEmailAsked, gatehouse.ResultOK, nil); err != nil {
		return err
	}
	if err := tx.AskNewEmail(u, change, token); err != nil {
		return err
	}
	if again || change.Old == change.New {
		return nil
	}
	keeper, err := s.keeper(tx, tx.Queries, u)
	if err != nil {
		return err
	}
	msg := mail.AddressChangeAsked{Username: u.Username, NewAddress: gatehouse.MaskEmail(to), At: now, IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u)}
	if keeper.Is(change.Old) {
		msg.UndoToken = s.undoToken(change)
	}
	return tx.Tell(u, msg)
}

// keeper returns who keeps a user's account.
func (s *Service) keeper(ctx context.Context, q store.Queries, u gatehouse.User) (gatehouse.EmailKeeper, error) {
	changes, err := q.EmailChanges(ctx, u.SiteID, u.ID)
	return gatehouse.KeeperOf(u.Email, changes, s.Now()), err
}

// SendConfirmation sends the link again: for the waiting change, or for an address that was never
// confirmed.
//
// Errors: TooMany; Conflict with ReasonNothingToConfirm; Unavailable.
func (s *Service) SendConfirmation(ctx context.Context, st *site.Site, c gatehouse.Caller) error {
	p, err := s.Profile(ctx, st, c)
	if err != nil {
		return err
	}
	if p.Waiting == nil && (p.User.EmailConfirmed || !mail.CanSend(p.User.Email)) {
		return errNothing
	}
	if err := s.limit(ctx, againFor(st, c.UserID), changesOf(st, c.UserID)); err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		waiting, err := tx.WaitingEmailChange(tx, st.ID, u.ID)
		switch {
		case err == nil && waiting.MayConfirm(u, tx.Now()):
			return s.ask(tx, u, waiting.New, true)
		case err == nil && waiting.Stands(u): // it has expired
			return s.ask(tx, u, waiting.New, false)
		case err != nil && gatehouse.KindOf(err) != gatehouse.NotFound:
			return err
		case u.EmailConfirmed || !mail.CanSend(u.Email):
			return errNothing
		}
		return s.ask(tx, u, u.Email, false)
	})
}

// DropEmailChange withdraws the waiting change. Withdrawing one that does not exist is no error.
func (s *Service) DropEmailChange(ctx context.Context, st *site.Site, c gatehouse.Caller) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := own(tx)
		if err != nil {
			return err
		}
		dropped, err := tx.DropEmailChanges(tx, st.ID, u.ID, "")
		if err != nil || !dropped {
			return err
		}
		return tx.Record(u, gatehouse.EventEmailUndone, gatehouse.ResultOK, nil)
	})
}
