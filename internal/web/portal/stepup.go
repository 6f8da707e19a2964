package portal

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// StepUpPath is the page that asks again who a signed-in user is, before a change that matters
// (ASVS 7.5.1). It leads back to where they came from.
const StepUpPath = "/step-up"

// StepUp shows the page. Without anything to prove, it leads back at once.
func (p *Portal) StepUp(w http.ResponseWriter, r *http.Request) error {
	return p.showStepUp(w, r, http.StatusOK, gatehouse.Way(r.URL.Query().Get("way")), nil)
}

// showStepUp shows the page with one of the user's ways; change adds what was posted.
func (p *Portal) showStepUp(w http.ResponseWriter, r *http.Request, status int, way gatehouse.Way, change func(*StepUp)) error {
	v := ui.VisitOf(r)
	state, err := p.SignIn.ProofState(r.Context(), v.Site, in(r, v))
	if err != nil {
		return err
	}
	view := StepUp{ReturnTo: signin.SafeReturn(r.FormValue("return_to")), Kept: v.Kept}
	if len(state.Ways) == 0 {
		http.Redirect(w, r, view.ReturnTo, http.StatusSeeOther)
		return nil
	}
	if !slices.Contains(state.Ways, way) {
		way = state.Ways[0]
	}
	view.FactorCode = FactorCode{Code: Code{CodeState: state}, Way: way}
	if r.Method == http.MethodPost {
		view.Kept = ui.ReadKept(r)
	}
	if change != nil {
		change(&view)
	}
	here := r.WithContext(r.Context()) // for the language menu
	here.URL = &url.URL{Path: StepUpPath, RawQuery: view.query()}
	return p.page(w, here, status, view)
}

// StepUpSubmit accepts a proof, and reports whether there is one now; otherwise it has shown the
// page: with another way, or after a text message was sent, or with what was wrong.
func (p *Portal) StepUpSubmit(w http.ResponseWriter, r *http.Request) (proved bool, err error) {
	v := ui.VisitOf(r)
	form := signin.ProofForm{Way: gatehouse.Way(r.PostFormValue("way")), Code: r.PostFormValue("code"), Password: r.PostFormValue("current_password")}
	switch another := gatehouse.Way(r.PostFormValue("another")); {
	case another != "":
		return false, p.otherStepUp(w, r, another)
	case r.PostForm.Has("send"):
		err = p.SignIn.SendProof(r.Context(), v.Site, in(r, v))
		if err == nil {
			return false, p.otherStepUp(w, r, gatehouse.WayText)
		}
	default:
		err = p.SignIn.Prove(r.Context(), v.Site, in(r, v), form)
	}
	if err != nil {
		err = p.notProved(w, r, form, err)
		return false, err
	}
	return true, nil
}

// otherStepUp shows another way: at an address of its own, unless a form is kept on the page.
func (p *Portal) otherStepUp(w http.ResponseWriter, r *http.Request, way gatehouse.Way) error {
	if len(ui.ReadKept(r).Values) > 0 {
		return p.showStepUp(w, r, http.StatusOK, way, nil)
	}
	view := StepUp{FactorCode: FactorCode{Way: way}, ReturnTo: signin.SafeReturn(r.PostFormValue("return_to"))}
	http.Redirect(w, r, StepUpPath+"?"+view.query(), http.StatusSeeOther)
	return nil
}

// notProved shows the page again, with what was wrong, if the page is the place to say it.
func (p *Portal) notProved(w http.ResponseWriter, r *http.Request, form signin.ProofForm, err error) error {
	var e *gatehouse.Error
	if !errors.As(err, &e) {
		return err
	}
	soon := map[string]string{signin.ReasonCodeWait: SoonSend, signin.ReasonTextsOver: SoonOver, signin.ReasonNoTexts: SoonOver}[e.Reason]
	switch {
	case e.Reason == signin.ReasonCodesOver:
		return p.stepUpOver(w, r)
	case e.Kind == gatehouse.Invalid, e.Reason == signin.ReasonOtherWay:
	case e.Kind == gatehouse.TooMany && soon == "":
		soon = SoonEnter
	case soon == "":
		return err
	}
	retryAfter(w, e.RetryAfter)
	return p.showStepUp(w, r, ui.StatusOf(err), form.Way, func(v *StepUp) {
		v.Typed, v.Errors, v.TooSoon = clipTo(form.Code, 40), e.Fields, soon
		v.Until = p.Now().Add(e.RetryAfter).Add(time.Minute - 1).Truncate(time.Minute)
	})
}

// stepUpOver says that too many wrong codes have ended the session.
func (p *Portal) stepUpOver(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	v.Session, v.User, v.Company = nil, nil, nil
	ui.DropCookie(w, v, ui.SessionCookie)
	return p.page(w, r, http.StatusUnauthorized, StepUpOver{})
}

// StepUp asks a signed-in user for proof of who they are.
type StepUp struct {
	FactorCode
	// ReturnTo is the page that it leads back to, and Kept the form that waits there.
	ReturnTo string
	Kept     ui.Kept
}

func (StepUp) Template() string        { return "step_up" }
func (StepUp) Title(p *ui.Page) string { return p.T("step_up.title") }

// Username is for password managers.
func (v StepUp) Username() string { return v.CodeState.User.Username }

// ByPassword: the user has nothing better.
func (v StepUp) ByPassword() bool { return v.Way == gatehouse.WayPassword }

func (v StepUp) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	if v.ByPassword() {
		return []ui.Field{ui.PresentPassword(p, "current_password", "field.current_password")}, v.Errors
	}
	fields, bad := v.FactorCode.Form(p)
	return fields[:1], bad // nothing about trusting this device
}

func (v StepUp) query() string {
	q := url.Values{"return_to": {v.ReturnTo}}
	if v.Way != "" {
		q.Set("way", string(v.Way))
	}
	return q.Encode()
}

// StepUpOver says that a session has ended after too many wrong codes.
type StepUpOver struct{ CodesOver }

func (StepUpOver) Template() string        { return "step_up_over" }
func (StepUpOver) Title(p *ui.Page) string { return p.T("step_up.over_title") }
