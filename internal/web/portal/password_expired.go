package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// ChoosePassword accepts the new password in place of a temporary or expired one (B13).
func (p *Portal) ChoosePassword(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.ChoosePassword(r.Context(), v.Site, at(r, v), signin.NewPassword{
		Old: r.PostFormValue("old_password"), New: r.PostFormValue("new_password"), Repeat: r.PostFormValue("repeat_password")})
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		return PasswordExpired{inSteps(v, gatehouse.StepPassword), bad}
	})
}

// PasswordExpired asks for a new password in place of a temporary or expired one (B13).
type PasswordExpired struct {
	InSteps
	Errors []gatehouse.FieldError
}

// Short: the company wants longer ones.
func (v PasswordExpired) Short() bool { return !v.Temporary() && v.Policy.TooShort(v.SignIn) }

// Temporary: somebody else set it; else it is too short, or as old as the policy allows.
func (v PasswordExpired) Temporary() bool { return v.User.Password.Temporary() }

func (PasswordExpired) Template() string { return "password_expired" }
func (v PasswordExpired) Title(p *ui.Page) string {
	if v.Short() {
		return p.T("expired.title_short")
	}
	return p.T("expired.title")
}

func (v PasswordExpired) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	old := ui.PresentPassword(p, "old_password", "field.old_password")
	if v.Temporary() {
		old.Hint = p.T("expired.old_hint")
	}
	return append([]ui.Field{old}, newPassword(p)...), v.Errors
}

func (v PasswordExpired) Reqs(p *ui.Page) Reqs {
	return reqsOf(p, v.PolicyOf(p).Password, v.Username(), "old_password")
}
