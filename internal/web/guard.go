package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// guarded wraps a route's handler in the guards of its audience.
func (s *Server) guarded(to route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := ui.VisitOf(r)
		err := s.admit(w, r, v, to)
		if err == nil {
			err = to.handle(w, r)
		}
		if err != nil && to.audience == Pending {
			err = s.repeat(w, r, v, to, err)
		}
		var form *formError
		switch {
		case errors.As(err, &form):
			s.comeBack(w, r, to, form)
		case needsProof(err):
			s.askProof(w, r, to)
		case err != nil:
			s.fail(w, s.asPage(r, to), err)
		}
	})
}

// admit lets a request through to its handler, or says why not.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, v *ui.Visit, to route) error {
	switch to.audience {
	case Assets, Proxies:
		return nil
	case Protocol:
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		return nil
	case Reports:
		_, err := checkOrigin(r, v)
		return err
	}
	v.SessionToken = ui.ReadCookie(r, ui.SessionCookie, v.Secure)
	v.SignInToken = ui.ReadCookie(r, ui.SignInCookie, v.Secure)
	v.DeviceToken = ui.ReadCookie(r, ui.DeviceCookie, v.Secure)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	from, err := checkOrigin(r, v)
	if err != nil {
		return err
	}
	if err := s.loadSession(r, v); err != nil {
		return err
	}
	owners := formOwners(v)
	s.giveFormToken(w, r, v, to)
	if to.audience == Pending {
		if err := s.loadPending(r, v); err != nil {
			return err
		}
	}
	if err := audienceAdmits(to.audience, v); err != nil {
		return err
	}
	if err := s.checkForm(r, v, to, from, owners); err != nil {
		return err
	}
	return s.checkProof(r, v, to)
}

// errSignInFirst leads people to the sign-in page and gives programs 401.
var errSignInFirst = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: "sign-in-first"}

// errAdminsOnly: the page is for administrators of the company.
var errAdminsOnly = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "admins-only"}

// errFinished: the sign-in was finished in another tab.
var errFinished = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: "finished"}

// loadPending finds the sign-in in progress that the page belongs to.
func (s *Server) loadPending(r *http.Request, v *ui.Visit) error {
	facts, step, err := s.SignIn.InProgress(r.Context(), v.Site, v.SignInToken)
	if gatehouse.KindOf(err) == gatehouse.Unauthenticated && v.Session != nil {
		return errFinished
	}
	if err != nil {
		return err
	}
	v.Pending, v.Step = &facts, step
	v.Lang = v.Site.Language(r.Header.Get("Accept-Language"), cmp.Or(v.Chosen, facts.User.Locale))
	return nil
}

// loadSession finds the user of the session cookie. If the database is unavailable,
// that is an error, not a visitor who has not signed in.
func (s *Server) loadSession(r *http.Request, v *ui.Visit) error {
	if v.SessionToken == "" {
		return nil
	}
	ses, err := s.SignIn.Session(r.Context(), v.Site, v.SessionToken)
	switch {
	case err == nil:
		v.Session, v.User, v.Company = &ses.Session, &ses.User, &ses.Company
		if !isAPI(r) {
			v.Lang = v.Site.Language(r.Header.Get("Accept-Language"), cmp.Or(ses.User.Locale, v.Chosen))
		}
		return nil
	case gatehouse.KindOf(err) == gatehouse.Unauthenticated:
		v.SessionEnded = true
		return nil
	}
	return err
}

// asPage turns the request for a form into one for the page with the form: signing in
// leads back to that.
func (s *Server) asPage(r *http.Request, to route) *http.Request {
	if to.leaves || !changes(r) || isAPI(r) { // a program is told directly
		return r
	}
	return openedAt(r, s.pageOf(r, to))
}

// signInFirst is the address of the sign-in page that leads back to this request.
func signInFirst(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/sign-in/") { // a sign-in that was not finished
		return "/sign-in?ended"
	}
	if r.Method != http.MethodGet || r.URL.Path == "/" {
		return "/sign-in"
	}
	return "/sign-in?return_to=" + url.QueryEscape(r.URL.RequestURI())
}
