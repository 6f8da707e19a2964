package console

import (
	"errors"
	"net/http"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// enrolmentsOnPage is how many enrolments the history shows at a time.
const enrolmentsOnPage = 10

// EnhancedSecurity shows the company's setting for two-factor authentication, what either
// choice means for the current users, and the enrolments so far (B01). With the query
// two_factor it asks before that choice is saved (B02).
func (c *Console) EnhancedSecurity(w http.ResponseWriter, r *http.Request) error {
	enable, ok := chosen(r.URL.Query().Get("two_factor"))
	if !ok {
		view, err := c.security(r)
		if err != nil {
			return err
		}
		return c.page(w, r, http.StatusOK, view)
	}
	return c.ask(w, r, http.StatusOK, enable, EnhancedSecurityConfirm{})
}

// chosen reads the field two_factor.
func chosen(value string) (enable, ok bool) {
	return value == TwoFactorEnabled, value == TwoFactorEnabled || value == TwoFactorDisabled
}

// security is the page in its current state.
func (c *Console) security(r *http.Request) (EnhancedSecurity, error) {
	v, caller, company := on(r)
	enable, err := c.Directory.PreviewTwoFactor(r.Context(), v.Site, caller, company, true)
	if err != nil {
		return EnhancedSecurity{}, err
	}
	disable, err := c.Directory.PreviewTwoFactor(r.Context(), v.Site, caller, company, false)
	if err != nil {
		return EnhancedSecurity{}, err
	}
	view := EnhancedSecurity{
		On: disable.Company.TwoFactor, Enable: enable, Disable: disable,
		Before: r.URL.Query().Get("before"), Proved: caller.Proved,
	}
	newest, err := c.Directory.Enrolments(r.Context(), v.Site, caller, company, "", 1)
	if err == nil && len(newest) > 0 {
		view.Last = &newest[0]
		if newest[0].State == gatehouse.EnrolmentRunning {
			view.Running = view.Last
		}
	}
	if err == nil {
		view.Enrolments, err = c.Directory.Enrolments(r.Context(), v.Site, caller, company, view.Before, enrolmentsOnPage+1)
	}
	if len(view.Enrolments) > enrolmentsOnPage {
		view.Enrolments = view.Enrolments[:enrolmentsOnPage]
		view.Next = view.Enrolments[enrolmentsOnPage-1].ID
	}
	return view, err
}

// ask shows the page that asks before a choice is saved, with the input so far, or says
// that there is nothing to change.
func (c *Console) ask(w http.ResponseWriter, r *http.Request, status int, enable bool, view EnhancedSecurityConfirm) error {
	v, caller, company := on(r)
	p, err := c.Directory.PreviewTwoFactor(r.Context(), v.Site, caller, company, enable)
	if err != nil {
		return err
	}
	if p.Company.TwoFactor == enable {
		return c.nothing(w, r, status)
	}
	if !enable && !caller.Proved {
		return gatehouse.ErrProofFirst
	}
	view.Preview = p
	return c.page(w, r, status, view)
}

// nothing says that this is the setting already, by whom and since when.
func (c *Console) nothing(w http.ResponseWriter, r *http.Request, status int) error {
	view, err := c.security(r)
	if err != nil {
		return err
	}
	view.Nothing = true
	return c.page(w, r, status, view)
}

// SetTwoFactor saves the choice once it is confirmed, and leads to the enrolment that tells
// everybody. The preview that was confirmed comes along: if the users have changed since,
// it is shown again. Scripts that have seen none may leave it out.
func (c *Console) SetTwoFactor(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	enable, ok := chosen(r.PostFormValue("two_factor"))
	if !ok {
		return c.noChoice(w, r)
	}
	if r.PostFormValue("confirm") != "yes" {
		to := ui.EnhancedSecurityPath + "?two_factor=" + r.PostFormValue("two_factor")
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	if !enable && !caller.Proved { // somebody who sits down at an open session must not switch it off for everybody (ASVS 7.5.1)
		return gatehouse.ErrProofFirst
	}
	enrolment, err := c.Directory.SetTwoFactor(r.Context(), v.Site, caller, company, enable, r.PostFormValue("preview"))
	if err != nil {
		return c.notSet(w, r, enable, err)
	}
	http.Redirect(w, r, ProgressPath(enrolment.ID), http.StatusSeeOther)
	return nil
}

// noChoice shows the form again if neither choice was sent.
func (c *Console) noChoice(w http.ResponseWriter, r *http.Request) error {
	view, err := c.security(r)
	if err != nil {
		return err
	}
	view.Fields = []gatehouse.FieldError{{Field: "two_factor", Reason: "required"}}
	return c.page(w, r, http.StatusUnprocessableEntity, view)
}

// notSet says why it was not switched, if the page can.
func (c *Console) notSet(w http.ResponseWriter, r *http.Request, enable bool, err error) error {
	var e *gatehouse.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Reason == directory.ReasonAlreadySet:
		return c.nothing(w, r, http.StatusConflict)
	case e.Reason == directory.ReasonUsersChanged:
		return c.ask(w, r, http.StatusConflict, enable, EnhancedSecurityConfirm{Changed: true})
	case e.Reason == directory.ReasonChangedOften:
		retryAfter(w, e.RetryAfter)
		return c.ask(w, r, http.StatusTooManyRequests, enable, EnhancedSecurityConfirm{Until: c.Now().Add(e.RetryAfter)})
	}
	return err
}

// The values of the field two_factor.
const (
	TwoFactorEnabled  = "enabled"
	TwoFactorDisabled = "disabled"
)

// choice is the value of two_factor for a switch.
func choice(enable bool) string {
	if enable {
		return TwoFactorEnabled
	}
	return TwoFactorDisabled
}

// EnhancedSecurity is the company's setting for two-factor authentication (B01).
type EnhancedSecurity struct {
	enrolmentWords
	On bool
	// Enable and Disable are what either choice means.
	Enable, Disable directory.Preview
	// Running is the current enrolment; nil: none.
	Running *gatehouse.Enrolment
	// Last is the last enrolment that switched; nil: none is known.
	Last *gatehouse.Enrolment
	// Enrolments are those before the one named Before (empty: the newest), Next is the
	// parameter for the next page.
	Enrolments   []gatehouse.Enrolment
	Before, Next string
	// Nothing: this is the setting already.
	Nothing bool
	// Proved: the administrator has just proved who they are, so a dialog can ask.
	Proved bool
	Fields []gatehouse.FieldError
}

func (EnhancedSecurity) Template() string        { return "enhanced_security" }
func (EnhancedSecurity) Title(p *ui.Page) string { return p.T("enhanced_security.title") }

func (v EnhancedSecurity) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "two_factor", Label: p.T("enhanced_security.choice"), Control: ui.Choices, Missing: "two_factor"}}, v.Fields
}

