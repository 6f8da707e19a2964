package gatehouse_test

import (
	"testing"
	"time"

	"gatehouse"
	"pgregory.net/rapid"
)

var (
	ruleNoon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	anyRule  = rapid.Custom(func(t *rapid.T) gatehouse.TwoFactorRule {
		rule := gatehouse.TwoFactorRule{Require: rapid.SampledFrom(gatehouse.Requirements).Draw(t, "require")}
		if rule.Require.OwnFactor() {
			rule.By = rapid.SampledFrom([]time.Time{{}, ruleNoon.Add(-time.Hour), ruleNoon, ruleNoon.Add(time.Hour), ruleNoon.Add(48 * time.Hour)}).Draw(t, "by")
		}
		return rule
	})
	anyFactors = rapid.Custom(func(t *rapid.T) gatehouse.User {
		u := gatehouse.User{ID: "usr_1", SiteID: "uk", CompanyID: "com_1", State: gatehouse.Active, FirstSignInAt: ruleNoon.Add(-time.Hour), Password: gatehouse.Password{Origin: gatehouse.PasswordChosen},
			Apps: rapid.IntRange(0, 2).Draw(t, "apps"), Passkeys: rapid.IntRange(0, 2).Draw(t, "passkeys")}
		u.Factors = u.Apps + u.Passkeys + rapid.IntRange(0, 1).Draw(t, "phones")
		return u
	})
)

// factorFacts are those of a sign-in of a user at noon with the password, and with one more proof if it is named.
func factorFacts(u gatehouse.User, company gatehouse.TwoFactorRule, method gatehouse.Method) gatehouse.SignInFacts {
	in := gatehouse.SignIn{ID: "sin_1", SiteID: u.SiteID, UserID: u.ID, CredentialsAt: ruleNoon, Origin: gatehouse.PasswordChosen, ExpiresAt: ruleNoon.Add(time.Hour)}
	if method != "" {
		in.TwoFactorAt, in.TwoFactorMethod = ruleNoon, method
	}
	return gatehouse.SignInFacts{SignIn: in, User: u, Company: company}
}

func siteWith(rule gatehouse.TwoFactorRule) gatehouse.Site {
	p := gatehouse.ClassicPolicy()
	p.TwoFactor = rule
	return gatehouse.Site{ID: "uk", Policy: p}
}

// A company may ask for more than its site, never for less, at any time.
func TestACompanyOnlyTightens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		site, company := anyRule.Draw(t, "site"), anyRule.Draw(t, "company")
		rules := gatehouse.RulesFor(siteWith(site), company)
		for _, now := range []time.Time{ruleNoon, ruleNoon.Add(2 * time.Hour), ruleNoon.Add(72 * time.Hour)} {
			got := rules.At(now)
			if site.At(now).Over(got) || company.At(now).Over(got) || got != site.At(now) && got != company.At(now) {
				t.Fatalf("%v: site %s, company %s, together %s", now, site.At(now), company.At(now), got)
			}
			if next, coming := rules.Coming(gatehouse.User{}, now); coming != rules.Strictest().Require.Over(got) || coming && !next.By.After(now) {
				t.Fatalf("%v: %s now, %v coming (%v), in the end %v", now, got, next, coming, rules.Strictest())
			}
		}
	})
}

// Nobody gets a session without the factor that is required, and nobody is asked to set up what is
// there. What is proved before a set-up is never trust in a device alone.
func TestNoSessionWithoutTheRequiredFactor(t *testing.T) {
	methods := []gatehouse.Method{"", gatehouse.MethodEmailCode, gatehouse.MethodTOTP, gatehouse.MethodTextMessage, gatehouse.MethodRecoveryCode,
		gatehouse.MethodPasskey, gatehouse.MethodVerifiedSyncedPasskey, gatehouse.MethodTrustedDevice}
	rapid.Check(t, func(t *rapid.T) {
		site, u := siteWith(anyRule.Draw(t, "site")), anyFactors.Draw(t, "user")
		f := factorFacts(u, anyRule.Draw(t, "company"), rapid.SampledFrom(methods).Draw(t, "method"))
		f.DeviceTrusted, f.SignIn.FactorLater = rapid.Bool().Draw(t, "trusted"), rapid.Bool().Draw(t, "later")
		need := gatehouse.RulesFor(site, f.Company).At(ruleNoon)
		step, has := gatehouse.NextStep(site, f, ruleNoon), u.Apps+u.Passkeys > 0
		switch need {
		case gatehouse.RequireFactor:
			if step == gatehouse.StepDone && (!has || f.SignIn.TwoFactorMethod == gatehouse.MethodTextMessage || f.SignIn.TwoFactorMethod == gatehouse.MethodEmailCode) {
				t.Fatalf("a session with %+v", f)
			}
		case gatehouse.RequirePasskey:
			if step == gatehouse.StepDone && (u.Passkeys == 0 || f.SignIn.TwoFactorMethod == gatehouse.MethodTOTP || f.SignIn.TwoFactorMethod == "") {
				t.Fatalf("a session with %+v", f)
			}
		}
		asked, due := gatehouse.FactorDue(site, f, ruleNoon)
		if due && asked.Require.MetBy(u) {
			t.Fatalf("asked to set up %s, which is there: %+v", asked.Require, u)
		}
		if due && !asked.Later && step == gatehouse.StepFactor && (f.SignIn.TwoFactorAt.IsZero() || f.SignIn.TwoFactorMethod == gatehouse.MethodTrustedDevice) {
			t.Fatalf("a factor is set up on no more than a password: %+v", f)
		}
		if due && asked.Later && f.SignIn.FactorLater {
			t.Fatal("asked again in the same sign-in")
		}
	})
}

