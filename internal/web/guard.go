package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/web/ui"
)

// maxForm is how large a posted form may be, in bytes. The longest field that
// makes sense is a question of 500 characters.
const maxForm = 64 << 10

// crossOrigin refuses posts that another site's page sends (ASVS 3.5.1, 3.5.3);
// the form token stands behind it for clients that say nothing about the origin.
var crossOrigin = http.NewCrossOriginProtection()

// guarded puts the guards of its audience around a route's handler.
func (s *Server) guarded(to route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := ui.VisitOf(r)
		err := s.admit(w, r, v, to.audience)
		if err == nil {
			err = to.handle(w, r)
		}
		if err != nil && to.audience == Pending {
			err = s.repeat(w, r, v, err)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// admit lets a request through to its handler, or says why not.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, v *ui.Visit, a Audience) error {
	if a == Assets {
		return nil
	}
	w.Header().Set("Cache-Control", "no-store") // ASVS 14.3.2: nothing for the back button
	v.SessionToken = ui.ReadCookie(r, ui.SessionCookie, v.Secure)
	v.SignInToken = ui.ReadCookie(r, ui.SignInCookie, v.Secure)
	v.BrowserToken = ui.ReadCookie(r, ui.BrowserCookie, v.Secure)
	if err := s.loadSession(r, v); err != nil {
		return err
	}
	if (a == User || a == Admin) && v.Session == nil {
		return errSignInFirst
	}
	if a == Admin && v.User.Role != gatehouse.RoleAdmin {
		return errAdminsOnly // B01
	}
	if a == Pending {
		if err := s.loadPending(r, v); err != nil {
			return err
		}
	}
	if err := s.checkForm(w, r, v); err != nil {
		return err
	}
	s.giveFormToken(w, r, v)
	return nil
}

// errSignInFirst leads people to the sign-in page and tells programs 401.
var errSignInFirst = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Code: "sign-in-first"}

// errAdminsOnly: the page is for administrators of the company.
var errAdminsOnly = &gatehouse.Error{Kind: gatehouse.Forbidden, Code: "admins-only"}

// errFinished: the sign-in was finished in another tab.
var errFinished = &gatehouse.Error{Kind: gatehouse.Conflict, Code: "finished"}

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

// loadSession finds out who the session cookie stands for. A database that is lost
// is an error, not a visitor who has not signed in.
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

// checkForm refuses forms that did not come from a page of this site, opened in
// this browser (ASVS 3.5.1; SP 800-63B-4 SB-10).
func (s *Server) checkForm(w http.ResponseWriter, r *http.Request, v *ui.Visit) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return nil
	}
	if err := crossOrigin.Check(r); err != nil {
		return &gatehouse.Error{Kind: gatehouse.Forbidden, Code: ui.ReasonForm, Err: err}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	owners := formOwners(v)
	if len(owners) == 0 {
		return errNoCookies
	}
	for _, owner := range owners {
		if s.Keys.CheckMAC(formPurpose, r.PostFormValue("form_token"), owner) {
			v.Post = s.posted(r, v, owner)
			return nil
		}
	}
	return errStaleForm
}

// errStaleForm: the form's token is missing, or bound to what another browser has, or to
// what this one had before.
var errStaleForm = &gatehouse.Error{Kind: gatehouse.Forbidden, Code: ui.ReasonForm, Err: errors.New("form token missing or of another browser")}

// formOwners is what the token of a posted form may be bound to. Where the session is over
// that is its cookie, too: the form itself may have ended it, and its answer been lost.
func formOwners(v *ui.Visit) (owners []string) {
	for _, token := range []string{tokenOwner(v), v.SessionToken} {
		if token != "" && !slices.Contains(owners, token) {
			owners = append(owners, token)
		}
	}
	return owners
}

// errNoCookies: a form came back without the cookie that its page set.
var errNoCookies = &gatehouse.Error{Kind: gatehouse.Forbidden, Code: "no-cookies"}

const formPurpose = "form"

// tokenOwner is what form tokens of this visit are bound to: the session, or
// before there is one, the sign-in cookie.
func tokenOwner(v *ui.Visit) string {
	if v.Session != nil {
		return v.SessionToken
	}
	return v.SignInToken
}

// giveFormToken sets the token for the forms of the page to come, and the sign-in
// cookie that it is bound to where the browser has none.
func (s *Server) giveFormToken(w http.ResponseWriter, r *http.Request, v *ui.Visit) {
	if isAPI(r) {
		return
	}
	if tokenOwner(v) == "" {
		v.SignInToken = secret.NewToken()
		ui.SetCookie(w, v, ui.SignInCookie, v.SignInToken, 0)
	}
	v.FormToken = s.Keys.MAC(formPurpose, tokenOwner(v))
}

// badForm sorts what can be wrong with a form as such.
func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &statusError{http.StatusRequestEntityTooLarge, err}
	}
	return &statusError{http.StatusBadRequest, err}
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
