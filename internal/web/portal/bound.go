package portal

import (
	"math"
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/dbsc"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// outsideBinding are the paths for which a browser does not renew the bound cookie: nothing there
// reads a session.
var outsideBinding = []string{strings.TrimSuffix(ui.StaticPrefix, "/"), ui.BindPath, "/csp-report", "/.well-known", "/robots.txt"}

// offerBinding offers a browser that has just signed in to tie the session to its device. One that
// cannot ignores the header. Over plain http, which only a demo has, there is no offer.
func (p *Portal) offerBinding(w http.ResponseWriter, v *ui.Visit, session string) {
	if v.Secure && v.Site.Policy.Session.Bound > 0 {
		w.Header().Set(dbsc.RegistrationHeader, dbsc.Registration(ui.BindPath, p.SignIn.BindChallenge(v.Site, session)))
	}
}

// BindSession ties the browser's session to its device. Any error leaves the session as it is.
func (p *Portal) BindSession(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	proof, err := dbsc.Response(r.Header[dbsc.ResponseHeader])
	if err != nil || proof == "" || !v.Secure {
		return errNoProof
	}
	bound, err := p.SignIn.Bind(r.Context(), v.Site, v.Caller(r), v.SessionToken, proof)
	if err != nil {
		return err
	}
	setBound(w, v, bound)
	name, attributes := ui.DescribeCookie(v, ui.BoundCookie)
	return answerJSON(w, string(dbsc.Instructions(bound.ID, ui.RefreshPath, dbsc.Cookie{Name: name, Attributes: attributes}, outsideBinding)))
}

var errNoProof = &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "proof"}

// RefreshSession renews the bound cookie of a browser that has its device's key, and gives any other
// one a challenge. The statuses are what browsers act on: 403 means that there is a new challenge,
// any other 4xx that the binding is over.
func (p *Portal) RefreshSession(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	id, err := dbsc.ID(r.Header[dbsc.IDHeader])
	if err != nil || id == "" || !v.Secure {
		return gatehouse.ErrNotFound
	}
	proof, err := dbsc.Response(r.Header[dbsc.ResponseHeader])
	if err != nil {
		return gatehouse.ErrNotFound
	}
	out, err := p.SignIn.Refresh(r.Context(), v.Site, signin.Refresh{ID: id, Proof: proof, Session: v.SessionToken, Caller: v.Caller(r)})
	switch {
	case err != nil:
		return err
	case out.Over:
		ui.DropCookie(w, v, ui.BoundCookie)
		return answerJSON(w, dbsc.Over)
	}
	w.Header().Set(dbsc.ChallengeHeader, dbsc.Challenge(out.Challenge, out.ID))
	if !out.Proved {
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	setBound(w, v, out.BoundCookie)
	return nil
}

// setBound sets the bound cookie for what is left of its lifetime, in whole seconds: never longer
// than the server takes it.
func setBound(w http.ResponseWriter, v *ui.Visit, bound signin.BoundCookie) {
	ui.SetCookie(w, v, ui.BoundCookie, bound.Value, max(1, int(math.Floor(bound.For.Seconds()))))
}
