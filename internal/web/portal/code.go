package portal

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// showCode shows the page for codes as things are now; change puts in what was posted.
func (p *Portal) showCode(w http.ResponseWriter, r *http.Request, status int, change func(*ui.Code)) error {
	v := ui.VisitOf(r)
	state, err := p.SignIn.CodeState(r.Context(), v.Site, at(r, v))
	if err != nil {
		return elsewhere(w, r, err)
	}
	view := ui.Code{InSteps: inSteps(v, gatehouse.StepCode), Address: state.Address, SentAt: state.SentAt, ExpiresAt: state.ExpiresAt,
		NextAt: state.NextAt, Lost: state.Lost, Again: r.URL.Query().Has("sent"), Automatic: !state.User.CodesOnRequest}
	p.readTicks(r, &view)
	if change != nil {
		change(&view)
	}
	return p.page(w, r, status, view)
}

// EnterCode takes a code (B06).
func (p *Portal) EnterCode(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), codeForm(r)
	out, err := p.SignIn.EnterCode(r.Context(), v.Site, at(r, v), form)
	var e *gatehouse.Error
	switch {
	case err == nil:
		GoOn(w, r, out)
		return nil
	case !errors.As(err, &e):
		return err
	case e.Kind == gatehouse.Invalid:
		return p.showCode(w, r, http.StatusUnprocessableEntity, func(c *ui.Code) {
			keepCode(c, form)
			c.Errors = e.Fields
		})
	case e.Kind == gatehouse.TooMany:
		return p.tooSoon(w, r, form, e, ui.SoonEnter)
	case e.Code == signin.CodeCodesOver:
		return p.page(w, r, http.StatusUnauthorized, ui.CodesOver{})
	}
	return elsewhere(w, r, err)
}

// SendCode mails a new code (B07).
func (p *Portal) SendCode(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), codeForm(r)
	err := p.SignIn.SendCode(r.Context(), v.Site, at(r, v))
	var e *gatehouse.Error
	switch {
	case err == nil:
		http.Redirect(w, r, StepPath(gatehouse.StepCode)+"?"+p.writeTicks(r, form), http.StatusSeeOther)
		return nil
	case !errors.As(err, &e):
		return err
	case e.Code == signin.CodeCodeWait:
		return p.tooSoon(w, r, form, e, ui.SoonSend)
	case e.Code == signin.CodeNoAddress:
		return p.showCode(w, r, http.StatusConflict, nil)
	}
	return elsewhere(w, r, err)
}

// tooSoon shows the page again, with all that was entered, and says when its time is.
func (p *Portal) tooSoon(w http.ResponseWriter, r *http.Request, form signin.CodeForm, e *gatehouse.Error, what string) error {
	retryAfter(w, e.RetryAfter)
	return p.showCode(w, r, http.StatusTooManyRequests, func(c *ui.Code) {
		keepCode(c, form)
		c.TooSoon, c.Until = what, p.Now().Add(e.RetryAfter).Add(time.Minute-1).Truncate(time.Minute)
	})
}

// elsewhere leads to the step that is due instead.
func elsewhere(w http.ResponseWriter, r *http.Request, err error) error {
	var moved *signin.MovedError
	if !errors.As(err, &moved) {
		return err
	}
	http.Redirect(w, r, StepPath(moved.Step), http.StatusSeeOther)
	return nil
}

// codeForm reads the form. A box that is not ticked sends nothing, so the page sends a no
// in front of it: a script that posts nothing but a code does not switch the choice off
// without knowing of it.
func codeForm(r *http.Request) signin.CodeForm {
	onRequest := ui.VisitOf(r).Pending.User.CodesOnRequest
	if all := r.PostForm["send_automatically"]; len(all) > 0 {
		onRequest = !slices.ContainsFunc(all, isYes)
	}
	return signin.CodeForm{Code: r.PostFormValue("code"), Trust: isYes(r.PostFormValue("trust_device")), OnRequest: onRequest}
}

// ticksPurpose is what the tag of ticks is for.
const ticksPurpose = "code-form-ticks"

// writeTicks takes what is ticked through the redirect after a code was sent: nothing is
// stored before a right one is entered. The tag is for this sign-in, so that nobody else's
// link ticks a box beforehand, as that of the trust.
func (p *Portal) writeTicks(r *http.Request, form signin.CodeForm) string {
	ticks := ticksOf(form.Trust, !form.OnRequest)
	return url.Values{"sent": {ticks}, "tag": {p.SignIn.Keys.MAC(ticksPurpose, ticksOwner(r), ticks)}}.Encode()
}

// readTicks ticks what writeTicks has written.
func (p *Portal) readTicks(r *http.Request, view *ui.Code) {
	ticks, tag := r.URL.Query().Get("sent"), r.URL.Query().Get("tag")
	if p.SignIn.Keys.CheckMAC(ticksPurpose, tag, ticksOwner(r), ticks) {
		view.Trust, view.Automatic = strings.Contains(ticks, "t"), strings.Contains(ticks, "a")
	}
}

// ticksOf is a letter for each box that is ticked.
func ticksOf(trust, automatic bool) (ticks string) {
	if trust {
		ticks += "t"
	}
	if automatic {
		ticks += "a"
	}
	return ticks
}

func ticksOwner(r *http.Request) string { return ui.VisitOf(r).Pending.SignIn.ID }

func isYes(value string) bool { return slices.Contains(yes, value) }

// keepCode puts what was entered back into the form. A code is no secret to whoever has
// just typed it, and one typed wrong is mended sooner than typed anew.
func keepCode(c *ui.Code, form signin.CodeForm) {
	c.Typed, c.Trust, c.Automatic = clipTo(form.Code, 40), form.Trust, !form.OnRequest
}
