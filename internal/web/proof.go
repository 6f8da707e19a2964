package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/portal"
	"gatehouse/internal/web/ui"
)

// asking is whether a route asks for fresh proof of who its user is; see gatehouse.AskProof. This
// is the one guard: pages below it need not look at how old the sign-in is.
type asking int

const (
	asksNothing asking = iota
	// asksAlways: before the page with the form is shown, and again when the form is posted.
	asksAlways
	// asksFactor: only users who have a factor. The form asks for the password itself.
	asksFactor
	// asksSome: what the form says decides, so the service asks, with gatehouse.ErrProofFirst.
	asksSome
)

// proving makes a route ask for fresh proof.
func (to route) proving() route { to.asks = asksAlways; return to }

// provingFactor makes a route ask users for the factor that they have.
func (to route) provingFactor() route { to.asks = asksFactor; return to }

// provingSome makes a route ask for fresh proof if its service says so.
func (to route) provingSome() route { to.asks = asksSome; return to }

// checkProof lets a request through if the session has fresh proof, or the route asks for none.
func (s *Server) checkProof(r *http.Request, v *ui.Visit, to route) error {
	if to.asks == asksNothing || to.asks == asksFactor && v.User.Factors == 0 {
		return nil
	}
	ask, err := s.SignIn.AskProof(r.Context(), *v.Session, *v.User)
	if err != nil {
		return err
	}
	v.Proved = len(ask) == 0
	if !v.Proved && to.asks != asksSome {
		return gatehouse.ErrProofFirst
	}
	return nil
}

// askProof leads to the page that asks for proof, and from there back. What was typed into a form
// comes along, except for secrets, and is not acted on until it is posted again.
func (s *Server) askProof(w http.ResponseWriter, r *http.Request, to route) {
	v := ui.VisitOf(r)
	page := r.URL
	if changes(r) {
		page = s.pageOf(r, to)
		v.Kept = ui.Kept{Action: r.URL.Path, Values: withoutSecrets(r.PostForm)}
	}
	ask := openedAt(r, &url.URL{Path: portal.StepUpPath, RawQuery: url.Values{"return_to": {page.RequestURI()}}.Encode()})
	if len(v.Kept.Values) == 0 {
		http.Redirect(w, r, ask.URL.String(), http.StatusSeeOther)
		return
	}
	s.pages().ServeHTTP(&otherStatus{w, http.StatusForbidden}, ask)
}

// withoutSecrets are the values of a form that may be written into a page: they are posted twice.
func withoutSecrets(form url.Values) url.Values {
	kept := url.Values{}
	for name, values := range form {
		secret := name == "form_token" || name == "code" || name == "answer" || strings.Contains(name, "password")
		if !secret {
			kept[name] = values
		}
	}
	return kept
}

// stepUp accepts a proof, and leads back: to the page, or to its form as it was filled in.
func (s *Server) stepUp(w http.ResponseWriter, r *http.Request) error {
	proved, err := s.portal.StepUpSubmit(w, r)
	if err != nil || !proved {
		return err
	}
	v, back := ui.VisitOf(r), signin.SafeReturn(r.PostFormValue("return_to"))
	page, err := url.Parse(back)
	if kept := ui.ReadKept(r); err == nil && len(kept.Values) > 0 && s.patternOf(http.MethodGet, page.EscapedPath()) != "" {
		v.Again = &ui.Again{Why: ui.AgainProved, Action: kept.Action, Values: kept.Values}
		s.pages().ServeHTTP(w, openedAt(r, page))
		return nil
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// needsProof reports whether an error is only that proof has to come first.
func needsProof(err error) bool { return errors.Is(err, gatehouse.ErrProofFirst) }
