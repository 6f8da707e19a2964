package portal

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// showFactorStep shows the page on which a factor is set up as a step of a sign-in; change adds
// what was wrong with a form.
func (p *Portal) showFactorStep(w http.ResponseWriter, r *http.Request, status int, change func(*FactorStep)) error {
	v := ui.VisitOf(r)
	state, err := p.SignIn.FactorStep(r.Context(), v.Site, at(r, v))
	if err != nil {
		return elsewhere(w, r, err)
	}
	view := FactorStep{InSteps: InSteps{gatehouse.StepFactor, state.Facts}, FactorAsked: state.FactorAsked, Passkey: state.Passkey}
	if state.App != nil {
		view.App = &AppKey{*state.App, state.Facts.User.Username}
	}
	if change != nil {
		change(&view)
	}
	return p.page(w, r, status, view)
}

// SetUpFactor takes the forms of that page: an app is begun or confirmed, a passkey was created, or
// the user goes on without.
func (p *Portal) SetUpFactor(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	var out signin.Outcome
	var codes []string
	var err error
	switch {
	case r.PostForm.Has("later"):
		out, err = p.SignIn.FactorLater(r.Context(), v.Site, at(r, v))
	case r.PostForm.Has("answer"):
		var made signin.NewPasskey
		out, made, err = p.SignIn.CreatePasskeyInSignIn(r.Context(), v.Site, at(r, v), r.PostFormValue("answer"))
		codes = made.Codes
	case r.PostForm.Has("code"):
		out, codes, err = p.SignIn.ConfirmAppInSignIn(r.Context(), v.Site, at(r, v), r.PostFormValue("code"))
	default:
		err = p.SignIn.BeginAppInSignIn(r.Context(), v.Site, at(r, v), ui.WordsOf(v, p.Now()).T("factor_step.app_name"))
		out.Step, out.SignIn = gatehouse.StepFactor, v.SignInToken
	}
	switch {
	case err == nil && len(codes) > 0:
		return p.factorCodes(w, r, out, codes)
	case err == nil:
		return p.GoOn(w, r, out)
	}
	return p.notSetUp(w, r, err)
}

// notSetUp shows the page again if its forms are the problem.
func (p *Portal) notSetUp(w http.ResponseWriter, r *http.Request, err error) error {
	var e *gatehouse.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Kind == gatehouse.Invalid:
		return p.showFactorStep(w, r, http.StatusUnprocessableEntity, func(view *FactorStep) {
			view.Typed, view.Errors = typedCode(r), e.Fields
		})
	case e.Reason == signin.ReasonTooManyFactors:
		return p.showFactorStep(w, r, http.StatusConflict, func(view *FactorStep) { view.TooMany = true })
	case e.Kind == gatehouse.TooMany:
		retryAfter(w, e.RetryAfter)
		return p.showFactorStep(w, r, http.StatusTooManyRequests, func(view *FactorStep) { view.TooSoon = true })
	case e.Kind == gatehouse.NotFound: // the app's time is up, or another tab was faster
		http.Redirect(w, r, StepPath(gatehouse.StepFactor), http.StatusSeeOther)
		return nil
	}
	return elsewhere(w, r, err)
}

// factorCodes shows the recovery codes, this once, and leads on from there.
func (p *Portal) factorCodes(w http.ResponseWriter, r *http.Request, out signin.Outcome, codes []string) error {
	v := ui.VisitOf(r)
	next := StepPath(out.Step)
	if out.Step == gatehouse.StepDone {
		next = signin.SafeReturn(out.ReturnTo)
	}
	username := v.Pending.User.Username
	p.keep(w, v, out)
	return p.page(w, r, http.StatusOK, FactorCodes{FreshCodes: FreshCodes{codes, username}, Next: next})
}

// FactorStep asks a user to set up a factor, or offers it.
type FactorStep struct {
	InSteps
	gatehouse.FactorAsked
	// App waits for its first code; nil: none was begun.
	App *AppKey
	// Passkey are the options for the browser; empty: there are too many.
	Passkey string
	Typed   string
	Errors  []gatehouse.FieldError
	TooMany bool
	TooSoon bool
}

func (FactorStep) Template() string { return "factor_step" }
func (v FactorStep) Failed() bool   { return v.TooMany || v.TooSoon }

func (v FactorStep) Title(p *ui.Page) string { return p.T("factor_step.title_" + string(v.Require)) }

// Lead says who asks for it, and until when.
func (v FactorStep) Lead(p *ui.Page) string {
	switch {
	case !v.Later:
		return p.T("factor_step.lead_now_" + string(v.Require))
	case v.By.IsZero():
		return p.T("factor_step.lead_offered")
	}
	return p.T("factor_step.lead_by_"+string(v.Require), "day", p.Day(gatehouse.LastDay(v.By)))
}

// Apps: an authenticator app is enough.
func (v FactorStep) Apps() bool { return v.Require != gatehouse.RequirePasskey }

func (v FactorStep) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "answer", Label: p.T("passkeys.create"), Optional: true}, appCode(p, v.Typed)}, v.Errors
}

// FactorCodes shows the recovery codes that came with a factor, in a sign-in.
type FactorCodes struct {
	FreshCodes
	// Next is where the sign-in goes on.
	Next string
}

func (FactorCodes) Template() string        { return "factor_codes" }
func (FactorCodes) Title(p *ui.Page) string { return p.T("recovery_codes.fresh_title") }

// FreshCodes are new recovery codes of a user, which are shown this once.
type FreshCodes struct {
	Fresh    []string
	Username string
}

// Grouped are the codes in readable form.
func (v FreshCodes) Grouped() []string {
	all := make([]string, len(v.Fresh))
	for i, code := range v.Fresh {
		all[i] = gatehouse.GroupRecoveryCode(code)
	}
	return all
}

// AppKey is the key of an app that waits for its first code.
type AppKey struct {
	signin.AppSetUp
	Username string
}

// Grouped is the key in groups of four, as it is typed.
func (v AppKey) Grouped() string {
	var groups []string
	for key := gatehouse.AppKeyText(v.Key); key != ""; key = key[min(4, len(key)):] {
		groups = append(groups, key[:min(4, len(key))])
	}
	return strings.Join(groups, " ")
}

// URI is the content of the QR code, and opens an app on the phone itself.
func (v AppKey) URI(p *ui.Page) string {
	label := url.PathEscape(p.Site.Name + ":" + v.Username)
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(url.Values{
		"secret": {gatehouse.AppKeyText(v.Key)}, "issuer": {p.Site.Name}}.Encode(), "+", "%20")
}

// keyOnPage is an app's key on a page, for the template "app-key".
type keyOnPage struct {
	AppKey
	Page *ui.Page
}

// On is the key on a page.
func (v AppKey) On(p *ui.Page) keyOnPage { return keyOnPage{v, p} }
