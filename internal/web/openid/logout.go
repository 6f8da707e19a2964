package openid

import (
	"net/http"

	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// Logout answers an application's request to sign the user out: at once where it is sure that
// the application has this very session, else after asking (OpenID Connect RP-Initiated Logout
// 2): a link or a picture on any page could lead here.
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
		if out.Application.ID != "" { // what came without proof of an application is not kept
			ask = AskLogout{Application: out.Application.Name, Hint: params.Get("id_token_hint"),
				URI: params.Get("post_logout_redirect_uri"), State: params.Get("state")}
		}
		return p.page(w, r, http.StatusOK, ask)
	}
	if err := p.signOut(w, r, v); err != nil {
		return err
	}
	to := out.Location
	if to == "" {
		to = "/sign-in?signed_out"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// ConfirmLogout signs the user out who has been asked.
func (p *Provider) ConfirmLogout(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SSO.ReadLogout(r.Context(), v.Site, v.Session, sso.ReadParams(r.PostForm))
	if err != nil {
		return err
	}
	if err := p.signOut(w, r, v); err != nil {
		return err
	}
	if out.Location != "" { // the browser comes from a form: see send
		return p.page(w, r, http.StatusOK, Onward{Application: out.Application.Name, Location: out.Location})
	}
	http.Redirect(w, r, "/sign-in?signed_out", http.StatusSeeOther)
	return nil
}

// signOut ends the session, and has the browser forget what it kept of the pages.
func (p *Provider) signOut(w http.ResponseWriter, r *http.Request, v *ui.Visit) error {
	if v.SessionToken == "" {
		return nil
	}
	if err := p.SignIn.SignOut(r.Context(), v.Site, v.Caller(r), v.SessionToken, ""); err != nil {
		return err
	}
	ui.DropCookie(w, v, ui.SessionCookie)
	ui.SetForwardCookie(w, v, "", -1)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	v.Session, v.User, v.Company = nil, nil, nil // the page that follows is nobody's
	return nil
}

// AskLogout asks before signing out, where nobody knows whether the user wants to.
type AskLogout struct{ Application, Hint, URI, State string }

func (AskLogout) Template() string          { return "openid_logout" }
func (v AskLogout) Title(p *ui.Page) string { return p.T("signout.title") }
