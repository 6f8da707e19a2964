package sso_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
)

// registering switches on registration on the site, and returns a function that registers.
func (s *stage) registering() func(token string, changed ...any) (sso.Registered, error) {
	open := *s.st
	open.Registers = true
	s.st = &open
	return func(token string, changed ...any) (sso.Registered, error) {
		return s.SSO.Register(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: "192.0.2.9"}, "Bearer "+token, metadata(changed...))
	}
}

func metadata(changed ...any) []byte {
	all := map[string]any{"client_name": "Stranger", "redirect_uris": []string{"https://stranger.example/cb"}}
	for i := 0; i+1 < len(changed); i += 2 {
		all[changed[i].(string)] = changed[i+1]
	}
	body, _ := json.Marshal(all)
	return body
}

func (s *stage) registrationToken(uses int) string {
	s.t.Helper()
	token, err := s.SSO.NewRegistrationToken(s.t.Context(), s.st, operator, uses, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// Off unless a site switches it on.
func TestRegistrationIsOff(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		_, token := s.SSO.NewRegistrationToken(t.Context(), s.st, operator, 1, time.Hour)
		_, register := s.SSO.Register(t.Context(), s.st, gatehouse.Caller{}, "Bearer x", metadata())
		_, read := s.SSO.Registration(t.Context(), s.st, gatehouse.Caller{}, "Bearer x", s.app.ID)
		_, change := s.SSO.ChangeRegistration(t.Context(), s.st, gatehouse.Caller{}, "Bearer x", s.app.ID, metadata("client_id", s.app.ID))
		end := s.SSO.EndRegistration(t.Context(), s.st, gatehouse.Caller{}, "Bearer x", s.app.ID)
		for what, err := range map[string]error{"token": token, "register": register, "read": read, "change": change, "end": end} {
			if gatehouse.KindOf(err) != gatehouse.NotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
		if doc, err := sso.Discovery(s.st); err != nil || strings.Contains(string(doc.Body), "registration_endpoint") {
			t.Error("it is advertised", err)
		}
	})
}

func TestApplicationsRegisterThemselves(t *testing.T) {
	onRows(t, "RFC 7591/7592: registration", func(t *testing.T, s *stage) {
		register := s.registering()
		token := s.registrationToken(1)
		_, err := s.SSO.NewRegistrationToken(t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.SignedIn, Role: gatehouse.RoleAdmin}, 1, time.Hour)
		if gatehouse.KindOf(err) != gatehouse.Forbidden {
			t.Error("an administrator of a company makes a token: ", err)
		}
		for what, bad := range map[string]string{"no token": "", "a guess": "guess", "a client secret": s.secret} {
			_, err := register(bad)
			s.want(what, err, gatehouse.InvalidToken)
		}
		var all sync.WaitGroup
		made := make(chan sso.Registered, 4)
		for range cap(made) {
			all.Go(func() {
				if got, err := register(token, "scope", "email payroll", "require_pushed_authorization_requests", true); err == nil {
					made <- got
				}
			})
		}
		all.Wait()
		if len(made) != 1 {
			t.Fatalf("a token for one registered %d", len(made))
		}
		got := <-made
		a, err := s.SSO.Show(t.Context(), s.st, operator, got.ID)
		if err != nil || !a.Settings.ThirdParty || a.Settings.WithoutPKCE || a.Settings.JWTAccessTokens || !a.Settings.RequirePAR || a.Settings.IDTokenAlg != gatehouse.RS256 {
			t.Errorf("%+v, %v", a, err)
		}
		if got.Scope != "openid email" || got.Secret == "" || got.SecretEnds == nil || got.Token == "" || got.URI != s.st.Origin+"/oauth2/register/"+got.ID {
			t.Errorf("%+v", got)
		}
		form := url.Values{"grant_type": {"authorization_code"}, "code": {"none"}}
		_, err = s.token(basicOf(got.ID, got.Secret), form)
		s.want("its secret", err, gatehouse.InvalidGrant)
		late := s.registrationToken(5)
		s.Clock.Add(time.Hour)
		_, err = register(late)
		s.want("a token that has run out", err, gatehouse.InvalidToken)
	})
}

