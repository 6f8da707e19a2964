package portal

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// SendConfirmation resends the link that confirms an address.
func (p *Portal) SendConfirmation(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.Account.SendConfirmation(r.Context(), v.Site, v.Caller(r))
	var e *gatehouse.Error
	switch {
	case err == nil:
		return seeProfile(w, r, ProfileSent)
	case !errors.As(err, &e):
	case e.Reason == account.ReasonNothingToConfirm: // another window was faster
		http.Redirect(w, r, profilePath, http.StatusSeeOther)
		return nil
	case e.Reason == account.ReasonEmailOften:
		view, failed := p.storedProfile(r)
		if failed != nil {
			return failed
		}
		view.TooSoon = e.RetryAfter
		retryAfter(w, e.RetryAfter)
		return p.page(w, r, http.StatusTooManyRequests, view)
	}
	return err
}

// DropEmailChange cancels a pending change of address.
func (p *Portal) DropEmailChange(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.DropEmailChange(r.Context(), v.Site, v.Caller(r)); err != nil {
		return err
	}
	return seeProfile(w, r, ProfileDropped)
}

// keepToken moves the token of a link from the address into a cookie, so that it is in
// no history, no log and no Referer; it reports whether there was one.
func keepToken(w http.ResponseWriter, r *http.Request, cookie string) bool {
	token := gatehouse.CleanToken(r.URL.Query().Get("token"))
	if token == "" {
		return false
	}
	if len(token) > ui.MaxToken {
		token = "none of ours"
	}
	ui.SetCookie(w, ui.VisitOf(r), cookie, token, 0)
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return true
}

// linkToken returns the token of a link; if it is empty, the request has its answer: the way to
// the same page without the token in the address, or the page for a browser that has none.
func (p *Portal) linkToken(w http.ResponseWriter, r *http.Request, cookie string, missing ui.View) (string, error) {
	if keepToken(w, r, cookie) {
		return "", nil
	}
	token := ui.ReadCookie(r, cookie, ui.VisitOf(r).Secure)
	if token == "" {
		return "", p.page(w, r, http.StatusBadRequest, missing)
	}
	return token, nil
}

// ConfirmEmail asks for the press of a button: the link alone confirms nothing, because
// mail scanners open links (C03).
func (p *Portal) ConfirmEmail(w http.ResponseWriter, r *http.Request) error {
	token, err := p.linkToken(w, r, ui.EmailCookie, EmailFailed{Why: EmailMissing})
	if token == "" {
		return err
	}
	link, err := p.Account.ConfirmLink(r.Context(), ui.VisitOf(r).Site, token)
	if err != nil {
		return p.emailFailed(w, r, false, err)
	}
	return p.page(w, r, http.StatusOK, ConfirmEmail{link})
}

// ConfirmEmailSubmit makes the change.
func (p *Portal) ConfirmEmailSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := ui.ReadCookie(r, ui.EmailCookie, v.Secure)
	if err := p.Account.ConfirmEmail(r.Context(), v.Site, v.Caller(r), token); err != nil {
		return p.emailFailed(w, r, false, err)
	}
	return emailDone(w, r, ui.EmailCookie, token, EmailConfirmed)
}

// UndoEmail asks whether to stop or undo a change.
func (p *Portal) UndoEmail(w http.ResponseWriter, r *http.Request) error {
	token, err := p.linkToken(w, r, ui.UndoCookie, EmailFailed{Why: EmailMissing, Undo: true})
	if token == "" {
		return err
	}
	link, err := p.Account.UndoLink(r.Context(), ui.VisitOf(r).Site, token)
	if err != nil {
		return p.emailFailed(w, r, true, err)
	}
	return p.page(w, r, http.StatusOK, UndoEmail{link})
}

