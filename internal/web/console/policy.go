package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// Policy is what the company requires of its users beyond its site, as a form. The choices may come
// back from the page that asks, in the query.
func (c *Console) Policy(w http.ResponseWriter, r *http.Request) error {
	view, err := c.policy(r)
	if err != nil {
		return err
	}
	view.Saved = r.URL.Query().Has("saved")
	view.Typed, _ = chosenPolicy(r.URL.Query(), view.Typed)
	return c.page(w, r, http.StatusOK, view)
}

// policy is the page in its current state.
func (c *Console) policy(r *http.Request) (Policy, error) {
	v, caller, company := on(r)
	stored, err := c.Directory.CompanyPolicy(r.Context(), v.Site, caller, company)
	need := gatehouse.RulesFor(v.Site.Site, v.Company.Rule()).At(c.Now())
	return Policy{policyWords: policyWords{need}, Stored: stored, Typed: stored.CompanyPolicy}, err
}

// chosenPolicy reads the settings of a form; one that it lacks stays as it was.
func chosenPolicy(form url.Values, was gatehouse.CompanyPolicy) (p gatehouse.CompanyPolicy, bad []gatehouse.FieldError) {
	p = was
	for _, s := range gatehouse.PolicySettings {
		if !form.Has(string(s)) {
			continue
		}
		v, known := s.Read(form.Get(string(s)))
		if !known {
			bad = append(bad, gatehouse.FieldError{Field: string(s), Reason: directory.FieldPolicyChoice})
			continue
		}
		p = p.With(s, v)
	}
	return p, bad
}

// AskPolicy asks before a choice is saved: it says what would happen, and to how many.
func (c *Console) AskPolicy(w http.ResponseWriter, r *http.Request) error {
	return c.askPolicy(w, r, http.StatusOK, r.URL.Query(), PolicyConfirm{})
}

func (c *Console) askPolicy(w http.ResponseWriter, r *http.Request, status int, form url.Values, view PolicyConfirm) error {
	v, caller, company := on(r)
	page, err := c.policy(r)
	if err != nil {
		return err
	}
	chosen, bad := chosenPolicy(form, page.Typed)
	if len(bad) == 0 {
		view.Preview, err = c.Directory.PreviewPolicy(r.Context(), v.Site, caller, company, chosen)
		var e *gatehouse.Error
		if errors.As(err, &e) {
			bad = e.Fields
		}
	}
	page.Typed = chosen
	switch {
	case len(bad) > 0:
		page.Fields = bad
		return c.page(w, r, http.StatusUnprocessableEntity, page)
	case err != nil:
		return err
	case view.Preview.Was == chosen:
		page.Nothing = true
		return c.page(w, r, status, page)
	}
	if seen := form.Get("version"); seen != "" && seen != view.Preview.Was.Version() {
		view.Changed = true
	}
	view.Stored, view.policyWords = page.Stored, page.policyWords
	now := c.Now()
	view.Own = !v.Site.Policy.For(chosen).Session.Alive(v.Session.CreatedAt, now, now)
	return c.page(w, r, status, view)
}

// SetPolicy saves a choice once it is confirmed. What was confirmed comes along: if something else
// would happen now, the page asks again.
func (c *Console) SetPolicy(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	stored, err := c.Directory.CompanyPolicy(r.Context(), v.Site, caller, company)
	if err != nil {
		return err
	}
	chosen, bad := chosenPolicy(r.PostForm, stored.CompanyPolicy)
	agreed := r.PostFormValue("agreed")
	if len(bad) > 0 || agreed == "" {
		return c.askPolicy(w, r, http.StatusUnprocessableEntity, r.PostForm, PolicyConfirm{})
	}
	err = c.Directory.SetCompanyPolicy(r.Context(), v.Site, caller, company, chosen, agreed)
	var e *gatehouse.Error
	switch {
	case err == nil:
		http.Redirect(w, r, ui.CompanyPolicyPath+"?saved=1", http.StatusSeeOther)
		return nil
	case !errors.As(err, &e):
		return err
	case e.Reason == directory.ReasonPolicyChanged:
		return c.askPolicy(w, r, http.StatusConflict, r.PostForm, PolicyConfirm{Changed: true})
	case e.Reason == directory.ReasonPolicyOften:
		retryAfter(w, e.RetryAfter)
		return c.askPolicy(w, r, http.StatusTooManyRequests, r.PostForm, PolicyConfirm{Until: c.Now().Add(e.RetryAfter)})
	case len(e.Fields) > 0:
		return c.askPolicy(w, r, http.StatusUnprocessableEntity, r.PostForm, PolicyConfirm{})
	}
	return err
}

// policyWords are the words for the settings, for the views that show some.
type policyWords struct{ need gatehouse.Requirement }

