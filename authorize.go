package gatehouse

import (
	"slices"
	"strings"
	"time"
)

// AuthorizationRequest is what an application asks for in a browser (OpenID Connect Core 3.1.2.1),
// as read from its parameters.
type AuthorizationRequest struct {
	ResponseType string `json:"response_type"`
	ResponseMode string `json:"response_mode,omitempty"`
	RedirectURI  string `json:"redirect_uri"`
	// Scopes are all that were requested; those that are unknown or not allowed for the
	// application are not granted (see Granted).
	Scopes []string `json:"scopes,omitempty"`
	State  string   `json:"state,omitempty"`
	Nonce  string   `json:"nonce,omitempty"`
	// Challenge and ChallengeMethod are PKCE's (RFC 7636).
	Challenge       string   `json:"challenge,omitempty"`
	ChallengeMethod string   `json:"challenge_method,omitempty"`
	Prompts         []string `json:"prompts,omitempty"`
	// MaxAge is how old the sign-in may be; negative: no limit.
	MaxAge time.Duration `json:"max_age"`
	// ACRs are the values that an essential acr claim requires one of; empty: any will do. Those
	// in acr_values are wishes (OpenID Connect Core 3.1.2.1, 5.5.1.1): a user who can reach one is
	// asked to (RFC 9470 4), and the token says what was reached.
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
	// Pushed: the application pushed the request directly (RFC 9126).
	Pushed bool `json:"pushed,omitempty"`
	// At is when the application asked: a new sign-in must come after it.
	At time.Time `json:"at"`
}

// Granted returns the scopes that the application requested and may have.
func (r AuthorizationRequest) Granted(a Application) []string {
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(r.Scopes))), func(s string) bool {
		return !slices.Contains(a.Settings.Scopes, s)
	})
}

// OAuthError is an error code of RFC 6749 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6, and
// RFC 6750 3.1.
type OAuthError string

// The errors reported to an application.
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

// CheckRequest returns what is wrong with a request itself, regardless of the user; empty:
// nothing. The application and the redirect address have already been checked.
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

// challengeGood: every request has an S256 challenge (RFC 9700 2.1.1, ASVS 10.4.6). An application
// with an exemption can keep a secret, and may still send one.
func challengeGood(a Application, r AuthorizationRequest) bool {
	if r.Challenge == "" {
		return a.Settings.WithoutPKCE && a.Confidential() && r.ChallengeMethod == ""
	}
	return r.ChallengeMethod == "S256" && len(r.Challenge) == challengeLength && base64URL(r.Challenge)
}

// challengeLength is that of a SHA-256 hash in base64url.
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

// AuthorizationFacts are the facts about the browser, read at that moment. The user and session
// are zero if nobody is signed in.
type AuthorizationFacts struct {
	Session Session
	User    User
	// Policy is what the user's company requires beyond its site.
	Policy CompanyPolicy
	// Subject is the user's subject for the application.
	Subject string
	// Reach is the company administrators' setting for the application.
	Reach Reach
	// Grant is what the user has consented to. Allowed and Refused: the user has just said yes or
	// no to this request.
	Grant            Grant
	Allowed, Refused bool
	// Wanted are the scopes of the tokens, for MayIssue.
	Wanted []string
	// MostLevel is the level that a sign-in with a factor reaches at this site.
	MostLevel int
}

// SignedIn reports whether somebody is signed in.
func (f AuthorizationFacts) SignedIn() bool { return f.Session.ID != "" }

// Decision is the outcome of an authorization request.
type Decision struct {
	Do AuthorizationStep
	// Error is what the application is told, for AuthorizationRefused, or the subject of our own
	// page, for AuthorizationPage.
	Error OAuthError
}

// AuthorizationStep is what happens next.
type AuthorizationStep string

// The steps of an authorization.
const (
	// AuthorizationPage: a page of ours says what is wrong; it does not redirect.
	AuthorizationPage AuthorizationStep = "page"
	// AuthorizationSignIn: a sign-in, even if there is already a session.
	AuthorizationSignIn AuthorizationStep = "sign-in"
	// AuthorizationNoAccess: a page that says whom to ask.
	AuthorizationNoAccess AuthorizationStep = "no-access"
	// AuthorizationConsent: a page asks the user.
	AuthorizationConsent AuthorizationStep = "consent"
	AuthorizationCode    AuthorizationStep = "code"
	// AuthorizationRefused: the application gets an error.
	AuthorizationRefused AuthorizationStep = "refused"
)