// UndoEmailSubmit stops or undoes the change.
func (p *Portal) UndoEmailSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := ui.ReadCookie(r, ui.UndoCookie, v.Secure)
	restored, err := p.Account.UndoEmail(r.Context(), v.Site, v.Caller(r), token)
	switch {
	case err != nil:
		return p.emailFailed(w, r, true, err)
	case restored:
		return emailDone(w, r, ui.UndoCookie, token, EmailRestored)
	}
	return emailDone(w, r, ui.UndoCookie, token, EmailStopped)
}

func emailDone(w http.ResponseWriter, r *http.Request, cookie, token, what string) error {
	ui.SpendCookie(w, ui.VisitOf(r), cookie, token)
	http.Redirect(w, r, "/account/email/"+what, http.StatusSeeOther)
	return nil
}

// EmailDone says what a link has done.
func (p *Portal) EmailDone(w http.ResponseWriter, r *http.Request) error {
	switch what := r.PathValue("done"); what {
	case EmailConfirmed, EmailRestored, EmailStopped:
		return p.page(w, r, http.StatusOK, EmailDone{What: what})
	}
	return gatehouse.ErrNotFound
}

// emailFailed says why a link does not work, and what to do.
func (p *Portal) emailFailed(w http.ResponseWriter, r *http.Request, undo bool, err error) error {
	why := map[string]string{account.ReasonEmailLinkOver: EmailLinkOver, account.ReasonEmailTaken: EmailTaken}
	var e *gatehouse.Error
	if !errors.As(err, &e) || why[e.Reason] == "" {
		return err
	}
	return p.page(w, r, ui.StatusOf(err), EmailFailed{Why: why[e.Reason], Undo: undo})
}

// ConfirmEmail asks for the press of a button that confirms an address: mail scanners
// open links too.
type ConfirmEmail struct{ account.EmailLink }

// Known: the account has the address already, but it was never confirmed.
func (v ConfirmEmail) Known() bool { return gatehouse.SameMailbox(v.Change.Old, v.Change.New) }

func (ConfirmEmail) Template() string { return "email_confirm" }
func (v ConfirmEmail) Title(p *ui.Page) string {
	if v.Known() {
		return p.T("email.confirm_known_title")
	}
	return p.T("email.confirm_title")
}

// UndoEmail asks whether to stop or undo a change of address.
type UndoEmail struct{ account.EmailLink }

// New is masked, because the mailbox that the link came to may belong to somebody else by
// now.
func (v UndoEmail) New() string { return gatehouse.MaskEmail(v.Change.New) }

func (UndoEmail) Template() string          { return "email_undo" }
func (v UndoEmail) Title(p *ui.Page) string { return p.T("email." + v.What() + "_title") }

// What names the words of the page.
func (v UndoEmail) What() string {
	if v.Restores {
		return "restore"
	}
	return "stop"
}

// EmailDone says what a link about an address has done.
type EmailDone struct {
	// What is confirmed, restored or stopped; the texts are email.WHAT_…
	What string
}

// The values of EmailDone.What.
const (
	EmailConfirmed = "confirmed"
	EmailRestored  = "restored"
	EmailStopped   = "stopped"
)

func (EmailDone) Template() string          { return "email_done" }
func (v EmailDone) Title(p *ui.Page) string { return p.T("email." + v.What + "_title") }

// EmailFailed says why a link about an address does not work, and what to do.
type EmailFailed struct {
	// Why is over, taken or missing; the texts are email.WHY_…
	Why string
	// Undo: it is the link to an old address.
	Undo bool
}

// The values of EmailFailed.Why.
const (
	EmailLinkOver = "over"
	EmailTaken    = "taken"
	// EmailMissing: the browser has no token, because it did not open the link or keeps
	// no cookies.
	EmailMissing = "missing"
)

func (EmailFailed) Template() string          { return "email_failed" }
func (v EmailFailed) Title(p *ui.Page) string { return p.T("email." + v.Why + "_title") }
func (EmailFailed) Failed() bool              { return true }
