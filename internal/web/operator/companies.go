package operator

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/console"
	"gatehouse/internal/web/ui"
)

// AllCompanies leads to the companies of the first site; their page has the others.
func (o *Operator) AllCompanies(w http.ResponseWriter, r *http.Request) error {
	all := o.Sites.All()
	if len(all) == 0 {
		return gatehouse.ErrNotFound
	}
	http.Redirect(w, r, ui.OperatorCompaniesOf(all[0].ID), http.StatusSeeOther)
	return nil
}

// Companies lists the companies of a site by account number, or finds some.
func (o *Operator) Companies(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := Companies{Of: st, Sites: o.Sites.All(), Typed: strings.TrimSpace(clip(q.Get("q"))), After: clip(q.Get("after"))}
	if v.All, v.More, err = o.Directory.NamedCompanies(r.Context(), st, by(r), v.Typed, v.After); err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, v)
}

// Companies are companies of a site.
type Companies struct {
	Of           *site.Site
	Sites        []*site.Site
	Typed, After string
	All          []gatehouse.Company
	More         bool
}

func (Companies) Template() string        { return "operator_companies" }
func (Companies) Title(p *ui.Page) string { return p.T("operator.find_companies") }

// Path is the page of a company, SitePath the list of a site, and Here this one.
func (v Companies) Path(c gatehouse.Company) string { return companyPath(v.Of.ID, c.ID) }
func (Companies) SitePath(st *site.Site) string     { return ui.OperatorCompaniesOf(st.ID) }
func (v Companies) Here() string                    { return ui.OperatorCompaniesOf(v.Of.ID) }
func (v Companies) ImportPath() string              { return ui.OperatorImportOf(v.Of.ID) }

// Next is the next page; empty: there is none.
func (v Companies) Next() string {
	if !v.More || v.Typed != "" {
		return ""
	}
	return v.Here() + "?" + url.Values{"after": {v.All[len(v.All)-1].AccountNumber}}.Encode()
}

func companyPath(siteID, id string) string {
	return ui.OperatorCompaniesOf(siteID) + "/" + url.PathEscape(id)
}

// companyNews are the texts about what was just done.
var companyNews = []string{"created", "saved", "suspended", "resumed", "moved", "merged"}

// Company shows a company.
func (o *Operator) Company(w http.ResponseWriter, r *http.Request) error {
	v, err := o.company(r)
	if err != nil {
		return err
	}
	v.Done = justDone(r, companyNews)
	return o.page(w, r, http.StatusOK, v)
}

func (o *Operator) company(r *http.Request) (v OneCompany, err error) {
	if v.On, err = o.siteOf(r.PathValue("site")); err != nil {
		return v, err
	}
	v.CompanyPage, err = o.Directory.CompanyPage(r.Context(), v.On, by(r), r.PathValue("company"), clip(r.URL.Query().Get("after")))
	return v, err
}

// OneCompany is a company, with its users.
type OneCompany struct {
	directory.CompanyPage
	On *site.Site
	// Done is what was just done; empty: nothing.
	Done string
}

func (OneCompany) Template() string                        { return "operator_company" }
func (v OneCompany) Title(*ui.Page) string                 { return v.Name }
func (v OneCompany) Path() string                          { return companyPath(v.On.ID, v.ID) }
func (v OneCompany) ListPath() string                      { return ui.OperatorCompaniesOf(v.On.ID) }
func (v OneCompany) UserPath(u gatehouse.User) string      { return userPath(v.On.ID, u.ID) }
func (v OneCompany) Count(state gatehouse.UserState) int   { return v.Counts[state] }
func (v OneCompany) Rule(p *ui.Page) gatehouse.Requirement { return v.Company.Rule().At(p.Now) }

// Later is the factor that is required from FactorBy on, if that is still to come.
func (v OneCompany) Later(p *ui.Page) gatehouse.Requirement {
	if rule := v.Company.Rule(); p.Now.Before(rule.By) {
		return rule.Factor()
	}
	return ""
}

// State is whether a user's account can be used, in a word.
func (v OneCompany) State(p *ui.Page, u gatehouse.User) console.Badge {
	if !gatehouse.LockedNow(v.On.Policy.Lockout, u, p.Now) {
		u.LockedAt = time.Time{}
	}
	return console.UserState(p.Words, u)
}

