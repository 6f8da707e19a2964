package openid

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// Register adds an application that registers itself (RFC 7591).
func (p *Provider) Register(w http.ResponseWriter, r *http.Request) error {
	body, err := metadata(r)
	var out sso.Registered
	if err == nil {
		v := ui.VisitOf(r)
		out, err = p.SSO.Register(r.Context(), v.Site, v.Caller(r), r.Header.Get("Authorization"), body)
	}
	return answerRegistration(w, http.StatusCreated, out, err)
}

// Registration tells an application what it has registered (RFC 7592).
func (p *Provider) Registration(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SSO.Registration(r.Context(), v.Site, v.Caller(r), r.Header.Get("Authorization"), r.PathValue("id"))
	return answerRegistration(w, http.StatusOK, out, err)
}

// ChangeRegistration replaces a registration.
func (p *Provider) ChangeRegistration(w http.ResponseWriter, r *http.Request) error {
	body, err := metadata(r)
	var out sso.Registered
	if err == nil {
		v := ui.VisitOf(r)
		out, err = p.SSO.ChangeRegistration(r.Context(), v.Site, v.Caller(r), r.Header.Get("Authorization"), r.PathValue("id"), body)
	}
	return answerRegistration(w, http.StatusOK, out, err)
}

// EndRegistration ends a registration.
func (p *Provider) EndRegistration(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.SSO.EndRegistration(r.Context(), v.Site, v.Caller(r), r.Header.Get("Authorization"), r.PathValue("id"))
	if err != nil {
		return answerRegistration(w, 0, sso.Registered{}, err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// metadata is the body of a request that registers something.
func metadata(r *http.Request) ([]byte, error) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return nil, &sso.ProtocolError{Reason: gatehouse.InvalidClientMetadata, Says: "the body is not application/json"}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, &sso.ProtocolError{Reason: gatehouse.InvalidClientMetadata, Says: "the body cannot be read"}
	}
	return body, nil
}

func answerRegistration(w http.ResponseWriter, done int, out sso.Registered, err error) error {
	var e *sso.ProtocolError
	switch {
	case err == nil:
		return answerJSON(w, done, out)
	case !errors.As(err, &e):
		return err
	case e.RetryAfter > 0:
		w.Header().Set("Retry-After", retryAfter(e.RetryAfter))
		return answerProblem(w, http.StatusTooManyRequests, e)
	case e.Reason == gatehouse.InvalidToken:
		return unauthorized(w, http.StatusUnauthorized, "Bearer", e)
	}
	return answerProblem(w, http.StatusBadRequest, e)
}
