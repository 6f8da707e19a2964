package portal

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// ForgotPassword asks who has forgotten the password.
func (p *Portal) ForgotPassword(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, ui.ForgotPassword{})
}

// ForgotPasswordSubmit begins a recovery, the way the site has them (A07, C03). Where
// it leads is the same for everybody (invariant 7).
func (p *Portal) ForgotPasswordSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	req := signin.RecoveryRequest{Username: r.PostFormValue("username"), Email: r.PostFormValue("email"), Caller: v.Caller(r)}
	next := "/forgot-password/challenge"
	var token string
	var err error
	if v.Site.Recovery == gatehouse.RecoverByLink {
		next, err = "/forgot-password/sent", p.SignIn.SendResetLink(r.Context(), v.Site, req.Email, req.Caller)
	} else {
		token, err = p.SignIn.BeginRecovery(r.Context(), v.Site, req)
	}
	if bad := faults(err); bad != nil {
		return p.page(w, r, http.StatusUnprocessableEntity, ui.ForgotPassword{Username: clip(req.Username), Email: clip(req.Email), Errors: bad})
	}
	if err != nil {
		return err
	}
	if token != "" {
		ui.SetCookie(w, v, ui.RecoveryCookie, token, 0)
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// faults are the fields to mend; nil for any other error.
func faults(err error) []gatehouse.FieldError {
	var e *gatehouse.Error
	if errors.As(err, &e) && e.Kind == gatehouse.Invalid {
		return e.Fields
	}
	return nil
}

// ForgotChallenge shows the challenge question of a recovery. One that was mailed comes
// with its token in the address, which moves into a cookie at once.
func (p *Portal) ForgotChallenge(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if token := gatehouse.CleanToken(r.URL.Query().Get("token")); token != "" {
		if len(token) > ui.MaxToken {
			return p.page(w, r, http.StatusGone, ui.RecoveryOver{})
		}
		ui.SetCookie(w, v, ui.RecoveryCookie, token, 0)
		http.Redirect(w, r, "/forgot-password/challenge", http.StatusSeeOther)
		return nil
	}
	return p.challenge(w, r, http.StatusOK, nil)
}

// challenge shows the question, with what was wrong with the answer.
func (p *Portal) challenge(w http.ResponseWriter, r *http.Request, status int, bad []gatehouse.FieldError) error {
	v := ui.VisitOf(r)
	recovery, err := p.SignIn.Recovery(r.Context(), v.Site, recoveryToken(r, v))
	if err != nil {
		return p.recoveryFailed(w, r, err)
	}
	return p.page(w, r, status, ui.ForgotChallenge{Challenge: recovery.Challenge, Left: recovery.Left, Errors: bad})
}

func recoveryToken(r *http.Request, v *ui.Visit) string {
	return ui.ReadCookie(r, ui.RecoveryCookie, v.Secure)
}

// ForgotChallengeSubmit takes an answer to the challenge question.
func (p *Portal) ForgotChallengeSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := recoveryToken(r, v)
	err := p.SignIn.AnswerChallenge(r.Context(), v.Site, token, r.PostFormValue("answer"), v.Caller(r))
	if bad := faults(err); bad != nil {
		return p.challenge(w, r, http.StatusUnprocessableEntity, bad)
	}
	if err != nil {
		return p.recoveryFailed(w, r, err)
	}
	ui.SpendCookie(w, v, ui.RecoveryCookie, token)
	ui.SetCookie(w, v, ui.BrowserCookie, p.SignIn.RecoveredBrowser(token), browserCookieAge)
	http.Redirect(w, r, "/forgot-password/sent", http.StatusSeeOther)
	return nil
}

// recoveryFailed shows the page that a recovery which is over has. Its cookie is of no
// use any more.
func (p *Portal) recoveryFailed(w http.ResponseWriter, r *http.Request, err error) error {
	if gatehouse.KindOf(err) != gatehouse.Gone {
		return err
	}
	ui.DropCookie(w, ui.VisitOf(r), ui.RecoveryCookie)
	return p.page(w, r, http.StatusGone, ui.RecoveryOver{})
}

