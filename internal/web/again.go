package web

import (
	"net/http"
	"net/url"
	"strings"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// A form is not acted on if its token belongs to a cookie that has been replaced in the
// meantime. Nothing that was typed is lost: the form's page comes back, filled in, with a
// fresh token and the reason. This happens here for every route: the page is made by its
// own handler, as if it had been opened, and then filled in.

// comeBack answers a form that is not acted on. It is filled in only for a browser that
// proves that the form came from a page of this site: what somebody else may have written
// is not shown to people above a button.
func (s *Server) comeBack(w http.ResponseWriter, r *http.Request, to route, why *formError) {
	v := ui.VisitOf(r)
	s.Log.InfoContext(r.Context(), "form refused", "ref", v.Reference, "why", why.why, "own", why.proved)
	back := s.pageOf(r, to)
	switch {
	case why.why == ui.AgainStale && r.URL.Path == "/sign-in" && s.signedInMeanwhile(w, r, v):
	case to.leaves && v.Session == nil:
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	case to.leaves:
		s.render(w, openedAt(r, &url.URL{Path: "/"}), http.StatusForbidden, AskSignOut{})
	case !why.proved:
		s.render(w, openedAt(r, back), http.StatusForbidden, ui.ErrorPage{Status: http.StatusForbidden, Reason: reasons[why.why]})
	default:
		v.Again = &ui.Again{Why: why.why, Action: r.URL.Path, Values: r.PostForm}
		s.pages().ServeHTTP(&otherStatus{w, statuses[why.why]}, openedAt(r, back))
	}
}

var (
	reasons  = map[string]string{ui.AgainCookies: ui.ReasonCookies, ui.AgainMissing: ui.ReasonForm, ui.AgainStale: ui.ReasonForm}
	statuses = map[string]int{ui.AgainCookies: http.StatusForbidden, ui.AgainMissing: http.StatusForbidden, ui.AgainStale: http.StatusConflict}
)

// pageOf is the address of the page with a form: what its route says, else the nearest
// page at or above the form's own address.
func (s *Server) pageOf(r *http.Request, to route) *url.URL {
	returnTo := r.URL.Query().Get("return_to")
	if r.PostForm.Has("return_to") {
		returnTo = r.PostForm.Get("return_to")
	}
	returnTo = signin.SafeReturn(returnTo)
	if to.stands == whereReturnLeads {
		if u, err := url.Parse(returnTo); err == nil && s.patternOf(http.MethodGet, u.EscapedPath()) != "" {
			return u
		}
		return &url.URL{Path: "/"}
	}
	u := &url.URL{RawPath: s.standsOn(to, r.URL.EscapedPath())}
	u.Path, _ = url.PathUnescape(u.RawPath)                                  // part of a path that has been parsed
	if back, err := url.Parse(returnTo); err == nil && back.Path == u.Path { // the form says which of its pages
		return back
	}
	if returnTo != "/" {
		u.RawQuery = url.Values{"return_to": {returnTo}}.Encode()
	}
	return u
}

// standsOn is the escaped path of the page with the form that is posted to a path.
func (s *Server) standsOn(to route, path string) string {
	if to.stands != "" && to.stands != whereReturnLeads {
		return to.stands
	}
	for path != "/" && s.patternOf(http.MethodGet, path) == "" {
		path = path[:max(1, strings.LastIndexByte(path, '/'))]
	}
	return path
}

// whereReturnLeads is the place of a form that is on every page, and says which one.
const whereReturnLeads = "return_to"

// openedAt is a request for a page in the same visit, instead of the form that was sent.
func openedAt(r *http.Request, page *url.URL) *http.Request {
	back := r.Clone(r.Context())
	back.Method, back.URL, back.RequestURI = http.MethodGet, page, page.RequestURI()
	back.Body, back.ContentLength, back.Form, back.PostForm = http.NoBody, 0, nil, nil
	return back
}

// reopened is a page that comes back: the guards have already let the form through, but
// its audience may differ from the page's.
func (s *Server) reopened(to route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := ui.VisitOf(r)
		err := audienceAdmits(to, v)
		if err == nil {
			err = s.checkProof(r, v, to)
		}
		if err == nil {
			err = to.handle(w, r)
		}
		switch {
		case needsProof(err):
			s.askProof(w, r, to)
		case err != nil:
			s.fail(w, r, err)
		}
	})
}

// audienceAdmits reports whether a visit belongs to an audience, or why not.
func audienceAdmits(to route, v *ui.Visit) error {
	a := to.audience
	switch {
	case !to.isOn(v):
		return gatehouse.ErrNotFound
	case (a == User || a == Admin || a == Operator) && v.Session == nil, a == Pending && v.Pending == nil:
		return errSignInFirst
	case a == Admin && v.User.Role != gatehouse.RoleAdmin:
		return errAdminsOnly // B01
	case a == Operator && !gatehouse.OperatorMay(v.User.Role, to.act):
		return errOperatorsOnly
	}
	return nil
}

// isOn reports whether a route is on the host of a visit: the operators' pages are on no other than
// theirs, which has no site's pages.
func (to route) isOn(v *ui.Visit) bool {
	operators := v.Site != nil && v.Site.ForOperators()
	return to.shared || operators == (to.audience == Operator)
}

// otherStatus replaces the status of a page that would say that all is well.
type otherStatus struct {
	http.ResponseWriter
	status int
}

func (o *otherStatus) WriteHeader(status int) {
	if status == http.StatusOK {
		status = o.status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the underlying writer.
func (o *otherStatus) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// AskSignOut asks before signing out, if nobody knows whether it was this user who
// pressed the button.
type AskSignOut struct{}

func (AskSignOut) Template() string        { return "sign_out" }
func (AskSignOut) Title(p *ui.Page) string { return p.T("signout.title") }
