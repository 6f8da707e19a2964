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
func (v OneApp) Path() string          { return appPath(v.ID) }

func (v OneApp) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{factorName(p, "apps.name", v.Typed), toRemove(p, "apps.remove")}, v.Errors
}