// Rows are the settings of the policy that counts for the company's users.
func (v OneCompany) Rows(p *ui.Page) (rows []companySetting) {
	counts := v.On.Policy.For(v.Company.Policy)
	for _, s := range gatehouse.PolicySettings {
		rows = append(rows, companySetting{p.T("policy." + string(s)), valueOf(p, s, counts), counts.Of(s) != v.On.Policy.Of(s)})
	}
	return rows
}

// companySetting is a setting, and whether the company has chosen it.
type companySetting struct {
	Name, Text string
	Own        bool
}

// companyAct leads to the page that asks before an act.
type companyAct struct{ Path, Text string }

// Acts are what the operator may do with the company.
func (v OneCompany) Acts(p *ui.Page) (acts []companyAct) {
	for _, a := range []struct {
		name, text string
		act        gatehouse.OperatorAct
		applies    bool
	}{
		{"suspend", "suspend.link", gatehouse.OperatorSuspend, !v.Suspended() && !v.Merged()},
		{"resume", "resume.link", gatehouse.OperatorSuspend, v.Suspended() && !v.Merged()},
		{"merge", "merge.link", gatehouse.OperatorCompanies, !v.Suspended() && !v.Merged()},
	} {
		if a.applies && p.User != nil && gatehouse.OperatorMay(p.User.Role, a.act) {
			acts = append(acts, companyAct{v.Path() + "/" + a.name, p.T(a.text)})
		}
	}
	return acts
}

// Movable: users can be chosen who go to another company.
func (v OneCompany) Movable(p *ui.Page) bool {
	return len(v.Users) > 0 && !v.Suspended() && !v.Merged() && p.User != nil && gatehouse.OperatorMay(p.User.Role, gatehouse.OperatorCompanies)
}

// MergedPath is the company that this one was merged into.
func (v OneCompany) MergedPath() string { return companyPath(v.On.ID, v.MergedInto) }

// Next is the next page of users; empty: there is none.
func (v OneCompany) Next() string {
	if !v.More {
		return ""
	}
	return v.Path() + "?" + url.Values{"after": {v.Users[len(v.Users)-1].Username}}.Encode() + "#users"
}

// NewCompany shows the form for a new company with its first administrator.
func (o *Operator) NewCompany(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, CompanyForm{On: st})
}

// AddCompany adds a company; its first administrator is invited.
func (o *Operator) AddCompany(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	v := CompanyForm{On: st, Typed: typedCompany(r), First: directory.UserFields{Username: strings.TrimSpace(r.PostFormValue("username")),
		FirstName: r.PostFormValue("first_name"), LastName: r.PostFormValue("last_name"), Email: strings.TrimSpace(r.PostFormValue("email"))}}
	made, err := o.Directory.CreateCompanyFor(r.Context(), st, by(r), v.Typed, v.First)
	if err == nil {
		return seeCompany(w, r, st, made.ID, "created")
	}
	return o.companyNotSaved(w, r, v, err)
}

func typedCompany(r *http.Request) directory.CompanyFields {
	return directory.CompanyFields{Name: r.PostFormValue("name"), AccountNumber: r.PostFormValue("account_number")}
}

// seeCompany leads to the page of a company, which says what was done.
func seeCompany(w http.ResponseWriter, r *http.Request, st *site.Site, id, done string) error {
	http.Redirect(w, r, companyPath(st.ID, id)+"?"+url.Values{"done": {done}}.Encode(), http.StatusSeeOther)
	return nil
}

// EditCompany shows the form for a company's name and account number.
func (o *Operator) EditCompany(w http.ResponseWriter, r *http.Request) error {
	st, firm, err := o.companyOfForm(r)
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, CompanyForm{On: st, Of: firm, Seen: firm.Version(), Typed: directory.CompanyFields{Name: firm.Name, AccountNumber: firm.AccountNumber}})
}

func (o *Operator) companyOfForm(r *http.Request) (*site.Site, gatehouse.Company, error) {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return nil, gatehouse.Company{}, err
	}
	firm, err := o.Directory.Company(r.Context(), st, by(r), r.PathValue("company"))
	return st, firm, err
}

