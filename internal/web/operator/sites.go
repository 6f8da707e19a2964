package operator

import (
	"net/http"
	"net/url"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// SitesPage lists the sites.
func (o *Operator) SitesPage(w http.ResponseWriter, r *http.Request) error {
	now, err := o.Directory.Overview(r.Context(), by(r), o.Sites.All())
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Sites{o.Sites.All(), now.Sites})
}

// OneSite shows what a site's folder says, and how its policy stands.
func (o *Operator) OneSite(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, OneSite{st})
}

// Sites are all sites, with what they have.
type Sites struct {
	All    []*site.Site
	Counts []directory.SiteOverview
}

func (Sites) Template() string          { return "operator_sites" }
func (Sites) Title(p *ui.Page) string   { return p.T("operator.sites") }
func (Sites) Path(st *site.Site) string { return sitePath(st.ID) }

// Of is what a site has; nothing if it was not counted yet.
func (v Sites) Of(st *site.Site) (n directory.SiteOverview) {
	for _, n := range v.Counts {
		if n.ID == st.ID {
			return n
		}
	}
	return n
}

func sitePath(id string) string { return ui.OperatorSitesPath + "/" + url.PathEscape(id) }

// OneSite is a site as its folder has it. Nothing can be changed here.
type OneSite struct{ Of *site.Site }

func (OneSite) Template() string        { return "operator_site" }
func (v OneSite) Title(*ui.Page) string { return v.Of.Name }

// PlatformsPath is the list of its platforms, TermsPath that of its terms.
func (v OneSite) TermsPath() string     { return termsPath(v.Of.ID) }
func (v OneSite) PlatformsPath() string { return platformsPath(v.Of.ID) }

// Requires is what the site requires of everybody besides the password.
func (v OneSite) Requires() gatehouse.Requirement {
	if need := v.Of.Policy.TwoFactor.Require; need.Known() {
		return need
	}
	return gatehouse.RequireNothing
}

// PolicyRow is a setting of the policy, and how it stands against the standards.
type PolicyRow struct {
	Name, Text string
	Rules      []gatehouse.PolicyRule
}

// Policy are the settings that standards ask something about.
func (v OneSite) Policy(p *ui.Page) (rows []PolicyRow) {
	for _, s := range gatehouse.PolicySettings {
		rows = append(rows, PolicyRow{p.T("policy." + string(s)), valueOf(p, s, v.Of.Policy), v.Of.Policy.Rules(s, v.Requires())})
	}
	return rows
}

func valueOf(p *ui.Page, s gatehouse.PolicySetting, policy gatehouse.Policy) string {
	value := policy.Of(s)
	switch {
	case s == gatehouse.SettingLength:
		return p.T("policy.characters", "n", int(value))
	case s == gatehouse.SettingContext && value > 0:
		return p.T("policy.no_names_yes")
	case s == gatehouse.SettingContext:
		return p.T("policy.no_names_none")
	case value > 0:
		return p.T("policy.span", "span", time.Duration(value))
	case s == gatehouse.SettingAge:
		return p.T("policy.max_age_none")
	}
	return p.T("policy.never")
}
