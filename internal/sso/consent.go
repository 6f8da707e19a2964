package sso

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Said is a user's answer on the consent page.
type Said struct {
	Allow bool
	// Scopes are those on the page: nothing else is consented to, even if the application requests
	// more since the page was made.
	Scopes []string
}

// heard turns an answer into facts. Its form is bound to the session.
func (said *Said) heard(f *gatehouse.AuthorizationFacts, now time.Time) {
	switch {
	case said == nil:
	case said.Allow:
		f.Allowed = true
		f.Grant.Scopes, f.Grant.ConsentedAt = f.Grant.Consented(said.Scopes), now
	default:
		f.Refused = true
	}
}

// keepGrant records that the application is used, and what the user has just consented to, as far
// as the application may request it.
func (s *Service) keepGrant(tx *act.Unit, a gatehouse.Application, f gatehouse.AuthorizationFacts) error {
	if err := tx.UseGrant(tx, a.SiteID, f.User.ID, a.ID, f.Subject, tx.Now()); err != nil || !f.Allowed {
		return err
	}
	f.Grant.Scopes = slices.DeleteFunc(f.Grant.Scopes, func(one string) bool { return !slices.Contains(a.Settings.Scopes, one) })
	return errors.Join(tx.PutConsent(tx, f.Grant), tx.Record(f.User, gatehouse.EventConsentGiven, gatehouse.ResultOK, about(a, "name", a.Name)))
}

// saidNo records that the user has refused.
func (s *Service) saidNo(ctx context.Context, st *site.Site, c gatehouse.Caller, in Authorization, out Outcome) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := tx.User(tx, st.ID, c.UserID)
		if err != nil {
			return err
		}
		if _, err := tx.AnswerAuthorization(tx, st.ID, secret.HashToken(in.Waiting), tx.Now()); err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventConsentRefused, gatehouse.ResultOK, about(out.Application, "name", out.Application.Name))
	})
}