// A proof that is in use at the code page is one that the sign-in accepts afterwards.
func TestWaysAreAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, need := anyFactors.Draw(t, "user"), rapid.SampledFrom(gatehouse.Requirements).Draw(t, "need")
		var factors []gatehouse.Factor
		add := func(n int, kind gatehouse.FactorKind) {
			for range n {
				factors = append(factors, gatehouse.Factor{Kind: kind, ConfirmedAt: ruleNoon})
			}
		}
		add(u.Apps, gatehouse.FactorApp)
		add(u.Passkeys, gatehouse.FactorPasskey)
		add(u.Factors-u.Apps-u.Passkeys, gatehouse.FactorText)
		ways := gatehouse.Ways(u, factors, 3, need)
		if len(ways) == 0 {
			t.Fatal("no way in")
		}
		for _, way := range ways {
			if !need.AcceptsWay(way, u) {
				t.Fatalf("%s is offered, and refused where %s is required", way, need)
			}
		}
	})
}

// Weaker is what an administrator has to prove who they are for.
func TestWeaker(t *testing.T) {
	rule := func(need gatehouse.Requirement, days int) gatehouse.TwoFactorRule {
		r := gatehouse.TwoFactorRule{Require: need}
		if days != 0 {
			r.By = ruleNoon.AddDate(0, 0, days)
		}
		return r
	}
	off, code := gatehouse.EmailCodes(false), gatehouse.EmailCodes(true)
	for _, c := range []struct {
		is, than gatehouse.TwoFactorRule
		weaker   bool
	}{
		{code, off, false}, {off, code, true}, {code, code, false},
		{rule(gatehouse.RequireFactor, 0), code, false}, {code, rule(gatehouse.RequireFactor, 0), true}, {code, rule(gatehouse.RequireFactor, 30), true},
		{rule(gatehouse.RequireFactor, 30), rule(gatehouse.RequireFactor, 20), true},
		{rule(gatehouse.RequireFactor, 20), rule(gatehouse.RequireFactor, 30), false},
		{rule(gatehouse.RequireFactor, 30), rule(gatehouse.RequireFactor, 0), true},
		{rule(gatehouse.RequirePasskey, 30), rule(gatehouse.RequireFactor, 0), true}, // until then a code is enough again
		{rule(gatehouse.RequirePasskey, 0), rule(gatehouse.RequireFactor, 0), false},
	} {
		if got := c.is.Weaker(c.than, ruleNoon); got != c.weaker {
			t.Errorf("%v after %v is weaker: %v", c.is, c.than, got)
		}
	}
}

// Passwords of eight characters are for sites of the modern profile where no password is the only
// factor (SP 800-63B-4, PV-1).
func TestModernPasswordLength(t *testing.T) {
	for _, c := range []struct {
		rule   gatehouse.TwoFactorRule
		length int
		good   bool
	}{
		{gatehouse.TwoFactorRule{}, 15, true}, {gatehouse.TwoFactorRule{}, 14, false},
		{gatehouse.TwoFactorRule{Require: gatehouse.RequireCode}, 14, false},
		{gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor}, 8, true},
		{gatehouse.TwoFactorRule{Require: gatehouse.RequirePasskey}, 8, true},
		{gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor}, 7, false},
		{gatehouse.TwoFactorRule{Require: gatehouse.RequireFactor, By: ruleNoon}, 8, false},
	} {
		p := gatehouse.ModernPolicy()
		p.TwoFactor, p.Password.MinLength = c.rule, c.length
		if bad := p.Check(); (len(bad) == 0) != c.good {
			t.Errorf("%v with %d characters: %v", c.rule, c.length, bad)
		}
	}
	for _, rule := range []gatehouse.TwoFactorRule{{Require: "more"}, {Require: gatehouse.RequireCode, By: ruleNoon}} {
		p := gatehouse.ClassicPolicy()
		p.TwoFactor = rule
		if len(p.Check()) == 0 {
			t.Errorf("%v is allowed", rule)
		}
	}
}
