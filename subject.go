package gatehouse

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
)

// Subject is an application's name for a user (OpenID Connect Core 8): the user's ID, which nobody
// else ever gets, or for an application with a sector, a pseudonym that means nothing to others.
// salt is the site's secret, which never changes.
func Subject(a Application, userID string, salt []byte) string {
	if a.Settings.Sector == "" {
		return userID
	}
	h := hmac.New(sha256.New, salt)
	fmt.Fprintf(h, "%d:%s%s", len(a.Settings.Sector), a.Settings.Sector, userID)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// The scopes.
const (
	ScopeOpenID  = "openid"
	ScopeProfile = "profile"
	ScopeEmail   = "email"
	ScopeCompany = "company"
)

// Scopes returns all scopes, in the order of the table of claims.
func Scopes() []string {
	all := []string{ScopeOpenID}
	for _, c := range UserClaims {
		if !slices.Contains(all, c.Scope) {
			all = append(all, c.Scope)
		}
	}
	return all
}

// ClaimFacts are the facts that claims about a user are made from.
type ClaimFacts struct {
	User    User
	Company Company
	// Locale and Zone are the user's, or else the site's.
	Locale, Zone string
}

// UserClaim is something that an application may read about a user.
type UserClaim struct {
	// Name is the claim's name, Scope the one that it comes with.
	Name, Scope string
	// Means describes it, for docs/platforms.md.
	Means string
	// of returns the claim's value; nil if there is none.
	of func(ClaimFacts) any
}

// UserClaims is everything that an application may read about a user. docs/platforms.md has the
// same table.
var UserClaims = []UserClaim{
	{"name", ScopeProfile, "First and last name, or the username where the profile is empty", func(f ClaimFacts) any { return text(f.User.DisplayName()) }},
	{"given_name", ScopeProfile, "First name", func(f ClaimFacts) any { return text(f.User.FirstName) }},
	{"family_name", ScopeProfile, "Last name", func(f ClaimFacts) any { return text(f.User.LastName) }},
	{"preferred_username", ScopeProfile, "Username. It may change, and may later be another user's", func(f ClaimFacts) any { return text(f.User.Username) }},
	{"locale", ScopeProfile, "Language, such as `en-GB`", func(f ClaimFacts) any { return text(f.Locale) }},
	{"zoneinfo", ScopeProfile, "Time zone, such as `Europe/London`", func(f ClaimFacts) any { return text(f.Zone) }},
	{"updated_at", ScopeProfile, "When one of these was last changed, in seconds since 1970", func(f ClaimFacts) any { return updatedAt(f.User) }},
	{"email", ScopeEmail, "Email address", func(f ClaimFacts) any { return text(f.User.Email) }},
	{"email_verified", ScopeEmail, "Whether the user has confirmed the address", func(f ClaimFacts) any {
		if f.User.Email == "" {
			return nil
		}
		return f.User.EmailConfirmed
	}},
	{"company_id", ScopeCompany, "The company's ID, which never changes", func(f ClaimFacts) any { return text(f.Company.ID) }},
	{"company_name", ScopeCompany, "The company's name", func(f ClaimFacts) any { return text(f.Company.Name) }},
	{"account_number", ScopeCompany, "The company's account number", func(f ClaimFacts) any { return text(f.Company.AccountNumber) }},
	{"role", ScopeCompany, "`user`, or `admin` for the company's administrators", func(f ClaimFacts) any { return text(string(f.User.Role)) }},
}

// updatedAt is the time of the last change of a user's profile (OpenID Connect Core 5.1), or else
// of the user's creation.
func updatedAt(u User) any {
	at := u.ProfileChangedAt
	if at.IsZero() {
		at = u.CreatedAt
	}
	if at.IsZero() {
		return nil
	}
	return at.Unix()
}

// text returns a claim's text; no claim if it is empty (OpenID Connect Core 5.3.2).
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// ClaimsRequest are the claims that an application asks for by name (OpenID Connect Core 5.5).
type ClaimsRequest struct {
	IDToken  []string `json:"id_token,omitempty"`
	Userinfo []string `json:"userinfo,omitempty"`
}

// ClaimsFor returns the claims about a user that come with scopes, and those asked for by name
// that the application could have got with a scope.
func ClaimsFor(a Application, scopes, named []string, f ClaimFacts) map[string]any {
	claims := map[string]any{}
	for _, c := range UserClaims {
		if !slices.Contains(scopes, c.Scope) && !(slices.Contains(named, c.Name) && slices.Contains(a.Settings.Scopes, c.Scope)) {
			continue
		}
		if v := c.of(f); v != nil {
			claims[c.Name] = v
		}
	}
	return claims
}
