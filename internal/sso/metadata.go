package sso

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
)

// ClientMetadata is an application's own metadata (OpenID Connect Dynamic Client Registration 1.0,
// RFC 7591). Other fields are ignored, and not returned.
type ClientMetadata struct {
	Name                   string   `json:"client_name,omitempty"`
	ApplicationType        string   `json:"application_type,omitempty"`
	RedirectURIs           []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	// The logout addresses are always sent the session, whether or not the application requires
	// that.
	BackchannelLogoutURI              string                `json:"backchannel_logout_uri,omitempty"`
	BackchannelLogoutSessionRequired  bool                  `json:"backchannel_logout_session_required,omitempty"`
	FrontchannelLogoutURI             string                `json:"frontchannel_logout_uri,omitempty"`
	FrontchannelLogoutSessionRequired bool                  `json:"frontchannel_logout_session_required,omitempty"`
	Auth                              gatehouse.ClientAuth  `json:"token_endpoint_auth_method,omitempty"`
	Grants                            []gatehouse.GrantType `json:"grant_types,omitempty"`
	ResponseTypes                     []string              `json:"response_types,omitempty"`
	Scope                             string                `json:"scope,omitempty"`
	JWKS                              json.RawMessage       `json:"jwks,omitempty"`
	JWKSURI                           string                `json:"jwks_uri,omitempty"`
	IDTokenAlg                        gatehouse.SigningAlg  `json:"id_token_signed_response_alg,omitempty"`
	UserinfoAlg                       gatehouse.SigningAlg  `json:"userinfo_signed_response_alg,omitempty"`
	SubjectType                       string                `json:"subject_type,omitempty"`
	SectorURI                         string                `json:"sector_identifier_uri,omitempty"`
	RequirePAR                        bool                  `json:"require_pushed_authorization_requests,omitempty"`
	RequireDPoP                       bool                  `json:"dpop_bound_access_tokens,omitempty"`
}

// registeredSector is the prefix of the sectors of applications that have registered themselves:
// none gets into a sector that an operator has named.
const registeredSector = "registered/"

// apply writes the metadata to the application. What only an operator may set stays as it is: who
// may reach it, for how long, which servers and exceptions it has.
func (m ClientMetadata) apply(a *gatehouse.Application) error {
	bad := func(says string) error { return refuse(gatehouse.InvalidClientMetadata, says) }
	s := &a.Settings
	switch {
	case m.ApplicationType != "" && m.ApplicationType != "web" && m.ApplicationType != "native":
		return bad("application_type is web or native")
	case len(m.ResponseTypes) > 0 && !slices.Equal(m.ResponseTypes, []string{"code"}):
		return bad("response_types is code")
	case len(m.Grants) > 0 && !slices.Contains(m.Grants, gatehouse.GrantCode),
		slices.ContainsFunc(m.Grants, func(g gatehouse.GrantType) bool { return g != gatehouse.GrantCode && g != gatehouse.GrantRefresh }):
		return bad("grant_types are authorization_code and refresh_token")
	case m.SectorURI != "":
		return bad("sector_identifier_uri is not offered")
	case m.SubjectType != "" && m.SubjectType != "public" && m.SubjectType != "pairwise":
		return bad("subject_type is public or pairwise")
	}
	s.Native = m.ApplicationType == "native"
	s.RedirectURIs, s.PostLogoutRedirectURIs = m.RedirectURIs, m.PostLogoutRedirectURIs
	s.BackchannelLogoutURI, s.FrontchannelLogoutURI = m.BackchannelLogoutURI, m.FrontchannelLogoutURI
	if s.Auth = m.Auth; s.Auth == "" {
		if s.Auth = gatehouse.AuthSecretBasic; s.Native {
			s.Auth = gatehouse.AuthNone
		}
	}
	if s.Grants = m.Grants; len(s.Grants) == 0 {
		s.Grants = []gatehouse.GrantType{gatehouse.GrantCode}
	}
	if s.IDTokenAlg = m.IDTokenAlg; s.IDTokenAlg == "" {
		s.IDTokenAlg = gatehouse.RS256 // the default of OpenID Connect
	}
	s.UserinfoAlg, s.RequirePAR, s.RequireDPoP = m.UserinfoAlg, m.RequirePAR, m.RequireDPoP
	if s.JWKSURI, s.JWKS = m.JWKSURI, string(m.JWKS); s.JWKS == "null" {
		s.JWKS = ""
	}
	if s.Scopes = gatehouse.Scopes(); m.Scope != "" {
		asked := append(strings.Fields(m.Scope), gatehouse.ScopeOpenID)
		s.Scopes = slices.DeleteFunc(s.Scopes, func(one string) bool { return !slices.Contains(asked, one) })
	}
	host, same := oneHost(m.RedirectURIs)
	if s.Sector = ""; m.SubjectType == "pairwise" {
		if s.Sector = registeredSector + host; !same {
			return bad("pairwise subjects need redirect_uris of one host")
		}
	}
	if a.Name = m.Name; a.Name == "" {
		a.Name = host
	}
	return nil
}

// oneHost returns the host of addresses, and whether all have the same.
func oneHost(uris []string) (host string, same bool) {
	for i, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil {
			return host, false
		}
		if i > 0 && u.Hostname() != host {
			return host, false
		}
		host = u.Hostname()
	}
	return host, host != ""
}

// metadataOf returns the metadata of an application.
func metadataOf(a gatehouse.Application) ClientMetadata {
	s := a.Settings
	m := ClientMetadata{Name: a.Name, ApplicationType: "web", RedirectURIs: s.RedirectURIs, PostLogoutRedirectURIs: s.PostLogoutRedirectURIs, Auth: s.Auth,
		Grants: s.Grants, ResponseTypes: []string{"code"}, Scope: strings.Join(s.Scopes, " "), JWKSURI: s.JWKSURI, IDTokenAlg: s.IDTokenAlg,
		UserinfoAlg: s.UserinfoAlg, SubjectType: "public", RequirePAR: s.RequirePAR, RequireDPoP: s.RequireDPoP}
	m.BackchannelLogoutURI, m.BackchannelLogoutSessionRequired = s.BackchannelLogoutURI, s.BackchannelLogoutURI != ""
	m.FrontchannelLogoutURI, m.FrontchannelLogoutSessionRequired = s.FrontchannelLogoutURI, s.FrontchannelLogoutURI != ""
	if s.Native {
		m.ApplicationType = "native"
	}
	if s.JWKS != "" {
		m.JWKS = json.RawMessage(s.JWKS)
	}
	if s.Sector != "" {
		m.SubjectType = "pairwise"
	}
	return m
}
