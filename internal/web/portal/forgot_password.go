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
	return p.page(w, r, http.StatusOK, ForgotPassword{})
}

// ForgotPasswordSubmit begins a recovery, by the site's method (A07, C03). The next
// page is the same for everybody (invariant 7).
func (p *Portal) ForgotPasswordSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	req := signin.RecoveryRequest{Username: r.PostFormValue("username"), Email: r.PostFormValue("email"), Caller: v.Caller(r)}
	next := "/forgot-password/challenge"
	var token string
	var err error
	if v.Site.Recovery == gatehouse.RecoverByLink {
		next, err = "/forgot-password/sent", p.SignIn.SendResetLink(r.Context(), v.Site, req.Caller, req.Email)
	} else {
		token, err = p.SignIn.BeginRecovery(r.Context(), v.Site, req)
	}
	if bad := faults(err); bad != nil {
		return p.page(w, r, http.StatusUnprocessableEntity, ForgotPassword{Username: clip(req.Username), Email: clip(req.Email), Errors: bad})
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

// faults are the fields to fix; nil for any other error.
func faults(err error) []gatehouse.FieldError {
	var e *gatehouse.Error
	if errors.As(err, &e) && e.Kind == gatehouse.Invalid {
		return e.Fields
	}
	return nil
}

// ForgotChallenge shows the challenge question of a recovery. A mailed one has its
// token in the address, which moves into a cookie at once.
func (p *Portal) ForgotChallenge(w http.ResponseWriter, r *http.Request) error {
	if keepToken(w, r, ui.RecoveryCookie) {
		return nil
	}
	return p.challenge(w, r, http.StatusOK, nil)
}

// challenge shows the question, with what was wrong with the answer.
func (p *Portal) challenge(w http.ResponseWriter, r *http.Request, status int, bad []gatehouse.FieldError) error {
	v := ui.VisitOf(r)
	recovery, err := p.SignIn.Recovery(r.Context(), v.Site, recoveryToken(r, v))
	if err != nil {
		return p.recoveryFailed(w, r, err, RecoveryOver{})
	}
	return p.page(w, r, status, ForgotChallenge{recovery, bad})
}

func recoveryToken(r *http.Request, v *ui.Visit) string {
	return ui.ReadCookie(r, ui.RecoveryCookie, v.Secure)
}

// ForgotChallengeSubmit accepts an answer to the challenge question.
func (p *Portal) ForgotChallengeSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	token := recoveryToken(r, v)
	err := p.SignIn.AnswerChallenge(r.Context(), v.Site, v.Caller(r), token, r.PostFormValue("answer"))
	if bad := faults(err); bad != nil {
		return p.challenge(w, r, http.StatusUnprocessableEntity, bad)
	}
	if err != nil {
		return p.recoveryFailed(w, r, err, RecoveryOver{})
	}
	ui.SpendCookie(w, v, ui.RecoveryCookie, token)
	ui.SetCookie(w, v, ui.DeviceCookie, p.SignIn.RecoveredDevice(token), deviceCookieAge)
	http.Redirect(w, r, "/forgot-password/sent", http.StatusSeeOther)
	return nil
}

// recoveryFailed shows why a recovery, or its link, is over. Its cookie is useless now.
func (p *Portal) recoveryFailed(w http.ResponseWriter, r *http.Request, err error, over ui.View) error {
	if gatehouse.KindOf(err) != gatehouse.Gone {
		return err
	}
	ui.DropCookie(w, ui.VisitOf(r), ui.RecoveryCookie)
	return p.page(w, r, http.StatusGone, over)
}

// ForgotSent says what to do until the mail comes. It knows nothing about the account,
// so it cannot reveal anything (invariant 7).
func (p *Portal) ForgotSent(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, ForgotSent{})
}

// The steps of a recovery. One kind ends with a temporary password by mail; for the
// other, a link leads to the page that asks for the new password.
const (
	recoverWho = iota
	recoverSecond
	recoverThird
)

func recoveryProgress(p *ui.Page, at int) *ui.Progress {
	if p.ByLink() {
		return progress(p, at, "who", "mail", "password")
	}
	return progress(p, at, "who", "challenge", "mail")
}

// ForgotPassword asks who has forgotten the password (A07, C03).
type ForgotPassword struct {
	Username, Email string
	Errors          []gatehouse.FieldError
}

func (ForgotPassword) Template() string                 { return "forgot_password" }
func (ForgotPassword) Title(p *ui.Page) string          { return p.T("forgot.title") }
func (ForgotPassword) Position(p *ui.Page) *ui.Progress { return recoveryProgress(p, recoverWho) }

func (v ForgotPassword) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	email := emailField(p, v.Email)
	if p.ByLink() {
		if !p.HasUsernames() { // it is what they sign in with, and password managers fill it in as such
			email.Autocomplete = "username"
		}
		return []ui.Field{email}, v.Errors
	}
	email.Hint = p.T("forgot.email_hint")
	return []ui.Field{
		{Name: "username", Label: p.T(ui.IdentifierText(p.Site)), Value: v.Username, Autocomplete: "username", Missing: ui.IdentifierOf(p.Site)},
		email,
	}, v.Errors
}

// emailField is of type text: browsers would refuse addresses in other alphabets.
func emailField(p *ui.Page, value string) ui.Field {
	return ui.Field{Name: "email", Label: p.T("field.email"), Value: value, Autocomplete: "email", InputMode: "email", Missing: "email"}
}

// ForgotChallenge asks the challenge question (A07).
type ForgotChallenge struct {
	signin.Recovery
	Errors []gatehouse.FieldError
}

func (ForgotChallenge) Template() string                 { return "forgot_challenge" }
func (ForgotChallenge) Title(p *ui.Page) string          { return p.T("answer.title") }
func (ForgotChallenge) Position(p *ui.Page) *ui.Progress { return recoveryProgress(p, recoverSecond) }

func (v ForgotChallenge) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "answer", Label: questionText(p, v.Challenge), Hint: p.T("answer.hint"), Autocomplete: "off", Missing: "answer"}}, v.Errors
}

// ForgotSent says what to do until the mail comes. It is the same for everybody,
// whether there is an account or not (invariant 7).
type ForgotSent struct{}

func (ForgotSent) Template() string        { return "forgot_sent" }
func (ForgotSent) Title(p *ui.Page) string { return p.T("sent.title") }

func (ForgotSent) Position(p *ui.Page) *ui.Progress {
	if p.ByLink() {
		return recoveryProgress(p, recoverSecond)
	}
	return recoveryProgress(p, recoverThird)
}

// RecoveryOver says that a recovery accepts no more answers.
type RecoveryOver struct{}

func (RecoveryOver) Template() string        { return "forgot_over" }
func (RecoveryOver) Title(p *ui.Page) string { return p.T("over.title") }
func (RecoveryOver) Failed() bool            { return true }

// Tries is how many answers a recovery accepts.
func (RecoveryOver) Tries() int { return gatehouse.RecoveryTries }
