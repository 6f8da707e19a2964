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

// showCode shows the page for codes in its current state; change adds what was posted.
func (p *Portal) showCode(w http.ResponseWriter, r *http.Request, status int, change func(*Code)) error {
	v := ui.VisitOf(r)
	in := at(r, v)
	if r.Method == http.MethodGet { // a form has changed what was read
		in.Facts = v.Pending
	}
	state, err := p.SignIn.CodeState(r.Context(), v.Site, in)
	if err != nil {
		return elsewhere(w, r, err)
	}
	if state.User.Factors > 0 {
		return p.showFactor(w, r, status, state, change)
	}
	view := Code{InSteps: inSteps(v, gatehouse.StepCode), CodeState: state, Again: r.URL.Query().Has("sent"), Automatic: !state.User.CodesOnRequest}
	p.readTicks(r, &view)
	if change != nil {
		change(&view)
	}
	return p.page(w, r, status, view)
}

// EnterCode accepts a code (B06).
func (p *Portal) EnterCode(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), codeForm(r)
	in := at(r, v)
	in.Facts = v.Pending
	out, err := p.SignIn.EnterCode(r.Context(), v.Site, in, form)
	var e *gatehouse.Error
	switch {
	case err == nil:
		return p.GoOn(w, r, out)
	case !errors.As(err, &e):
		return err
	case e.Kind == gatehouse.Invalid:
		return p.showCode(w, r, http.StatusUnprocessableEntity, func(c *Code) {
			keepCode(c, form)
			c.Errors = e.Fields
		})
	case e.Kind == gatehouse.TooMany:
		return p.tooSoon(w, r, form, e, SoonEnter)
	case e.Reason == signin.ReasonCodesOver:
		return p.page(w, r, http.StatusUnauthorized, CodesOver{})
	}
	return elsewhere(w, r, err)
}

// SendCode mails a new code (B07).
func (p *Portal) SendCode(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), codeForm(r)
	send := p.SignIn.SendCode
	if form.Way == gatehouse.WayText {
		send = p.SignIn.SendText
	}
	err := send(r.Context(), v.Site, at(r, v))
	var e *gatehouse.Error
	switch {
	case err == nil && form.Way == gatehouse.WayText:
		http.Redirect(w, r, StepPath(gatehouse.StepCode)+"?way="+string(form.Way), http.StatusSeeOther)
		return nil
	case err == nil:
		http.Redirect(w, r, StepPath(gatehouse.StepCode)+"?"+p.writeTicks(r, form), http.StatusSeeOther)
		return nil
	case !errors.As(err, &e):
		return err
	case e.Reason == signin.ReasonCodeWait:
		return p.tooSoon(w, r, form, e, SoonSend)
	case e.Reason == signin.ReasonTextsOver, e.Reason == signin.ReasonNoTexts:
		return p.tooSoon(w, r, form, e, SoonOver)
	case e.Reason == signin.ReasonNoEmail, e.Kind == gatehouse.NotFound:
		return p.showCode(w, r, http.StatusConflict, nil)
	}
	return elsewhere(w, r, err)
}

