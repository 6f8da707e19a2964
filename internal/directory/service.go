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
	// SecurityAddress is told of runs of Enhanced Security that failed for some users;
	// empty: nobody is.
	SecurityAddress string
	// Log is slog's default where it is nil.
	Log *slog.Logger
}

func (s *Service) blocklist() *secret.Blocklist {
	if s.Blocklist == nil {
		return secret.CommonPasswords()
	}
	return s.Blocklist
}

// Codes of the errors that methods return, other than fields to fix.
const (
	ReasonForbidden = "forbidden"
	// ReasonOwnAccount: administrators cannot deactivate, demote or reset
	// themselves here, so that no company loses its last one by a slip, and a
	// stolen session cannot turn into a new password.
	ReasonOwnAccount = "own-account"
	// ReasonDeactivated: the account is to be activated first.
	ReasonDeactivated = "deactivated"
	// ReasonLockedByOperator: an administrator cannot undo what an operator did.
	ReasonLockedByOperator = "locked-by-operator"
	// ReasonUnlockWait: one account is not unlocked without end.
	ReasonUnlockWait = "unlock-wait"
	ReasonBusy       = "busy"
)

var errForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonForbidden}

// knock refuses a caller who manages nothing at this site, before anything is looked
// up: the answer does not depend on what there is.
func knock(st *site.Site, c gatehouse.Caller) error {
	if !c.MayManage(st.ID, c.CompanyID) {
		return errForbidden
	}
	return nil
}

// operatorOnly refuses everybody but operators and the server itself.
func operatorOnly(c gatehouse.Caller) error {
	if c.Kind != gatehouse.Operator && c.Kind != gatehouse.System {
		return errForbidden
	}
	return nil
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

// user returns a user whom the caller may manage. One of another company is not there
// (invariant 6).
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

// notOwn refuses what people must not do to their own account here.
func notOwn(c gatehouse.Caller, u gatehouse.User) error {
	if c.Kind == gatehouse.SignedIn && c.UserID == u.ID {
		return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonOwnAccount}
	}
	return nil
}

// bare takes out of a user what leaves this package for no purpose.
func bare(u gatehouse.User) gatehouse.User {
	u.Password.Hash = ""
	return u
}

// administrator returns the account of the administrator who acts; a zero User where it
// is an operator or the server itself.
func administrator(tx *act.Unit) (gatehouse.User, error) {
	if tx.Caller.Kind != gatehouse.SignedIn {
		return gatehouse.User{}, nil
	}
	return tx.User(tx, tx.Site.ID, tx.Caller.UserID)
}

// hash hashes a password, or says that this is not the moment.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	encoded, err := s.Hasher.Hash(ctx, password)
	if errors.Is(err, secret.ErrBusy) {
		err = &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: ReasonBusy, RetryAfter: 5 * time.Second, Err: err}
	}
	return encoded, err
}
