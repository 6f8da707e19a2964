package portal

import (
	"errors"
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// Step shows the page of the current step; on the page of another one it leads there: a
// second tab, or the back button.
func (p *Portal) Step(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if r.URL.Path != StepPath(v.Step) {
		http.Redirect(w, r, StepPath(v.Step), http.StatusSeeOther)
		return nil
	}
	switch v.Step {
	case gatehouse.StepCode:
		return p.showCode(w, r, http.StatusOK, nil)
	case gatehouse.StepFactor:
		return p.showFactorStep(w, r, http.StatusOK, nil)
	}
	in := inSteps(v, v.Step)
	var view ui.View
	switch v.Step {
	case gatehouse.StepPassword:
		view = PasswordExpired{InSteps: in}
	case gatehouse.StepChallenge:
		view = ChallengeSetup{InSteps: in}
	case gatehouse.StepTerms:
		view = AcceptTerms{InSteps: in, TermsText: termsInForce(v)}
	case gatehouse.StepSoleUser:
		view = SoleUser{InSteps: in}
	}
	return p.page(w, r, http.StatusOK, view)
}

// StepPath is the page of a step. If a sign-in has nothing left to do, because somebody
// undid a step meanwhile, signing in again finishes it.
func StepPath(step gatehouse.Step) string {
	switch step {
	case gatehouse.StepDone, gatehouse.StepCredentials:
		return "/sign-in"
	}
	return "/sign-in/" + string(step)
}

func inSteps(v *ui.Visit, step gatehouse.Step) InSteps {
	return InSteps{step, *v.Pending}
}

// at is where a step is done.
func at(r *http.Request, v *ui.Visit) signin.At {
	return signin.At{SignIn: v.SignInToken, Device: v.DeviceToken, Lang: v.Lang, Caller: v.Caller(r)}
}

// stepped goes on after a step that was posted: to the next one, to the one that is
// really due, or to its page again with the errors.
func (p *Portal) stepped(w http.ResponseWriter, r *http.Request, out signin.Outcome, err error, again func([]gatehouse.FieldError) ui.View) error {
	var moved *signin.MovedError
	var over *signin.TemporaryOverError
	var e *gatehouse.Error
	switch {
	case err == nil:
		return p.GoOn(w, r, out)
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
func (p *Portal) GoOn(w http.ResponseWriter, r *http.Request, out signin.Outcome) error {
	p.keep(w, ui.VisitOf(r), out)
	if out.Step != gatehouse.StepDone {
		http.Redirect(w, r, StepPath(out.Step), http.StatusSeeOther)
		return nil
	}
	return p.LeadTo(w, r, out.ReturnTo)
}

// keep gives the browser the cookies of a sign-in that has gone on.
func (p *Portal) keep(w http.ResponseWriter, v *ui.Visit, out signin.Outcome) {
	if out.Device != "" {
		ui.SetCookie(w, v, ui.DeviceCookie, out.Device, deviceCookieAge)
	}
	if out.Step != gatehouse.StepDone {
		ui.SetCookie(w, v, ui.SignInCookie, out.SignIn, 0)
		return
	}
	ui.SetCookie(w, v, ui.SessionCookie, out.Session, 0)
	ui.DropCookie(w, v, ui.SignInCookie)
	p.offerBinding(w, v, out.Session)
}

// progress is the position of a page among those with these names, which are the ends of
// the text keys. It is nil on pages outside a sequence.
func progress(p *ui.Page, at int, names ...string) *ui.Progress {
	if len(names) < 2 {
		return nil
	}
	return ui.ProgressIn(p, "steps.", at, names)
}

// InSteps is the position of a page of a sign-in among the steps that were due at its
// beginning.
type InSteps struct {
	Step gatehouse.Step
	gatehouse.SignInFacts
}

// PolicyOf is the policy for the user who is signing in. They have proved the password,
// so it may say what the company requires.
func (v InSteps) PolicyOf(p *ui.Page) gatehouse.Policy { return p.Site.Policy.For(v.Policy) }

// Username is the name of the user who is signing in.
func (v InSteps) Username() string { return v.User.Username }

// stepNames are the keys of the steps' names.
var stepNames = map[gatehouse.Step]string{
	gatehouse.StepCode: "code", gatehouse.StepPassword: "password", gatehouse.StepFactor: "factor", gatehouse.StepChallenge: "challenge",
	gatehouse.StepTerms: "terms", gatehouse.StepSoleUser: "sole_user",
}

// Position: a step that became due later, such as new terms, is not among those of the
// beginning; the count then includes it.
func (v InSteps) Position(p *ui.Page) *ui.Progress {
	var names []string
	steps := v.SignIn.Steps
	if !slices.Contains(steps, v.Step) {
		steps = append(slices.Clone(steps), v.Step)
	}
	for _, step := range steps {
		names = append(names, stepNames[step])
	}
	return progress(p, slices.Index(steps, v.Step), names...)
}