// SaveCompany saves them, unless somebody else has changed them since the form was made.
func (o *Operator) SaveCompany(w http.ResponseWriter, r *http.Request) error {
	st, firm, err := o.companyOfForm(r)
	if err != nil {
		return err
	}
	v := CompanyForm{On: st, Of: firm, Seen: firm.Version(), Typed: typedCompany(r)}
	_, err = o.Directory.UpdateCompany(r.Context(), st, by(r), firm.ID, directory.CompanyChange{Name: &v.Typed.Name, AccountNumber: &v.Typed.AccountNumber, Seen: seenVersion(r)})
	if err == nil {
		return seeCompany(w, r, st, firm.ID, "saved")
	}
	return o.companyNotSaved(w, r, v, err)
}

// companyNotSaved shows the form again with what was typed.
func (o *Operator) companyNotSaved(w http.ResponseWriter, r *http.Request, v CompanyForm, err error) error {
	e, ok := errors.AsType[*gatehouse.Error](err)
	if !ok || len(e.Fields) == 0 && e.Reason != directory.ReasonCompanyChanged {
		return err
	}
	v.Fields, v.Changed = e.Fields, len(e.Fields) == 0
	for _, field := range []*string{&v.Typed.Name, &v.Typed.AccountNumber, &v.First.Username, &v.First.FirstName, &v.First.LastName, &v.First.Email} {
		*field = clip(*field)
	}
	return o.page(w, r, ui.StatusOf(err), v)
}

// CompanyForm is the form for a new company, or for the details of one.
type CompanyForm struct {
	On *site.Site
	// Of is the company; one without an ID is new, and has its first administrator.
	Of gatehouse.Company
	// Seen is the version that the form shows.
	Seen   string
	Typed  directory.CompanyFields
	First  directory.UserFields
	Fields []gatehouse.FieldError
	// Changed: somebody else has changed the company since the form was made.
	Changed bool
}

func (CompanyForm) Template() string { return "operator_company_form" }
func (v CompanyForm) Title(p *ui.Page) string {
	if v.New() {
		return p.T("firm.new_title")
	}
	return p.T("firm.edit_title", "company", v.Of.Name)
}
func (v CompanyForm) Failed() bool { return v.Changed }

// New: the company is added, and not changed. Path is where the form goes, Back where it leads
// otherwise.
func (v CompanyForm) New() bool        { return v.Of.ID == "" }
func (v CompanyForm) ListPath() string { return ui.OperatorCompaniesOf(v.On.ID) }
func (v CompanyForm) Path() string {
	if v.New() {
		return v.ListPath() + "/new"
	}
	return v.Back() + "/edit"
}
func (v CompanyForm) Back() string {
	if v.New() {
		return v.ListPath()
	}
	return companyPath(v.On.ID, v.Of.ID)
}

// HasUsernames: the first administrator has a username besides the address.
func (v CompanyForm) HasUsernames() bool { return v.On.SignInWith != gatehouse.WithEmail }

func (v CompanyForm) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	fields := []ui.Field{
		{Name: "name", Label: p.T("firm.name"), Hint: p.T("firm.name_hint"), Value: v.Typed.Name, Prose: true, Autocomplete: "off", Missing: "firm_name"},
		{Name: "account_number", Label: p.T("firm.number"), Value: v.Typed.AccountNumber, Autocomplete: "off", Missing: "firm_number"},
	}
	if !v.New() {
		return fields, v.Fields
	}
	fields = append(fields, ui.Field{Name: "first_name", Label: p.T("field.first_name"), Value: v.First.FirstName, Prose: true, Autocomplete: "off", Optional: true},
		ui.Field{Name: "last_name", Label: p.T("field.last_name"), Value: v.First.LastName, Prose: true, Autocomplete: "off", Optional: true},
		ui.Field{Name: "email", Label: p.T("field.email"), Hint: p.T("operator.email_hint"), Value: v.First.Email, InputMode: "email", Autocomplete: "off", Missing: "user_email"})
	if v.HasUsernames() {
		fields = append(fields, ui.Field{Name: "username", Label: p.T("field.username"), Value: v.First.Username, Autocomplete: "off", Missing: "user_username"})
	}
	return fields, v.Fields
}