// Authorize is the only place that decides an authorization request. It is asked each time the
// browser comes back, and once more in the transaction that creates the code: there is no code
// without a session that satisfies the application's policy at that moment. The request's redirect
// address has already been checked.
func Authorize(a Application, r AuthorizationRequest, f AuthorizationFacts, limits SessionLimits, now time.Time) Decision {
	quiet := slices.Contains(r.Prompts, PromptNone)
	ask := func(step AuthorizationStep, err OAuthError) Decision {
		if quiet { // the application wants no prompt
			return Decision{AuthorizationRefused, err}
		}
		return Decision{Do: step}
	}
	signedIn := f.SignedIn() && sessionGood(a, f, limits, now)
	if err := CheckRequest(a, r); err != "" {
		if !signedIn && !quiet { // nobody is redirected before it is known who they are (RFC 9700 4.11.2)
			return Decision{AuthorizationPage, err}
		}
		return Decision{AuthorizationRefused, err}
	}
	switch {
	case !signedIn, !fresh(a, r, f.Session, now):
		return ask(AuthorizationSignIn, LoginRequired)
	case r.Hinted != "" && r.Hinted != f.Subject: // somebody else, who may choose to sign in as the hinted user
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

// assured reports whether a session reaches what the application requires, and one of the acr
// values if there are any.
func assured(a Application, acrs []string, s Session) bool {
	return s.Assurance.Level >= a.Settings.Access.Level && (len(acrs) == 0 || slices.ContainsFunc(acrs, s.Assurance.Fulfils))
}

// stepsUp reports whether a new sign-in would reach more than the session: the user has a factor
// but did not use it, or got it since (RFC 9470). This is requested only once, because a trusted
// device may skip the code again.
func stepsUp(a Application, r AuthorizationRequest, acrs []string, f AuthorizationFacts) bool {
	most := Session{Assurance: Assurance{Level: f.MostLevel}}
	return f.User.Factors > 0 && !f.Session.CreatedAt.After(r.At) && !assured(a, acrs, f.Session) && assured(a, acrs, most)
}

// MayIssue reports whether an application may have, renew or use a user's tokens by a session. It
// is asked at every code, exchange, refresh, introspection and userinfo call. No token survives
// its session, user or application, the user's consent, or the company's access.
func MayIssue(a Application, f AuthorizationFacts, limits SessionLimits, now time.Time) bool {
	return f.SignedIn() && sessionGood(a, f, limits, now) && ClosedTo(a, f.Reach, f.User.Role) == "" &&
		f.Session.Assurance.Level >= a.Settings.Access.Level && youngEnough(a, f.Session, now) &&
		(!a.Settings.ThirdParty || f.Grant.Covers(f.Wanted))
}

// sessionGood reports whether a session is alive and belongs to a user of the application's site.
func sessionGood(a Application, f AuthorizationFacts, limits SessionLimits, now time.Time) bool {
	return a.Usable() && f.User.MaySignIn() && f.Session.UserID == f.User.ID && f.Session.SiteID == a.SiteID && f.User.SiteID == a.SiteID &&
		f.Session.CompanyID == f.User.CompanyID && limits.Alive(f.Session.CreatedAt, f.Session.SeenAt, now)
}

func youngEnough(a Application, s Session, now time.Time) bool {
	return a.Settings.Access.MaxAge == 0 || now.Sub(s.CreatedAt) <= a.Settings.Access.MaxAge
}

// fresh reports whether the sign-in is as recent as the request and the application require. A
// sign-in at the same instant as the request is not new: the clock may not have advanced.
func fresh(a Application, r AuthorizationRequest, s Session, now time.Time) bool {
	again := slices.Contains(r.Prompts, PromptLogin) || slices.Contains(r.Prompts, PromptSelectAccount)
	isNew := s.CreatedAt.After(r.At)
	return youngEnough(a, s, now) && (isNew || !again && (r.MaxAge < 0 || now.Sub(s.CreatedAt) <= r.MaxAge))
}
