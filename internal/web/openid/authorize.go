package openid

import (
	"html/template"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// waitingParam is the parameter of an authorization request that waited for a sign-in.
const waitingParam = "continue"

// Authorize answers an authorization request: a new one, or one that returns from the
// sign-in.
func (p *Provider) Authorize(w http.ResponseWriter, r *http.Request) error {
	params, good := asked(r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	if !good {
		return p.page(w, r, http.StatusBadRequest, Refused{Kind: sso.PageRequest, Error: gatehouse.InvalidRequest})
	}
	return p.authorize(w, r, params, sso.Authorization{Params: params, Waiting: params.Get(waitingParam)})
}

// authorize asks for the outcome of a request, and acts on it.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request, params sso.Params, in sso.Authorization) error {
	v, waiting := ui.VisitOf(r), in.Waiting
	in.Browser, in.Session = ui.ReadCookie(r, ui.AuthorizeCookie, v.Secure), v.SessionToken
	out, err := p.SSO.Authorize(r.Context(), v.Site, v.Caller(r), in)
	if err != nil {
		return err
	}
	switch out.Do {
	case gatehouse.AuthorizationCode, gatehouse.AuthorizationRefused:
		return p.send(w, r, out, waiting != "")
	case gatehouse.AuthorizationSignIn:
		ui.SetCookie(w, v, ui.AuthorizeCookie, out.Browser, 0)
		http.Redirect(w, r, p.signInFor(v, params, out), http.StatusSeeOther)
		return nil
	case gatehouse.AuthorizationConsent:
		return p.askConsent(w, r, out, waiting)
	case gatehouse.AuthorizationNoAccess:
		http.Redirect(w, r, "/account/platforms/"+out.Application.ID+"/ask", http.StatusSeeOther)
		return nil
	}
	return p.page(w, r, http.StatusBadRequest, Refused{Kind: out.Page, Error: out.Error, Application: out.Application.Name})
}

// signInFor is the address of the sign-in page that leads back to a waiting request.
func (p *Provider) signInFor(v *ui.Visit, params sso.Params, out sso.Outcome) string {
	query := url.Values{"return_to": {waitingAt(out.Waiting)}}
	if out.Again {
		query.Set("again", "")
	}
	if hint := params.Get("login_hint"); hint != "" {
		query.Set("username", hint)
	}
	if v.Chosen == "" { // the user's choice outweighs the application's preference
		for wish := range strings.FieldsSeq(params.Get("ui_locales")) {
			if slices.Contains(v.Site.Languages, wish) {
				query.Set(ui.LangQuery, wish)
				break
			}
		}
	}
	return "/sign-in?" + query.Encode()
}

// send takes an answer to the application. After a sign-in the browser comes from one of our
// forms, and browsers do not let a form lead to another site, not even by a redirect
// (form-action): then one of our pages goes on.
func (p *Provider) send(w http.ResponseWriter, r *http.Request, out sso.Outcome, afterForm bool) error {
	a := out.Answer
	switch {
	case a.FormPost:
		w.Header().Set("Content-Security-Policy", strings.Replace(ui.Policy, "form-action 'self'", "form-action "+sourceOf(a.URI), 1))
		return p.page(w, r, http.StatusOK, FormPost{Application: out.Application.Name, URI: a.URI, Values: a.Values})
	case afterForm:
		return p.page(w, r, http.StatusOK, Onward{Application: out.Application.Name, Location: a.Location()})
	}
	http.Redirect(w, r, a.Location(), http.StatusSeeOther)
	return nil
}

// sourceOf is an address as a policy names it: its origin, or the scheme of an application on
// the user's device. A registered address contains nothing that could end the directive.
func sourceOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || strings.ContainsAny(u.Host, ";, '") {
		scheme, _, _ := strings.Cut(uri, ":")
		return scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

func retryAfter(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

// Refused is the page for a request that leads nowhere.
type Refused struct {
	Kind        sso.PageKind
	Error       gatehouse.OAuthError
	Application string
}

func (Refused) Template() string          { return "openid_refused" }
func (v Refused) Title(p *ui.Page) string { return p.T("openid." + string(v.Kind) + "_title") }

// Onward is the page that goes on to an application after a form.
type Onward struct {
	Application, Location string
	// Leaving: the user has signed out, not in.
	Leaving bool
}

func (Onward) Template() string { return "openid_onward" }

// Title says what has been done.
func (v Onward) Title(p *ui.Page) string {
	if v.Leaving {
		return p.T("signin.signed_out")
	}
	return p.T("openid.onward_title")
}

// Link is the page's target: an address that the application has registered.
func (v Onward) Link() template.URL { return ui.Registered(v.Location) }

// FormPost is the page that posts an answer to an application.
type FormPost struct {
	Application, URI string
	Values           url.Values
}

func (FormPost) Template() string          { return "openid_form_post" }
func (v FormPost) Title(p *ui.Page) string { return p.T("openid.onward_title") }

// Link is the form's target: an address that the application has registered.
func (v FormPost) Link() template.URL { return ui.Registered(v.URI) }

// Fields are what the form posts, in the order of their names.
func (v FormPost) Fields() (all []struct{ Name, Value string }) {
	for name := range v.Values {
		all = append(all, struct{ Name, Value string }{name, v.Values.Get(name)})
	}
	slices.SortFunc(all, func(a, b struct{ Name, Value string }) int { return strings.Compare(a.Name, b.Name) })
	return all
}
