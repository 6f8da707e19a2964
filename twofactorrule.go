package gatehouse

import (
	"slices"
	"time"

	"gatehouse/internal/guard"
)

// Requirement is what a sign-in has to prove besides the password.
type Requirement string

// The requirements, the weakest first.
const (
	RequireNothing Requirement = "off"
	// RequireCode: a code by email, from users who have no factor of their own.
	RequireCode Requirement = "code"
	// RequireFactor: an authenticator app or a passkey. A text message does not meet it
	// (SP 800-63B-4 3.1.3.3: restricted).
	RequireFactor Requirement = "factor"
	// RequirePasskey: a passkey, and nothing else.
	RequirePasskey Requirement = "passkey"
)

// Requirements are all of them, the weakest first.
var Requirements = []Requirement{RequireNothing, RequireCode, RequireFactor, RequirePasskey}

// Known reports whether there is such a requirement.
func (r Requirement) Known() bool { return slices.Contains(Requirements, r) }

// Over reports whether r is stricter than another one. One that is not known is the weakest.
func (r Requirement) Over(other Requirement) bool {
	return slices.Index(Requirements, r) > max(0, slices.Index(Requirements, other))
}

// OwnFactor reports whether users need a factor of their own.
func (r Requirement) OwnFactor() bool { return r.Over(RequireCode) }

// MetBy reports whether a user has what has to be set up for it.
func (r Requirement) MetBy(u User) bool {
	switch r {
	case RequireFactor:
		return u.Apps+u.Passkeys > 0
	case RequirePasskey:
		return u.Passkeys > 0
	}
	return true
}

// Accepts reports whether a user's proof meets it. A user who has not yet set up what it asks for
// proves what there is, and is then led through the set-up. A recovery code stands in for a lost
// factor.
func (r Requirement) Accepts(m Method, u User) bool {
	if !r.OwnFactor() || !r.MetBy(u) || m == MethodRecoveryCode || guard.Out(guard.OnlyWhatIsRequired) {
		return true
	}
	switch m {
	case MethodPasskey, MethodSyncedPasskey, MethodVerifiedPasskey, MethodVerifiedSyncedPasskey:
		return true
	case MethodTOTP, MethodTrustedDevice:
		return r == RequireFactor
	}
	return false
}

// AcceptsWay is Accepts for a way to prove something; the empty way is an app's code.
func (r Requirement) AcceptsWay(w Way, u User) bool {
	return r.Accepts(map[Way]Method{"": MethodTOTP, WayEmail: MethodEmailCode, WayApp: MethodTOTP, WayText: MethodTextMessage,
		WayPasskey: MethodPasskey, WayRecoveryCode: MethodRecoveryCode}[w], u)
}

// TwoFactorRule is what a site or a company requires of its users.
type TwoFactorRule struct {
	Require Requirement
	// By is when a factor of the user's own becomes mandatory; a code by email is enough until
	// then. Zero: it is mandatory.
	By time.Time
}

// On reports whether it requires anything at all.
func (r TwoFactorRule) On() bool { return r.Require.Over(RequireNothing) }

// Factor returns the factor that it requires; empty: none.
func (r TwoFactorRule) Factor() Requirement {
	if r.Require.OwnFactor() {
		return r.Require
	}
	return ""
}

// ruleOf is the rule of a switch, with the factor that it requires.
func ruleOf(on bool, factor Requirement, by time.Time) TwoFactorRule {
	switch {
	case !on:
		return TwoFactorRule{Require: RequireNothing}
	case factor == "":
		return TwoFactorRule{Require: RequireCode}
	}
	return TwoFactorRule{Require: factor, By: by}
}

// EmailCodes is the rule of a company that only switches codes by email on or off.
func EmailCodes(on bool) TwoFactorRule { return ruleOf(on, "", time.Time{}) }

// At returns what it requires at a time.
func (r TwoFactorRule) At(now time.Time) Requirement {
	switch {
	case !r.On():
		return RequireNothing
	case r.Require.OwnFactor() && now.Before(r.By):
		return RequireCode
	}
	return r.Require
}

// Weaker reports whether it asks for less than another rule at some time from now on: for less, or
// for the same later.
func (r TwoFactorRule) Weaker(than TwoFactorRule, now time.Time) bool {
	return than.Require.Over(r.Require) || than.At(now).Over(r.At(now)) || r.Require == than.Require && r.By.After(than.By) && now.Before(r.By)
}

// Stricter returns the stricter of two rules: the one that requires more in the end, or the same
// earlier.
func (r TwoFactorRule) Stricter(other TwoFactorRule) TwoFactorRule {
	if other.Require.Over(r.Require) || other.Require == r.Require && other.By.Before(r.By) {
		return other
	}
	return r
}

// LastDay is a moment of the last day before a rule's By.
func LastDay(by time.Time) time.Time { return by.Add(-time.Second) }

// TwoFactorRules are those of a site and of one of its companies. A company may require more than
// its site, never less.
type TwoFactorRules struct{ Site, Company TwoFactorRule }

// RulesFor returns the rules for the users of a company.
func RulesFor(s Site, company TwoFactorRule) TwoFactorRules {
	return TwoFactorRules{s.Policy.TwoFactor, company}
}

// On reports whether either rule requires anything.
func (r TwoFactorRules) On() bool { return r.Site.On() || r.Company.On() }

// At returns what they require together at a time.
func (r TwoFactorRules) At(now time.Time) Requirement {
	if site, company := r.Site.At(now), r.Company.At(now); company.Over(site) {
		return company
	} else {
		return site
	}
}

// Strictest returns what they require together in the end.
func (r TwoFactorRules) Strictest() TwoFactorRule { return r.Site.Stricter(r.Company) }

// Coming returns the next rule that will require something that a user has not set up; false: none
// will. Of two that begin at the same time it is the stricter one.
func (r TwoFactorRules) Coming(u User, now time.Time) (next TwoFactorRule, coming bool) {
	for _, rule := range []TwoFactorRule{r.Site, r.Company} {
		if !rule.Require.Over(r.At(now)) || rule.Require.MetBy(u) {
			continue
		}
		if !coming || rule.By.Before(next.By) || rule.By.Equal(next.By) && rule.Require.Over(next.Require) {
			next, coming = rule, true
		}
	}
	return next, coming
}

// FactorAsked is what the step StepFactor asks a user to set up.
type FactorAsked struct {
	Require Requirement
	// By is when it becomes mandatory; zero: it is, or it never does.
	By time.Time
	// Later: the user may go on without it this time.
	Later bool
}

// FactorDue returns what a user who signs in has to set up, or is asked to; false: nothing.
// Under the modern profile a factor is offered at the first sign-in.
func FactorDue(s Site, f SignInFacts, now time.Time) (FactorAsked, bool) {
	rules := RulesFor(s, f.Company)
	if need := rules.At(now); !need.MetBy(f.User) && !guard.Out(guard.FactorWhenAsked) {
		return FactorAsked{Require: need}, true
	}
	if f.SignIn.FactorLater {
		return FactorAsked{}, false
	}
	if next, coming := rules.Coming(f.User, now); coming {
		return FactorAsked{Require: next.Require, By: next.By, Later: true}, true
	}
	if s.Policy.Profile == Modern && f.User.FirstSignInAt.IsZero() && f.User.Factors == 0 {
		return FactorAsked{Require: RequireFactor, Later: true}, true
	}
	return FactorAsked{}, false
}
