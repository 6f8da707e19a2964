package operator

import (
	"errors"
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// AskSuspend asks before a company is suspended, with all that ends.
func (o *Operator) AskSuspend(w http.ResponseWriter, r *http.Request) error {
	v, err := o.suspending(r, true)
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, v)
}

// AskResume asks before a suspension is ended.
func (o *Operator) AskResume(w http.ResponseWriter, r *http.Request) error {
	v, err := o.suspending(r, false)
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, v)
}

func (o *Operator) suspending(r *http.Request, suspend bool) (v Suspending, err error) {
	v.Suspend = suspend
	if v.On, err = o.siteOf(r.PathValue("site")); err != nil {
		return v, err
	}
	v.Suspension, err = o.Directory.Suspension(r.Context(), v.On, by(r), r.PathValue("company"))
	v.Seen = v.Version()
	return v, err
}

// DoSuspend suspends the company.
func (o *Operator) DoSuspend(w http.ResponseWriter, r *http.Request) error {
	return o.setSuspended(w, r, true, "suspended", func(st *site.Site, id, seen string) error {
		return o.Directory.Suspend(r.Context(), st, by(r), id, r.PostFormValue("reason"), seen)
	})
}

// DoResume ends its suspension.
func (o *Operator) DoResume(w http.ResponseWriter, r *http.Request) error {
	return o.setSuspended(w, r, false, "resumed", func(st *site.Site, id, seen string) error {
		return o.Directory.Resume(r.Context(), st, by(r), id, seen)
	})
}

// setSuspended does it to the company as the form showed it, or shows the page as it is now.
func (o *Operator) setSuspended(w http.ResponseWriter, r *http.Request, suspend bool, done string, act func(st *site.Site, id, seen string) error) error {
	v, err := o.suspending(r, suspend)
	if err != nil {
		return err
	}
	err = act(v.On, v.ID, seenVersion(r))
	if err == nil {
		return seeCompany(w, r, v.On, v.ID, done)
	}
	e, ok := errors.AsType[*gatehouse.Error](err)
	if !ok || len(e.Fields) == 0 && !slices.Contains(companyMoved, e.Reason) {
		return err
	}
	v.Fields, v.Changed, v.Why = e.Fields, len(e.Fields) == 0, clip(r.PostFormValue("reason"))
	return o.page(w, r, ui.StatusOf(err), v)
}

// companyMoved are the reasons that say that the company is not as the form showed it.
var companyMoved = []string{directory.ReasonCompanyChanged, directory.ReasonSuspended, string(gatehouse.RefusedAlready)}

// seenVersion is the version of a company that a form showed.
func seenVersion(r *http.Request) string {
	if seen := clip(r.PostFormValue("version")); seen != "" {
		return seen
	}
	return "none" // which no company has
}

// Suspending is the page that asks before a company is suspended, or before that ends.
type Suspending struct {
	directory.Suspension
	On *site.Site
	// Suspend: the company is to be suspended.
	Suspend bool
	// Seen is the version that the form shows.
	Seen, Why string
	Fields    []gatehouse.FieldError
	// Changed: somebody else has changed the company since the form was made.
	Changed bool
}

func (Suspending) Template() string { return "operator_suspend" }
func (v Suspending) Title(p *ui.Page) string {
	return p.T(v.key("title"), "company", v.Name)
}
func (v Suspending) Failed() bool { return v.Changed }

// key is the text for suspending, or for resuming.
func (v Suspending) key(what string) string {
	if v.Suspend {
		return "suspend." + what
	}
	return "resume." + what
}

// Lead says what will happen, Button does it.
func (v Suspending) Lead(p *ui.Page) string   { return p.T(v.key("lead")) }
func (v Suspending) Button(p *ui.Page) string { return p.T(v.key("do")) }

// Applies: there is something to do.
func (v Suspending) Applies() bool { return v.Suspend != v.Suspended() }

// Back is the page of the company, ListPath that of all, Path where the form goes.
func (v Suspending) Back() string     { return companyPath(v.On.ID, v.ID) }
func (v Suspending) ListPath() string { return ui.OperatorCompaniesOf(v.On.ID) }
func (v Suspending) Path() string {
	if v.Suspend {
		return v.Back() + "/suspend"
	}
	return v.Back() + "/resume"
}

// Count is how many users are in a state, Able how many of them could sign in.
func (v Suspending) Count(state gatehouse.UserState) int { return v.Counts[state] }
func (v Suspending) Able() int                           { return v.Counts[gatehouse.Active] + v.Counts[gatehouse.Invited] }

func (v Suspending) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	if !v.Suspend || !v.Applies() {
		return nil, nil
	}
	return []ui.Field{{Name: "reason", Label: p.T("suspend.reason"), Hint: p.T("suspend.reason_hint"), Value: v.Why, Prose: true, Autocomplete: "off", Missing: "suspend_reason"}}, v.Fields
}
