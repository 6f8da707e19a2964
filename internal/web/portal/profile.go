package portal

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

const profilePath = "/account/profile"

// MyAccount leads to the first page of My account.
func (p *Portal) MyAccount(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, profilePath, http.StatusSeeOther)
	return nil
}

// SetLanguage takes the choice of the language menu, and shows the same page again.
func (p *Portal) SetLanguage(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if err := p.Account.SetLanguage(r.Context(), v.Site, v.Caller(r), r.PostFormValue("locale")); err != nil {
		return err
	}
	http.Redirect(w, r, signin.SafeReturn(r.PostFormValue("return_to")), http.StatusSeeOther)
	return nil
}

// Profile shows the profile (A05).
func (p *Portal) Profile(w http.ResponseWriter, r *http.Request) error {
	view, err := p.storedProfile(r)
	if err != nil {
		return err
	}
	view.Done = r.URL.Query().Get("done")
	return p.page(w, r, http.StatusOK, view)
}

// storedProfile is the page of what is stored.
func (p *Portal) storedProfile(r *http.Request) (ui.Profile, error) {
	v := ui.VisitOf(r)
	now, err := p.Account.Profile(r.Context(), v.Site, v.Caller(r))
	u := now.User
	return ui.Profile{
		FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Locale: u.Locale, Version: now.Version, Stored: u,
		Waiting: now.Waiting, AskPassword: !gatehouse.IsFresh(v.Session.CreatedAt, p.Now()),
	}, err
}

// SaveProfile saves the profile. A form without the field of the language, which only
// sites with several show, leaves it as it is.
func (p *Portal) SaveProfile(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	form := account.ProfileForm{
		FirstName: r.PostFormValue("first_name"), LastName: r.PostFormValue("last_name"), Email: r.PostFormValue("email"),
		Locale: v.User.Locale, Version: r.PostFormValue("version"), CurrentPassword: r.PostFormValue("current_password"),
	}
	if r.PostForm.Has("locale") {
		form.Locale = r.PostFormValue("locale")
	}
	in := signin.In{Session: v.SessionToken, Browser: v.BrowserToken, Caller: v.Caller(r)}
	err := p.Account.SaveProfile(r.Context(), v.Site, in, v.Session.CreatedAt, form)
	if err == nil {
		return seeProfile(w, r, ui.ProfileSaved)
	}
	return p.notSaved(w, r, form, err)
}

func seeProfile(w http.ResponseWriter, r *http.Request, done string) error {
	http.Redirect(w, r, profilePath+"?done="+done, http.StatusSeeOther)
	return nil
}

// notSaved shows the form again with what was typed, but for the password.
func (p *Portal) notSaved(w http.ResponseWriter, r *http.Request, form account.ProfileForm, err error) error {
	var e *gatehouse.Error
	changed := errors.As(err, &e) && e.Code == account.CodeProfileChanged
	if !changed && (e == nil || len(e.Fields) == 0) {
		return err
	}
	view, failed := p.storedProfile(r)
	if failed != nil {
		return failed
	}
	view.FirstName, view.LastName, view.Email, view.Locale = clip(form.FirstName), clip(form.LastName), clip(form.Email), clip(form.Locale)
	if !changed { // else the form is made from what is stored now, so that Save works
		view.Version = clip(form.Version)
	}
	view.Fields, view.Changed = e.Fields, changed
	retryAfter(w, e.RetryAfter)
	return p.page(w, r, ui.StatusOf(err), view)
}

// retryAfter says when to try again, where there is something to wait for.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}
