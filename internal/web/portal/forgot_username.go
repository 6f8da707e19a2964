package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// ForgotUsername says whom to ask (A12).
func (p *Portal) ForgotUsername(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, ForgotUsername{Sent: r.URL.Query().Has("sent")})
}

// ForgotUsernameSubmit passes a request on to the administrator, and answers everybody
// the same way (invariant 7).
func (p *Portal) ForgotUsernameSubmit(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if v.Site.SignInWith == gatehouse.WithEmail {
		return gatehouse.ErrNotFound // there are no usernames to forget
	}
	email, message := r.PostFormValue("email"), r.PostFormValue("message")
	err := p.SignIn.AskUsername(r.Context(), v.Site, v.Caller(r), email, message)
	if bad := faults(err); bad != nil {
		return p.page(w, r, http.StatusUnprocessableEntity, ForgotUsername{Email: clip(email), Message: clipTo(message, mostMessage), Errors: bad})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/forgot-username?sent", http.StatusSeeOther)
	return nil
}

// mostMessage is how much of a message is shown again, in code points: more than is
// allowed, so that a long one can be shortened.
const mostMessage = 20_000

// ForgotUsername says whom to ask, and passes the request on (A12).
type ForgotUsername struct {
	Email, Message string
	// Sent: a request was passed on, if there is anybody to receive it.
	Sent   bool
	Errors []gatehouse.FieldError
}

func (ForgotUsername) Template() string        { return "forgot_username" }
func (ForgotUsername) Title(p *ui.Page) string { return p.T("username.title") }

func (v ForgotUsername) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{
		emailField(p, v.Email),
		{Name: "message", Label: p.T("field.message"), Hint: p.T("username.message_hint"), Value: v.Message, Control: ui.Area,
			Autocomplete: "off", Prose: true, Optional: true},
	}, v.Errors
}