// Value is a value of a setting in words: "15 minutes".
func (policyWords) Value(p *ui.Page, s gatehouse.PolicySetting, v int64) string {
	key := "policy." + string(s)
	switch {
	case s == gatehouse.SettingLength:
		return p.T("policy.characters", "n", int(v))
	case s == gatehouse.SettingContext && v == 0, s == gatehouse.SettingAge && v == 0:
		return p.T(key + "_none")
	case s == gatehouse.SettingContext:
		return p.T(key + "_yes")
	case time.Duration(v) == gatehouse.NeverTrusted:
		return p.T("policy.never")
	}
	return p.T("policy.span", "span", time.Duration(v))
}

// PolicyRow is a setting in force: its value, whose it is, and what standards say about it.
type PolicyRow struct {
	Setting    gatehouse.PolicySetting
	Name, Text string
	// Before is the value before a change; empty: there is none. Own: the company has chosen it.
	Before string
	Own    bool
	Rules  []gatehouse.PolicyRule
}

func (w policyWords) row(p *ui.Page, s gatehouse.PolicySetting, policy gatehouse.Policy) PolicyRow {
	return PolicyRow{Setting: s, Name: p.T("policy." + string(s)), Text: w.Value(p, s, policy.Of(s)), Rules: policy.Rules(s, w.need)}
}

// Policy is the form (C09).
type Policy struct {
	policyWords
	Stored directory.PolicyState
	Typed  gatehouse.CompanyPolicy
	Fields []gatehouse.FieldError
	// Saved: it was just changed. Nothing: what was chosen is so already.
	Saved, Nothing bool
}

func (Policy) Template() string        { return "policy" }
func (Policy) Title(p *ui.Page) string { return p.T("policy.title") }
func (v Policy) Failed() bool          { return v.Nothing }

// Choosable: the site leaves something to choose, or the company has chosen before.
func (v Policy) Choosable(p *ui.Page, s gatehouse.PolicySetting) bool {
	return len(p.Site.Policy.Choices(s)) > 0 || v.Stored.Of(s) != 0
}

func (v Policy) Form(p *ui.Page) (list []ui.Field, bad []gatehouse.FieldError) {
	site := p.Site.Policy
	for _, s := range gatehouse.PolicySettings {
		name := string(s)
		options := []ui.Option{{Value: s.Text(0), Text: p.T("policy.as_site", "value", v.Value(p, s, site.Of(s)), "site", p.SiteName())}}
		choices := site.Choices(s)
		for _, choice := range slices.Backward(choices) {
			options = append(options, ui.Option{Value: s.Text(choice), Text: v.Value(p, s, choice)})
		}
		if kept := v.Stored.Of(s); kept != 0 && !slices.Contains(choices, kept) {
			options = append(options, ui.Option{Value: s.Text(kept), Text: p.T("policy.kept", "value", v.Value(p, s, kept), "site", p.SiteName())})
		}
		list = append(list, ui.Field{Name: name, Label: p.T("policy." + name), Hint: p.T("policy." + name + "_hint"), Control: ui.Choose, Sometimes: true,
			Autocomplete: "off", Options: ui.OptionsOf(name, s.Text(v.Typed.Of(s)), options...)})
	}
	return list, v.Fields
}

// Groups are the settings of each part of the form.
func (Policy) Groups() [][]gatehouse.PolicySetting {
	all := gatehouse.PolicySettings
	return [][]gatehouse.PolicySetting{all[:3], all[3:]}
}

// Idle are the settings that the company has chosen without effect: its site is stricter.
func (v Policy) Idle(p *ui.Page) (names []string) {
	for _, s := range gatehouse.PolicySettings {
		if kept := v.Stored.Of(s); kept != 0 && !p.Site.Policy.Tightens(s, kept) {
			names = append(names, p.T("policy."+string(s)))
		}
	}
	return names
}

// Rows are the settings in force.
func (v Policy) Rows(p *ui.Page) (rows []PolicyRow) {
	for _, s := range gatehouse.PolicySettings {
		row := v.row(p, s, p.Site.Policy.For(v.Stored.CompanyPolicy))
		row.Own = p.Site.Policy.Tightens(s, v.Stored.Of(s))
		rows = append(rows, row)
	}
	return rows
}

// Undo asks before everything is as at the site; empty: it is.
func (v Policy) Undo() string {
	if v.Stored.CompanyPolicy == (gatehouse.CompanyPolicy{}) {
		return ""
	}
	return ui.CompanyPolicyPath + "/preview?" + policyQuery(gatehouse.CompanyPolicy{}).Encode()
}

// policyQuery writes a policy as chosenPolicy reads it.
func policyQuery(p gatehouse.CompanyPolicy) url.Values {
	q := url.Values{}
	for _, s := range gatehouse.PolicySettings {
		q.Set(string(s), s.Text(p.Of(s)))
	}
	return q
}
