package operator

import (
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// AskMerge asks into which company one is merged, and shows what that changes.
func (o *Operator) AskMerge(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, status, err := o.mergingCompanies(r, q.Get("to"), q.Get("q"))
	if err != nil {
		return err
	}
	return o.page(w, r, status, v)
}

// DoMerge merges them, as the preview showed it.
func (o *Operator) DoMerge(w http.ResponseWriter, r *http.Request) error {
	v, status, err := o.mergingCompanies(r, r.PostFormValue("to"), "")
	if err != nil {
		return err
	}
	if v.To.ID == "" {
		return o.page(w, r, max(status, http.StatusConflict), v)
	}
	v.Keep = r.PostForm.Has("keep")
	_, err = o.Directory.MergeCompany(r.Context(), v.On, by(r), v.From.ID, directory.Merge{To: v.To.ID, Keep: v.Keep, Seen: seenVersion(r)})
	switch {
	case err == nil:
		return seeCompany(w, r, v.On, v.To.ID, "merged")
	case gatehouse.KindOf(err) == gatehouse.Conflict:
		v.Changed = true
		return o.page(w, r, http.StatusConflict, v)
	}
	return err
}

func (o *Operator) mergingCompanies(r *http.Request, to, typed string) (v MergingCompanies, status int, err error) {
	if v.On, err = o.siteOf(r.PathValue("site")); err != nil {
		return v, 0, err
	}
	v.Target, status, err = o.target(r, v.On, to, typed, func(to string) (err error) {
		v.Merging, err = o.Directory.Merging(r.Context(), v.On, by(r), r.PathValue("company"), to)
		return err
	})
	return v, status, err
}

// MergingCompanies is the page that asks before a company is merged into another one.
type MergingCompanies struct {
	directory.Merging
	Target
	On *site.Site
	// Keep: the administrators stay administrators.
	Keep bool
	// Changed: something is not as the form showed it.
	Changed bool
}

func (MergingCompanies) Template() string { return "operator_merge" }
func (v MergingCompanies) Title(p *ui.Page) string {
	return p.T("merge.title", "company", v.From.Name)
}
func (v MergingCompanies) Failed() bool { return v.Changed || v.Refused != "" }

// Back is the page of the company, ListPath that of all, Path where the forms go.
func (v MergingCompanies) Back() string     { return companyPath(v.On.ID, v.From.ID) }
func (v MergingCompanies) ListPath() string { return ui.OperatorCompaniesOf(v.On.ID) }
func (v MergingCompanies) Path() string     { return v.Back() + "/merge" }
func (v MergingCompanies) ToPath() string   { return companyPath(v.On.ID, v.To.ID) }

// IDs are no users: all of them go.
func (MergingCompanies) IDs() []string { return nil }

// With is this page with another company chosen; empty: with none.
func (v MergingCompanies) With(to string) string {
	if to == "" {
		return v.Path()
	}
	return v.Path() + "?" + url.Values{"to": {to}}.Encode()
}

// Required is what has to be proved in the end, by everybody.
func (v MergingCompanies) Required() gatehouse.Requirement { return v.Rule.Require }

// LosesText and GainsText name platforms.
func (v MergingCompanies) LosesText() string { return platforms(v.Loses) }
func (v MergingCompanies) GainsText() string { return platforms(v.Gains) }

// ending is something that ends, or follows, and how much of it there is.
type ending struct {
	Name   string
	Number int
}

// Ends is what there is of all that ends or follows.
func (v MergingCompanies) Ends(p *ui.Page) (all []ending) {
	for _, c := range []ending{
		{"suspend.open_sessions", v.Open.Sessions}, {"suspend.open_signins", v.Open.SignIns}, {"suspend.open_trusted", v.Open.Trusted},
		{"merge.links", v.Follows.Links}, {"merge.requests", v.Follows.Requests}, {"merge.runs", v.Follows.Runs},
		{"merge.shared", v.Follows.Shared}, {"merge.cases", v.Follows.Cases},
	} {
		if c.Number > 0 {
			all = append(all, ending{p.T(c.Name), c.Number})
		}
	}
	return all
}

// Rows are the settings of the other company's policy that become stricter.
func (v MergingCompanies) Rows(p *ui.Page) (rows []companySetting) {
	counts := v.On.Policy.For(v.Policy)
	for _, s := range v.Tightened() {
		rows = append(rows, companySetting{p.T("policy." + string(s)), valueOf(p, s, counts), true})
	}
	return rows
}

func (v MergingCompanies) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	if v.Follows.Administrators == 0 {
		return nil, nil
	}
	return []ui.Field{{Name: "keep", Control: "box", Optional: true, Label: p.T("merge.keep", "company", v.From.Name), Hint: p.T("merge.keep_hint"), Ticked: v.Keep}}, nil
}
