package gatehouse

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Application is a platform that a site's users reach with their one set of credentials: an OpenID
// Connect client. It never chooses its own ID, so an application cannot be mistaken for a user
// (RFC 9700 4.15.1).
type Application struct {
	ID     string
	SiteID string
	Name   string
	State  ApplicationState
	// Settings are what the application may do and how it is set up.
	Settings  ApplicationSettings
	CreatedAt time.Time
	// DeletedAt is when it was deleted; zero if it was not.
	DeletedAt time.Time
}

// ApplicationSettings are an operator's settings for an application. They are kept as JSON.
type ApplicationSettings struct {
	// Native applications run on the user's computer or phone: they have no secret, and their
	// loopback addresses may use any port (RFC 8252 7.3).
	Native bool `json:"native,omitempty"`
	// Auth is how it authenticates.
	Auth ClientAuth `json:"auth"`
	// JWKS are its public keys, or JWKSURI is where it publishes them. They verify what it signs.
	// AuthPrivateKeyJWT needs one of the two.
	JWKS    string `json:"jwks,omitempty"`
	JWKSURI string `json:"jwks_uri,omitempty"`

	RedirectURIs           []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	// BackchannelLogoutURI is where the server reports that a session has ended.
	// FrontchannelLogoutURI is what the browser then opens in a hidden frame, with the session's
	// iss and sid. Both are always told which session it is.
	BackchannelLogoutURI  string `json:"backchannel_logout_uri,omitempty"`
	FrontchannelLogoutURI string `json:"frontchannel_logout_uri,omitempty"`

	// ForwardHosts are the application's hosts behind proxies that check each request with the
	// site. They are for an application, or a part of one, that does not use OpenID Connect.
	ForwardHosts []string `json:"forward_hosts,omitempty"`

	// Grants are the ways in which it may get tokens, Scopes what it may ask for.
	Grants []GrantType `json:"grants,omitempty"`
	Scopes []string    `json:"scopes,omitempty"`

	// IDTokenAlg signs its ID tokens; UserinfoAlg signs userinfo responses, which are plain JSON
	// if it is empty.
	IDTokenAlg  SigningAlg `json:"id_token_alg"`
	UserinfoAlg SigningAlg `json:"userinfo_alg,omitempty"`
	// JWTAccessTokens: resource servers can read its access tokens (RFC 9068). Otherwise tokens
	// are random, and resource servers use introspection.
	JWTAccessTokens bool `json:"jwt_access_tokens,omitempty"`
	// ThirdParty: it is not the site's own, so it needs each user's consent.
	ThirdParty bool `json:"third_party,omitempty"`
	// Sector, if set, gives the application's users subjects that applications in other sectors do
	// not know (OpenID Connect Core 8.1).
	Sector string `json:"sector,omitempty"`

	// Resources are the addresses of the servers that it may request tokens for (RFC 8707).
	Resources []string `json:"resources,omitempty"`
	// RequireDPoP: its tokens are bound to a key that it proves at each use (RFC 9449).
	RequireDPoP bool `json:"require_dpop,omitempty"`
	// RequirePAR: it must push its authorization requests (RFC 9126).
	RequirePAR bool `json:"require_par,omitempty"`

	// WithoutPKCE and TokenEndpointAudience are exceptions for old clients: requests without a
	// challenge, and client assertions with the address of the token endpoint as their audience.
	WithoutPKCE           bool `json:"without_pkce,omitempty"`
	TokenEndpointAudience bool `json:"token_endpoint_audience,omitempty"`

	Access    ApplicationAccess `json:"access"`
	Lifetimes TokenLifetimes    `json:"lifetimes"`
	Home      ApplicationHome   `json:"home,omitzero"`
}

// ApplicationState is whether an application may be used.
type ApplicationState string

// The states of an application.
const (
	ApplicationActive   ApplicationState = "active"
	ApplicationDisabled ApplicationState = "disabled"
	// ApplicationDeleted: it is off, and is removed when ApplicationGrace is over.
	ApplicationDeleted ApplicationState = "deleted"
)

// ApplicationGrace is how long a deleted application can be restored.
const ApplicationGrace = 30 * 24 * time.Hour

// Deleted reports whether the application was deleted but can still be restored.
func (a Application) Deleted() bool { return !a.DeletedAt.IsZero() }

