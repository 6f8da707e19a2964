package sso

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse"
)

// The addresses of the protocol, at every site.
const (
	AuthorizePath  = "/oauth2/authorize"
	PushPath       = "/oauth2/par"
	TokenPath      = "/oauth2/token"
	UserinfoPath   = "/oauth2/userinfo"
	JWKSPath       = "/oauth2/jwks"
	IntrospectPath = "/oauth2/introspect"
	RevokePath     = "/oauth2/revoke"
	RegisterPath   = "/oauth2/register"
	LogoutPath     = "/oauth2/logout"
	DiscoveryPath  = "/.well-known/openid-configuration"
)

// Params are the parameters of a request. Empty ones count as missing; unknown ones are ignored
// (OAuth 2.1 3.1).
type Params struct {
	values url.Values
	// Doubled is the name of a repeated parameter; empty: none. Only resource may be repeated.
	Doubled string
}

// ReadParams reads the parameters of a request.
func ReadParams(values url.Values) Params {
	p := Params{values: values}
	for name, all := range values {
		if len(all) > 1 && name != "resource" && (p.Doubled == "" || name < p.Doubled) {
			p.Doubled = name
		}
	}
	return p
}

// Get returns a parameter's value; empty if there is none, or more than one.
func (p Params) Get(name string) string {
	if all := p.values[name]; len(all) == 1 {
		return all[0]
	}
	return ""
}

// All returns the values of a parameter that may be repeated.
func (p Params) All(name string) []string {
	return slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(p.values[name]))), func(v string) bool { return v == "" })
}

// maxParam is the maximum length of a parameter that is stored or returned.
const maxParam = 2000

// readRequest reads an authorization request. The second result is what is wrong with the request
// itself; then the request has what is needed to notify the application.
func (p Params) readRequest(now time.Time) (gatehouse.AuthorizationRequest, gatehouse.OAuthError) {
	r := gatehouse.AuthorizationRequest{
		ResponseType: p.Get("response_type"), ResponseMode: p.Get("response_mode"), RedirectURI: p.Get("redirect_uri"),
		Scopes: strings.Fields(p.Get("scope")), State: p.Get("state"), Nonce: p.Get("nonce"),
		Challenge: p.Get("code_challenge"), ChallengeMethod: p.Get("code_challenge_method"),
		Prompts: strings.Fields(p.Get("prompt")), ACRWishes: strings.Fields(p.Get("acr_values")), MaxAge: -1, At: now, JKT: p.Get("dpop_jkt"), Resources: p.All("resource"),
	}
	for _, part := range []*string{&r.State, &r.Nonce} {
		if len(*part) > maxParam || !utf8.ValidString(*part) || strings.ContainsFunc(*part, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			*part = ""
			return r, gatehouse.InvalidRequest
		}
	}
	switch {
	case p.Doubled != "", len(r.Scopes) > 100, len(p.Get("scope")) > maxParam, len(p.Get("acr_values")) > maxParam:
		return r, gatehouse.InvalidRequest
	case p.Get("registration") != "":
		return r, gatehouse.RegistrationUnsupported
	}
	if age := p.Get("max_age"); age != "" {
		seconds, err := strconv.ParseUint(age, 10, 31)
		if err != nil {
			return r, gatehouse.InvalidRequest
		}
		r.MaxAge = time.Duration(seconds) * time.Second
	}
	return r, p.readClaims(&r)
}

// readClaims reads the claims parameter (OpenID Connect Core 5.5).
func (p Params) readClaims(r *gatehouse.AuthorizationRequest) gatehouse.OAuthError {
	text := p.Get("claims")
	if text == "" {
		return ""
	}
	type wish struct {
		Essential bool     `json:"essential"`
		Value     any      `json:"value"`
		Values    []string `json:"values"`
	}
	var asked struct {
		Userinfo map[string]*wish `json:"userinfo"`
		IDToken  map[string]*wish `json:"id_token"`
	}
	if len(text) > 2*maxParam || json.Unmarshal([]byte(text), &asked) != nil {
		return gatehouse.InvalidRequest
	}
	named := func(all map[string]*wish) (names []string) {
		for _, c := range gatehouse.UserClaims {
			if _, there := all[c.Name]; there {
				names = append(names, c.Name)
			}
		}
		return names
	}
	r.Claims = gatehouse.ClaimsRequest{IDToken: named(asked.IDToken), Userinfo: named(asked.Userinfo)}
	if acr := asked.IDToken["acr"]; acr != nil && acr.Essential {
		r.ACRs = slices.Clone(acr.Values)
		if value, ok := acr.Value.(string); ok {
			r.ACRs = append(r.ACRs, value)
		}
	}
	for _, of := range []map[string]*wish{asked.IDToken, asked.Userinfo} {
		if sub := of["sub"]; sub != nil && sub.Value != nil {
			value, ok := sub.Value.(string)
			if !ok || r.Hinted != "" && r.Hinted != value {
				return gatehouse.InvalidRequest
			}
			r.Hinted = value
		}
	}
	return ""
}