// tooSoon shows the page again, with everything that was entered, and says when to try
// again.
func (p *Portal) tooSoon(w http.ResponseWriter, r *http.Request, form signin.CodeForm, e *gatehouse.Error, what string) error {
	retryAfter(w, e.RetryAfter)
	return p.showCode(w, r, http.StatusTooManyRequests, func(c *Code) {
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

// codeForm reads the form. A box that is not ticked sends nothing, so the page sends a
// "no" before it: a script that posts nothing but a code does not switch the choice off
// unknowingly.
func codeForm(r *http.Request) signin.CodeForm {
	onRequest := ui.VisitOf(r).Pending.User.CodesOnRequest
	if all := r.PostForm["send_automatically"]; len(all) > 0 {
		onRequest = !slices.ContainsFunc(all, isYes)
	}
	return signin.CodeForm{Code: r.PostFormValue("code"), Way: gatehouse.Way(r.PostFormValue("way")), Trust: isYes(r.PostFormValue("trust_device")), OnRequest: onRequest}
}

// ticksPurpose is what the tag of ticks is for.
const ticksPurpose = "code-form-ticks"

// writeTicks takes the ticks through the redirect after a code was sent: nothing is stored
// before a right one is entered. The tag is for this sign-in, so that nobody else's link
// can tick a box, such as trust.
func (p *Portal) writeTicks(r *http.Request, form signin.CodeForm) string {
	ticks := ticksOf(form.Trust, !form.OnRequest)
	return url.Values{"sent": {ticks}, "tag": {p.SignIn.Keys.MAC(ticksPurpose, ticksOwner(r), ticks)}}.Encode()
}

// readTicks ticks what writeTicks has written.
func (p *Portal) readTicks(r *http.Request, view *Code) {
	ticks, tag := r.URL.Query().Get("sent"), r.URL.Query().Get("tag")
	if p.SignIn.Keys.CheckMAC(ticksPurpose, tag, ticksOwner(r), ticks) {
		view.Trust, view.Automatic = strings.Contains(ticks, "t"), strings.Contains(ticks, "a")
	}
}

// ticksOf has a letter for each ticked box.
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

// keepCode puts the input back into the form. A code is no secret to the user who has just
// typed it, and a typo is fixed sooner than retyped.
func keepCode(c *Code, form signin.CodeForm) {
	c.Typed, c.Trust, c.Automatic = clipTo(form.Code, 40), form.Trust, !form.OnRequest
}

// Code asks for the code that was mailed (B05 to B12).
type Code struct {
	InSteps
	signin.CodeState
	// Again: it was just sent, at the press of the button.
	Again bool
	// Typed, Trust and Automatic are what is in the form.
	Typed            string
	Trust, Automatic bool
	Errors           []gatehouse.FieldError
	// TooSoon says what was done too early: SoonSend (possible at NextAt) or SoonEnter
	// (at Until); empty: nothing was.
	TooSoon string
	Until   time.Time
}

// The values of Code.TooSoon; the texts are code.soon_….
const (
	SoonSend  = "send"
	SoonEnter = "enter"
	SoonOver  = "over" // no text message can be sent
)

func (Code) Template() string { return "code" }
func (v Code) Failed() bool   { return v.TooSoon != "" }

func (v Code) Title(p *ui.Page) string {
	switch state := v.State(p.Now); state {
	case codeNowhere, codeUnsent, codeLost, codeOver:
		return p.T("code.title_" + state)
	}
	return p.T("code.title")
}

// The states of the page.
const (
	codeNowhere = "nowhere" // no address
	codeUnsent  = "unsent"
	codeLost    = "lost"
	codeOver    = "over" // it has expired
	codeSent    = "sent"
)

// State names the words of the page.
func (v Code) State(now time.Time) string {
	switch {
	case v.Email == "":
		return codeNowhere
	case v.SentAt.IsZero():
		return codeUnsent
	case v.Lost:
		return codeLost
	case !now.Before(v.ExpiresAt):
		return codeOver
	}
	return codeSent
}

// Takes reports whether the page has the field for a code: there is none to enter before
// one was sent. Somebody may have posted one anyway.
func (v Code) Takes(now time.Time) bool {
	return v.State(now) != codeUnsent || v.Typed != "" || len(v.Errors) > 0
}

// Wait is how long it takes until the next code may be sent, in whole seconds.
func (v Code) Wait(now time.Time) time.Duration {
	wait := max(0, v.NextAt.Sub(now))
	return (wait + time.Second - 1).Truncate(time.Second)
}

// WaitShort reports whether the wait is short enough to count down; for a longer one
// the page shows the time.
func (v Code) WaitShort(now time.Time) bool { return v.Wait(now) <= 2*time.Minute }

// WaitSeconds is Wait for the script.
func (v Code) WaitSeconds(now time.Time) int { return int(v.Wait(now) / time.Second) }

func (v Code) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{
		{Name: "code", Label: p.T("code.field"), Value: v.Typed, InputMode: "numeric", Autocomplete: "one-time-code", Digits: true, Missing: "code"},
		{Name: "trust_device", Label: p.T("code.trust", "days", v.PolicyOf(p).TrustedDevice), Hint: p.T("code.trust_hint"), Control: ui.Box, Optional: true, Ticked: v.Trust},
		{Name: "send_automatically", Label: p.T("code.automatic"), Hint: p.T("code.automatic_hint"), Control: ui.Box, Optional: true, Ticked: v.Automatic},
	}, v.Errors
}

// SenderDomain is what a company's mail system has to let in.
func (v Code) SenderDomain(p *ui.Page) string {
	_, domain, _ := strings.Cut(p.Site.Sender.Address, "@")
	return domain
}

// CodesOver says that a sign-in has ended after too many wrong codes (B06).
type CodesOver struct{}

func (CodesOver) Template() string        { return "code_over" }
func (CodesOver) Title(p *ui.Page) string { return p.T("code.ended_title") }
func (CodesOver) Failed() bool            { return true }

// Tries is how many codes a sign-in accepts.
func (CodesOver) Tries() int { return gatehouse.CodeTries }
