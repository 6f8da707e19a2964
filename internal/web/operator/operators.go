package operator

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// Operators lists those who run the installation.
func (o *Operator) Operators(w http.ResponseWriter, r *http.Request) error {
	all, err := o.Directory.Operators(r.Context(), ui.VisitOf(r).Site, by(r))
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Operators{all})
}

// Operators are those who run the installation.
type Operators struct{ All []gatehouse.User }

func (Operators) Template() string        { return "operator_operators" }
func (Operators) Title(p *ui.Page) string { return p.T("operator.operators") }

// Path is the page of an operator.
func (Operators) Path(u gatehouse.User) string { return operatorPath(u.ID) }

func operatorPath(id string) string { return ui.OperatorOperatorsPath + "/" + url.PathEscape(id) }

// State is a word for how an operator's account is, and its look.
func (Operators) State(u gatehouse.User) (key string) { return stateOf(u) }

func stateOf(u gatehouse.User) string {
	switch {
	case u.State == gatehouse.Deactivated:
		return "deactivated"
	case u.Locked():
		return "locked"
	case u.FirstSignInAt.IsZero():
		return "invited"
	}
	return "active"
}

// Bare: the operator has not set up a factor.
func (Operators) Bare(u gatehouse.User) bool { return u.Apps+u.Passkeys == 0 }

// NewOperator shows the form for a new operator.
func (o *Operator) NewOperator(w http.ResponseWriter, r *http.Request) error {
	return o.page(w, r, http.StatusOK, NewOperator{Typed: directory.UserFields{Role: gatehouse.RoleSupport}})
}

// AddOperator adds an operator, who is invited by mail.
func (o *Operator) AddOperator(w http.ResponseWriter, r *http.Request) error {
	typed := directory.UserFields{Username: strings.TrimSpace(r.PostFormValue("username")), FirstName: r.PostFormValue("first_name"),
		LastName: r.PostFormValue("last_name"), Email: strings.TrimSpace(r.PostFormValue("email")), Role: gatehouse.Role(r.PostFormValue("role"))}
	u, _, err := o.Directory.CreateOperator(r.Context(), ui.VisitOf(r).Site, by(r), typed)
	if err == nil {
		return seeOperator(w, r, u.ID, "created")
	}
	var e *gatehouse.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	for _, field := range []*string{&typed.Username, &typed.FirstName, &typed.LastName, &typed.Email} {
		*field = clip(*field)
	}
	return o.page(w, r, ui.StatusOf(err), NewOperator{typed, e.Fields})
}

// clip shortens what was typed to what a form can show again.
func clip(s string) string {
	const most = 400
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}

// seeOperator leads to the page of an operator, which says what was done.
func seeOperator(w http.ResponseWriter, r *http.Request, id, done string) error {
	http.Redirect(w, r, operatorPath(id)+"?"+url.Values{"done": {done}}.Encode(), http.StatusSeeOther)
	return nil
}

// NewOperator is the form for a new operator.
type NewOperator struct {
	Typed  directory.UserFields
	Fields []gatehouse.FieldError
}

func (NewOperator) Template() string        { return "operator_new" }
func (NewOperator) Title(p *ui.Page) string { return p.T("operator.new_title") }

func (v NewOperator) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{
		{Name: "first_name", Label: p.T("field.first_name"), Value: v.Typed.FirstName, Prose: true, Autocomplete: "off", Optional: true},
		{Name: "last_name", Label: p.T("field.last_name"), Value: v.Typed.LastName, Prose: true, Autocomplete: "off", Optional: true},
		{Name: "email", Label: p.T("field.email"), Hint: p.T("operator.email_hint"), Value: v.Typed.Email, InputMode: "email", Autocomplete: "off", Missing: "user_email"},
		{Name: "username", Label: p.T("field.username"), Hint: p.T("user_edit.username_hint"), Value: v.Typed.Username, Autocomplete: "off", Missing: "user_username"},
		roleField(p, v.Typed.Role),
	}, v.Fields
}

// roleField asks for a role, and says what each may do.
func roleField(p *ui.Page, chosen gatehouse.Role) ui.Field {
	var options []ui.Option
	for _, role := range gatehouse.OperatorRoles {
		options = append(options, ui.Option{Value: string(role), Text: p.T("operator.role_" + string(role)), Hint: p.T("operator.role_" + string(role) + "_hint")})
	}
	return ui.Field{Name: "role", Label: p.T("operator.role"), Control: ui.Choices, Options: ui.OptionsOf("role", string(chosen), options...)}
}

// OneOperator shows an operator.
func (o *Operator) OneOperator(w http.ResponseWriter, r *http.Request) error {
	view, err := o.operator(r)
	if err != nil {
		return err
	}
	view.Done = justDone(r, operatorNews)
	return o.page(w, r, http.StatusOK, view)
}

// operatorNews are the texts about what was just done.
var operatorNews = []string{"created", "role", string(gatehouse.ActInviteAgain), string(gatehouse.ActUnlock), string(gatehouse.ActPassword),
	string(gatehouse.ActActivate), string(gatehouse.ActDeactivate), string(gatehouse.ActSignOut), resetFactors}

// resetFactors is the act of resetting somebody's factors, which is no gatehouse.UserAct.
const resetFactors = "reset-two-factor"

