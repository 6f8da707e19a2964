package directory

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Service manages companies and users.
type Service struct {
	*act.Desk
	Hasher *secret.Hasher
	// Blocklist are the passwords that nobody may choose; nil: the common ones.
	Blocklist *secret.Blocklist
	// SecurityAddress is notified of runs of Enhanced Security that failed for some users; empty:
	// nobody is.
	SecurityAddress string
	// Log is slog's default if nil.
	Log *slog.Logger

	rolls     rolls
	overviews overviews
	terms     termsCounts
}

func (s *Service) blocklist() *secret.Blocklist {
	if s.Blocklist == nil {
		return secret.CommonPasswords()
	}
	return s.Blocklist
}

// Reasons of the errors that methods return, other than invalid fields.
const (
	ReasonForbidden = "forbidden"
	// ReasonOwnAccount: administrators cannot deactivate, demote or reset themselves here, so no
	// company loses its last one by mistake, and a stolen session cannot be turned into a new
	// password.
	ReasonOwnAccount = string(gatehouse.RefusedOwn)
	// ReasonDeactivated: the account must be activated first.
	ReasonDeactivated = string(gatehouse.RefusedDeactivated)
	// ReasonLockedByOperator: an administrator cannot undo what an operator did.
	ReasonLockedByOperator = string(gatehouse.RefusedByOperator)
	// ReasonUnlockWait: an account can only be unlocked a limited number of times.
	ReasonUnlockWait = "unlock-wait"
	ReasonBusy       = "busy"
)

var errForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonForbidden}

// knock refuses a caller who manages nothing at this site, before anything is looked up: the
// response does not depend on what exists.
func knock(st *site.Site, c gatehouse.Caller) error {
	if !c.MayManage(st.ID, c.CompanyID) {
		return errForbidden
	}
	return nil
}

// operatorOnly refuses everybody but the server itself and operators: those who run commands, and
// those whose role is good for an act at a site.
func operatorOnly(st *site.Site, c gatehouse.Caller, act gatehouse.OperatorAct) error {
	if !c.Operates(act) || c.SignedInOperator() && st.ForOperators() {
		return errForbidden
	}
	return nil
}

// operates reports whether the caller is no administrator, who may not do all that operators may.
func operates(c gatehouse.Caller) bool {
	return c.Kind == gatehouse.Operator || c.Kind == gatehouse.System
}

// company returns a company that the caller may manage.
func company(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, id string) (gatehouse.Company, error) {
	if err := knock(st, c); err != nil {
		return gatehouse.Company{}, err
	}
	if !c.MayManage(st.ID, id) {
		return gatehouse.Company{}, gatehouse.ErrNotFound
	}
	return q.Company(ctx, st.ID, id)
}

// user returns a user whom the caller may manage. One of another company is NotFound (invariant
// 6).
func user(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, id string) (gatehouse.User, error) {
	if err := knock(st, c); err != nil {
		return gatehouse.User{}, err
	}
	u, err := q.User(ctx, st.ID, id)
	return visible(st, c, u, err)
}

func visible(st *site.Site, c gatehouse.Caller, u gatehouse.User, err error) (gatehouse.User, error) {
	if err == nil && !c.MayManage(st.ID, u.CompanyID) {
		err = gatehouse.ErrNotFound
	}
	if err != nil {
		return gatehouse.User{}, err
	}
	return u, nil
}

// notOwn refuses what users must not do to their own account here.
func notOwn(c gatehouse.Caller, u gatehouse.User) error {
	if c.Kind != gatehouse.System && c.UserID != "" && c.UserID == u.ID {
		return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonOwnAccount}
	}
	return nil
}

// bare removes from a user what never leaves this package.
func bare(u gatehouse.User) gatehouse.User {
	u.Password.Hash = ""
	return u
}

// administrator returns the account of the acting administrator, or of the operator who acts on
// other operators, for the name in mails and records; a zero User if it is support, for a site's
// users, or the server itself.
func administrator(tx *act.Unit) (gatehouse.User, error) {
	if tx.Caller.Kind != gatehouse.SignedIn && !(tx.Caller.SignedInOperator() && tx.Site.ForOperators()) {
		return gatehouse.User{}, nil
	}
	return tx.Actor()
}

// hash hashes a password, or returns that the server is too busy.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	encoded, err := s.Hasher.Hash(ctx, password)
	if errors.Is(err, secret.ErrBusy) {
		err = &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: ReasonBusy, RetryAfter: 5 * time.Second, Err: err}
	}
	return encoded, err
}
