package gatehouse

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestApplicationsAreChecked(t *testing.T) {
	web := func(change func(*ApplicationSettings)) ApplicationSettings {
		s := authorizeApp().Settings
		change(&s)
		return s
	}
	for field, s := range map[string]ApplicationSettings{
		"":                          web(func(*ApplicationSettings) {}),
		"auth":                      web(func(s *ApplicationSettings) { s.Auth = "tls_client_auth" }),
		"auth ":                     web(func(s *ApplicationSettings) { s.Native = true }),
		"jwks":                      web(func(s *ApplicationSettings) { s.Auth = AuthPrivateKeyJWT }),
		"jwks_uri":                  web(func(s *ApplicationSettings) { s.JWKS, s.JWKSURI = "{}", "https://shop.example/jwks" }),
		"redirect_uris":             web(func(s *ApplicationSettings) { s.RedirectURIs = []string{"http://shop.example/"} }),
		"post_logout_redirect_uris": web(func(s *ApplicationSettings) { s.PostLogoutRedirectURIs = []string{"https://shop.example/#"} }),
		"redirect_uris  ":           web(func(s *ApplicationSettings) { s.RedirectURIs = nil }),
		"grants":                    web(func(s *ApplicationSettings) { s.Grants = append(s.Grants, "password") }),
		"grants ":                   web(func(s *ApplicationSettings) { s.Auth, s.Grants = AuthNone, append(s.Grants, GrantClientCredentials) }),
		"scopes":                    web(func(s *ApplicationSettings) { s.Scopes = []string{"openid", "a b"} }),
		"scopes ":                   web(func(s *ApplicationSettings) { s.Scopes = []string{"email"} }),
		"id_token_alg":              web(func(s *ApplicationSettings) { s.IDTokenAlg = "none" }),
		"userinfo_alg":              web(func(s *ApplicationSettings) { s.UserinfoAlg = "HS256" }),
		"without_pkce":              web(func(s *ApplicationSettings) { s.Auth, s.WithoutPKCE = AuthNone, true }),
		"access_token":              web(func(s *ApplicationSettings) { s.JWTAccessTokens, s.Lifetimes.Access = true, 6*time.Minute }),
		"access_token ":             web(func(s *ApplicationSettings) { s.Lifetimes.Access = 2 * time.Hour }),
		"refresh_token":             web(func(s *ApplicationSettings) { s.Lifetimes.Refresh = 0 }),
		"access":                    web(func(s *ApplicationSettings) { s.Access.Reach = "somebody" }),
		"roles":                     web(func(s *ApplicationSettings) { s.Access.Roles = []Role{"owner"} }),
		"level":                     web(func(s *ApplicationSettings) { s.Access.Level = 3 }),
	} {
		wrong := CheckApplication("Shop", s)
		field = strings.TrimSpace(field)
		if field == "" && len(wrong) > 0 || field != "" && !slices.ContainsFunc(wrong, func(e FieldError) bool { return e.Field == field }) {
			t.Errorf("%s: %+v", field, wrong)
		}
	}
	if len(CheckApplication("", authorizeApp().Settings)) == 0 || len(CheckApplication("a\nb", authorizeApp().Settings)) == 0 {
		t.Error("a name that is none")
	}
}

func TestVerifiers(t *testing.T) {
	for n, want := range map[int]bool{42: false, 43: true, 128: true, 129: false} {
		if VerifierGood(strings.Repeat("~", n)) != want {
			t.Errorf("of %d characters", n)
		}
	}
	if VerifierGood(strings.Repeat("a", 42)+"+") || VerifierGood(strings.Repeat("ä", 30)) {
		t.Error("other characters than RFC 7636 has")
	}
}
