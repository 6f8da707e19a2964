package signin

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/dbsc"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Refresh is what a browser sends to renew its bound cookie.
type Refresh struct {
	// ID is the binding, Proof the signed challenge; empty: the browser has none yet.
	ID, Proof string
	// Session is the value of the session's cookie; empty if the browser did not send it, as it does
	// if another site's page has led it here.
	Session string
	Caller  gatehouse.Caller
}

// Refreshed is the outcome of a renewal.
type Refreshed struct {
	BoundCookie
	// Proved: the cookie is valid. Else there is only a challenge to sign.
	Proved bool
	// Over: the session has ended, because of too many wrong proofs.
	Over bool
}

// Refresh renews the bound cookie of a session for somebody who has the device's key, and gives
// everybody else a challenge. It is not a request of the user: it extends nothing but the cookie.
//
// Errors: NotFound if there is no such binding, if its session has ended, or if the request comes
// from another session; TooMany; Unavailable.
func (s *Service) Refresh(ctx context.Context, st *site.Site, r Refresh) (Refreshed, error) {
	known, ses, err := s.bound(ctx, st, r)
	if err != nil {
		return Refreshed{}, err
	}
	// The key never changes, so the signature is checked outside the transaction.
	challenge, wrong := "", false
	if r.Proof != "" {
		challenge, err = dbsc.Proved(r.Proof, known.Key, known.Algorithm)
		wrong = err != nil
	}
	var out Refreshed
	wait, err := s.DoAllowed(ctx, st, r.Caller, proofLimits(st, ses.ID), func(tx *act.Unit) (err error) {
		out, err = s.refreshed(tx, known, challenge, wrong)
		return err
	})
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
	}
	return out, err
}

// bound returns the binding that a browser wants to renew, and its session. A cookie of another
// session is recorded: browsers do not send one.
func (s *Service) bound(ctx context.Context, st *site.Site, r Refresh) (b gatehouse.DeviceBinding, ses *Session, err error) {
	if r.ID == "" || len(r.ID) > longestBindingID || st.Policy.Session.Bound <= 0 {
		return b, ses, gatehouse.ErrNotFound
	}
	b, hash, err := s.Store.Read().Binding(ctx, st.ID, r.ID)
	if err != nil {
		return b, ses, err
	}
	if ses, err = s.alive(ctx, st, hash); err != nil {
		return b, ses, gone(err)
	}
	sent := secret.HashToken(r.Session)
	if r.Session == "" || sent == hash {
		return b, ses, nil
	}
	_, err = s.alive(ctx, st, sent)
	if gatehouse.KindOf(err) == gatehouse.Unauthenticated { // a token that was replaced while this was under way
		return b, ses, nil
	}
	if err == nil {
		err = s.refuseProof(ctx, st, r.Caller, ses.Session, "other-session")
	}
	return b, ses, gone(err)
}

// gone is NotFound for what must look like a binding that never was.
func gone(err error) error {
	switch gatehouse.KindOf(err) {
	case gatehouse.Unauthenticated, gatehouse.Invalid:
		return gatehouse.ErrNotFound
	}
	return err
}

// longestBindingID is longer than any binding's.
const longestBindingID = 100

// refreshed renews a binding in its transaction: it is read again, with the account held.
func (s *Service) refreshed(tx *act.Unit, known gatehouse.DeviceBinding, challenge string, wrong bool) (out Refreshed, err error) {
	u, err := tx.HoldUser(tx, known.SiteID, known.UserID)
	if err != nil {
		return out, err
	}
	b, _, err := tx.Binding(tx, known.SiteID, known.ID)
	if err != nil {
		return out, err
	}
	if !u.MaySignIn() {
		return out, gatehouse.ErrNotFound
	}
	was := b
	if wrong {
		b, out.Over = b.Wrong()
		err = tx.Record(u, gatehouse.EventDeviceRefused, gatehouse.ResultWrong, map[string]string{"session": b.SessionID, "why": "refresh"})
		if err == nil && out.Over {
			return out, s.endBound(tx, u, b)
		}
	} else if challenge != "" {
		b, out.Proved = b.Proved(s.numberOf(challengeOfBound, b, challenge), tx.Site.Policy.Session, tx.Now())
	}
	b = b.Challenged(tx.Now())
	out.BoundCookie = s.boundCookie(tx.Site, b)
	if err == nil && (wrong || out.Proved || b.Challenge != was.Challenge) {
		err = tx.SaveBinding(tx, b)
	}
	return out, err
}

// endBound ends a session whose device somebody tried to imitate.
func (s *Service) endBound(tx *act.Unit, u gatehouse.User, b gatehouse.DeviceBinding) error {
	if _, err := tx.EndSession(tx, u.SiteID, u.ID, b.SessionID, tx.Now()); err != nil {
		return err
	}
	return tx.Record(u, gatehouse.EventSignOut, gatehouse.ResultOK, map[string]string{"scope": "one", "by": "proofs", "ended": b.SessionID})
}
