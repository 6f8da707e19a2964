package portal

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// SendConfirmation sends the link that confirms an address once more.
func (p *Portal) SendConfirmation(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.Account.SendConfirmation(r.Context(), v.Site, v.Caller(r))
	var e *gatehouse.Error
	switch {
	case err == nil:
		return seeProfile(w, r, ui.ProfileSent)
	case !errors.As(err, &e):
	case e.Code == account.CodeNothingToConfirm: // another window was faster
		http.Redirect(w, r, profilePath, http.StatusSeeOther)
		return nil
	case e.Code == account.CodeEmailOften:
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

// DropEmailChange gives up the change of address that waits.
func (p *Portal) DropEmailChange(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.DropEmailChange(r.Context(), v.Site, v.Caller(r)); err != nil {
		return err
	}
	return seeProfile(w, r, ui.ProfileDropped)
}

// keepToken takes the token of a link out of the address and into a cookie, so that it
// stands in no history, no log and no Referer; it reports whether there was one.
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

// ConfirmEmail asks for the press of a button: the link alone confirms nothing, because
// mail scanners open links (C03).
func (p *Portal) ConfirmEmail(w http.ResponseWriter, r *http.Request) error {
	if keepToken(w, r, ui.AddressCookie) {
		return nil
	}
	v := ui.VisitOf(r)
	token := ui.ReadCookie(r, ui.AddressCookie, v.Secure)
	if token == "" {
		return p.page(w, r, http.StatusBadRequest, ui.EmailFailed{Why: ui.EmailMissing})
	}
	link, err := p.Account.ConfirmLink(r.Context(), v.Site, token)
	if err != nil {
		return p.emailFailed(w, r, false, err)
	}
	return p.page(w, r, http.StatusOK, ui.ConfirmEmail{Username: link.Username, Address: link.Change.New, UsernameToo: link.UsernameToo,
		Known: gatehouse.SameMailbox(link.Change.Old, link.Change.New)})
}

// ConfirmEmailSubmit makes the change.
func (p *Portal) ConfirmEmailSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := ui.ReadCookie(r, ui.AddressCookie, v.Secure)
	if err := p.Account.ConfirmEmail(r.Context(), v.Site, token, v.Caller(r)); err != nil {
		return p.emailFailed(w, r, false, err)
	}
	return emailDone(w, r, ui.AddressCookie, token, ui.EmailConfirmed)
}

// UndoEmail asks whether a change is to be stopped or taken back.
func (p *Portal) UndoEmail(w http.ResponseWriter, r *http.Request) error {
	if keepToken(w, r, ui.UndoCookie) {
		return nil
	}
	v := ui.VisitOf(r)
	token := ui.ReadCookie(r, ui.UndoCookie, v.Secure)
	if token == "" {
		return p.page(w, r, http.StatusBadRequest, ui.EmailFailed{Why: ui.EmailMissing, Undo: true})
	}
	link, err := p.Account.UndoLink(r.Context(), v.Site, token)
	if err != nil {
		return p.emailFailed(w, r, true, err)
	}
	return p.page(w, r, http.StatusOK, ui.UndoEmail{Username: link.Username, Old: link.Change.Old,
		New: gatehouse.MaskEmail(link.Change.New), Restores: link.Restores})
}

// UndoEmailSubmit stops the change or takes it back.
func (p *Portal) UndoEmailSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := ui.ReadCookie(r, ui.UndoCookie, v.Secure)
	restored, err := p.Account.UndoEmail(r.Context(), v.Site, token, v.Caller(r))
	switch {
	case err != nil:
		return p.emailFailed(w, r, true, err)
	case restored:
		return emailDone(w, r, ui.UndoCookie, token, ui.EmailRestored)
	}
	return emailDone(w, r, ui.UndoCookie, token, ui.EmailStopped)
}

func emailDone(w http.ResponseWriter, r *http.Request, cookie, token, what string) error {
	ui.SpendCookie(w, ui.VisitOf(r), cookie, token)
	http.Redirect(w, r, "/account/email/"+what, http.StatusSeeOther)
	return nil
}

// EmailDone says what a link has done.
func (p *Portal) EmailDone(w http.ResponseWriter, r *http.Request) error {
	switch what := r.PathValue("done"); what {
	case ui.EmailConfirmed, ui.EmailRestored, ui.EmailStopped:
		return p.page(w, r, http.StatusOK, ui.EmailDone{What: what})
	}
	return gatehouse.ErrNotFound
}

// emailFailed says why a link does not work, and what to do.
func (p *Portal) emailFailed(w http.ResponseWriter, r *http.Request, undo bool, err error) error {
	why := map[string]string{account.CodeEmailLinkOver: ui.EmailLinkOver, account.CodeEmailTaken: ui.EmailTaken}
	var e *gatehouse.Error
	if !errors.As(err, &e) || why[e.Code] == "" {
		return err
	}
	return p.page(w, r, ui.StatusOf(err), ui.EmailFailed{Why: why[e.Code], Undo: undo})
}
