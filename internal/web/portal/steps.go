package portal

import (
	"errors"
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// Step shows the page of the step that is due now; on the page of another one it leads
// there: a second tab, or the back button.
func (p *Portal) Step(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if r.URL.Path != StepPath(v.Step) {
		http.Redirect(w, r, StepPath(v.Step), http.StatusSeeOther)
		return nil
	}
	if v.Step == gatehouse.StepCode {
		return p.showCode(w, r, http.StatusOK, nil)
	}
	in, username := inSteps(v, v.Step), v.Pending.User.Username
	var view ui.View
	switch v.Step {
	case gatehouse.StepPassword:
		view = ui.PasswordExpired{InSteps: in, Username: username, Temporary: v.Pending.User.Password.Temporary()}
	case gatehouse.StepChallenge:
		view = ui.ChallengeSetup{InSteps: in, Username: username}
	case gatehouse.StepTerms:
		view = ui.AcceptTerms{InSteps: in, TermsText: termsInForce(v)}
	case gatehouse.StepSoleUser:
		view = ui.SoleUser{InSteps: in, Username: username, Administrator: v.Pending.User.Role == gatehouse.RoleAdmin}
	}
	return p.page(w, r, http.StatusOK, view)
}

// StepPath is the page of a step. A sign-in that has nothing left to do, because
// somebody took a step back meanwhile, is finished by signing in again.
func StepPath(step gatehouse.Step) string {
	switch step {
	case gatehouse.StepDone, gatehouse.StepCredentials:
		return "/sign-in"
	}
	return "/sign-in/" + string(step)
}

func inSteps(v *ui.Visit, step gatehouse.Step) ui.InSteps {
	return ui.InSteps{Step: step, Steps: v.Pending.SignIn.Steps}
}

func termsInForce(v *ui.Visit) ui.TermsText {
	text, _ := v.Site.TermsText(v.Site.TermsVersion, v.Lang)
	return ui.TermsText{Version: v.Site.TermsVersion, Text: text}
}

// ChoosePassword takes the new password in place of a temporary or expired one (B13).
func (p *Portal) ChoosePassword(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.ChoosePassword(r.Context(), v.Site, at(r, v), signin.NewPassword{
		Old: r.PostFormValue("old_password"), New: r.PostFormValue("new_password"), Repeat: r.PostFormValue("repeat_password")})
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		u := v.Pending.User
		return ui.PasswordExpired{InSteps: inSteps(v, gatehouse.StepPassword), Username: u.Username, Temporary: u.Password.Temporary(), Errors: bad}
	})
}

// SetFirstChallenge takes the challenge question (B14).
func (p *Portal) SetFirstChallenge(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), challengeForm(r)
	out, err := p.SignIn.SetFirstChallenge(r.Context(), v.Site, at(r, v), form)
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		return ui.ChallengeSetup{InSteps: inSteps(v, gatehouse.StepChallenge), Username: v.Pending.User.Username, ChallengeForm: keptChallenge(form, bad)}
	})
}

func challengeForm(r *http.Request) gatehouse.ChallengeForm {
	return gatehouse.ChallengeForm{Question: r.PostFormValue("question"), Own: r.PostFormValue("own_question"),
		Answer: r.PostFormValue("answer"), CurrentPassword: r.PostFormValue("current_password")}
}

// keptChallenge is what a page shows again of the form: not the secrets.
func keptChallenge(form gatehouse.ChallengeForm, bad []gatehouse.FieldError) ui.ChallengeForm {
	return ui.ChallengeForm{Question: form.Question, Own: clip(form.Own), Errors: bad}
}

// yes is what a ticked box sends, and what scripts send for one: "no" is no acceptance.
var yes = []string{"on", "yes", "true", "1"}

// AcceptTerms takes the answer to the terms (A03, B15).
func (p *Portal) AcceptTerms(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.AcceptTerms(r.Context(), v.Site, at(r, v), signin.TermsForm{
		Version: r.PostFormValue("version"), TextHash: r.PostFormValue("text_hash"), Accept: slices.Contains(yes, r.PostFormValue("accept"))})
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		return ui.AcceptTerms{InSteps: inSteps(v, gatehouse.StepTerms), TermsText: termsInForce(v), Errors: bad}
	})
}

// AnswerSoleUser takes the answer to "are you the only person who uses this sign-in?"
// (A04).
func (p *Portal) AnswerSoleUser(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.AnswerSoleUser(r.Context(), v.Site, at(r, v), r.PostFormValue("sole_user"))
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		return ui.SoleUser{InSteps: inSteps(v, gatehouse.StepSoleUser), Username: v.Pending.User.Username,
			Administrator: v.Pending.User.Role == gatehouse.RoleAdmin, Errors: bad}
	})
}

// at is where a step is done.
func at(r *http.Request, v *ui.Visit) signin.At {
	return signin.At{SignIn: v.SignInToken, Browser: v.BrowserToken, Lang: v.Lang, Caller: v.Caller(r)}
}

// stepped goes on after a step that was posted: to the next one, to the one that is
// really due, or to its page again with what is wrong.
func (p *Portal) stepped(w http.ResponseWriter, r *http.Request, out signin.Outcome, err error, again func([]gatehouse.FieldError) ui.View) error {
	var moved *signin.MovedError
	var over *signin.TemporaryOverError
	var e *gatehouse.Error
	switch {
	case err == nil:
		GoOn(w, r, out)
		return nil
	case errors.As(err, &over):
		return p.temporaryOver(w, r, over)
	case errors.As(err, &moved):
		http.Redirect(w, r, StepPath(moved.Step), http.StatusSeeOther)
		return nil
	case !errors.As(err, &e):
		return err
	case e.Kind == gatehouse.Invalid:
		return p.page(w, r, http.StatusUnprocessableEntity, again(e.Fields))
	}
	return err
}

// GoOn leads a sign-in to its next step, or to the page that was asked for.
func GoOn(w http.ResponseWriter, r *http.Request, out signin.Outcome) {
	v := ui.VisitOf(r)
	if out.Browser != "" {
		ui.SetCookie(w, v, ui.BrowserCookie, out.Browser, browserCookieAge)
	}
	if out.Step != gatehouse.StepDone {
		ui.SetCookie(w, v, ui.SignInCookie, out.SignIn, 0)
		http.Redirect(w, r, StepPath(out.Step), http.StatusSeeOther)
		return
	}
	ui.SetCookie(w, v, ui.SessionCookie, out.Session, 0)
	ui.DropCookie(w, v, ui.SignInCookie)
	http.Redirect(w, r, out.ReturnTo, http.StatusSeeOther)
}

// Terms shows a version of the terms to everybody, to read and to print.
func (p *Portal) Terms(w http.ResponseWriter, r *http.Request) error {
	v, version := ui.VisitOf(r), r.PathValue("version")
	if version == "" {
		version = v.Site.TermsVersion
	}
	text, ok := v.Site.TermsText(version, v.Lang)
	if !ok {
		return gatehouse.ErrNotFound
	}
	return p.page(w, r, http.StatusOK, ui.Terms{TermsText: ui.TermsText{Version: version, Text: text}, InForce: version == v.Site.TermsVersion})
}
