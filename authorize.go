package gatehouse

import (
	"slices"
	"strings"
	"time"
)

// AuthorizationRequest is what an application asks for in a browser (OpenID Connect Core
// 3.1.2.1), after its parameters have been read.
type AuthorizationRequest struct {
	ResponseType string `json:"response_type"`
	ResponseMode string `json:"response_mode,omitempty"`
	RedirectURI  string `json:"redirect_uri"`
	// Scopes are all that were asked for; those that the application may not have, or that
	// nobody knows, are not granted (see Granted).
	Scopes []string `json:"scopes,omitempty"`
	State  string   `json:"state,omitempty"`
	Nonce  string   `json:"nonce,omitempty"`
	// Challenge and ChallengeMethod are PKCE's (RFC 7636).
	Challenge       string   `json:"challenge,omitempty"`
	ChallengeMethod string   `json:"challenge_method,omitempty"`
	Prompts         []string `json:"prompts,omitempty"`
	// MaxAge is how long ago the sign-in may be; negative: whatever.
	MaxAge time.Duration `json:"max_age"`
	// ACRs are the values of which an essential acr claim wants one; empty: any does. Those
	// of acr_values are wishes (OpenID Connect Core 3.1.2.1, 5.5.1.1): a user who can is asked to
	// reach one (RFC 9470 4), and the token says what was reached.
	ACRs      []string `json:"acrs,omitempty"`
	ACRWishes []string `json:"acr_wishes,omitempty"`
	// Hinted is the subject that id_token_hint, or a sub claim with a value, names.
	Hinted string `json:"hinted,omitempty"`
	// Claims are those that the claims parameter asks for by name.
	Claims ClaimsRequest `json:"claims"`
	// JKT is the thumbprint of the key that the code is bound to (RFC 9449 10); empty: none.
	JKT string `json:"jkt,omitempty"`
	// Resources are the servers that tokens are for (RFC 8707); empty: none was named.
	Resources []string `json:"resources,omitempty"`
	// Pushed: the application has handed the request over itself (RFC 9126).
	Pushed bool `json:"pushed,omitempty"`
	// At is when the application asked: a sign-in that it wants to be new comes after.
	At time.Time `json:"at"`
}

// Granted are the scopes that the application gets: those it asks for and may have.
func (r AuthorizationRequest) Granted(a Application) []string {
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(r.Scopes))), func(s string) bool {
		return !slices.Contains(a.Settings.Scopes, s)
	})
}

// OAuthError is an error code of RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6, and
// RFC 6750 3.1.
type OAuthError string

// The errors that an application is told.
const (
	InvalidRequest          OAuthError = "invalid_request"
	InvalidClient           OAuthError = "invalid_client"
	InvalidGrant            OAuthError = "invalid_grant"
	InvalidScope            OAuthError = "invalid_scope"
	InvalidToken            OAuthError = "invalid_token"
	InsufficientScope       OAuthError = "insufficient_scope"
	UnauthorizedClient      OAuthError = "unauthorized_client"
	UnsupportedGrantType    OAuthError = "unsupported_grant_type"
	UnsupportedResponseType OAuthError = "unsupported_response_type"
	AccessDenied            OAuthError = "access_denied"
	ServerError             OAuthError = "server_error"
	TemporarilyUnavailable  OAuthError = "temporarily_unavailable"
	LoginRequired           OAuthError = "login_required"
	ConsentRequired         OAuthError = "consent_required"
	UnmetAuthentication     OAuthError = "unmet_authentication_requirements"
	RequestNotSupported     OAuthError = "request_not_supported"
	RequestURINotSupported  OAuthError = "request_uri_not_supported"
	InvalidRequestObject    OAuthError = "invalid_request_object"
	InvalidTarget           OAuthError = "invalid_target"
	InvalidDPoPProof        OAuthError = "invalid_dpop_proof"
	InvalidRedirectURI      OAuthError = "invalid_redirect_uri"
	InvalidClientMetadata   OAuthError = "invalid_client_metadata"
	RegistrationUnsupported OAuthError = "registration_not_supported"
)

// The values of prompt. create is refused.
const (
	PromptNone          = "none"
	PromptLogin         = "login"
	PromptConsent       = "consent"
	PromptSelectAccount = "select_account"
)

// The ways in which an answer reaches an application.
const (
	ResponseQuery    = "query"
	ResponseFormPost = "form_post"
)

