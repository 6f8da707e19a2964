package platform

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
)

// signOut ends the session here, and goes on to end it everywhere.
func (p *Platform) signOut(w http.ResponseWriter, r *http.Request) error {
	provider, err := p.found()
	if err != nil {
		return err
	}
	u, ok := p.user(r)
	if !ok || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		http.Redirect(w, r, p.URL+"/", http.StatusSeeOther)
		return nil
	}
	var at struct {
		End string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&at); err != nil {
		return err
	}
	p.end(func(other User) bool { return other.sid == u.sid && other.Subject == u.Subject })
	p.cookie(w, "session", "", -1)
	http.Redirect(w, r, at.End+"?"+url.Values{"id_token_hint": {u.idToken}, "client_id": {p.ClientID}, "post_logout_redirect_uri": {p.URL + "/"}}.Encode(), http.StatusSeeOther)
	return nil
}

// loggedOut is told by the provider that a session has ended (OpenID Connect Back-Channel
// Logout 1.0).
func (p *Platform) loggedOut(w http.ResponseWriter, r *http.Request) error {
	provider, err := p.found()
	if err != nil {
		return err
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: []string{oidc.ES256}, Now: p.Now}).Verify(r.Context(), r.PostFormValue("logout_token"))
	if err != nil {
		return err
	}
	var claims struct {
		SID    string                     `json:"sid"`
		Nonce  string                     `json:"nonce"`
		Events map[string]json.RawMessage `json:"events"`
	}
	if err := token.Claims(&claims); err != nil {
		return err
	}
	if _, ok := claims.Events["http://schemas.openid.net/event/backchannel-logout"]; !ok || claims.Nonce != "" || token.Subject == "" && claims.SID == "" {
		return errors.New("this is no logout token")
	}
	p.end(func(u User) bool {
		return (claims.SID == "" || u.sid == claims.SID) && (token.Subject == "" || u.Subject == token.Subject)
	})
	w.Header().Set("Cache-Control", "no-store")
	return nil
}

func (p *Platform) end(which func(User) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, u := range p.sessions {
		if which(u) {
			delete(p.sessions, id)
		}
	}
}
