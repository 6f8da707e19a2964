package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// ResetPassword is where a reset link leads. The token moves from the address into a
// cookie, so that neither the history nor the next page's owner gets it; opening the
// link does not use it up, because mail scanners open links (C03).
func (p *Portal) ResetPassword(w http.ResponseWriter, r *http.Request) error {
	if keepToken(w, r, ui.RecoveryCookie) {
		return nil
	}
	return p.reset(w, r, http.StatusOK, nil)
}

// reset shows the form for the new password, with what was wrong with it.
func (p *Portal) reset(w http.ResponseWriter, r *http.Request, status int, bad []gatehouse.FieldError) error {
	v := ui.VisitOf(r)
	token := recoveryToken(r, v)
	if token == "" {
		return p.page(w, r, http.StatusBadRequest, LinkMissing{})
	}
	u, err := p.SignIn.ResetLink(r.Context(), v.Site, token)
	if err != nil {
		return p.recoveryFailed(w, r, err, LinkOver{})
	}
	rules, err := p.SignIn.PasswordRules(r.Context(), v.Site, u)
	if err != nil {
		return err
	}
	return p.page(w, r, status, ResetPassword{Username: u.Username, Rules: rules, Errors: bad})
}

// ResetPasswordSubmit accepts the new password and uses up the link.
func (p *Portal) ResetPasswordSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := recoveryToken(r, v)
	if token == "" {
		return p.page(w, r, http.StatusBadRequest, LinkMissing{})
	}
	form := signin.NewPassword{New: r.PostFormValue("new_password"), Repeat: r.PostFormValue("repeat_password")}
	err := p.SignIn.ResetPassword(r.Context(), v.Site, v.Caller(r), token, form)
	if bad := faults(err); bad != nil {
		return p.reset(w, r, http.StatusUnprocessableEntity, bad)
	}
	if err != nil {
		return p.recoveryFailed(w, r, err, LinkOver{})
	}
	ui.SpendCookie(w, v, ui.RecoveryCookie, token)
	ui.SetCookie(w, v, ui.DeviceCookie, p.SignIn.RecoveredDevice(token), deviceCookieAge)
	http.Redirect(w, r, "/sign-in?password_changed", http.StatusSeeOther)
	return nil
}

// ResetPassword is where a reset link leads (C03).
type ResetPassword struct {
	// Username is the name of the link's user, and Rules what their company and site require: the
	// link is in the mailbox of the account, and there is none for an address without one.
	Username string
	Rules    gatehouse.PasswordPolicy
	Errors   []gatehouse.FieldError
}

func (ResetPassword) Template() string        { return "reset_password" }
func (ResetPassword) Title(p *ui.Page) string { return p.T("reset.title") }
func (v ResetPassword) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return newPassword(p), v.Errors
}
func (ResetPassword) Position(p *ui.Page) *ui.Progress { return recoveryProgress(p, recoverThird) }
func (v ResetPassword) Reqs(p *ui.Page) Reqs           { return reqsOf(p, v.Rules, v.Username, "") }

// LinkOver answers a reset link that no longer works.
type LinkOver struct{}

func (LinkOver) Template() string        { return "reset_over" }
func (LinkOver) Title(p *ui.Page) string { return p.T("link.over_title") }
func (LinkOver) Failed() bool            { return true }

// LinkMissing answers a visitor who comes to choose a password without the cookie that
// the link sets: another browser, or cookies are off (C06).
type LinkMissing struct{}

func (LinkMissing) Template() string        { return "reset_missing" }
func (LinkMissing) Title(p *ui.Page) string { return p.T("link.missing_title") }
func (LinkMissing) Failed() bool            { return true }