func (o *Operator) operator(r *http.Request) (OneOperator, error) {
	v := ui.VisitOf(r)
	st, c, id := v.Site, by(r), r.PathValue("id")
	u, err := o.Directory.User(r.Context(), st, c, id)
	if err != nil {
		return OneOperator{}, err
	}
	view := OneOperator{Of: u, Role: u.Role, Own: u.ID == c.UserID}
	allowed, err := o.Directory.Allowed(r.Context(), st, c, id)
	if err != nil {
		return OneOperator{}, err
	}
	for _, a := range allowed {
		if slices.Contains(operatorNews, string(a)) {
			view.Acts = append(view.Acts, string(a))
		}
	}
	factors, err := o.Directory.TwoFactor(r.Context(), st, c, id)
	if view.Waiting = factors.Waiting; u.Factors > 0 && !view.Own && view.Waiting == nil {
		view.Acts = append(view.Acts, resetFactors)
	}
	return view, err
}

// OneOperator is an operator, with what can be done.
type OneOperator struct {
	Of   gatehouse.User
	Acts []string
	// Own: it is the reader's own account.
	Own bool
	// Waiting is the reset of the factors that waits; nil: none does.
	Waiting *gatehouse.FactorReset
	// Done is what was just done; empty: nothing.
	Done string
	// Role is the one that the form shows.
	Role   gatehouse.Role
	Fields []gatehouse.FieldError
	// Refused is why nothing was done; empty: it was.
	Refused string
}

func (OneOperator) Template() string          { return "operator_one" }
func (v OneOperator) Title(*ui.Page) string   { return v.Of.DisplayName() }
func (v OneOperator) Failed() bool            { return v.Refused != "" }
func (v OneOperator) Path() string            { return operatorPath(v.Of.ID) }
func (v OneOperator) State() string           { return stateOf(v.Of) }
func (v OneOperator) ActPath(a string) string { return v.Path() + "/act/" + a }
func (v OneOperator) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{roleField(p, v.Role)}, v.Fields
}

// SetRole gives an operator another role.
func (o *Operator) SetRole(w http.ResponseWriter, r *http.Request) error {
	role := gatehouse.Role(r.PostFormValue("role"))
	err := o.Directory.SetOperatorRole(r.Context(), ui.VisitOf(r).Site, by(r), r.PathValue("id"), role)
	if err == nil {
		return seeOperator(w, r, r.PathValue("id"), "role")
	}
	return o.notDone(w, r, role, err)
}

// notDone shows the operator's page again, with the reason.
func (o *Operator) notDone(w http.ResponseWriter, r *http.Request, role gatehouse.Role, err error) error {
	var e *gatehouse.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 && !slices.Contains(refusedWords, e.Reason) {
		return err
	}
	view, failed := o.operator(r)
	if failed != nil {
		return failed
	}
	view.Fields = e.Fields
	if slices.Contains(gatehouse.OperatorRoles, role) {
		view.Role = role
	}
	if len(e.Fields) == 0 {
		view.Refused = e.Reason
	}
	r = r.WithContext(r.Context())
	r.URL = &url.URL{Path: view.Path()} // where the language menu returns to
	return o.page(w, r, ui.StatusOf(err), view)
}

// refusedWords are the reasons that the page has words for.
var refusedWords = []string{string(gatehouse.RefusedLast), string(gatehouse.RefusedOwn), string(gatehouse.RefusedDeactivated), string(gatehouse.RefusedSignedIn),
	string(gatehouse.RefusedNotInvited), string(gatehouse.RefusedNoEmail)}

// AskOperatorAct asks before an act on an operator.
func (o *Operator) AskOperatorAct(w http.ResponseWriter, r *http.Request) error {
	view, err := o.operator(r)
	if err != nil {
		return err
	}
	act := r.PathValue("act")
	switch {
	case !slices.Contains(operatorNews, act) || act == "created" || act == "role":
		return gatehouse.ErrNotFound
	case !slices.Contains(view.Acts, act): // the page shows what there is now
		http.Redirect(w, r, view.Path(), http.StatusSeeOther)
		return nil
	}
	return o.page(w, r, http.StatusOK, OperatorAct{view, act})
}

// DoOperatorAct does an act on an operator.
func (o *Operator) DoOperatorAct(w http.ResponseWriter, r *http.Request) error {
	act, id, st := r.PathValue("act"), r.PathValue("id"), ui.VisitOf(r).Site
	var err error
	switch {
	case !slices.Contains(operatorNews, act) || act == "created" || act == "role":
		return gatehouse.ErrNotFound
	case act == resetFactors:
		err = o.Directory.ResetTwoFactor(r.Context(), st, by(r), id)
	default:
		err = o.Directory.Act(r.Context(), st, by(r), id, gatehouse.UserAct(act), "")
	}
	if err == nil {
		return seeOperator(w, r, id, act)
	}
	return o.notDone(w, r, "", err)
}

// OperatorAct asks before an act on an operator.
type OperatorAct struct {
	OneOperator
	Act string
}

func (OperatorAct) Template() string          { return "operator_act" }
func (v OperatorAct) Title(p *ui.Page) string { return p.T("operator.act_" + v.Act + "_title") }

// Danger: something is taken away.
func (v OperatorAct) Danger() bool {
	return v.Act == string(gatehouse.ActDeactivate) || v.Act == resetFactors || v.Act == string(gatehouse.ActPassword)
}