// CheckRequest says what is wrong with a request by itself, no matter who sits in front of the
// browser; empty: nothing. The application and the redirect address have been found
// good before.
func CheckRequest(a Application, r AuthorizationRequest) OAuthError {
	switch {
	case r.ResponseType == "":
		return InvalidRequest
	case r.ResponseType != "code":
		return UnsupportedResponseType
	case !a.May(GrantCode):
		return UnauthorizedClient
	case r.ResponseMode != "" && r.ResponseMode != ResponseQuery && r.ResponseMode != ResponseFormPost:
		return InvalidRequest
	case !challengeGood(a, r), a.Settings.RequirePAR && !r.Pushed:
		return InvalidRequest
	case !promptsGood(r.Prompts), r.JKT != "" && !ThumbprintGood(r.JKT):
		return InvalidRequest
	case !only(r.Resources, a.Settings.Resources...):
		return InvalidTarget
	case !slices.Contains(r.Granted(a), ScopeOpenID):
		return InvalidScope
	}
	return ""
}

// challengeGood: every request has a challenge by S256 (RFC 9700 2.1.1, ASVS 10.4.6). An
// application that is excused can keep a secret, and still may send one.
func challengeGood(a Application, r AuthorizationRequest) bool {
	if r.Challenge == "" {
		return a.Settings.WithoutPKCE && a.Confidential() && r.ChallengeMethod == ""
	}
	return r.ChallengeMethod == "S256" && len(r.Challenge) == challengeLength && base64URL(r.Challenge)
}

// challengeLength is that of a SHA-256 in base64url.
const challengeLength = 43

// ThumbprintGood reports whether a text has the form of a key's thumbprint (RFC 7638).
func ThumbprintGood(s string) bool { return len(s) == challengeLength && base64URL(s) }

func base64URL(s string) bool { return unreserved(s) && !strings.ContainsAny(s, ".~") }

// unreserved: the characters of RFC 7636 4.1.
func unreserved(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._~", c))
	}) < 0
}

// VerifierGood reports whether a code verifier has the form of one (RFC 7636 4.1).
func VerifierGood(v string) bool { return len(v) >= 43 && len(v) <= 128 && unreserved(v) }

func promptsGood(prompts []string) bool {
	return only(prompts, PromptNone, PromptLogin, PromptConsent, PromptSelectAccount) &&
		(len(prompts) < 2 || !slices.Contains(prompts, PromptNone))
}

// AuthorizationFacts are what is so in the browser that asks, read at that moment. Both are
// zero where nobody is signed in.
type AuthorizationFacts struct {
	Session Session
	User    User
	// Subject is what the application calls the user.
	Subject string
	// Reach is what the administrators of the user's company have said about the application.
	Reach Reach
	// Grant is what the user has consented to. Allowed and Refused: the user has just said yes,
	// or no, to this very request.
	Grant            Grant
	Allowed, Refused bool
	// Wanted are the scopes that tokens stand for, for MayIssue.
	Wanted []string
	// MostLevel is the level that a sign-in with a factor reaches at this site.
	MostLevel int
}

// SignedIn reports whether somebody is signed in.
func (f AuthorizationFacts) SignedIn() bool { return f.Session.ID != "" }

// Decision is what becomes of an authorization request.
type Decision struct {
	Do AuthorizationStep
	// Error is what the application is told, for AuthorizationRefused, or what our own page
	// is about, for AuthorizationPage.
	Error OAuthError
}

// AuthorizationStep is what happens next.
type AuthorizationStep string

// The steps of an authorization.
const (
	// AuthorizationPage: a page of ours says what is wrong, and leads nowhere.
	AuthorizationPage AuthorizationStep = "page"
	// AuthorizationSignIn: a sign-in, a new one where there is a session already.
	AuthorizationSignIn AuthorizationStep = "sign-in"
	// AuthorizationNoAccess: a page that says whom to ask.
	AuthorizationNoAccess AuthorizationStep = "no-access"
	// AuthorizationConsent: a page asks the user.
	AuthorizationConsent AuthorizationStep = "consent"
	AuthorizationCode    AuthorizationStep = "code"
	// AuthorizationRefused: the application is told.
	AuthorizationRefused AuthorizationStep = "refused"
)

