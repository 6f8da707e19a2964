package console

import (
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
)

// policySamples are the pages about what a company requires beyond its site.
func policySamples() []pages.Sample {
	const day = 24 * time.Hour
	strict := gatehouse.CompanyPolicy{SessionIdle: 5 * time.Minute, SessionAbsolute: time.Hour, TrustedDevice: gatehouse.NeverTrusted, PasswordLength: 20, NoContextWords: true, PasswordAge: 30 * day}
	without := gatehouse.CompanyPolicy{SessionIdle: day, SessionAbsolute: 7 * day, TrustedDevice: 14 * day, PasswordLength: 8, NoContextWords: true, PasswordAge: 365 * day}
	of := func(p gatehouse.CompanyPolicy) directory.PolicyState {
		return directory.PolicyState{CompanyPolicy: p, ChangedAt: fixture.Noon.Add(-time.Hour), ChangedBy: fixture.LongName}
	}
	support := of(strict)
	support.ChangedBy = ""
	ask := func(was, chosen gatehouse.CompanyPolicy, n int) PolicyConfirm {
		all := directory.Affected{Count: n, Users: n, First: slices.Repeat([]gatehouse.User{*fixture.User()}, min(n, 20))}
		return PolicyConfirm{Stored: of(was), Preview: directory.PolicyPreview{Was: was, Chosen: chosen, Sessions: all, Devices: all, Expired: all, Passwords: all, Agreed: "abc"}}
	}
	changed, often := ask(strict, gatehouse.CompanyPolicy{}, 0), ask(gatehouse.CompanyPolicy{}, strict, 1)
	changed.Changed, often.Until, often.Own = true, fixture.Noon.Add(20*time.Minute), true
	var wrong []gatehouse.FieldError
	for _, s := range gatehouse.PolicySettings {
		wrong = append(wrong, gatehouse.FieldError{Field: string(s), Reason: directory.FieldPolicyChoice})
	}
	list := []pages.Sample{
		{Name: "policy", View: Policy{}},
		{Name: "policy-strict", View: Policy{Stored: of(strict), Typed: strict, Saved: true}},
		{Name: "policy-support", View: Policy{Stored: support, Typed: without, Nothing: true}},
		{Name: "policy-without-effect", View: Policy{Stored: of(without), Typed: without}},
		{Name: "policy-wrong", View: Policy{Stored: of(strict), Typed: strict, Fields: wrong}},
		{Name: "policy-ask", View: ask(gatehouse.CompanyPolicy{}, strict, 1172)},
		{Name: "policy-ask-changed", View: changed},
		{Name: "policy-ask-often", View: often},
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}
