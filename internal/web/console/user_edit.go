package console

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// NewUser shows the form for a new user.
func (c *Console) NewUser(w http.ResponseWriter, r *http.Request) error {
	return c.page(w, r, http.StatusOK, UserForm{Typed: directory.UserFields{Role: gatehouse.RoleUser}})
}

// AddUser adds a user, who is invited at once.
func (c *Console) AddUser(w http.ResponseWriter, r *http.Request) error {
	v, caller, companyID := on(r)
	typed := typedUser(r)
	typed.Role = gatehouse.Role(clip(r.PostFormValue("role")))
	u, err := c.Directory.AddUser(r.Context(), v.Site, caller, companyID, typed)
	if err == nil {
		return seeUser(w, r, userPath(u), UserAdded)
	}
	return c.notSaved(w, r, UserForm{Typed: typed}, err)
}

// EditUser shows the form for a user's details.
func (c *Console) EditUser(w http.ResponseWriter, r *http.Request) error {
	u, err := c.userOfForm(r)
	if err != nil {
		return err
	}
	if u.ID == ui.VisitOf(r).User.ID { // My account is the place for that
		http.Redirect(w, r, "/account/profile", http.StatusSeeOther)
		return nil
	}
	return c.page(w, r, http.StatusOK, UserForm{Of: u, Seen: gatehouse.UserVersion(u),
		Typed: directory.UserFields{Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Locale: u.Locale}})
}

// SaveUser saves a user's details, unless somebody else has changed the user since the form was
// made.
func (c *Console) SaveUser(w http.ResponseWriter, r *http.Request) error {
	v, caller, _ := on(r)
	u, err := c.userOfForm(r)
	if err != nil {
		return err
	}
	typed := typedUser(r)
	change := directory.UserChange{FirstName: &typed.FirstName, LastName: &typed.LastName, Seen: clip(r.PostFormValue("seen"))}
	if r.PostForm.Has("username") {
		change.Username = &typed.Username
	}
	if r.PostForm.Has("locale") {
		change.Locale = &typed.Locale
	}
	if _, err = c.Directory.UpdateUser(r.Context(), v.Site, caller, u.ID, change); err == nil {
		return seeUser(w, r, userPath(u), UserSaved)
	}
	return c.notSaved(w, r, UserForm{Of: u, Seen: change.Seen, Typed: typed}, err)
}

func (c *Console) userOfForm(r *http.Request) (gatehouse.User, error) {
	v, caller, _ := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return gatehouse.User{}, err
	}
	return c.Directory.User(r.Context(), v.Site, caller, id)
}

func typedUser(r *http.Request) directory.UserFields {
	return directory.UserFields{Username: strings.TrimSpace(r.PostFormValue("username")), FirstName: r.PostFormValue("first_name"),
		LastName: r.PostFormValue("last_name"), Email: strings.TrimSpace(r.PostFormValue("email")), Locale: r.PostFormValue("locale")}
}

// notSaved shows the form again with what was typed.
func (c *Console) notSaved(w http.ResponseWriter, r *http.Request, view UserForm, err error) error {
	var e *gatehouse.Error
	if !errors.As(err, &e) {
		return err
	}
	t := &view.Typed
	t.Username, t.FirstName, t.LastName, t.Email, t.Locale = clip(t.Username), clip(t.FirstName), clip(t.LastName), clip(t.Email), clip(t.Locale)
	switch {
	case len(e.Fields) > 0:
		view.Fields = e.Fields
	case e.Reason == directory.ReasonActWait:
		view.TooMany = true
		retryAfter(w, e.RetryAfter)
	case e.Reason == directory.ReasonUserChanged:
		v, caller, _ := on(r)
		change, failed := c.Directory.LastChange(r.Context(), v.Site, caller, view.Of.ID)
		if failed != nil {
			return failed
		}
		// The form is made from what is stored now, so that Save works.
		view.Changed, view.IsChanged, view.Seen = change, true, gatehouse.UserVersion(view.Of)
	case refusals[e.Reason] != "":
		return seeUser(w, r, userPath(view.Of))
	default:
		return err
	}
	return c.page(w, r, ui.StatusOf(err), view)
}

