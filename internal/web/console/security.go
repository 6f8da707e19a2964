package console

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// runsOnPage is how many runs the history shows at a time.
const runsOnPage = 10

// EnhancedSecurity shows the company's switch for two-factor sign-in, what either choice
// means for the users as they are, and the runs so far (B01). With the query two_factor
// it asks before that choice is saved (B02).
func (c *Console) EnhancedSecurity(w http.ResponseWriter, r *http.Request) error {
	enable, ok := chosen(r.URL.Query().Get("two_factor"))
	if !ok {
		view, err := c.security(r)
		if err != nil {
			return err
		}
		return c.page(w, r, http.StatusOK, view)
	}
	return c.ask(w, r, http.StatusOK, enable, ui.SwitchConfirmation{})
}

// chosen reads the field two_factor.
func chosen(value string) (enable, ok bool) {
	return value == ui.TwoFactorEnabled, value == ui.TwoFactorEnabled || value == ui.TwoFactorDisabled
}

// security is the page as things are.
func (c *Console) security(r *http.Request) (ui.EnhancedSecurity, error) {
	v, caller, company := on(r)
	enable, err := c.Directory.PreviewTwoFactor(r.Context(), caller, v.Site, company, true)
	if err != nil {
		return ui.EnhancedSecurity{}, err
	}
	disable, err := c.Directory.PreviewTwoFactor(r.Context(), caller, v.Site, company, false)
	if err != nil {
		return ui.EnhancedSecurity{}, err
	}
	view := ui.EnhancedSecurity{
		On: disable.Company.TwoFactor, Enable: preview(enable), Disable: preview(disable),
		Before: r.URL.Query().Get("before"),
	}
	view.AskPassword = view.On && c.stale(v)
	newest, err := c.Directory.Enrolments(r.Context(), caller, v.Site, company, "", 1)
	if err == nil && len(newest) > 0 {
		view.Last = &newest[0]
		if newest[0].State == gatehouse.EnrolmentRunning {
			view.Running = view.Last
		}
	}
	if err == nil {
		view.Runs, err = c.Directory.Enrolments(r.Context(), caller, v.Site, company, view.Before, runsOnPage+1)
	}
	if len(view.Runs) > runsOnPage {
		view.Runs = view.Runs[:runsOnPage]
		view.Next = view.Runs[runsOnPage-1].ID
	}
	return view, err
}

func preview(p directory.Preview) ui.SwitchPreview {
	return ui.SwitchPreview{Enable: p.Enable, Total: p.Total, Counts: p.Counts, Groups: p.Groups,
		Stranded: p.Stranded, StrandedNames: p.StrandedNames, Fingerprint: p.Fingerprint}
}

// stale reports whether the sign-in is too old to weaken anybody's by (ASVS 7.5.1): who
// sits down at an open session must not take the second step away from everybody.
func (c *Console) stale(v *ui.Visit) bool { return !gatehouse.IsFresh(v.Session.CreatedAt, c.Now()) }

// confirm asks for the password in the field current_password, where the sign-in is stale.
func (c *Console) confirm(r *http.Request) error {
	v, caller, _ := on(r)
	if !c.stale(v) {
		return nil
	}
	in := signin.In{Session: v.SessionToken, Browser: v.BrowserToken, Caller: caller}
	return c.SignIn.Confirm(r.Context(), v.Site, in, r.PostFormValue("current_password"))
}

// ask shows the page that asks before a choice is saved, with what has been said so far,
// or says that there is nothing to change.
func (c *Console) ask(w http.ResponseWriter, r *http.Request, status int, enable bool, view ui.SwitchConfirmation) error {
	v, caller, company := on(r)
	p, err := c.Directory.PreviewTwoFactor(r.Context(), caller, v.Site, company, enable)
	if err != nil {
		return err
	}
	if p.Company.TwoFactor == enable {
		return c.nothing(w, r, status)
	}
	view.Preview, view.AskPassword = preview(p), !enable && c.stale(v)
	return c.page(w, r, status, view)
}

// nothing says that it is so already, by whom and since when.
func (c *Console) nothing(w http.ResponseWriter, r *http.Request, status int) error {
	view, err := c.security(r)
	if err != nil {
		return err
	}
	view.Nothing = true
	return c.page(w, r, status, view)
}

// SwitchTwoFactor saves the choice once it is confirmed, and leads to the run that tells
// everybody. The preview that was confirmed comes along: if the people are others by
// now, it is shown anew. Scripts that have seen none may leave it out.
func (c *Console) SwitchTwoFactor(w http.ResponseWriter, r *http.Request) error {
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
	if !enable {
		if err := c.confirm(r); err != nil {
			return c.notSwitched(w, r, enable, err)
		}
	}
	run, err := c.Directory.SwitchTwoFactor(r.Context(), caller, v.Site, company, enable, r.PostFormValue("preview"))
	if err != nil {
		return c.notSwitched(w, r, enable, err)
	}
	http.Redirect(w, r, ui.ProgressPath(run.ID), http.StatusSeeOther)
	return nil
}

// noChoice shows the form again, where neither choice was sent.
func (c *Console) noChoice(w http.ResponseWriter, r *http.Request) error {
	view, err := c.security(r)
	if err != nil {
		return err
	}
	view.Fields = []gatehouse.FieldError{{Field: "two_factor", Code: "required"}}
	return c.page(w, r, http.StatusUnprocessableEntity, view)
}

// notSwitched says why it was not switched, where the page can.
func (c *Console) notSwitched(w http.ResponseWriter, r *http.Request, enable bool, err error) error {
	var e *gatehouse.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Code == directory.CodeSwitched:
		return c.nothing(w, r, http.StatusConflict)
	case e.Code == directory.CodePeopleChanged:
		return c.ask(w, r, http.StatusConflict, enable, ui.SwitchConfirmation{Changed: true})
	case e.Code == directory.CodeSwitchOften:
		retryAfter(w, e.RetryAfter)
		return c.ask(w, r, http.StatusTooManyRequests, enable, ui.SwitchConfirmation{Until: c.Now().Add(e.RetryAfter)})
	case len(e.Fields) > 0:
		return c.ask(w, r, http.StatusUnprocessableEntity, enable, ui.SwitchConfirmation{Fields: e.Fields})
	}
	return err
}
