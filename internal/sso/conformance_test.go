package sso_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
)

// heard is a response over HTTP.
type heard struct {
	*http.Response
	body string
	json map[string]any
}

// http sends a request as a program or a browser does. headers are names and values.
func (s *stage) http(method, path string, form url.Values, headers ...string) heard {
	s.t.Helper()
	r, err := http.NewRequest(method, s.st.Origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Addr)
	}}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	h := heard{Response: got, body: string(body)}
	json.Unmarshal(body, &h.json) //nolint:errcheck // pages are none
	return h
}

// browse opens an address in the signed-in browser.
func (s *stage) browse(path string, query url.Values) heard {
	s.t.Helper()
	return s.http("GET", path+"?"+query.Encode(), nil, "Cookie", "gatehouse-session="+s.session)
}

// rows runs the tests of rows of docs/conformance.md, each by its name.
func rows(t *testing.T, all map[string]func(t *testing.T)) {
	for name, row := range all {
		t.Run(name, row)
	}
}

func TestConformanceOfTokens(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		rows(t, map[string]func(t *testing.T){
			"oidcc-server, OIDC-G03, OIDC-G05, OIDC-G06, OAuth 2.1 3.2.3, RFC 9207 2-3: the whole way over HTTP": func(t *testing.T) {
				sent := s.browse(sso.AuthorizePath, s.request())
				to, err := url.Parse(sent.Header.Get("Location"))
				if err != nil || sent.StatusCode != 303 || !strings.HasPrefix(to.String(), redirect+"?") || to.Query().Get("state") != "state-1" || to.Query().Get("iss") != s.st.Origin {
					t.Fatalf("%d %v", sent.StatusCode, sent.Header)
				}
				got := s.http("POST", sso.TokenPath, s.exchange(to.Query().Get("code")), "Authorization", s.basic())
				if got.StatusCode != 200 || got.json["token_type"] != "Bearer" || got.json["expires_in"] != 300.0 || got.json["access_token"] == "" || got.json["scope"] == "" ||
					got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Pragma") != "no-cache" {
					t.Errorf("%d %v %s", got.StatusCode, got.Header, got.body)
				}
			},
			"OIDC-G07, OIDC-G08, OIDC-G09, OIDC-G10, OIDC-G12, OIDC-G13: the ID token": func(t *testing.T) {
				nonce := strings.Repeat("n", 43)
				got := s.tokens("nonce", nonce)
				_, claims := s.read(got.ID)
				now := float64(s.Clock.Now().Unix())
				amr, _ := claims["amr"].([]any)
				acr, _ := claims["acr"].(string)
				if claims["iss"] != s.st.Origin || claims["aud"] != s.app.ID || claims["nonce"] != nonce || claims["iat"] != now || claims["exp"].(float64) <= now || claims["exp"].(float64) > now+3600 ||
					claims["auth_time"].(float64) > now || acr == "" || len(amr) == 0 {
					t.Errorf("%v", claims)
				}
				whole, _ := base64.RawURLEncoding.DecodeString(hashed(got.Access))
				if claims["at_hash"] != base64.RawURLEncoding.EncodeToString(whole[:16]) {
					t.Error("at_hash is another token's")
				}
			},
			"oidcc-idtoken-signature, OIDC Core 15.1 a, OIDC-X04: RS256 with 3072 bits": func(t *testing.T) {
				was, wasSecret := s.app, s.secret
				defer func() { s.app, s.secret = was, wasSecret }()
				s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.IDTokenAlg = gatehouse.RS256 })
				head, _ := s.read(s.tokens().ID)
				parts := strings.Split(s.tokens().ID, ".")
				if head.Algorithm != "RS256" || head.KeyID == "" || base64.RawURLEncoding.DecodedLen(len(parts[2])) < 3072/8 {
					t.Errorf("%+v", head)
				}
			},
			"oidcc-userinfo-get, oidcc-userinfo-post-header, oidcc-userinfo-post-body, OAuth 2.1 5.1: ways of a token": func(t *testing.T) {
				access := s.tokens().Access
				for what, got := range map[string]heard{"GET": s.http("GET", sso.UserinfoPath, nil, "Authorization", "bearer "+access),
					"POST": s.http("POST", sso.UserinfoPath, nil, "Authorization", "Bearer "+access), "form": s.http("POST", sso.UserinfoPath, url.Values{"access_token": {access}})} {
					if got.StatusCode != 200 || got.json["sub"] != s.user.ID {
						t.Errorf("%s: %d %s", what, got.StatusCode, got.body)
					}
				}
				if got := s.http("GET", sso.UserinfoPath+"?access_token="+access, nil); got.StatusCode != 401 || got.json["sub"] != nil {
					t.Errorf("in the address: %d %s", got.StatusCode, got.body)
				}
			},
			"oidcc-scope-profile, oidcc-scope-email, oidcc-scope-all, oidcc-alternate-happy-flow, OIDC Core 5.4/5.5, OIDC-G14: scopes and claims": func(t *testing.T) {
				for scope, want := range map[string][]string{"openid profile": {"name", "preferred_username"}, "email openid": {"email", "email_verified"}, "company email profile openid": {"name", "email", "company_id"}, "openid": nil} {
					got := s.tokens("scope", scope)
					info, err := s.SSO.Userinfo(t.Context(), s.st, sso.Presented{Token: got.Access})
					_, id := s.read(got.ID)
					if err != nil || info.Claims["sub"] != id["sub"] || id["email"] != nil || id["name"] != nil {
						t.Errorf("%s: %v %v %v", scope, info.Claims, id, err)
					}
					for _, c := range gatehouse.UserClaims {
						value, there := info.Claims[c.Name]
						if there && (value == nil || value == "") || there && !strings.Contains(scope, c.Scope) || slices.Contains(want, c.Name) && !there {
							t.Errorf("%s: %s is %v", scope, c.Name, value)
						}
					}
					if verified, there := info.Claims["email_verified"]; there && verified != true {
						t.Errorf("email_verified is %v", verified)
					}
				}
			},
			"oidcc-refresh-token, OIDC Core 12.2, OAuth 2.1 4.3.1, OAuth 2.1 4.3.3, RFC 9700 4.14.2 (b): renewed tokens": func(t *testing.T) {
				first := s.tokens()
				other, otherSecret := s.application(nil)
				_, err := s.token(basicOf(other.ID, otherSecret), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}})
				s.want("another client", err, gatehouse.InvalidGrant)
				_, err = s.token("", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}})
				s.want("no client", err, gatehouse.InvalidClient)
				next, err := s.refresh(first.Refresh)
				if err != nil || next.Scope != first.Scope {
					t.Fatal(next, err)
				}
				_, before := s.read(first.ID)
				_, after := s.read(next.ID)
				for _, name := range []string{"iss", "sub", "aud", "auth_time"} {
					if before[name] != after[name] {
						t.Errorf("%s: %v, %v", name, before[name], after[name])
					}
				}
				_, err = s.refresh(next.Refresh, "scope", "openid payroll")
				s.want("a wider scope", err, gatehouse.InvalidScope)
			},
			"RFC 9700 2.2.2 / 4.14.2, RFC 9700 4.14.2 (c): a refresh token that comes again, or late": func(t *testing.T) {
				first := s.tokens()
				second, err := s.refresh(first.Refresh)
				if err != nil {
					t.Fatal(err)
				}
				s.Clock.Add(gatehouse.RefreshGrace + time.Second)
				_, err = s.refresh(first.Refresh)
				s.want("again", err, gatehouse.InvalidGrant)
				if s.works(second.Access) {
					t.Error("the family lives on")
				}
				was, wasSecret := s.app, s.secret
				defer func() { s.app, s.secret = was, wasSecret }()
				s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.Lifetimes.Refresh = 2 * time.Minute })
				idle := s.tokens()
				s.Clock.Add(2 * time.Minute)
				_, err = s.refresh(idle.Refresh)
				s.want("not used in its time", err, gatehouse.InvalidGrant)
			},
			"RFC 9700 4.14.2 (d): refresh tokens are given to whom an operator says": func(t *testing.T) {
				was, wasSecret := s.app, s.secret
				defer func() { s.app, s.secret = was, wasSecret }()
				if slices.Contains(gatehouse.DefaultApplication().Grants, gatehouse.GrantRefresh) {
					t.Error("by itself")
				}
				s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.Grants = gatehouse.DefaultApplication().Grants })
				if got := s.tokens("scope", "openid offline_access"); got.Refresh != "" {
					t.Error("it has one")
				}
			},
			"OIDC-G11, OIDC Core 8, RFC 9700 4.15.1: who is who": func(t *testing.T) {
				was, wasSecret := s.app, s.secret
				defer func() { s.app, s.secret = was, wasSecret }()
				subs := map[any]string{}
				for _, sector := range []string{"", "a", "b", "a"} {
					s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.Sector = sector })
					_, claims := s.read(s.tokens().ID)
					sub, _ := claims["sub"].(string)
					if before, there := subs[sub]; there != (sector == "a" && before == "a") || len(sub) > 255 || strings.HasPrefix(sub, "app_") || sub == "" {
						t.Errorf("sector %q: %q", sector, sub)
					}
					subs[sub] = sector
				}
				if !strings.HasPrefix(s.app.ID, "app_") || !strings.HasPrefix(s.user.ID, "usr_") {
					t.Error(s.app.ID, s.user.ID)
				}
			},
			"OIDC-G17, OAuth 2.1 7.7, OAuth 2.1 4.1.2 (b): codes and tokens are 256 random bits": func(t *testing.T) {
				plain, seen := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`), map[string]bool{}
				for range 50 {
					code := s.code()
					got, err := s.token(s.basic(), s.exchange(code))
					for _, one := range []string{code, got.Access, got.Refresh} {
						if err != nil || !plain.MatchString(one) || seen[one] {
							t.Fatalf("%q, %v", one, err)
						}
						seen[one] = true
					}
				}
			},
		})
	})
}

func TestConformanceOfCodes(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		long := strings.Repeat("v", 128)
		rows(t, map[string]func(t *testing.T){
			"oidcc-codereuse: at once": func(*testing.T) {
				code := s.code()
				if _, err := s.token(s.basic(), s.exchange(code)); err != nil {
					t.Fatal(err)
				}
				_, err := s.token(s.basic(), s.exchange(code))
				s.want("again", err, gatehouse.InvalidGrant)
			},
			"oidcc-codereuse-30seconds, RFC 9700 4.2.4 (b), OAuth 2.1 7.5.2: later": func(t *testing.T) {
				code := s.code()
				got, err := s.token(s.basic(), s.exchange(code))
				if err != nil {
					t.Fatal(err)
				}
				s.Clock.Add(30 * time.Second)
				_, err = s.token(s.basic(), s.exchange(code), "code_verifier", long)
				s.want("a guess", err, gatehouse.InvalidGrant)
				if !s.works(got.Access) {
					t.Error("a guess has ended somebody's tokens")
				}
				late := s.http("POST", sso.TokenPath, s.exchange(code), "Authorization", s.basic())
				if late.StatusCode != 400 || late.json["error"] != "invalid_grant" || s.works(got.Access) {
					t.Errorf("%d %s", late.StatusCode, late.body)
				}
			},
			"RFC 9700 2.1.1 (b), RFC 9700 2.1.1 / 4.8.2, OAuth 2.1 4.1.1, OAuth 2.1 4.1.3: verifiers": func(t *testing.T) {
				for verifier, fine := range map[string]bool{"": false, strings.Repeat("v", 42): false, strings.Repeat("v", 43): true, long: true, long + "v": false, strings.Repeat("v", 42) + "!": false} {
					_, err := s.token(s.basic(), s.exchange(s.code("code_challenge", hashed(verifier))), "code_verifier", verifier)
					if (err == nil) != fine {
						t.Errorf("%d characters: %v", len(verifier), err)
					}
				}
				was, wasSecret := s.app, s.secret
				defer func() { s.app, s.secret = was, wasSecret }()
				s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.WithoutPKCE = true })
				_, err := s.token(s.basic(), s.exchange(s.code("code_challenge", "", "code_challenge_method", "")))
				s.want("a verifier without a challenge", err, gatehouse.InvalidGrant)
			},
			"OIDC-X01: PKCE, unless an operator excuses an application that has a secret": func(t *testing.T) {
				settings := gatehouse.DefaultApplication()
				settings.RedirectURIs, settings.Auth, settings.WithoutPKCE = []string{redirect}, gatehouse.AuthNone, true
				if _, _, err := s.SSO.Create(t.Context(), s.st, operator, "x", settings); gatehouse.KindOf(err) != gatehouse.Invalid {
					t.Error("a public one: ", err)
				}
				if out := s.authorize(s.session, "code_challenge", "", "code_challenge_method", ""); out.Answer.Values.Get("error") != "invalid_request" {
					t.Errorf("%+v", out)
				}
			},
			"OAuth 2.1 4.1.2: a code is for a minute, a client and an address": func(t *testing.T) {
				other, otherSecret := s.application(nil)
				code := s.code()
				_, err := s.token(basicOf(other.ID, otherSecret), s.exchange(code))
				s.want("another client", err, gatehouse.InvalidGrant)
				_, err = s.token(s.basic(), s.exchange(code), "redirect_uri", redirect+"2")
				s.want("another address", err, gatehouse.InvalidGrant)
				s.Clock.Add(gatehouse.CodeLifetime)
				_, err = s.token(s.basic(), s.exchange(code))
				s.want("a minute later", err, gatehouse.InvalidGrant)
			},
			"oidcc-server-client-secret-post: a secret in the form": func(t *testing.T) {
				a, secret := s.application(func(a *gatehouse.ApplicationSettings) { a.Auth = gatehouse.AuthSecretPost })
				_, err := s.token("", s.exchange("none"), "client_id", a.ID, "client_secret", secret)
				s.want("it", err, gatehouse.InvalidGrant)
			},
		})
	})
}
