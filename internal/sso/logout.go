package sso

import (
	"context"
	"net/url"

	"gatehouse"
	"gatehouse/internal/site"
)

// Logout is the result of reading a request to sign out (OpenID Connect RP-Initiated Logout 1.0).
type Logout struct {
	// Application is the requesting one, if its ID token shows that; otherwise it has no ID.
	Application gatehouse.Application
	// Sure: the request comes from an application that the current session was used for. Otherwise
	// the user is asked first: the link could come from anywhere.
	Sure bool
	// Location is where the browser goes afterwards; empty: only to our own page. It is always an
	// address that the application has registered.
	Location string
}

// ReadLogout reads a request to sign out. session is the current one; nil: none.
//
// Errors: Unavailable.
func (s *Service) ReadLogout(ctx context.Context, st *site.Site, session *gatehouse.Session, p Params) (out Logout, err error) {
	r, err := s.ring(ctx, st)
	if err != nil {
		return out, err
	}
	claims, err := r.verify(p.Get("id_token_hint"), typeID)
	if err != nil || p.Doubled != "" || textOf(claims, "iss") != Issuer(st) { // signed by nobody we know: same as none
		return Logout{}, nil
	}
	aud := textOf(claims, "aud")
	if id := p.Get("client_id"); id != "" && id != aud {
		return Logout{}, nil
	}
	a, err := s.Store.Read().Application(ctx, st.ID, aud)
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && !a.Usable() {
		return Logout{}, nil
	}
	if err != nil {
		return Logout{}, err
	}
	out.Application = a
	out.Sure = session != nil && sessionName(session.ID, a.ID) == textOf(claims, "sid")
	if uri := p.Get("post_logout_redirect_uri"); gatehouse.PostLogoutURIMatches(a, uri) {
		values := url.Values{}
		if state := p.Get("state"); state != "" && len(state) <= maxParam {
			values.Set("state", state)
		}
		out.Location = uri
		if len(values) > 0 {
			out.Location = Answer{URI: uri, Values: values}.Location()
		}
	}
	return out, nil
}
