package console

import (
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// PolicyConfirm asks before a company's policy is changed.
type PolicyConfirm struct {
	policyWords
	Preview directory.PolicyPreview
	Stored  directory.PolicyState
	// Changed: somebody has changed the policy since the form was shown, or what was agreed to.
	Changed bool
	// Until is when it can be changed again, if it was changed too often; zero: it was not.
	Until time.Time
	// Own: the session of the administrator is among those that end.
	Own bool
}

func (PolicyConfirm) Template() string        { return "policy_confirm" }
func (PolicyConfirm) Title(p *ui.Page) string { return p.T("policy.ask") }
func (v PolicyConfirm) Failed() bool          { return v.Changed || !v.Until.IsZero() }

// Below: the page asks about the one that it belongs to.
func (PolicyConfirm) Below() bool { return true }

// Rows are the settings that change.
func (v PolicyConfirm) Rows(p *ui.Page) (rows []PolicyRow) {
	was, then := p.Site.Policy.For(v.Preview.Was), p.Site.Policy.For(v.Preview.Chosen)
	for _, s := range v.Preview.Was.Changes(v.Preview.Chosen) {
		row := v.row(p, s, then)
		row.Before = v.Value(p, s, was.Of(s))
		rows = append(rows, row)
	}
	return rows
}

// policyEffect is what confirming it does, and to whom.
type policyEffect struct {
	Icon, Text, Hint string
	directory.Affected
}

// UserPath is the page of one of them.
func (policyEffect) UserPath(u gatehouse.User) string { return userPath(u) }

// Effects are what confirming it does.
func (v PolicyConfirm) Effects(p *ui.Page) (rows []policyEffect) {
	n := v.Preview
	add := func(of directory.Affected, icon, key string, args ...any) {
		if of.Count > 0 {
			args = append([]any{"n", of.Count, "users", of.Users}, args...)
			rows = append(rows, policyEffect{icon, p.T("policy.effect_"+key, args...), p.T("policy.effect_"+key+"_hint", args...), of})
		}
	}
	least := p.Site.Policy.For(n.Chosen).Password
	add(n.Sessions, "log-out", "sessions")
	add(n.Devices, "monitor", "devices")
	add(n.Expired, "key-round", "expired", "age", least.MaxAge)
	add(n.Passwords, "key-round", "short", "least", least.MinLength)
	return rows
}

// Less: something is less strict than before.
func (v PolicyConfirm) Less(p *ui.Page) bool {
	then := p.Site.Policy.For(v.Preview.Chosen)
	return then.For(v.Preview.Was) != then
}

// Choices are the hidden fields of the form.
func (v PolicyConfirm) Choices() map[string][]string { return policyQuery(v.Preview.Chosen) }

// Back leads to the form with these choices.
func (v PolicyConfirm) Back() string {
	return ui.CompanyPolicyPath + "?" + policyQuery(v.Preview.Chosen).Encode()
}

// Here is the address of this page, for the form that comes back.
func (v PolicyConfirm) Here() string {
	return ui.CompanyPolicyPath + "/preview?" + policyQuery(v.Preview.Chosen).Encode()
}

// By is who changed the policy last.
func (w policyWords) By(p *ui.Page, s directory.PolicyState) string {
	if s.ChangedBy == "" {
		return p.T("actor.operator")
	}
	return s.ChangedBy
}

// Rule is a requirement of a standard, in words.
func (policyWords) Rule(p *ui.Page, r gatehouse.PolicyRule) string { return p.T("policy.rule_" + r.ID) }
