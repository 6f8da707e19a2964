package sso

import (
	"gatehouse"
	"gatehouse/internal/site"
)

// Discovery returns the metadata of a site's provider (OpenID Connect Discovery 1.0, RFC 8414):
// what works, and nothing else.
func Discovery(st *site.Site) (Document, error) {
	at := func(path string) string { return Issuer(st) + path }
	claims := []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
	for _, c := range gatehouse.UserClaims {
		claims = append(claims, c.Name)
	}
	methods := []gatehouse.ClientAuth{gatehouse.AuthSecretBasic, gatehouse.AuthSecretPost, gatehouse.AuthPrivateKeyJWT}
	says := map[string]any{
		"issuer":                                           Issuer(st),
		"authorization_endpoint":                           at(AuthorizePath),
		"token_endpoint":                                   at(TokenPath),
		"pushed_authorization_request_endpoint":            at(PushPath),
		"require_pushed_authorization_requests":            false,
		"userinfo_endpoint":                                at(UserinfoPath),
		"jwks_uri":                                         at(JWKSPath),
		"introspection_endpoint":                           at(IntrospectPath),
		"revocation_endpoint":                              at(RevokePath),
		"end_session_endpoint":                             at(LogoutPath),
		"backchannel_logout_supported":                     true,
		"backchannel_logout_session_supported":             true,
		"frontchannel_logout_supported":                    true,
		"frontchannel_logout_session_supported":            true,
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{gatehouse.ResponseQuery, gatehouse.ResponseFormPost},
		"grant_types_supported":                            []gatehouse.GrantType{gatehouse.GrantCode, gatehouse.GrantRefresh, gatehouse.GrantClientCredentials},
		"subject_types_supported":                          []string{"public", "pairwise"},
		"id_token_signing_alg_values_supported":            gatehouse.SigningAlgs,
		"userinfo_signing_alg_values_supported":            gatehouse.SigningAlgs,
		"token_endpoint_auth_methods_supported":            append([]gatehouse.ClientAuth{gatehouse.AuthNone}, methods...),
		"token_endpoint_auth_signing_alg_values_supported": gatehouse.SigningAlgs,
		"dpop_signing_alg_values_supported":                gatehouse.SigningAlgs,
		"introspection_endpoint_auth_methods_supported":    methods,
		"revocation_endpoint_auth_methods_supported":       append([]gatehouse.ClientAuth{gatehouse.AuthNone}, methods...),
		"code_challenge_methods_supported":                 []string{"S256"},
		"scopes_supported":                                 gatehouse.Scopes(),
		"claims_supported":                                 claims,
		"claims_parameter_supported":                       true,
		"request_parameter_supported":                      true,
		"request_object_signing_alg_values_supported":      gatehouse.SigningAlgs,
		"request_uri_parameter_supported":                  false,
		"authorization_response_iss_parameter_supported":   true,
		"acr_values_supported":                             reachable(st),
		"prompt_values_supported":                          []string{gatehouse.PromptNone, gatehouse.PromptLogin, gatehouse.PromptConsent, gatehouse.PromptSelectAccount},
		"display_values_supported":                         []string{"page"},
		"ui_locales_supported":                             st.Languages,
	}
	if st.Registers {
		says["registration_endpoint"] = at(RegisterPath)
	}
	return document(says)
}

// reachable returns the values of acr that a sign-in at the site can reach.
func reachable(st *site.Site) []string { return gatehouse.ACRs[:gatehouse.MostLevel(st.Policy)+1] }
