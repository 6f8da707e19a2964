package portal

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// PasskeysPath is where passkeys are created; below it, each has its page.
const PasskeysPath = SecurityPath + "/passkeys"

// NewPasskey lets the browser create a passkey.
func (p *Portal) NewPasskey(w http.ResponseWriter, r *http.Request) error {
	return p.askForPasskey(w, r, http.StatusOK, nil)
}

// askForPasskey is the page on which the browser creates a passkey, with what was wrong with
// the last one.
func (p *Portal) askForPasskey(w http.ResponseWriter, r *http.Request, status int, bad []gatehouse.FieldError) error {
	v := ui.VisitOf(r)
	view := NewPasskey{Errors: bad}
	options, err := p.Account.BeginPasskey(r.Context(), v.Site, in(r, v), *v.Session)
	switch {
	case err == nil:
		view.Options = options
	case gatehouse.ReasonOf(err) == signin.ReasonTooManyFactors:
		status, view.TooMany = ui.StatusOf(err), true
	default:
		return err
	}
	return p.page(w, r, status, view)
}

// CreatePasskey accepts the passkey that a browser has created.
func (p *Portal) CreatePasskey(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	made, err := p.Account.CreatePasskey(r.Context(), v.Site, in(r, v), *v.Session, r.PostFormValue("answer"), r.PostForm.Has("unseen"))
	var e *gatehouse.Error
	switch {
	case errors.As(err, &e) && len(e.Fields) > 0:
		return p.askForPasskey(w, r, ui.StatusOf(err), e.Fields)
	case errors.As(err, &e) && e.Reason == signin.ReasonTooManyFactors:
		return p.askForPasskey(w, r, ui.StatusOf(err), nil)
	case err != nil:
		return err
	case len(made.Codes) > 0:
		return p.page(w, r, http.StatusOK, RecoveryCodes{FreshCodes: FreshCodes{made.Codes, v.User.Username}, Added: gatehouse.FactorPasskey})
	}
	http.Redirect(w, r, SecurityPath+"?passkey=added", http.StatusSeeOther)
	return nil
}

// OfferedPasskey answers with the options for a passkey that the browser may create by itself,
// after a sign-in with the password.
func (p *Portal) OfferedPasskey(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	options, err := p.Account.OfferOfPasskey(r.Context(), v.Site, in(r, v), *v.Session)
	if err != nil {
		return err
	}
	if options == "" {
		return gatehouse.ErrNotFound
	}
	return answerJSON(w, options)
}

// PutOffPasskeys handles "not now".
func (p *Portal) PutOffPasskeys(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.PutOffPasskeys(r.Context(), v.Site, in(r, v), *v.Session); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// passkeyNews is what a browser is told about passkeys after a sign-in: an offer, or the
// existing ones.
func (p *Portal) passkeyNews(r *http.Request, v *ui.Visit) (offer bool, known string, err error) {
	if !gatehouse.IsFresh(v.Session.CreatedAt, p.Now()) {
		return false, "", nil
	}
	if offer, err = p.Account.OffersPasskey(r.Context(), v.Site, *v.User, *v.Session); err == nil && v.User.Factors > 0 {
		known, err = p.Account.PasskeySignals(r.Context(), v.Site, *v.User)
	}
	return offer, known, err
}

// answerJSON answers with a text that is already JSON.
func answerJSON(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err := w.Write([]byte(text))
	return err
}

// PasskeyEndpoints says where passkeys are created and managed, for passkey providers (Passkey
// Endpoints, W3C).
func (p *Portal) PasskeyEndpoints(w http.ResponseWriter, r *http.Request) error {
	origin := ui.VisitOf(r).Site.Origin
	text, err := json.Marshal(map[string]string{"enroll": origin + PasskeysPath, "manage": origin + SecurityPath})
	if err != nil {
		return err
	}
	return answerJSON(w, string(text))
}

// Passkey shows what can be done with a passkey.
func (p *Portal) Passkey(w http.ResponseWriter, r *http.Request) error {
	return p.showPasskey(w, r, nil)
}

func (p *Portal) showPasskey(w http.ResponseWriter, r *http.Request, failed error) error {
	v, id := ui.VisitOf(r), r.PathValue("id")
	wrong := mistakeOf(w, failed)
	all, err := p.Account.Factors(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	for _, k := range all.Passkeys {
		if k.ID == id {
			return p.page(w, r, wrong.status, OnePasskey{Passkey: k, Typed: typedName(r, k.Name), Last: all.Last(), Errors: wrong.fields})
		}
	}
	return gatehouse.ErrNotFound
}

// RenamePasskey gives a passkey another name.
func (p *Portal) RenamePasskey(w http.ResponseWriter, r *http.Request) error {
	return p.renameFactor(w, r, "?passkey=renamed", p.showPasskey)
}

// RemovePasskey removes a passkey.
func (p *Portal) RemovePasskey(w http.ResponseWriter, r *http.Request) error {
	return p.removeFactor(w, r, "?passkey=removed", p.showPasskey)
}

// NewPasskey is the page on which a browser creates a passkey.
type NewPasskey struct {
	// Options are the options for the browser; empty: there are too many.
	Options string
	TooMany bool
	Errors  []gatehouse.FieldError
}

func (NewPasskey) Template() string        { return "passkey_new" }
func (NewPasskey) Title(p *ui.Page) string { return p.T("passkeys.new_title") }
func (v NewPasskey) Failed() bool          { return v.TooMany }

func (v NewPasskey) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "answer", Label: p.T("passkeys.create"), Optional: true}}, v.Errors
}

// OnePasskey is a passkey, which can be renamed and removed.
type OnePasskey struct {
	gatehouse.Passkey
	// Typed is the name in the form.
	Typed string
	// Last: without it, the user has no factor left.
	Last   bool
	Errors []gatehouse.FieldError
}

func (OnePasskey) Template() string        { return "passkey_one" }
func (OnePasskey) Title(p *ui.Page) string { return p.T("passkeys.title") }
func (v OnePasskey) Path() string          { return passkeyPath(v.ID) }

func passkeyPath(id string) string { return PasskeysPath + "/" + url.PathEscape(id) }

func (v OnePasskey) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{factorName(p, "passkeys.name", v.Typed), toRemove(p, "passkeys.remove")}, v.Errors
}