// RemovedFrom returns when a deleted application is due to be removed; zero if it is not.
func (a Application) RemovedFrom() time.Time {
	if !a.Deleted() {
		return time.Time{}
	}
	return a.DeletedAt.Add(ApplicationGrace)
}

// Usable reports whether the application may do anything at all. An unknown state may not.
func (a Application) Usable() bool { return a.State == ApplicationActive }

// Confidential reports whether the application can keep a secret or a private key.
func (a Application) Confidential() bool { return a.Settings.Auth != AuthNone }

// May reports whether the application may use a grant type.
func (a Application) May(g GrantType) bool { return slices.Contains(a.Settings.Grants, g) }

// ClientAuth is how an application authenticates (OpenID Connect Core 9).
type ClientAuth string

// The client authentication methods.
const (
	AuthNone          ClientAuth = "none"
	AuthSecretBasic   ClientAuth = "client_secret_basic"
	AuthSecretPost    ClientAuth = "client_secret_post"
	AuthPrivateKeyJWT ClientAuth = "private_key_jwt"
)

// HasSecret reports whether the method uses a secret.
func (m ClientAuth) HasSecret() bool { return m == AuthSecretBasic || m == AuthSecretPost }

// GrantType is how an application gets tokens (RFC 6749).
type GrantType string

// The grant types. The password grant and the implicit flow are not offered (RFC 9700 2.1.2, 2.4).
const (
	GrantCode              GrantType = "authorization_code"
	GrantRefresh           GrantType = "refresh_token"
	GrantClientCredentials GrantType = "client_credentials"
)

// SigningAlg is a JWS algorithm (RFC 7518, RFC 8037).
type SigningAlg string

// The algorithms that sign tokens. ES256 is the default; RS256 is what every OpenID client
// understands.
const (
	ES256 SigningAlg = "ES256"
	RS256 SigningAlg = "RS256"
	EdDSA SigningAlg = "EdDSA"
)

// SigningAlgs are all of them.
var SigningAlgs = []SigningAlg{ES256, RS256, EdDSA}

// ApplicationAccess says which of its site's users may reach an application.
type ApplicationAccess struct {
	// Roles are the allowed roles; empty: all.
	Roles []Role `json:"roles,omitempty"`
	// Reach applies to a company until its administrators choose another; empty: everybody.
	Reach Reach `json:"reach,omitempty"`
	// Level is the assurance that the sign-in must have reached.
	Level int `json:"level,omitempty"`
	// MaxAge is how old the sign-in may be; 0: as old as the session.
	MaxAge time.Duration `json:"max_age,omitempty"`
}

// TokenLifetimes are how long tokens live.
type TokenLifetimes struct {
	Access time.Duration `json:"access"`
	// Refresh ends a refresh token that is not used (RFC 9700 4.14.2). No refresh token outlives
	// its session.
	Refresh time.Duration `json:"refresh"`
}

// The lifetimes and their bounds.
const (
	// CodeLifetime is that of an authorization code (RFC 6749 4.1.2 allows ten minutes at most).
	CodeLifetime = time.Minute
	// IDTokenLifetime is how long an application may take to check an ID token.
	IDTokenLifetime = 5 * time.Minute
	// AuthorizationLifetime is how long a user may take to sign in for an application.
	AuthorizationLifetime = time.Hour
	// PushedLifetime is how soon the browser must arrive after an application has pushed its
	// request.
	PushedLifetime = 90 * time.Second
	// RefreshGrace is how long a client that lost the response gets the same one again.
	RefreshGrace = 10 * time.Second
	// AnswerGrace is how long a request that has been answered may be answered again.
	AnswerGrace = 10 * time.Second
	// AssertionLifetime is how far in the future a client assertion may expire.
	AssertionLifetime = 5 * time.Minute

	CeilingAccessToken = time.Hour
	// CeilingJWTAccessToken is low, because nobody checks whether such a token is still good.
	CeilingJWTAccessToken = 5 * time.Minute
	CeilingRefreshToken   = 30 * 24 * time.Hour
	floorToken            = time.Minute
)

// DefaultApplication returns the settings of an application that sets nothing else.
func DefaultApplication() ApplicationSettings {
	return ApplicationSettings{Auth: AuthSecretBasic, Grants: []GrantType{GrantCode}, Scopes: Scopes(), IDTokenAlg: ES256,
		Lifetimes: TokenLifetimes{Access: 5 * time.Minute, Refresh: 12 * time.Hour}}
}

