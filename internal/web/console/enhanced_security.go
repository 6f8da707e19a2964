package console

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// enrolmentsOnPage is how many enrolments the history shows at a time.
const enrolmentsOnPage = 10

// EnhancedSecurity shows what the company requires of its users, what each choice means for the
// current users, and the enrolments so far (B01). With the query two_factor it asks before that
// choice is saved (B02).
func (c *Console) EnhancedSecurity(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if _, known := requirements[query.Get("two_factor")]; !known {
		view, err := c.security(r)
		if err != nil {
			return err
		}
		return c.page(w, r, http.StatusOK, view)
	}
	rule, bad := c.chosen(r, query)
	if len(bad) > 0 {
		return c.badChoice(w, r, query, bad)
	}
	return c.ask(w, r, http.StatusOK, rule, EnhancedSecurityConfirm{})
}

// requirements are the values of the field two_factor, and choiceOf the other way around.
var (
	requirements = map[string]gatehouse.Requirement{
		"disabled": gatehouse.RequireNothing, "enabled": gatehouse.RequireCode, "factor": gatehouse.RequireFactor, "passkey": gatehouse.RequirePasskey}
	choiceOf = map[gatehouse.Requirement]string{
		gatehouse.RequireNothing: "disabled", gatehouse.RequireCode: "enabled", gatehouse.RequireFactor: "factor", gatehouse.RequirePasskey: "passkey"}
)

// mostDaysAhead is how far ahead a factor may become mandatory.
const mostDaysAhead = 366

// chosen reads the fields two_factor and factor_by. The day counts to its end, where the site is;
// empty: at once.
func (c *Console) chosen(r *http.Request, form url.Values) (rule gatehouse.TwoFactorRule, bad []gatehouse.FieldError) {
	need, known := requirements[form.Get("two_factor")]
	if !known {
		return rule, []gatehouse.FieldError{{Field: "two_factor", Reason: "required"}}
	}
	rule.Require = need
	typed := strings.TrimSpace(form.Get("factor_by"))
	if !need.OwnFactor() || typed == "" {
		return rule, nil
	}
	zone := ui.VisitOf(r).Site.Zone
	day, err := time.ParseInLocation(time.DateOnly, typed, zone)
	rule.By = day.AddDate(0, 0, 1).UTC()
	switch now := c.Now(); {
	case err != nil:
		bad = append(bad, gatehouse.FieldError{Field: "factor_by", Reason: "date"})
	case !rule.By.After(now):
		bad = append(bad, gatehouse.FieldError{Field: "factor_by", Reason: "day-past"})
	case rule.By.After(now.AddDate(0, 0, mostDaysAhead)):
		bad = append(bad, gatehouse.FieldError{Field: "factor_by", Reason: "day-far"})
	}
	return rule, bad
}

// security is the page in its current state.
func (c *Console) security(r *http.Request) (EnhancedSecurity, error) {
	v, caller, company := on(r)
	current := gatehouse.RulesFor(v.Site.Site, v.Company.Rule()).Strictest()
	if current.Require == "" {
		current.Require = gatehouse.RequireNothing
	}
	var rules []gatehouse.TwoFactorRule
	for _, need := range gatehouse.Requirements {
		switch {
		case need == current.Require:
			rules = append(rules, current)
		case !v.Site.Policy.TwoFactor.Require.Over(need): // a company may not ask for less than its site
			rules = append(rules, gatehouse.TwoFactorRule{Require: need})
		}
	}
	previews, err := c.Directory.PreviewsTwoFactor(r.Context(), v.Site, caller, company, rules...)
	if err != nil {
		return EnhancedSecurity{}, err
	}
	view := EnhancedSecurity{Current: current, Previews: previews, Before: r.URL.Query().Get("before"), Proved: caller.Proved}
	if current.Require.OwnFactor() && !current.By.IsZero() {
		view.By = gatehouse.LastDay(current.By).In(v.Site.Zone).Format(time.DateOnly)
	}
	newest, err := c.Directory.Enrolments(r.Context(), v.Site, caller, company, "", 1)
	if err == nil && len(newest) > 0 {
		view.Last = &newest[0]
		if newest[0].State == gatehouse.RunRunning {
			view.Running = view.Last
		}
	}
	if err == nil {
		view.Enrolments, err = c.Directory.Enrolments(r.Context(), v.Site, caller, company, view.Before, enrolmentsOnPage+1)
	}
	if len(view.Enrolments) > enrolmentsOnPage {
		view.Enrolments = view.Enrolments[:enrolmentsOnPage]
		view.Next = view.Enrolments[enrolmentsOnPage-1].ID
	}
	return view, err
}

