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
	to := profilePath
	if ui.VisitOf(r).Site.ForOperators() {
		to = SecurityPath
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// SetLanguage saves the choice of the language menu, and shows the same page again.
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

// storedProfile is the page with the stored values.
func (p *Portal) storedProfile(r *http.Request) (Profile, error) {
	v := ui.VisitOf(r)
	now, err := p.Account.Profile(r.Context(), v.Site, v.Caller(r))
	u := now.User
	return Profile{
		Stored: now, Typed: account.ProfileForm{FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Locale: u.Locale, Version: now.Version},
	}, err
}

// SaveProfile saves the profile. A form without the language field, which only sites
// with several languages show, leaves the language unchanged.
func (p *Portal) SaveProfile(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	form := account.ProfileForm{
		FirstName: r.PostFormValue("first_name"), LastName: r.PostFormValue("last_name"), Email: r.PostFormValue("email"),
		Locale: v.User.Locale, Version: r.PostFormValue("version"),
	}
	if r.PostForm.Has("locale") {
		form.Locale = r.PostFormValue("locale")
	}
	err := p.Account.SaveProfile(r.Context(), v.Site, v.Caller(r), form)
	if err == nil {
		return seeProfile(w, r, ProfileSaved)
	}
	return p.notSaved(w, r, form, err)
}

func seeProfile(w http.ResponseWriter, r *http.Request, done string) error {
	http.Redirect(w, r, profilePath+"?done="+done, http.StatusSeeOther)
	return nil
}

// notSaved shows the form again with what was typed.
func (p *Portal) notSaved(w http.ResponseWriter, r *http.Request, form account.ProfileForm, err error) error {
	var e *gatehouse.Error
	changed := errors.As(err, &e) && e.Reason == account.ReasonProfileChanged
	if !changed && (e == nil || len(e.Fields) == 0) {
		return err
	}
	view, failed := p.storedProfile(r)
	if failed != nil {
		return failed
	}
	if changed { // the form is made from what is stored now, so that Save works
		form.Version = view.Typed.Version
	}
	view.Typed = account.ProfileForm{FirstName: clip(form.FirstName), LastName: clip(form.LastName), Email: clip(form.Email),
		Locale: clip(form.Locale), Version: clip(form.Version)}
	view.Fields, view.Changed = e.Fields, changed
	retryAfter(w, e.RetryAfter)
	return p.page(w, r, ui.StatusOf(err), view)
}

// retryAfter says when to try again, if there is something to wait for.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}

// Profile is My account > Profile (A05).
type Profile struct {
	Stored account.Profile
	// Typed is the content of the fields: what was typed, else what is stored.
	Typed  account.ProfileForm
	Fields []gatehouse.FieldError
	// Changed: another window has saved the profile since the form was made.
	Changed bool
	// TooSoon is how long to wait before the next mail; 0: it was not too soon.
	TooSoon time.Duration
	// Done is what was just done: saved, sent, dropped, or empty.
	Done string
}

// The values of Profile.Done; the texts are profile.done_NAME.
const (
	ProfileSaved   = "saved"
	ProfileSent    = "sent"
	ProfileDropped = "dropped"
)

func (Profile) Template() string        { return "profile" }
func (Profile) Title(p *ui.Page) string { return p.T("profile.title") }
func (v Profile) Failed() bool          { return v.Changed || v.TooSoon > 0 }

// You are the fields about the user, in their order.
func (Profile) You() []string { return []string{"first_name", "last_name"} }

func (v Profile) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	list := []ui.Field{
		{Name: "first_name", Label: p.T("field.first_name"), Value: v.Typed.FirstName, Prose: true, Autocomplete: "given-name", Missing: "first_name"},
		{Name: "last_name", Label: p.T("field.last_name"), Value: v.Typed.LastName, Prose: true, Autocomplete: "family-name", Missing: "last_name"},
		{Name: "email", Label: p.T("field.email"), Hint: p.T("profile.email_hint"), Value: v.Typed.Email, InputMode: "email", Autocomplete: "email", Missing: "email", Optional: v.Stored.User.Email == ""},
	}
	if len(p.Languages()) > 0 {
		list = append(list, ui.Field{Name: "locale", Label: p.T("field.locale"), Control: ui.Choose, Optional: true, Autocomplete: "language",
			Options: p.LanguageOptions("locale", v.Typed.Locale, p.T("profile.locale_browser"))})
	}
	return list, v.Fields
}

// WaitingOver reports whether the time to confirm the new address is over.
func (v Profile) WaitingOver(p *ui.Page) bool {
	w := v.Stored.Waiting
	return w != nil && !p.Now.Before(w.ConfirmUntil)
}

// WaitingSame reports whether the confirmation of the current address is pending.
func (v Profile) WaitingSame() bool {
	w := v.Stored.Waiting
	return w != nil && gatehouse.SameMailbox(w.Old, w.New)
}

// DoneText says what was just done; empty: nothing.
func (v Profile) DoneText(p *ui.Page) string {
	switch v.Done {
	case ProfileSaved, ProfileSent, ProfileDropped:
		return p.T("profile.done_" + v.Done)
	}
	return ""
}
