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

// Forward authentication: for each request to an application, a proxy asks who sends it. The
// browser sends the application's host a separate cookie, which the application may read, keep and
// lose. So its content is good for nothing but this question.

// ReasonNotProtected: the address does not belong to an application that the site lists.
const ReasonNotProtected = "not-protected"

var errNotProtected = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonNotProtected}

// Forward allows the user's session to be shown to the application that an address belongs to. It
// returns the value of the cookie and the address to continue to.
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

// Forwarded returns the session that a browser shows to an application.
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

// forwardToken is derived from a session's token, so two tabs get the same one. Like a hash, it
// does not lead back to that token: an application that keeps it has no session.
func forwardToken(session string) string {
	mac := hmac.New(sha256.New, []byte(session))
	mac.Write([]byte("gatehouse forward authentication"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