// ask shows the page that asks before a choice is saved, with the input so far, or says
// that there is nothing to change.
func (c *Console) ask(w http.ResponseWriter, r *http.Request, status int, rule gatehouse.TwoFactorRule, view EnhancedSecurityConfirm) error {
	v, caller, company := on(r)
	p, err := c.Directory.PreviewTwoFactor(r.Context(), v.Site, caller, company, rule)
	if err != nil {
		return err
	}
	if p.Company.Rule() == rule {
		return c.nothing(w, r, status)
	}
	view.Preview, view.Weaker = p, rule.Weaker(p.Company.Rule(), c.Now())
	if view.Weaker && !caller.Proved {
		return gatehouse.ErrProofFirst
	}
	return c.page(w, r, status, view)
}

// nothing says that this is the setting already, by whom and since when.
func (c *Console) nothing(w http.ResponseWriter, r *http.Request, status int) error {
	view, err := c.security(r)
	if err != nil {
		return err
	}
	view.Nothing = true
	return c.page(w, r, status, view)
}

// SetTwoFactor saves the choice once it is confirmed, and leads to the enrolment that tells
// everybody. The preview that was confirmed comes along: if the users have changed since,
// it is shown again. Scripts that have seen none may leave it out.
func (c *Console) SetTwoFactor(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	rule, bad := c.chosen(r, r.PostForm)
	if len(bad) > 0 {
		return c.badChoice(w, r, r.PostForm, bad)
	}
	if r.PostFormValue("confirm") != "yes" {
		query := url.Values{"two_factor": {choiceOf[rule.Require]}}
		if !rule.By.IsZero() {
			query.Set("factor_by", strings.TrimSpace(r.PostFormValue("factor_by")))
		}
		http.Redirect(w, r, ui.EnhancedSecurityPath+"?"+query.Encode(), http.StatusSeeOther)
		return nil
	}
	if rule.Weaker(v.Company.Rule(), c.Now()) && !caller.Proved { // somebody who sits down at an open session must not weaken it for everybody (ASVS 7.5.1)
		return gatehouse.ErrProofFirst
	}
	enrolment, err := c.Directory.SetTwoFactor(r.Context(), v.Site, caller, company, rule, r.PostFormValue("preview"))
	if err != nil {
		return c.notSet(w, r, rule, err)
	}
	http.Redirect(w, r, ProgressPath(enrolment.ID), http.StatusSeeOther)
	return nil
}

// badChoice shows the form again, with what was chosen, if it cannot be used.
func (c *Console) badChoice(w http.ResponseWriter, r *http.Request, form url.Values, bad []gatehouse.FieldError) error {
	view, err := c.security(r)
	if err != nil {
		return err
	}
	view.Fields, view.Chosen = bad, requirements[form.Get("two_factor")]
	if view.Chosen != "" {
		view.By = form.Get("factor_by")
	}
	return c.page(w, r, http.StatusUnprocessableEntity, view)
}

// notSet says why it was not switched, if the page can.
func (c *Console) notSet(w http.ResponseWriter, r *http.Request, rule gatehouse.TwoFactorRule, err error) error {
	var e *gatehouse.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Reason == directory.ReasonAlreadySet:
		return c.nothing(w, r, http.StatusConflict)
	case e.Reason == directory.ReasonUsersChanged:
		return c.ask(w, r, http.StatusConflict, rule, EnhancedSecurityConfirm{Changed: true})
	case e.Reason == directory.ReasonChangedOften:
		retryAfter(w, e.RetryAfter)
		return c.ask(w, r, http.StatusTooManyRequests, rule, EnhancedSecurityConfirm{Until: c.Now().Add(e.RetryAfter)})
	}
	return err
}