// Own is how many use two-factor by their own choice.
func (v EnhancedSecurity) Own() int { return v.Enable.Groups[gatehouse.GroupOwn] }

// Asks are both choices; Ask is the one that would change something.
func (v EnhancedSecurity) Asks(p *ui.Page) []choiceView {
	return []choiceView{{p, v.Enable, !v.On}, {p, v.Disable, v.On}}
}
func (v EnhancedSecurity) Ask(p *ui.Page) choiceView {
	if v.On {
		return v.Asks(p)[1]
	}
	return v.Asks(p)[0]
}

// EnhancedSecurityConfirm asks before Enhanced Security is switched (B02). A browser with
// scripts asks in a dialog of the page EnhancedSecurity.
type EnhancedSecurityConfirm struct {
	Preview directory.Preview
	// Changed: the users have changed since the preview that was agreed to.
	Changed bool
	// Until is when it can be switched again, if it was switched too often; zero: it
	// was not.
	Until time.Time
}

func (EnhancedSecurityConfirm) Template() string { return "enhanced_security_confirm" }
func (v EnhancedSecurityConfirm) Title(p *ui.Page) string {
	return p.T("enhanced_security.ask_"+choice(v.Preview.Enable), "n", v.Preview.Counts.Changed)
}
func (v EnhancedSecurityConfirm) Failed() bool {
	return v.Changed || !v.Until.IsZero()
}

// Ask is the choice that it asks about.
func (v EnhancedSecurityConfirm) Ask(p *ui.Page) choiceView {
	return choiceView{p, v.Preview, true}
}

// Below: the page replaces the one that it belongs to.
func (EnhancedSecurityConfirm) Below() bool { return true }
