package main

import (
	"fmt"
	"maps"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

type companyPolicyCmd struct {
	placeFlags
	Account       string `arg:"" help:"The account number."`
	SessionIdle   string `help:"End a session without use after 5m, 10m, 15m, 30m, 1h, 4h or 1d; site: as the site." placeholder:"TIME"`
	SessionLength string `help:"End a session in any case after 1h, 4h, 8h, 12h, 1d or 7d; site: as the site." placeholder:"TIME"`
	TrustedDevice string `help:"Trust a device for 1d, 7d or 14d, or never; site: as the site." placeholder:"TIME"`
	MinLength     string `help:"Ask for passwords of at least 8, 10, 12, 15 or 20 characters; site: as the site." placeholder:"NUMBER"`
	NoNames       string `help:"Refuse names as passwords: yes; site: as the site." placeholder:"YES"`
	MaxAge        string `help:"Let passwords expire after 30d, 60d, 90d, 180d or 365d; site: as the site." placeholder:"TIME"`
	JSON          bool   `name:"json" help:"Print JSON."`
}

// policySettingView is a setting as scripts see it.
type policySettingView struct {
	Site    string `json:"site"`
	Company string `json:"company"`
	InForce string `json:"in_force"`
}

// asked are the settings that the flags give.
func (c *companyPolicyCmd) asked() map[gatehouse.PolicySetting]string {
	all := map[gatehouse.PolicySetting]string{gatehouse.SettingIdle: c.SessionIdle, gatehouse.SettingAbsolute: c.SessionLength, gatehouse.SettingTrust: c.TrustedDevice,
		gatehouse.SettingLength: c.MinLength, gatehouse.SettingContext: c.NoNames, gatehouse.SettingAge: c.MaxAge}
	maps.DeleteFunc(all, func(_ gatehouse.PolicySetting, text string) bool { return text == "" })
	return all
}

func (c *companyPolicyCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		firm, err := o.company(a, st, c.Account)
		if err != nil {
			return err
		}
		policy, err := c.changed(st, firm.Policy)
		if err == nil && policy != firm.Policy {
			err = o.SetCompanyPolicy(a.ctx, st, o.caller, firm.ID, policy, "")
		}
		if err != nil {
			return err
		}
		return c.show(a, st, policy)
	})
}

// changed is a policy with what the flags change.
func (c *companyPolicyCmd) changed(st *site.Site, was gatehouse.CompanyPolicy) (gatehouse.CompanyPolicy, error) {
	policy, asked := was, c.asked()
	for s, text := range asked {
		v, known := s.Read(text)
		if !known {
			return was, usageError{fmt.Errorf("%s cannot be %q\nGive one of %s", flagOf(s), text, strings.Join(s.Texts(), ", "))}
		}
		policy = policy.With(s, v)
	}
	if bad := st.Policy.BadChoices(was, policy); len(bad) > 0 {
		return was, usageError{fmt.Errorf("%s cannot be %s: a company can only be stricter than its site, which has %s", flagOf(bad[0]), asked[bad[0]], bad[0].Text(st.Policy.Of(bad[0])))}
	}
	return policy, nil
}

func flagOf(s gatehouse.PolicySetting) string { return "--" + strings.ReplaceAll(string(s), "_", "-") }

func (c *companyPolicyCmd) show(a *app, st *site.Site, policy gatehouse.CompanyPolicy) error {
	views, force := map[gatehouse.PolicySetting]policySettingView{}, st.Policy.For(policy)
	var rows [][]string
	for _, s := range gatehouse.PolicySettings {
		v := policySettingView{inWords(s, st.Policy.Of(s)), s.Text(policy.Of(s)), inWords(s, force.Of(s))}
		views[s] = v
		rows = append(rows, []string{string(s), v.Site, v.Company, v.InForce})
	}
	return tableOrJSON(a.out, c.JSON, views, "SETTING SITE COMPANY IN-FORCE", rows)
}

// inWords is a value in force, where none is no or never.
func inWords(s gatehouse.PolicySetting, v int64) string {
	switch {
	case v != 0:
		return s.Text(v)
	case s == gatehouse.SettingContext:
		return "no"
	}
	return "never"
}