// ForgotSent says what to do until the mail comes. It knows nothing about the account,
// so that it cannot tell (invariant 7).
func (p *Portal) ForgotSent(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, ui.ForgotSent{})
}

// ResetPassword is where a reset link leads. The token moves from the address into a
// cookie, so that neither the history nor the next page's owner gets it; opening the
// link uses nothing up, because mail scanners open links (C03).
func (p *Portal) ResetPassword(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if token := gatehouse.CleanToken(r.URL.Query().Get("token")); token != "" {
		if len(token) > ui.MaxToken {
			return p.page(w, r, http.StatusGone, ui.LinkOver{})
		}
		ui.SetCookie(w, v, ui.RecoveryCookie, token, 0)
		http.Redirect(w, r, "/reset-password", http.StatusSeeOther)
		return nil
	}
	return p.reset(w, r, http.StatusOK, nil)
}

// reset shows the form for the new password, with what was wrong with it.
func (p *Portal) reset(w http.ResponseWriter, r *http.Request, status int, bad []gatehouse.FieldError) error {
	v := ui.VisitOf(r)
	token := recoveryToken(r, v)
	if token == "" {
		return p.page(w, r, http.StatusBadRequest, ui.LinkMissing{})
	}
	u, err := p.SignIn.ResetLink(r.Context(), v.Site, token)
	if err != nil {
		return p.linkFailed(w, r, err)
	}
	return p.page(w, r, status, ui.ResetPassword{Username: u.Username, Errors: bad})
}

func (p *Portal) linkFailed(w http.ResponseWriter, r *http.Request, err error) error {
	if gatehouse.KindOf(err) != gatehouse.Gone {
		return err
	}
	ui.DropCookie(w, ui.VisitOf(r), ui.RecoveryCookie)
	return p.page(w, r, http.StatusGone, ui.LinkOver{})
}

// ResetPasswordSubmit takes the new password and uses the link up.
func (p *Portal) ResetPasswordSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := recoveryToken(r, v)
	if token == "" {
		return p.page(w, r, http.StatusBadRequest, ui.LinkMissing{})
	}
	form := signin.NewPassword{New: r.PostFormValue("new_password"), Repeat: r.PostFormValue("repeat_password")}
	err := p.SignIn.ResetPassword(r.Context(), v.Site, token, form, v.Caller(r))
	if bad := faults(err); bad != nil {
		return p.reset(w, r, http.StatusUnprocessableEntity, bad)
	}
	if err != nil {
		return p.linkFailed(w, r, err)
	}
	ui.SpendCookie(w, v, ui.RecoveryCookie, token)
	ui.SetCookie(w, v, ui.BrowserCookie, p.SignIn.RecoveredBrowser(token), browserCookieAge)
	http.Redirect(w, r, "/sign-in?password_changed", http.StatusSeeOther)
	return nil
}

// ForgotUsername says whom to ask (A12).
func (p *Portal) ForgotUsername(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, ui.ForgotUsername{Sent: r.URL.Query().Has("sent")})
}

// ForgotUsernameSubmit passes a request on to the administrator, and answers everybody
// the same way (invariant 7).
func (p *Portal) ForgotUsernameSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if v.Site.SignInWith == gatehouse.WithEmail {
		return gatehouse.ErrNotFound // there are no usernames to forget
	}
	email, message := r.PostFormValue("email"), r.PostFormValue("message")
	err := p.SignIn.AskUsername(r.Context(), v.Site, email, message, v.Caller(r))
	if bad := faults(err); bad != nil {
		return p.page(w, r, http.StatusUnprocessableEntity, ui.ForgotUsername{Email: clip(email), Message: clipTo(message, mostMessage), Errors: bad})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/forgot-username?sent", http.StatusSeeOther)
	return nil
}

// mostMessage is how much of a message is shown again, in code points: more than one
// may have, so that a long one can be shortened.
const mostMessage = 20_000