func TestWhatCannotBeRegistered(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		register := s.registering()
		token := s.registrationToken(100)
		for what, test := range map[string]struct {
			field string
			value any
			want  gatehouse.OAuthError
		}{
			"oidcc-redirect-uri-regfrag: an address with a fragment": {"redirect_uris", []string{"https://stranger.example/cb#a"}, gatehouse.InvalidRedirectURI},
			"RFC 9700 2.6: an address without TLS":                   {"redirect_uris", []string{"http://stranger.example/cb"}, gatehouse.InvalidRedirectURI},
			"a script":                                               {"redirect_uris", []string{"javascript:alert(1)"}, gatehouse.InvalidRedirectURI},
			"no address":                                             {"redirect_uris", []string{}, gatehouse.InvalidRedirectURI},
			"OAuth 2.1 2.3.1: a scheme without a dot":                {"redirect_uris", []string{"myapp:/cb"}, gatehouse.InvalidRedirectURI},
			"the implicit flow":                                      {"response_types", []string{"id_token"}, gatehouse.InvalidClientMetadata},
			"the password grant":                                     {"grant_types", []string{"password"}, gatehouse.InvalidClientMetadata},
			"tokens for itself":                                      {"grant_types", []string{"authorization_code", "client_credentials"}, gatehouse.InvalidClientMetadata},
			"oidcc-idtoken-unsigned: an unsigned ID token":           {"id_token_signed_response_alg", "none", gatehouse.InvalidClientMetadata},
			"a shared key":                                           {"id_token_signed_response_alg", "HS256", gatehouse.InvalidClientMetadata},
			"oidcc-registration-sector-bad: a sector document somewhere else": {"sector_identifier_uri", "https://stranger.example/sector", gatehouse.InvalidClientMetadata},
			"keys inside":         {"jwks_uri", "https://169.254.169.254/jwks", gatehouse.InvalidClientMetadata},
			"keys without TLS":    {"jwks_uri", "http://stranger.example/jwks", gatehouse.InvalidClientMetadata},
			"a private key":       {"jwks", map[string]any{"keys": []any{map[string]any{"kty": "oct", "k": "AAAA"}}}, gatehouse.InvalidClientMetadata},
			"no such method":      {"token_endpoint_auth_method", "tls_client_auth", gatehouse.InvalidClientMetadata},
			"another's ID":        {"client_id", s.app.ID, gatehouse.InvalidClientMetadata},
			"a list as the name":  {"client_name", []string{"x"}, gatehouse.InvalidClientMetadata},
			"a name of two lines": {"client_name", "Meridian\nBank", gatehouse.InvalidClientMetadata},
		} {
			_, err := register(token, test.field, test.value)
			s.want(what, err, test.want)
		}
		for what, body := range map[string]string{"nothing": "", "no JSON": "<", "a list": "[]", "text": `"x"`} {
			_, err := s.SSO.Register(t.Context(), s.st, gatehouse.Caller{}, "Bearer "+token, []byte(body))
			s.want(what, err, gatehouse.InvalidClientMetadata)
		}
		got, err := register(token, "redirect_uris", []string{"https://a.example/cb", "https://a.example/cb2"}, "subject_type", "pairwise")
		if err != nil || got.SubjectType != "pairwise" {
			t.Errorf("%+v, %v", got, err)
		}
		if a, err := s.SSO.Show(t.Context(), s.st, operator, got.ID); err != nil || a.Settings.Sector != "registered/a.example" {
			t.Errorf("its sector: %+v, %v", a.Settings, err)
		}
		if got, err := register(token, "application_type", "native", "redirect_uris", []string{"com.example.app:/cb", "http://127.0.0.1/cb"}); err != nil || got.Secret != "" || got.Auth != gatehouse.AuthNone {
			t.Errorf("OAuth 2.1 2.3.1: a native application: %+v, %v", got, err)
		}
	})
}

