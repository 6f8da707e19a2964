package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Forward authentication: a proxy asks for each request to an application who sends it. The
// browser shows the application's host a cookie of its own, which the application may read,
// keep and lose. So what is in it is good for nothing but this question.

// ReasonNotProtected: the address is no application's that the site lists.
const ReasonNotProtected = "not-protected"

var errNotProtected = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonNotProtected}

// Forward lets the user's session be shown to the application that an address belongs to.
// It returns the value of the cookie and the address to go on to.
func (s *Service) Forward(ctx context.Context, st *site.Site, c gatehouse.Caller, session, address string) (token, to string, err error) {
	u, err := url.Parse(address)
	if err != nil || !st.Protects(u) {
		return "", "", errNotProtected
	}
	token = forwardToken(session)
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		ses, _, _, err := tx.Session(tx, st.ID, secret.HashToken(session))
		if gatehouse.KindOf(err) == gatehouse.NotFound {
			return errNoSession
		}
		if err != nil {
			return err
		}
		return tx.ForwardSession(tx, ses, secret.HashToken(token))
	})
	return token, u.String(), err
}

// Forwarded is the session that a browser shows to an application.
func (s *Service) Forwarded(ctx context.Context, st *site.Site, token string) (Session, error) {
	if token == "" {
		return Session{}, errNoSession
	}
	hash, err := s.Store.Read().ForwardedSession(ctx, st.ID, secret.HashToken(token))
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return Session{}, errNoSession
	}
	if err != nil {
		return Session{}, err
	}
	return s.sessionOf(ctx, st, hash)
}

// forwardToken is made of a session's token, so that two tabs get the same one, and leads
// back to it as little as a hash does: an application that keeps it has no session.
func forwardToken(session string) string {
	mac := hmac.New(sha256.New, []byte(session))
	mac.Write([]byte("gatehouse forward authentication"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
