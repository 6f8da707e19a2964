package gatehouse

import (
	"slices"
	"time"
)

// Grant is what a user has allowed an application, and when the application was used.
type Grant struct {
	SiteID        string
	UserID        string
	ApplicationID string
	// Scopes are those that the user has consented to, over all requests; the user is not asked
	// for them again.
	Scopes []string
	// ConsentedAt is the last time of consent; zero: never.
	ConsentedAt time.Time
	// FirstAt and UsedAt are when the user went to the application first and last.
	FirstAt, UsedAt time.Time
}

// Covers reports whether the user has ever consented to all these scopes.
func (g Grant) Covers(scopes []string) bool {
	return !g.ConsentedAt.IsZero() && only(scopes, g.Scopes...)
}

// Consented returns all the scopes that a user has consented to, including these.
func (g Grant) Consented(scopes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(g.Scopes, scopes))))
}

// Wanted returns the scopes that a user consents to by allowing the request: those granted, and
// those of the claims that it asks for by name.
func (r AuthorizationRequest) Wanted(a Application) []string {
	return wanted(a, r.Granted(a), r.Claims)
}

// Wanted returns the scopes that the user must have consented to for the family's tokens. If the
// application may ask for more since then, these tokens still open no more.
func (t FamilyTerms) Wanted(a Application) []string { return wanted(a, t.Scopes, t.Claims) }

func wanted(a Application, scopes []string, named ClaimsRequest) []string {
	all := slices.Clone(scopes)
	for _, c := range UserClaims {
		if slices.Contains(a.Settings.Scopes, c.Scope) && (slices.Contains(named.IDToken, c.Name) || slices.Contains(named.Userinfo, c.Name)) {
			all = append(all, c.Scope)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// consentDue reports whether to ask the user for consent: only for third-party applications, and
// only for what was not consented to before, or for everything if the application requires that
// (OpenID Connect Core 3.1.2.4).
func consentDue(a Application, r AuthorizationRequest, f AuthorizationFacts) bool {
	again := slices.Contains(r.Prompts, PromptConsent) && !f.Allowed
	return a.Settings.ThirdParty && (again || !f.Grant.Covers(r.Wanted(a)))
}

// MayAnswer reports whether a waiting request may be answered, given when it was answered before
// (zero: it was not). A repeat is allowed for a moment, for a user who pressed twice or lost the
// response.
func MayAnswer(answered, now time.Time) bool {
	return answered.IsZero() || now.Sub(answered) < AnswerGrace
}
