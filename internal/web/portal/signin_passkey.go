package portal

import (
	"encoding/json"
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// PasskeyOptions answers with the options for a passkey on the sign-in page. It reveals
// nothing about anybody: only the challenge differs.
func (p *Portal) PasskeyOptions(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	return answerJSON(w, p.SignIn.SignInOptions(v.Site, signin.BrowserOf(v.SignInToken, v.SessionToken)))
}

// PasskeySubmit accepts a browser's answer with a passkey, instead of username and
// password.
func (p *Portal) PasskeySubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	req := signin.PasskeyRequest{Answer: r.PostFormValue("answer"), ReturnTo: r.FormValue("return_to"),
		Browser: signin.BrowserOf(v.SignInToken, v.SessionToken), Device: v.DeviceToken, SignIn: v.SignInToken, Caller: v.Caller(r)}
	out, err := p.SignIn.Passkey(r.Context(), v.Site, req)
	if err != nil {
		return p.passkeyRefused(w, r, req, err)
	}
	return p.signedIn(w, r, out)
}

// passkeyRefused shows the sign-in page with what to do instead: the password still works.
func (p *Portal) passkeyRefused(w http.ResponseWriter, r *http.Request, req signin.PasskeyRequest, err error) error {
	if view := keptOut(err); view != nil {
		return p.page(w, r, http.StatusUnauthorized, view)
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || e.Kind != gatehouse.Unauthenticated {
		return err
	}
	view := SignIn{ReturnTo: keepReturn(req.ReturnTo), Passkey: e.Reason}
	var unknown *signin.UnknownPasskeyError
	if errors.As(err, &unknown) {
		view.UnknownPasskey = unknown.CredentialID
	}
	return p.page(w, r, http.StatusUnauthorized, view)
}

// RelatedOrigins says which other hosts may use the passkeys of a site that has several (WebAuthn
// 5.11); NotFound where there is only one.
func (p *Portal) RelatedOrigins(w http.ResponseWriter, r *http.Request) error {
	origins := ui.VisitOf(r).Site.Origins()
	if len(origins) < 2 {
		return gatehouse.ErrNotFound
	}
	text, err := json.Marshal(map[string][]string{"origins": origins})
	if err != nil {
		return err
	}
	return answerJSON(w, string(text))
}
