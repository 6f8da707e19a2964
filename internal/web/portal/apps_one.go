package portal

import (
	"gatehouse"
	"gatehouse/internal/web/ui"
)

// OneApp is an active authenticator app, which can be renamed and removed.
type OneApp struct {
	gatehouse.Factor
	// Typed is the name in the form.
	Typed string
	// Last: without it, the user has no factor left.
	Last   bool
	Errors []gatehouse.FieldError
}

func (OneApp) Template() string        { return "app_one" }
func (OneApp) Title(p *ui.Page) string { return p.T("apps.title") }

func (v OneApp) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "name", Label: p.T("apps.name"), Value: v.Typed, Autocomplete: "off", Prose: true, Missing: "app_name"}, toRemove(p, "apps.remove")}, v.Errors
}

// toRemove is the place of what is wrong with removing a factor.
func toRemove(p *ui.Page, label string) ui.Field {
	return ui.Field{Name: "remove", Label: p.T(label), Optional: true}
}
