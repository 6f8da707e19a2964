package openid

import (
	"net/http"
	"net/url"

	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// Logout answers an application's request to sign the user out: at once if it is certain that
// the application has this very session, else after asking (OpenID Connect RP-Initiated Logout
// 2): a link or an image on any page could lead here.
func (p *Provider) Logout(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	w.Header().Set("Referrer-Policy", "no-referrer")
	params, _ := asked(r)
	out, err := p.SSO.ReadLogout(r.Context(), v.Site, v.Session, params)
	if err != nil {
		return err
	}
	if v.Session != nil && !out.Sure {
		ask := AskLogout{}
		if out.Application.ID != "" { // without proof of an application nothing is kept
			ask = AskLogout{Application: out.Application.Name, Hint: params.Get("id_token_hint"),
				URI: params.Get("post_logout_redirect_uri"), State: params.Get("state")}
		}
		return p.page(w, r, http.StatusOK, ask)
	}
	mark, err := p.signOut(w, r, v)
	if err != nil {
		return err
	}
	http.Redirect(w, r, afterwards(out, params, mark), http.StatusSeeOther)
	return nil
}

// afterwards is where the browser goes after signing out: to the page that says which
// platforms confirm it, and goes on from there; or at once to where that would lead.
func afterwards(out sso.Logout, params sso.Params, mark string, more ...string) string {
	if mark == "" && out.Location == "" {
		return "/sign-in?signed_out"
	}
	if mark == "" && len(more) == 0 {
		return out.Location
	}
	query := url.Values{}
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"} {
		if value := params.Get(name); value != "" && out.Location != "" {
			query.Set(name, value)
		}
	}
	for _, name := range more {
		query.Set(name, "yes")
	}
	if len(query) == 0 {
		return ui.SignedOutPath
	}
	return ui.SignedOutPath + "?" + query.Encode()
}

// ConfirmLogout signs out a user who has confirmed it. Browsers do not let a form lead to
// another site, not even by a redirect: the next page knows that it follows a form.
func (p *Provider) ConfirmLogout(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	params := sso.ReadParams(r.PostForm)
	out, err := p.SSO.ReadLogout(r.Context(), v.Site, v.Session, params)
	if err != nil {
		return err
	}
	mark, err := p.signOut(w, r, v)
	if err != nil {
		return err
	}
	http.Redirect(w, r, afterwards(out, params, mark, fromFormParam), http.StatusSeeOther)
	return nil
}

// signOut ends the session, and has the browser clear what it cached of the pages. It
// returns the session's mark if platforms have to be told.
func (p *Provider) signOut(w http.ResponseWriter, r *http.Request, v *ui.Visit) (string, error) {
	token := v.EndableToken()
	if token == "" {
		return "", nil
	}
	mark, err := p.SignIn.SignOut(r.Context(), v.Site, v.Caller(r), token, "")
	if err == nil {
		ui.SignedOut(w, v, mark)
	}
	return mark, err
}

// AskLogout asks before signing out, if nobody knows whether the user wants to.
type AskLogout struct{ Application, Hint, URI, State string }

func (AskLogout) Template() string          { return "openid_logout" }
func (v AskLogout) Title(p *ui.Page) string { return p.T("signout.title") }