// mostOfList is the maximum number of addresses, scopes and so on of an application.
const mostOfList = 50

// CheckApplication returns the faults in an application's settings, by field. The keys themselves
// are checked where they are read.
func CheckApplication(name string, s ApplicationSettings) []FieldError {
	var wrong []FieldError
	is := func(bad bool, field, reason string) {
		if bad {
			wrong = append(wrong, FieldError{Field: field, Reason: reason})
		}
	}
	is(!nameGood(name), "name", "invalid")
	is(s.Auth != AuthNone && s.Auth != AuthPrivateKeyJWT && !s.Auth.HasSecret(), "auth", "unknown")
	is(s.Native && s.Auth != AuthNone, "auth", "native")
	is(s.Auth == AuthPrivateKeyJWT && s.JWKS == "" && s.JWKSURI == "", "jwks", "auth")
	is(s.JWKS != "" && s.JWKSURI != "", "jwks_uri", "both")
	is(len(s.JWKSURI) > 2000 || !printable(s.JWKSURI), "jwks_uri", "invalid")
	lists := func(field string, uris []string) {
		is(len(uris) > mostOfList, field, "too-many")
		for _, uri := range uris {
			is(!RedirectURIGood(uri, s.Native), field, "redirect-uri")
		}
	}
	lists("redirect_uris", s.RedirectURIs)
	lists("post_logout_redirect_uris", s.PostLogoutRedirectURIs)
	is(s.BackchannelLogoutURI != "" && !RedirectURIGood(s.BackchannelLogoutURI, false), "backchannel_logout_uri", "redirect-uri")
	is(s.FrontchannelLogoutURI != "" && !frontchannelGood(s), "frontchannel_logout_uri", "origin")
	is(slices.Contains(s.Grants, GrantCode) != (len(s.RedirectURIs) > 0), "redirect_uris", "grants")
	is(len(s.Grants) == 0 && !s.forwards() || !only(s.Grants, GrantCode, GrantRefresh, GrantClientCredentials), "grants", "unknown")
	is(slices.Contains(s.Grants, GrantRefresh) && !slices.Contains(s.Grants, GrantCode), "grants", "refresh")
	is(slices.Contains(s.Grants, GrantClientCredentials) && s.Auth == AuthNone, "grants", "public")
	is(len(s.Scopes) > mostOfList || slices.ContainsFunc(s.Scopes, func(c string) bool { return !scopeGood(c) }), "scopes", "invalid")
	is(slices.Contains(s.Grants, GrantCode) && !slices.Contains(s.Scopes, ScopeOpenID), "scopes", "openid")
	is(len(s.Resources) > mostOfList || slices.ContainsFunc(s.Resources, func(r string) bool { return !resourceGood(r) }), "resources", "invalid")
	is(!slices.Contains(SigningAlgs, s.IDTokenAlg), "id_token_alg", "unknown")
	is(s.UserinfoAlg != "" && !slices.Contains(SigningAlgs, s.UserinfoAlg), "userinfo_alg", "unknown")
	is(s.WithoutPKCE && s.Auth == AuthNone, "without_pkce", "public")
	is(len(s.Sector) > 200 || !printable(s.Sector), "sector", "invalid")
	is(!only(s.Access.Roles, RoleUser, RoleAdmin), "roles", "unknown")
	is(s.Access.Reach != "" && !slices.Contains(Reaches, s.Access.Reach), "access", "unknown")
	is(s.Access.Level < 0 || s.Access.Level > 2, "level", "unknown")
	is(s.Access.MaxAge < 0, "max_age", "range")
	ceiling := CeilingAccessToken
	if s.JWTAccessTokens {
		ceiling = CeilingJWTAccessToken
	}
	is(s.Lifetimes.Access < floorToken || s.Lifetimes.Access > ceiling, "access_token", "range")
	is(s.Lifetimes.Refresh < floorToken || s.Lifetimes.Refresh > CeilingRefreshToken, "refresh_token", "range")
	return slices.Concat(wrong, checkHome(s), checkForward(s))
}

// only reports whether all values are allowed ones.
func only[T comparable](all []T, allowed ...T) bool {
	return !slices.ContainsFunc(all, func(one T) bool { return !slices.Contains(allowed, one) })
}

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}

// scopeGood: a scope token of RFC 6749 3.3.
func scopeGood(s string) bool {
	return s != "" && len(s) <= 100 && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }) < 0
}