// RFC 7592: with its own token, an application reads, changes and ends its registration, and
// nobody else does.
func TestARegistrationIsItsOwn(t *testing.T) {
	onRows(t, "RFC 7591/7592: its own", func(t *testing.T, s *stage) {
		register := s.registering()
		token := s.registrationToken(2)
		got, err := register(token)
		other, otherErr := register(token)
		if err != nil || otherErr != nil {
			t.Fatal(err, otherErr)
		}
		c := gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: "192.0.2.10"}
		for what, bad := range map[string]string{"nobody": "", "another": "Bearer " + other.Token, "the first token": "Bearer " + token, "its secret": "Bearer " + got.Secret, "Basic": basicOf(got.ID, got.Secret)} {
			_, read := s.SSO.Registration(t.Context(), s.st, c, bad, got.ID)
			s.want(what+" reads", read, gatehouse.InvalidToken)
			_, change := s.SSO.ChangeRegistration(t.Context(), s.st, c, bad, got.ID, metadata("client_id", got.ID))
			s.want(what+" changes", change, gatehouse.InvalidToken)
			s.want(what+" ends", s.SSO.EndRegistration(t.Context(), s.st, c, bad, got.ID), gatehouse.InvalidToken)
		}
		_, err = s.SSO.Registration(t.Context(), s.st, c, "Bearer "+got.Token, s.app.ID)
		s.want("an application that an operator has made", err, gatehouse.InvalidToken)
		if _, err := s.SSO.Change(t.Context(), s.st, operator, got.ID, "", func(a *gatehouse.Application) {
			a.Settings.Access.Roles, a.Settings.Resources = []gatehouse.Role{gatehouse.RoleAdmin}, []string{"https://orders.example/"}
		}); err != nil {
			t.Fatal(err)
		}
		mine := "Bearer " + got.Token
		read, err := s.SSO.Registration(t.Context(), s.st, c, mine, got.ID)
		if err != nil || read.Name != "Stranger" || read.Secret != "" || read.Token != "" {
			t.Errorf("%+v, %v", read, err)
		}
		changed, err := s.SSO.ChangeRegistration(t.Context(), s.st, c, mine, got.ID, metadata("client_id", got.ID, "client_name", "Friend", "access", map[string]any{"roles": []string{}}, "third_party", false, "without_pkce", true))
		a, _ := s.SSO.Show(t.Context(), s.st, operator, got.ID)
		if err != nil || changed.Name != "Friend" || a.Name != "Friend" || len(a.Settings.Access.Roles) != 1 || len(a.Settings.Resources) != 1 || !a.Settings.ThirdParty || a.Settings.WithoutPKCE {
			t.Errorf("%+v, %+v, %v", changed, a, err)
		}
		_, err = s.SSO.ChangeRegistration(t.Context(), s.st, c, mine, got.ID, metadata("client_id", other.ID))
		s.want("as somebody else", err, gatehouse.InvalidClientMetadata)
		if err := s.SSO.EndRegistration(t.Context(), s.st, c, mine, got.ID); err != nil {
			t.Error(err)
		}
		_, err = s.token(basicOf(got.ID, got.Secret), url.Values{"grant_type": {"authorization_code"}, "code": {"x"}})
		s.want("after its end", err, gatehouse.InvalidClient)
		s.want("again", s.SSO.EndRegistration(t.Context(), s.st, c, mine, got.ID), gatehouse.InvalidToken)
		var slowed *sso.ProtocolError
		for range 30 {
			_, err := s.SSO.Registration(t.Context(), s.st, c, "Bearer guess", other.ID)
			slowed, _ = err.(*sso.ProtocolError)
		}
		if slowed == nil || slowed.RetryAfter <= 0 {
			t.Errorf("guessing is not slowed down: %v", slowed)
		}
	})
}
