package openid

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// askConsent asks the user whether an application may read about them. The page has its
// own address, so it can be left and reopened, in several tabs.
func (p *Provider) askConsent(w http.ResponseWriter, r *http.Request, out sso.Outcome, waiting string) error {
	v := ui.VisitOf(r)
	if r.Method != http.MethodGet || waiting == "" {
		ui.SetCookie(w, v, ui.AuthorizeCookie, out.Browser, 0)
		http.Redirect(w, r, waitingAt(out.Waiting), http.StatusSeeOther)
		return nil
	}
	w.Header().Set("Referrer-Policy", "same-origin") // the form's origin is checked (decision 0021)
	return p.page(w, r, http.StatusOK, Consent{Outcome: out, OtherUser: p.signInFor(v, sso.Params{}, sso.Outcome{Waiting: waiting, Again: true})})
}

// waitingAt is the address of a waiting request.
func waitingAt(waiting string) string {
	return sso.AuthorizePath + "?" + url.Values{waitingParam: {waiting}}.Encode()
}

// Consent accepts the user's answer.
func (p *Provider) Consent(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	return p.authorize(w, r, sso.Params{}, sso.Authorization{Waiting: r.PostFormValue(waitingParam),
		Said: &sso.Said{Allow: r.PostFormValue("answer") == "allow", Scopes: strings.Fields(r.PostFormValue("scope"))}})
}

// Consent is the page that asks whether an application may read about its user.
type Consent struct {
	sso.Outcome
	// OtherUser is where another user signs in.
	OtherUser string
}

func (Consent) Template() string { return "openid_consent" }
func (v Consent) Title(p *ui.Page) string {
	return p.T("openid.consent_title", "application", v.Application.Name)
}

// Action is the form's target. It says which page has the form, even if nobody is
// signed in and the form is not read.
func (v Consent) Action() string {
	return "/oauth2/consent?" + url.Values{"return_to": {waitingAt(v.Waiting)}}.Encode()
}

// Initial represents the application, which has no logo.
func (v Consent) Initial() string {
	for _, first := range v.Application.Name {
		return strings.ToUpper(string(first))
	}
	return ""
}

// Scope is what the form says the page has named.
func (v Consent) Scope() string { return strings.Join(v.Request.Wanted(v.Application), " ") }

// reads is a group of what the application will read, in words.
type reads struct{ Scope, Icon, What string }

// scopeIcons has every scope that users are asked about.
var scopeIcons = map[string]string{gatehouse.ScopeOpenID: "shield-check", gatehouse.ScopeProfile: "user", gatehouse.ScopeEmail: "mail", gatehouse.ScopeCompany: "building-2"}

// Reads are the groups of claims that the application will read, in the order of the table.
func (v Consent) Reads(p *ui.Page) (all []reads) {
	wanted := v.Request.Wanted(v.Application)
	for _, scope := range gatehouse.Scopes() {
		words := []string{}
		for _, c := range gatehouse.UserClaims {
			if c.Scope == scope {
				words = append(words, p.T("claim."+c.Name))
			}
		}
		if slices.Contains(wanted, scope) {
			all = append(all, reads{scope, scopeIcons[scope], strings.Join(words, ", ")})
		}
	}
	for _, scope := range wanted { // one of the application's own
		if scopeIcons[scope] == "" {
			all = append(all, reads{Icon: "package", What: scope})
		}
	}
	return all
}

// Onto is the host that the application's users go to; empty for one on their own
// device.
func (v Consent) Onto() string {
	u, err := url.Parse(v.Request.RedirectURI)
	if err != nil || v.Application.Settings.Native {
		return ""
	}
	return u.Host
}
