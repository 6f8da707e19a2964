package web

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/portal"
	"gatehouse/internal/web/ui"
)

// posted identifies a form and the browser that posts it: the same form, posted again
// with the same cookie, has the same ID. Nobody else can make it.
func (s *Server) posted(r *http.Request, v *ui.Visit, owner string) string {
	return s.Keys.MAC("form-posted", v.Site.ID, owner, r.URL.Path, r.PostForm.Encode())
}

// repeat answers a sign-in form that has just succeeded: a second click, or an answer that
// was lost. It gets the session that the first one made.
func (s *Server) repeat(w http.ResponseWriter, r *http.Request, v *ui.Visit, to route, because error) error {
	if r.Method != http.MethodPost || gatehouse.KindOf(because) != gatehouse.Unauthenticated {
		return because
	}
	if v.Post == "" && s.checkForm(r, v, to, originOf(r, v), formOwners(v)) != nil {
		return because
	}
	out, err := s.SignIn.Repeat(r.Context(), v.Site, v.Caller(r), v.SignInToken)
	if gatehouse.KindOf(err) == gatehouse.Unauthenticated {
		return because
	}
	if err != nil {
		return err
	}
	return s.portal.GoOn(w, r, out)
}

// finished leads on from a page of a sign-in that this browser has finished.
func (s *Server) finished(w http.ResponseWriter, r *http.Request, v *ui.Visit) {
	to, err := s.SignIn.Finished(r.Context(), *v.Session)
	if err == nil {
		err = s.portal.LeadTo(w, r, to)
	}
	if err != nil {
		s.failPage(w, r, err)
	}
}

// signedInMeanwhile answers the form of a sign-in page if this browser has signed in
// since the page was made, in another tab or with the first of two clicks: it leads to
// the same place. Nothing in the form is looked at.
func (s *Server) signedInMeanwhile(w http.ResponseWriter, r *http.Request, v *ui.Visit) bool {
	if v.Session != nil {
		// The form has it in its address, as SignInSubmit reads it.
		if err := s.portal.LeadTo(w, r, signin.SafeReturn(r.FormValue("return_to"))); err != nil {
			s.fail(w, r, err)
		}
		return true
	}
	_, step, err := s.SignIn.InProgress(r.Context(), v.Site, v.SignInToken)
	if err == nil {
		http.Redirect(w, r, portal.StepPath(step), http.StatusSeeOther)
	}
	return err == nil
}
