package gatehouse

import (
	"slices"
	"time"
)

// Grant is what a user has let an application have, and when the application was used.
type Grant struct {
	SiteID        string
	UserID        string
	ApplicationID string
	// Scopes are those that the user has consented to, of whatever request: others are not
	// asked.
	Scopes []string
	// ConsentedAt is when that was last; zero: never.
	ConsentedAt time.Time
	// FirstAt and UsedAt are when the user went to the application first and last.
	FirstAt, UsedAt time.Time
}

// Covers reports whether the user has consented to all these scopes, at whatever time.
func (g Grant) Covers(scopes []string) bool {
	return !g.ConsentedAt.IsZero() && only(scopes, g.Scopes...)
}

// Consented are the scopes that a user has consented to in all, after consenting to these.
func (g Grant) Consented(scopes []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(g.Scopes, scopes))))
}

// Wanted are the scopes that a user consents to who lets the application have what it asks
// for: those that it gets, and those of the claims that it asks for by name.
func (r AuthorizationRequest) Wanted(a Application) []string {
	return wanted(a, r.Granted(a), r.Claims)
}

// Wanted are the scopes that the user must have consented to for the family's tokens. An
// application that may ask for more since then may read no more by them.
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

// consentDue reports whether the user has to be asked: only about applications of others, and
// then about whatever was not consented to before, or about everything where the
// application wants that (OpenID Connect Core 3.1.2.4).
func consentDue(a Application, r AuthorizationRequest, f AuthorizationFacts) bool {
	again := slices.Contains(r.Prompts, PromptConsent) && !f.Allowed
	return a.Settings.ThirdParty && (again || !f.Grant.Covers(r.Wanted(a)))
}

// MayAnswer reports whether a request that has waited may come to an answer, where it came to
// one at that time before (zero: it did not): for a moment, for who has pressed twice or
// lost the answer.
func MayAnswer(answered, now time.Time) bool {
	return answered.IsZero() || now.Sub(answered) < AnswerGrace
}
