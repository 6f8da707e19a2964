package openid

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// Userinfo answers with the claims for an access token, which comes in the header or,
// posted, as a field of a form (RFC 6750 2); never in the address.
func (p *Provider) Userinfo(w http.ResponseWriter, r *http.Request) error {
	in, ways := sso.Presented{Method: r.Method, Proofs: r.Header.Values("DPoP")}, 0
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if in.DPoP = strings.EqualFold(scheme, "DPoP"); in.DPoP || strings.EqualFold(scheme, "Bearer") {
		in.Token, ways = strings.TrimSpace(value), 1
	}
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "" {
		if params, err := form(r); err == nil && params.Get("access_token") != "" {
			in.Token, ways = params.Get("access_token"), ways+1
		}
	}
	switch ways {
	case 0:
		return unauthorized(w, http.StatusUnauthorized, scheme, nil)
	case 2:
		return unauthorized(w, http.StatusBadRequest, scheme, &sso.ProtocolError{Reason: gatehouse.InvalidRequest, Says: "the token came in two ways"})
	}
	out, err := p.SSO.Userinfo(r.Context(), ui.VisitOf(r).Site, in)
	var e *sso.ProtocolError
	switch {
	case errors.As(err, &e) && e.Reason == gatehouse.InsufficientScope:
		return unauthorized(w, http.StatusForbidden, scheme, e)
	case errors.As(err, &e):
		return unauthorized(w, http.StatusUnauthorized, scheme, e)
	case err != nil:
		return err
	case out.Signed != "":
		w.Header().Set("Content-Type", "application/jwt")
		w.Header().Set("Cache-Control", "no-store")
		_, err := w.Write([]byte(out.Signed))
		return err
	}
	return answerJSON(w, http.StatusOK, out.Claims)
}

// unauthorized says what is wrong with an access token (RFC 6750 3, RFC 9449 7.1), under the
// scheme that it came with; a request without one is told nothing.
func unauthorized(w http.ResponseWriter, status int, scheme string, e *sso.ProtocolError) error {
	if e == nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return answerJSON(w, status, struct{}{})
	}
	challenge := "Bearer "
	if strings.EqualFold(scheme, "DPoP") {
		challenge = `DPoP algs="` + sso.ProofAlgs + `", `
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`%serror=%q, error_description=%q`, challenge, e.Reason, e.Says))
	return answerProblem(w, status, e)
}