// UserForm is the form for a new user, or for the details of one.
type UserForm struct {
	// Of is the user; one without an ID is new.
	Of gatehouse.User
	// Seen is the version that the form shows.
	Seen   string
	Typed  directory.UserFields
	Fields []gatehouse.FieldError
	// IsChanged: somebody else has saved the user since the form was made; Changed says who, if
	// known.
	IsChanged bool
	Changed   gatehouse.Event
	// TooMany: users were added too fast.
	TooMany bool
}

func (UserForm) Template() string { return "user_edit" }
func (v UserForm) Title(p *ui.Page) string {
	if v.New() {
		return p.T("user_edit.new_title")
	}
	return p.T("user_edit.title", "name", v.Of.DisplayName())
}
func (v UserForm) Failed() bool { return v.IsChanged || v.TooMany }

// New: the user is added, and not changed.
func (v UserForm) New() bool { return v.Of.ID == "" }

// Path is where the form goes, and Back where it leads otherwise.
func (v UserForm) Path() string {
	if v.New() {
		return ui.CompanyUsersPath + "/new"
	}
	return userPath(v.Of) + "/edit"
}

func (v UserForm) Back() string {
	if v.New() {
		return ui.CompanyUsersPath
	}
	return userPath(v.Of)
}

// ChangedText says who changed the user before, when and how.
func (v UserForm) ChangedText(p *ui.Page) template.HTML {
	if v.Changed.ID == "" {
		return p.Rich("user_edit.changed_unknown")
	}
	who, _ := p.Actor(v.Changed)
	return p.Rich("user_edit.changed_text", "name", ui.Name(who), "when", p.When(v.Changed.At), "what", DidText(p.Words, v.Changed)+".")
}

// Is are the details as they are now, for somebody whose form was made before.
func (v UserForm) Is(p *ui.Page) [][2]string {
	rows := [][2]string{{p.T("field.first_name"), v.Of.FirstName}, {p.T("field.last_name"), v.Of.LastName}}
	if p.HasUsernames() {
		rows = append(rows, [2]string{p.T("field.username"), v.Of.Username})
	}
	return rows
}

// Names are the fields of the form, in their order.
func (v UserForm) Names(p *ui.Page) (names []string) {
	fields, _ := v.Form(p)
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names
}

func (v UserForm) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	list := []ui.Field{
		{Name: "first_name", Label: p.T("field.first_name"), Value: v.Typed.FirstName, Prose: true, Autocomplete: "off", Optional: true},
		{Name: "last_name", Label: p.T("field.last_name"), Value: v.Typed.LastName, Prose: true, Autocomplete: "off", Optional: true},
	}
	if v.New() {
		list = append(list, ui.Field{Name: "email", Label: p.T("field.email"), Hint: p.T("user_edit.email_hint"), Value: v.Typed.Email, InputMode: "email", Autocomplete: "off", Missing: "user_email"})
	}
	if p.HasUsernames() {
		list = append(list, ui.Field{Name: "username", Label: p.T("field.username"), Hint: p.T("user_edit.username_hint"), Value: v.Typed.Username, Autocomplete: "off", Missing: "user_username"})
	}
	if v.New() {
		list = append(list, ui.Field{Name: "role", Label: p.T("users.role"), Control: ui.Choices, Options: ui.OptionsOf("role", string(v.Typed.Role),
			ui.Option{Value: string(gatehouse.RoleUser), Text: p.T("users.role_user"), Hint: p.T("user_edit.role_user")},
			ui.Option{Value: string(gatehouse.RoleAdmin), Text: p.T("users.role_admin"), Hint: p.T("user.role_text")})})
	}
	if len(p.Languages()) > 0 {
		list = append(list, ui.Field{Name: "locale", Label: p.T("user_edit.locale"), Control: ui.Choose, Optional: true, Autocomplete: "off",
			Options: p.LanguageOptions("locale", v.Typed.Locale, p.T("user_edit.locale_site"))})
	}
	bad := v.Fields
	if !p.HasUsernames() { // the address is the username, and both are wrong in the same way
		bad = nil
		for _, f := range v.Fields {
			if f.Field == "username" {
				f.Field = "email"
			}
			bad = append(bad, f)
		}
	}
	return list, bad
}
