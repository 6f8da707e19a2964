package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// StopReset asks whether to stop a reset of the user's second factors: the link alone stops
// nothing, because mail scanners open links (C03).
func (p *Portal) StopReset(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("stopped") {
		return p.page(w, r, http.StatusOK, ResetStopped{})
	}
	token, err := p.linkToken(w, r, ui.StopResetCookie, StopResetFailed{Missing: true})
	if token == "" {
		return err
	}
	link, err := p.Account.ResetLink(r.Context(), ui.VisitOf(r).Site, token)
	if err != nil {
		return p.resetNotStopped(w, r, err)
	}
	return p.page(w, r, http.StatusOK, StopReset{link})
}

// StopResetSubmit stops it.
func (p *Portal) StopResetSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := ui.ReadCookie(r, ui.StopResetCookie, v.Secure)
	if err := p.Account.StopReset(r.Context(), v.Site, v.Caller(r), token); err != nil {
		return p.resetNotStopped(w, r, err)
	}
	ui.SpendCookie(w, v, ui.StopResetCookie, token)
	http.Redirect(w, r, StopResetPath+"?stopped", http.StatusSeeOther)
	return nil
}

func (p *Portal) resetNotStopped(w http.ResponseWriter, r *http.Request, err error) error {
	if gatehouse.KindOf(err) != gatehouse.Gone {
		return err
	}
	return p.page(w, r, http.StatusGone, StopResetFailed{})
}

// StopResetPath is where the link in the mail leads.
const StopResetPath = "/account/two-factor-reset"

// StopReset asks for the press of a button.
type StopReset struct{ account.ResetLink }

func (StopReset) Template() string        { return "stop_reset" }
func (StopReset) Title(p *ui.Page) string { return p.T("stop_reset.title") }

// BySupport: an operator has asked for it, and not an administrator of the company.
func (v StopReset) BySupport() bool { return v.Reset.ByKind != gatehouse.SignedIn }

// ResetStopped says that it is stopped, and what to do next.
type ResetStopped struct{}

func (ResetStopped) Template() string        { return "stop_reset_done" }
func (ResetStopped) Title(p *ui.Page) string { return p.T("stop_reset.done_title") }

// StopResetFailed says why the link does not work.
type StopResetFailed struct {
	// Missing: the browser has no token, because it did not open the link or keeps no cookies.
	Missing bool
}

func (StopResetFailed) Template() string { return "stop_reset_failed" }
func (v StopResetFailed) Title(p *ui.Page) string {
	if v.Missing {
		return p.T("email.missing_title")
	}
	return p.T("stop_reset.over_title")
}
func (StopResetFailed) Failed() bool { return true }