// EnhancedSecurity is what the company requires of its users (B01).
type EnhancedSecurity struct {
	enrolmentWords
	// Current is what is required now, or by its day.
	Current gatehouse.TwoFactorRule
	// Previews are what each choice means; the site may require too much for some.
	Previews []directory.Preview
	// Running is the current enrolment; nil: none.
	Running *gatehouse.Enrolment
	// Last is the last enrolment that switched; nil: none is known.
	Last *gatehouse.Enrolment
	// Enrolments are those before the one named Before (empty: the newest), Next is the
	// parameter for the next page.
	Enrolments   []gatehouse.Enrolment
	Before, Next string
	// Nothing: this is the setting already.
	Nothing bool
	// Proved: the administrator has just proved who they are, so a dialog can ask.
	Proved bool
	// Chosen and By are the input; empty: the current setting.
	Chosen gatehouse.Requirement
	By     string
	Fields []gatehouse.FieldError
}

func (EnhancedSecurity) Template() string        { return "enhanced_security" }
func (EnhancedSecurity) Title(p *ui.Page) string { return p.T("enhanced_security.title") }

func (v EnhancedSecurity) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	by := ui.Field{Name: "factor_by", Label: p.T("enhanced_security.by"), Hint: p.T("enhanced_security.by_hint"), Type: "date", Autocomplete: "off", Value: v.By, Optional: true}
	return []ui.Field{{Name: "two_factor", Label: p.T("enhanced_security.choice"), Control: ui.Choices, Missing: "two_factor"}, by}, v.Fields
}

// NoChoice: none was sent.
func (v EnhancedSecurity) NoChoice() bool {
	return slices.ContainsFunc(v.Fields, func(e gatehouse.FieldError) bool { return e.Field == "two_factor" })
}

// On: something is required.
func (v EnhancedSecurity) On() bool { return v.Current.On() }

// Word is the part of the text keys that names the current setting.
func (v EnhancedSecurity) Word() string { return ruleWord(v.Current) }

// Asks are the choices, and what each means.
func (v EnhancedSecurity) Asks(p *ui.Page) []choiceView {
	all := make([]choiceView, len(v.Previews))
	for i, preview := range v.Previews {
		rule := preview.Rule
		all[i] = choiceView{Page: p, Preview: preview, Change: rule != v.Current, Weaker: rule.Weaker(v.Current, p.Now),
			Checked: rule.Require == cmp.Or(v.Chosen, v.Current.Require)}
	}
	return all
}

// Ask is the choice that the dialog asks about: the other one of on and off. The other choices have
// a page of their own, because they come with a day.
func (v EnhancedSecurity) Ask(p *ui.Page) *choiceView {
	for _, ask := range v.Asks(p) {
		if v.InDialog(ask) {
			return &ask
		}
	}
	return nil
}

// InDialog reports whether a choice is asked about in the dialog.
func (v EnhancedSecurity) InDialog(ask choiceView) bool {
	return !v.Current.Require.OwnFactor() && !ask.Rule.Require.OwnFactor() && ask.Change && (v.Proved || !ask.Weaker)
}

// EnhancedSecurityConfirm asks before Enhanced Security is switched (B02). A browser with
// scripts asks in a dialog of the page EnhancedSecurity.
type EnhancedSecurityConfirm struct {
	Preview directory.Preview
	// Changed: the users have changed since the preview that was agreed to.
	Changed bool
	// Until is when it can be switched again, if it was switched too often; zero: it
	// was not.
	Until time.Time
	// Weaker: it requires less than now.
	Weaker bool
}

func (EnhancedSecurityConfirm) Template() string { return "enhanced_security_confirm" }
func (v EnhancedSecurityConfirm) Title(p *ui.Page) string {
	return v.Ask(p).Question()
}
func (v EnhancedSecurityConfirm) Failed() bool {
	return v.Changed || !v.Until.IsZero()
}

// Ask is the choice that it asks about.
func (v EnhancedSecurityConfirm) Ask(p *ui.Page) choiceView {
	return choiceView{Page: p, Preview: v.Preview, Change: true, Weaker: v.Weaker}
}

// Below: the page replaces the one that it belongs to.
func (EnhancedSecurityConfirm) Below() bool { return true }
