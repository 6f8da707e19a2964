package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// Password is My account > Password (A10).
func (p *Portal) Password(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	return p.page(w, r, http.StatusOK, ui.ChangePassword{Username: v.User.Username,
		Saved: r.URL.Query().Has("saved"), NotMe: r.URL.Query().Has("not_me")})
}

// ChangePassword takes the new password. The session goes on under a new token (ASVS
// 7.2.4); all others end.
func (p *Portal) ChangePassword(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.ChangePassword(r.Context(), v.Site, in(r, v), signin.NewPassword{
		Old: r.PostFormValue("current_password"), New: r.PostFormValue("new_password"), Repeat: r.PostFormValue("repeat_password")})
	if bad := faults(err); bad != nil {
		return p.page(w, r, http.StatusUnprocessableEntity, ui.ChangePassword{Username: v.User.Username, Errors: bad})
	}
	if err != nil {
		return err
	}
	ui.SetCookie(w, v, ui.SessionCookie, out.Session, 0)
	if out.Browser != "" {
		ui.SetCookie(w, v, ui.BrowserCookie, out.Browser, browserCookieAge)
	}
	http.Redirect(w, r, "/account/password?saved", http.StatusSeeOther)
	return nil
}

// in is the session that a change is made in.
func in(r *http.Request, v *ui.Visit) signin.In {
	return signin.In{Session: v.SessionToken, Browser: v.BrowserToken, Caller: v.Caller(r)}
}

// ChangePasswordAddress is where password managers look for the page
// (/.well-known/change-password).
func (p *Portal) ChangePasswordAddress(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/account/password", http.StatusSeeOther)
	return nil
}

// Challenge is My account > Challenge question (A07).
func (p *Portal) Challenge(w http.ResponseWriter, r *http.Request) error {
	return p.accountChallenge(w, r, http.StatusOK, ui.ChallengeForm{})
}

// accountChallenge shows the question that is stored, and the form for another one.
// Sites that mail a link have no such page.
func (p *Portal) accountChallenge(w http.ResponseWriter, r *http.Request, status int, form ui.ChallengeForm) error {
	v := ui.VisitOf(r)
	if v.Site.Recovery != gatehouse.RecoverByChallenge {
		return gatehouse.ErrNotFound
	}
	view := ui.AccountChallenge{ChallengeForm: form, Username: v.User.Username, Saved: r.URL.Query().Has("saved")}
	switch current, err := p.SignIn.Challenge(r.Context(), v.Site, v.User.ID); {
	case err == nil:
		view.Current = &current
	case gatehouse.KindOf(err) != gatehouse.NotFound:
		return err
	}
	return p.page(w, r, status, view)
}

// SetChallenge takes another challenge question.
func (p *Portal) SetChallenge(w http.ResponseWriter, r *http.Request) error {
	v, form := ui.VisitOf(r), challengeForm(r)
	if v.Site.Recovery != gatehouse.RecoverByChallenge {
		return gatehouse.ErrNotFound
	}
	err := p.SignIn.SetChallenge(r.Context(), v.Site, in(r, v), form)
	if bad := faults(err); bad != nil {
		return p.accountChallenge(w, r, http.StatusUnprocessableEntity, keptChallenge(form, bad))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/account/challenge?saved", http.StatusSeeOther)
	return nil
}
