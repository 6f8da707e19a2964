package portal

import (
	"errors"
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// AppsPath is where authenticator apps are set up; below it, each has its page.
const AppsPath = SecurityPath + "/apps"

// NewApp asks for the app's name.
func (p *Portal) NewApp(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, NewApp{})
}

// BeginApp makes the key, and leads to the page with the QR code.
func (p *Portal) BeginApp(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	made, err := p.Account.BeginApp(r.Context(), v.Site, in(r, v), *v.Session, r.PostFormValue("name"))
	if err == nil {
		http.Redirect(w, r, appPath(made.ID), http.StatusSeeOther)
		return nil
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 && e.Reason != signin.ReasonTooManyFactors {
		return err
	}
	return p.page(w, r, ui.StatusOf(err), NewApp{Name: clip(r.PostFormValue("name")), TooMany: e.Reason == signin.ReasonTooManyFactors, Errors: e.Fields})
}

func appPath(id string) string { return AppsPath + "/" + url.PathEscape(id) }

// App shows the QR code of an app that waits for its first code, or what can be done with an
// active one.
func (p *Portal) App(w http.ResponseWriter, r *http.Request) error { return p.showApp(w, r, nil) }

// showApp shows the page of an app in its current state, with what was wrong with a
// form.
func (p *Portal) showApp(w http.ResponseWriter, r *http.Request, failed error) error {
	v, id := ui.VisitOf(r), r.PathValue("id")
	wrong := mistakeOf(w, failed)
	waiting, err := p.Account.AppSetUp(r.Context(), v.Site, v.Caller(r), id)
	if err == nil {
		return p.page(w, r, wrong.status, AppSetUp{App: AppKey{waiting, v.User.Username}, Typed: typedCode(r), Errors: wrong.fields, TooSoon: wrong.tooSoon})
	}
	if gatehouse.KindOf(err) != gatehouse.NotFound {
		return err
	}
	all, err := p.Account.Factors(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	for _, f := range all.Apps {
		if f.ID == id {
			return p.page(w, r, wrong.status, OneApp{Factor: f, Typed: typedName(r, f.Name), Last: all.Last(), Errors: wrong.fields})
		}
	}
	return gatehouse.ErrNotFound
}

// ChangeApp accepts the first code of an app, or another name for an active one.
func (p *Portal) ChangeApp(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	if r.PostForm.Has("name") {
		return p.renameFactor(w, r, "?app=renamed", p.showApp)
	}
	codes, err := p.Account.ConfirmApp(r.Context(), v.Site, in(r, v), *v.Session, r.PathValue("id"), r.PostFormValue("code"))
	return p.factorAdded(w, r, gatehouse.FactorApp, codes, err, p.showApp)
}

// RemoveApp removes an app.
func (p *Portal) RemoveApp(w http.ResponseWriter, r *http.Request) error {
	return p.removeFactor(w, r, "?app=removed", p.showApp)
}

// NewApp is the first page of setting up an app.
type NewApp struct {
	Name string
	// TooMany: the maximum number of apps has been reached.
	TooMany bool
	Errors  []gatehouse.FieldError
}

func (NewApp) Template() string        { return "app_new" }
func (NewApp) Title(p *ui.Page) string { return p.T("apps.new_title") }
func (v NewApp) Failed() bool          { return v.TooMany }

func (v NewApp) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "name", Label: p.T("apps.name"), Hint: p.T("apps.name_hint"), Value: v.Name, Autocomplete: "off", Prose: true, Missing: "app_name"}}, v.Errors
}

// AppSetUp shows the key of an app, and accepts its first code.
type AppSetUp struct {
	App     AppKey
	Typed   string
	Errors  []gatehouse.FieldError
	TooSoon bool
}

func (AppSetUp) Template() string        { return "app_setup" }
func (AppSetUp) Title(p *ui.Page) string { return p.T("apps.scan_title") }
func (v AppSetUp) Failed() bool          { return v.TooSoon }

func (v AppSetUp) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{appCode(p, v.Typed)}, v.Errors
}

// appCode is the field for the first code of an app.
func appCode(p *ui.Page, typed string) ui.Field {
	return ui.Field{Name: "code", Label: p.T("apps.code"), Hint: p.T("apps.code_hint"), Value: typed, InputMode: "numeric", Autocomplete: "one-time-code", Digits: true, Missing: "app_code"}
}
