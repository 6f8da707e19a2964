package api

import (
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// AuthorizeRequest tells a proxy who sends the request that it holds for an application:
// nginx's auth_request, Caddy's forward_auth, Traefik's ForwardAuth. Somebody without a
// session is led to the sign-in page and back, or gets 401 where nobody looks at a page.
func (a *API) AuthorizeRequest(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	asked := forwarded(r, v)
	if asked.to == nil || !v.Site.Protects(asked.to) {
		return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: signin.ReasonNotProtected}
	}
	ses, err := a.SignIn.Forwarded(r.Context(), v.Site, ui.ReadForwardCookie(r, v))
	if err == nil {
		err = a.through(r, v, ses, asked)
	}
	if gatehouse.KindOf(err) == gatehouse.Unauthenticated {
		first := v.Site.Origin + "/forward-auth?return_to=" + url.QueryEscape(asked.to.String())
		w.Header().Set("X-Gatehouse-Sign-In", first)
		if asked.page && asked.passedOn {
			http.Redirect(w, r, first, http.StatusFound)
			return nil
		}
	}
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"User": ses.User.Username, "Name": ses.User.DisplayName(), "Email": confirmed(ses.User),
		"Company": ses.Company.Name, "Account-Number": ses.Company.AccountNumber, "Role": string(ses.User.Role),
	} {
		w.Header().Set("X-Gatehouse-"+name, value)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// through says why a user who has signed in does not get through. Somebody who looks at a page is
// led to where it is said in words, or done: that is the address that strangers are led to.
func (a *API) through(r *http.Request, v *ui.Visit, ses signin.Session, asked held) error {
	answer, _, err := a.SSO.ForwardTo(r.Context(), v.Site, ses.User, ses.Session, asked.to)
	switch {
	case err != nil || answer == gatehouse.ForwardOpen:
		return err
	case answer == gatehouse.ForwardOff:
		return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: signin.ReasonNotProtected}
	case asked.page || answer == gatehouse.ForwardAgain:
		return &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: "forward-" + string(answer)}
	}
	return &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "forward-" + string(answer)}
}

// confirmed is the user's address where it was proved: applications know people by it, and
// what somebody only claims must not make him somebody else.
func confirmed(u gatehouse.User) string {
	if !u.EmailConfirmed {
		return ""
	}
	return u.Email
}

// held is the request that a proxy holds.
type held struct {
	to *url.URL // nil: it does not say
	// page: somebody looks at what comes back.
	page bool
	// passedOn: the proxy passes on whatever it is answered. nginx takes only 401 and 403,
	// and has the address of the sign-in page in a header.
	passedOn bool
}

// forwarded reads the headers in which a proxy says what it holds. They need not be
// believed: what is answered depends on the cookie, and leads only to hosts that the site
// lists.
func forwarded(r *http.Request, v *ui.Visit) held {
	method, address := r.Header.Get("X-Original-Method"), r.Header.Get("X-Original-URL")
	passedOn := address == ""
	if passedOn {
		method = r.Header.Get("X-Forwarded-Method")
		scheme := "https"
		if !v.Secure {
			scheme = "http"
		}
		address = scheme + "://" + r.Header.Get("X-Forwarded-Host") + r.Header.Get("X-Forwarded-Uri")
	}
	to, err := url.Parse(address)
	if err != nil {
		return held{}
	}
	mode := r.Header.Get("Sec-Fetch-Mode")
	page := (method == http.MethodGet || method == http.MethodHead) && (mode == "" || mode == "navigate")
	return held{to: to, page: page, passedOn: passedOn}
}
