package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gatehouse"
	"gatehouse/internal/dbsc"
	"gatehouse/internal/signin"
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
		case errors.Is(err, errRenewFirst):
			http.Redirect(w, r, r.URL.RequestURI(), http.StatusTemporaryRedirect)
		case err != nil:
			s.fail(w, s.asPage(r, to), err)
		}
	})
}

// admit lets a request through to its handler, or says why not.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, v *ui.Visit, to route) error {
	if !to.isOn(v) {
		return gatehouse.ErrNotFound
	}
	switch to.audience {
	case Assets, Proxies:
		return nil
	case Protocol:
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		return nil
	case Reports:
		_, err := checkOrigin(r, v)
		return err
	case Browsers:
		v.SessionToken = ui.ReadCookie(r, ui.SessionCookie, v.Secure)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		_, err := checkOrigin(r, v)
		return err
	}
	v.SessionToken = ui.ReadCookie(r, ui.SessionCookie, v.Secure)
	v.SignInToken = ui.ReadCookie(r, ui.SignInCookie, v.Secure)
	v.DeviceToken = ui.ReadCookie(r, ui.DeviceCookie, v.Secure)
	if to.takes == 0 {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	}
	from, err := checkOrigin(r, v)
	if err != nil {
		return err
	}
	if err := s.loadSession(w, r, v); err != nil {
		return err
	}
	if v.User != nil && v.Site.ForOperators() {
		v.Waiting = s.Alerts.Waiting()
	}
	owners := formOwners(v)
	s.giveFormToken(w, r, v, to)
	if to.audience == Pending {
		if err := s.loadPending(r, v); err != nil {
			return err
		}
	}
	if err := audienceAdmits(to, v); err != nil {
		return err
	}
	if to.takes > 0 {
		if err := s.openUpload(w, r, v, to); err != nil {
			return err
		}
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

// errOperatorsOnly: the page is for operators in other roles.
var errOperatorsOnly = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "operators-only"}

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
func (s *Server) loadSession(w http.ResponseWriter, r *http.Request, v *ui.Visit) error {
	if skipped := r.Header[dbsc.SkippedHeader]; skipped != nil {
		s.Metrics.skipped(dbsc.Skipped(skipped))
	}
	if v.SessionToken == "" {
		return nil
	}
	bound := ui.ReadCookie(r, ui.BoundCookie, v.Secure)
	ses, err := s.SignIn.Admit(r.Context(), v.Site, v.SessionToken, bound)
	switch {
	case err == nil:
		v.Session, v.User, v.Company = &ses.Session, &ses.User, &ses.Company
		if !isAPI(r) {
			v.Lang = v.Site.Language(r.Header.Get("Accept-Language"), cmp.Or(ses.User.Locale, v.Chosen))
		}
		return nil
	case signin.IsOtherDevice(err):
		v.SessionToken, v.StrayToken = "", v.SessionToken
		return renewFirst(w, r, v, bound)
	case gatehouse.KindOf(err) == gatehouse.Unauthenticated:
		v.SessionEnded = true
		return nil
	}
	return err
}

// renewFirst answers a request for a bound session whose bound cookie is over, as it is if the
// response with a newer one was lost: the browser drops it and asks for the same page again, and
// before that it renews the cookie. Anybody without the device's key comes back without a cookie.
func renewFirst(w http.ResponseWriter, r *http.Request, v *ui.Visit, bound string) error {
	if bound == "" {
		return nil
	}
	ui.DropCookie(w, v, ui.BoundCookie)
	if changes(r) || isAPI(r) {
		return nil
	}
	return errRenewFirst
}

var errRenewFirst = errors.New("the bound cookie has to be renewed")

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
