package portal

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// Security is My account > Two-factor sign-in.
func (p *Portal) Security(w http.ResponseWriter, r *http.Request) error {
	view, err := p.storedSecurity(r)
	if err != nil {
		return err
	}
	view.Saved = r.URL.Query().Has("saved")
	return p.page(w, r, http.StatusOK, view)
}

// storedSecurity is the page of what is stored.
func (p *Portal) storedSecurity(r *http.Request) (ui.OwnTwoFactor, error) {
	v := ui.VisitOf(r)
	now, err := p.Account.Security(r.Context(), v.Site, v.Caller(r))
	u := now.User
	return ui.OwnTwoFactor{
		Stored: u, Before: now.Before, Trusted: now.Trusted, Own: onOff(u.OwnTwoFactor), Automatic: onOff(!u.CodesOnRequest),
		AskPassword: u.OwnTwoFactor && !gatehouse.IsFresh(v.Session.CreatedAt, p.Now()),
	}, err
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// SaveSecurity takes the choices. A form without one of the fields leaves it as it is.
func (p *Portal) SaveSecurity(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	form := account.SecurityForm{Own: r.PostFormValue("own_two_factor"), Automatic: r.PostFormValue("send_automatically"),
		CurrentPassword: r.PostFormValue("current_password")}
	err := p.Account.SaveSecurity(r.Context(), v.Site, in(r, v), *v.Session, form)
	if err == nil {
		http.Redirect(w, r, ui.SecurityPath+"?saved", http.StatusSeeOther)
		return nil
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 && e.Code != account.CodeTwoFactorOften {
		return err
	}
	view, failed := p.storedSecurity(r)
	if failed != nil {
		return failed
	}
	if form.Own != "" {
		view.Own = clip(form.Own)
	}
	if form.Automatic != "" {
		view.Automatic = clip(form.Automatic)
	}
	view.Fields, view.TooSoon = e.Fields, e.RetryAfter
	retryAfter(w, e.RetryAfter)
	return p.page(w, r, ui.StatusOf(err), view)
}