// Authorize is the only place that decides what an authorization request comes to. It is
// asked again whenever the browser comes back, and once more in the transaction that
// makes the code: no code without a session that fulfils the application's policy at
// that moment. The request's redirect address has been found good.
func Authorize(a Application, r AuthorizationRequest, f AuthorizationFacts, limits SessionLimits, now time.Time) Decision {
	quiet := slices.Contains(r.Prompts, PromptNone)
	ask := func(step AuthorizationStep, err OAuthError) Decision {
		if quiet { // the application does not want its user asked anything
			return Decision{AuthorizationRefused, err}
		}
		return Decision{Do: step}
	}
	signedIn := f.SignedIn() && sessionGood(a, f, limits, now)
	if err := CheckRequest(a, r); err != "" {
		if !signedIn && !quiet { // nobody is sent on before it is known who it is (RFC 9700 4.11.2)
			return Decision{AuthorizationPage, err}
		}
		return Decision{AuthorizationRefused, err}
	}
	switch {
	case !signedIn, !fresh(a, r, f.Session, now):
		return ask(AuthorizationSignIn, LoginRequired)
	case r.Hinted != "" && r.Hinted != f.Subject: // somebody else, who has the choice to sign in as the one who is meant
		if f.Session.CreatedAt.After(r.At) {
			return Decision{AuthorizationRefused, LoginRequired}
		}
		return ask(AuthorizationSignIn, LoginRequired)
	case ClosedTo(a, f.Reach, f.User.Role) != "":
		return ask(AuthorizationNoAccess, AccessDenied)
	case !assured(a, r.ACRs, f.Session) && stepsUp(a, r, r.ACRs, f):
		return ask(AuthorizationSignIn, LoginRequired)
	case !assured(a, r.ACRs, f.Session):
		return Decision{AuthorizationRefused, UnmetAuthentication}
	case !quiet && stepsUp(a, r, r.ACRWishes, f):
		return Decision{Do: AuthorizationSignIn}
	case f.Refused:
		return Decision{AuthorizationRefused, AccessDenied}
	case consentDue(a, r, f):
		return ask(AuthorizationConsent, ConsentRequired)
	}
	return Decision{Do: AuthorizationCode}
}

// assured reports whether a session reaches what the application asks for, and one of the values
// of acr where there are any.
func assured(a Application, acrs []string, s Session) bool {
	return s.Assurance.Level >= a.Settings.Access.Level && (len(acrs) == 0 || slices.ContainsFunc(acrs, s.Assurance.Fulfils))
}

// stepsUp reports whether a new sign-in would reach what the session does not: the user has a
// factor, and did without it, or got it since (RFC 9470). It is asked for once: a device that is
// trusted may spare the code again.
func stepsUp(a Application, r AuthorizationRequest, acrs []string, f AuthorizationFacts) bool {
	most := Session{Assurance: Assurance{Level: f.MostLevel}}
	return f.User.Factors > 0 && !f.Session.CreatedAt.After(r.At) && !assured(a, acrs, f.Session) && assured(a, acrs, most)
}

// MayIssue reports whether an application may have, renew or use tokens of a user by a
// session: asked at every code, exchange, refresh, introspection and userinfo. No token
// after its session, user or application has ended, or the user has taken the consent back, or the
// company its access.
func MayIssue(a Application, f AuthorizationFacts, limits SessionLimits, now time.Time) bool {
	return f.SignedIn() && sessionGood(a, f, limits, now) && ClosedTo(a, f.Reach, f.User.Role) == "" &&
		f.Session.Assurance.Level >= a.Settings.Access.Level && youngEnough(a, f.Session, now) &&
		(!a.Settings.ThirdParty || f.Grant.Covers(f.Wanted))
}

// sessionGood reports whether a session is one of a user of the application's site, and alive.
func sessionGood(a Application, f AuthorizationFacts, limits SessionLimits, now time.Time) bool {
	return a.Usable() && f.User.MaySignIn() && f.Session.UserID == f.User.ID && f.Session.SiteID == a.SiteID && f.User.SiteID == a.SiteID &&
		f.Session.CompanyID == f.User.CompanyID && limits.Alive(f.Session.CreatedAt, f.Session.SeenAt, now)
}

func youngEnough(a Application, s Session, now time.Time) bool {
	return a.Settings.Access.MaxAge == 0 || now.Sub(s.CreatedAt) <= a.Settings.Access.MaxAge
}

// fresh reports whether the sign-in is as new as the request and the application want it.
// A sign-in of the same instant as the request is not new: the clock may stand still.
func fresh(a Application, r AuthorizationRequest, s Session, now time.Time) bool {
	again := slices.Contains(r.Prompts, PromptLogin) || slices.Contains(r.Prompts, PromptSelectAccount)
	isNew := s.CreatedAt.After(r.At)
	return youngEnough(a, s, now) && (isNew || !again && (r.MaxAge < 0 || now.Sub(s.CreatedAt) <= r.MaxAge))
}
