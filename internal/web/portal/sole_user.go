package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// AnswerSoleUser accepts the answer to "are you the only person who uses this sign-in?"
// (A04).
func (p *Portal) AnswerSoleUser(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.AnswerSoleUser(r.Context(), v.Site, at(r, v), r.PostFormValue("sole_user"))
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		return SoleUser{inSteps(v, gatehouse.StepSoleUser), bad}
	})
}

// SoleUser asks whether the user is the only person who uses the sign-in (A04).
type SoleUser struct {
	InSteps
	Errors []gatehouse.FieldError
}

func (SoleUser) Template() string        { return "sole_user" }
func (SoleUser) Title(p *ui.Page) string { return p.T("sole_user.title") }

func (v SoleUser) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	hint := p.T("sole_user.no_hint")
	if v.User.Role == gatehouse.RoleAdmin { // who is told about others' answers
		hint = p.T("sole_user.no_hint_administrator", "site", p.SiteName())
	}
	return []ui.Field{{Name: "sole_user", Label: p.T("sole_user.question"), Control: ui.Choices, Missing: "sole_user", Options: ui.OptionsOf("sole_user", "none",
		ui.Option{Value: "yes", Text: p.T("sole_user.yes")},
		ui.Option{Value: "no", Text: p.T("sole_user.no"), Hint: hint})}}, v.Errors
}
