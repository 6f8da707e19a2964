package account

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ResetLink is the target of a link that stops a reset of factors.
type ResetLink struct {
	// Username is empty on sites that sign in by address: the link may have gone to an old one.
	Username string
	Reset    gatehouse.FactorReset
}

// stoppable returns the reset of a token, if it can be stopped, and its user.
func stoppable(ctx context.Context, q store.Queries, read func(context.Context, string, string) (gatehouse.User, error), st *site.Site, token string) (r gatehouse.FactorReset, u gatehouse.User, err error) {
	if r, err = q.FactorResetByToken(ctx, st.ID, secret.HashToken(token)); err == nil {
		u, err = read(ctx, st.ID, r.UserID)
	}
	if err == nil && !r.MayStop() {
		err = errLinkOver
	}
	return r, u, over(err)
}

// ResetLink returns what a link stops, and changes nothing; Gone if it no longer works.
func (s *Service) ResetLink(ctx context.Context, st *site.Site, token string) (ResetLink, error) {
	q := s.Store.Read()
	r, u, err := stoppable(ctx, q, q.User, st, token)
	link := ResetLink{Username: u.Username, Reset: r}
	if gatehouse.UsernameIsEmail(st.SignInWith, u) {
		link.Username = ""
	}
	return link, err
}

// StopReset stops a reset of factors that waits. The holder of the link need not be signed in, and
// is not signed in by it: all that it does is to leave everything as it is.
//
// Errors: Gone; Unavailable.
func (s *Service) StopReset(ctx context.Context, st *site.Site, c gatehouse.Caller, token string) error {
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		r, u, err := stoppable(tx, tx.Queries, tx.HoldUser, st, token)
		if err != nil {
			return err
		}
		stopped, err := tx.EndFactorReset(tx, r, gatehouse.FactorResetStopped)
		if err == nil && !stopped { // it was carried out at this moment
			err = errLinkOver
		}
		if err == nil {
			err = s.SignIn.KeepLink(tx, u, token, "")
		}
		if err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventTwoFactorResetStopped, gatehouse.ResultOK, nil)
	})
	if gatehouse.KindOf(err) == gatehouse.Gone {
		_, err = s.SignIn.LinkRepeated(ctx, st, c, token, err)
	}
	return err
}
