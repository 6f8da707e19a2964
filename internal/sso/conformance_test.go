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

func TestConformanceOfEndpoints(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		rows(t, map[string]func(t *testing.T){
			"oidcc-discovery-endpoint-verification, oidcc-rp-initiated-logout-discovery-endpoint-verification, RFC 9700 2.1.1 (c)": func(t *testing.T) {
				got := s.http("GET", sso.DiscoveryPath, nil)
				if got.StatusCode != 200 || !strings.HasPrefix(got.Header.Get("Content-Type"), "application/json") || got.json["issuer"] != s.st.Origin {
					t.Fatalf("%d %v", got.StatusCode, got.json)
				}
				for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint", "pushed_authorization_request_endpoint"} {
					if at, _ := got.json[name].(string); !strings.HasPrefix(at, s.st.Origin+"/") {
						t.Errorf("%s: %q", name, at)
					}
				}
				for name, want := range map[string]string{"response_types_supported": "code", "subject_types_supported": "public", "scopes_supported": "openid",
					"id_token_signing_alg_values_supported": "RS256", "claims_supported": "email", "grant_types_supported": "authorization_code", "dpop_signing_alg_values_supported": "ES256"} {
					if list, _ := got.json[name].([]any); !slices.Contains(list, any(want)) || slices.Contains(list, any("none")) {
						t.Errorf("%s: %v", name, list)
					}
				}
				if list, _ := got.json["code_challenge_methods_supported"].([]any); len(list) != 1 || list[0] != "S256" {
					t.Errorf("%v", list)
				}
			},
			"OIDC-G01: the published keys": func(t *testing.T) {
				if n := published(t, s.SSO, s); n != len(gatehouse.SigningAlgs) {
					t.Errorf("%d keys", n)
				}
			},
			"OIDC-G15, RFC 9700 2.4, OAuth 2.1 3.2, OAuth 2.1 3.2.4, OAuth 2.1 10: token errors": func(t *testing.T) {
				plain := regexp.MustCompile(`^[ !#-\[\]-~]*$`)
				for what, test := range map[string]struct {
					form          url.Values
					authorization string
					status        int
					err           string
				}{
					"no grant type": {url.Values{}, s.basic(), 400, "invalid_request"}, "a password": {url.Values{"grant_type": {"password"}}, s.basic(), 400, "unsupported_grant_type"},
					"a wrong code": {s.exchange("none"), s.basic(), 400, "invalid_grant"}, "a wrong secret": {s.exchange("none"), basicOf(s.app.ID, "x"), 401, "invalid_client"},
					"no code": {s.exchange(""), s.basic(), 400, "invalid_request"},
				} {
					got := s.http("POST", sso.TokenPath, test.form, "Authorization", test.authorization)
					says, _ := got.json["error_description"].(string)
					if got.StatusCode != test.status || got.json["error"] != test.err || !plain.MatchString(says) || (test.status == 401) != (got.Header.Get("WWW-Authenticate") != "") {
						t.Errorf("%s: %d %s", what, got.StatusCode, got.body)
					}
				}
				if got := s.http("GET", sso.TokenPath+"?"+s.exchange("x").Encode(), nil, "Authorization", s.basic()); got.StatusCode != 405 {
					t.Errorf("GET: %d", got.StatusCode)
				}
			},
			"OAuth 2.1 2.4, OAuth 2.1 2.4.1, RFC 9700 2.5: one way, and not in the address": func(t *testing.T) {
				both := s.exchange("x")
				both.Set("client_id", s.app.ID)
				both.Set("client_secret", s.secret)
				if got := s.http("POST", sso.TokenPath, both, "Authorization", s.basic()); got.json["error"] != "invalid_request" {
					t.Errorf("both: %s", got.body)
				}
				query := url.Values{"client_id": {s.app.ID}, "client_secret": {s.secret}}
				if got := s.http("POST", sso.TokenPath+"?"+query.Encode(), s.exchange("x")); got.json["error"] != "invalid_client" {
					t.Errorf("in the address: %s", got.body)
				}
				for what, authorization := range map[string]string{"%-encoded": "Basic " + base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(s.app.ID, "_", "%5F")+":"+s.secret)), "plain": s.basic()} {
					if got := s.http("POST", sso.TokenPath, s.exchange("x"), "Authorization", authorization); got.json["error"] != "invalid_grant" {
						t.Errorf("%s: %s", what, got.body)
					}
				}
				if got := s.http("POST", sso.TokenPath, s.exchange("x"), "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(s.app.ID+":"+s.secret+":x"))); got.json["error"] != "invalid_client" {
					t.Errorf("one colon too many: %s", got.body)
				}
			},
			"OAuth 2.1 3.1: unknown, empty and doubled parameters": func(t *testing.T) {
				if s.authorize(s.session, "extra", "1", "display", "").Do != gatehouse.AuthorizationCode {
					t.Error("unknown and empty ones")
				}
				for name := range s.request() {
					twice := s.request()
					twice.Add(name, twice.Get(name))
					out, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{}, sso.Authorization{Params: sso.ReadParams(twice), Session: s.session})
					if err != nil || out.Do == gatehouse.AuthorizationCode {
						t.Errorf("%s twice: %+v, %v", name, out, err)
					}
				}
			},
			"OAuth 2.1 5.3: what is wrong with a token": func(t *testing.T) {
				if got := s.http("GET", sso.UserinfoPath, nil, "Authorization", "Bearer x"); got.StatusCode != 401 || !strings.Contains(got.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
					t.Errorf("%d %v", got.StatusCode, got.Header)
				}
				if got := s.http("GET", sso.UserinfoPath, nil, "Authorization", "DPoP x"); got.StatusCode != 401 || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), `DPoP algs="ES256`) {
					t.Errorf("%d %v", got.StatusCode, got.Header)
				}
			},
			"RFC 9700 2.1 / 4.12, RFC 9700 4.4.2, RFC 9700 4.2.4: how a browser is sent on": func(t *testing.T) {
				for what, query := range map[string]url.Values{"code": s.request(), "error": {"client_id": {s.app.ID}, "redirect_uri": {redirect}, "response_type": {"token"}}} {
					got := s.browse(sso.AuthorizePath, query)
					to, _ := url.Parse(got.Header.Get("Location"))
					if got.StatusCode != 303 || to.Query().Get("iss") != s.st.Origin || got.Header.Get("Referrer-Policy") != "no-referrer" || got.Header.Get("Cache-Control") != "no-store" {
						t.Errorf("%s: %d %v", what, got.StatusCode, got.Header)
					}
				}
				if got := s.http("POST", sso.AuthorizePath, s.request()); got.StatusCode != 303 {
					t.Errorf("posted: %d", got.StatusCode)
				}
			},
			"RFC 9700 2.6 (b): no CORS at the authorization endpoint": func(t *testing.T) {
				for _, method := range []string{"GET", "OPTIONS"} {
					got := s.http(method, sso.AuthorizePath+"?"+s.request().Encode(), nil, "Origin", "https://evil.example", "Access-Control-Request-Method", "GET")
					for name := range got.Header {
						if strings.HasPrefix(name, "Access-Control-") {
							t.Errorf("%s: %s", method, name)
						}
					}
				}
			},
			"RFC 7009: revocation": func(t *testing.T) {
				got := s.tokens()
				for _, token := range []string{"unknown", got.Refresh, got.Refresh} {
					if a := s.http("POST", sso.RevokePath, url.Values{"token": {token}}, "Authorization", s.basic()); a.StatusCode != 200 {
						t.Errorf("%d %s", a.StatusCode, a.body)
					}
				}
				if s.works(got.Access) {
					t.Error("the access token works")
				}
			},
			"RFC 7662: introspection": func(t *testing.T) {
				if a := s.http("POST", sso.IntrospectPath, url.Values{"token": {"x"}}, "Authorization", s.basic()); a.StatusCode != 200 || len(a.json) != 1 || a.json["active"] != false {
					t.Errorf("%d %s", a.StatusCode, a.body)
				}
				if a := s.http("POST", sso.IntrospectPath, url.Values{"token": {s.tokens().Access}}); a.StatusCode != 401 {
					t.Errorf("by nobody: %d", a.StatusCode)
				}
			},
		})
	})
}

func TestConformanceOfSignIn(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		again := func(changed ...string) float64 {
			t.Helper()
			out := s.authorize(s.session, changed...)
			if out.Do != gatehouse.AuthorizationSignIn || !out.Again {
				t.Fatalf("%v: %+v", changed, out)
			}
			s.Clock.Add(time.Second)
			s.session = s.signIn(s.st, s.user)
			out, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{}, sso.Authorization{Waiting: out.Waiting, Browser: out.Browser, Session: s.session})
			if err != nil || out.Do != gatehouse.AuthorizationCode {
				t.Fatalf("%v: %+v, %v", changed, out, err)
			}
			got, err := s.token(s.basic(), s.exchange(out.Answer.Values.Get("code")))
			if err != nil {
				t.Fatal(err)
			}
			_, claims := s.read(got.ID)
			return claims["auth_time"].(float64)
		}
		rows(t, map[string]func(t *testing.T){
			"oidcc-prompt-login, OIDC Core 15.1 b, OIDC Core 3.1.2.3: prompt=login": func(t *testing.T) {
				_, before := s.read(s.tokens().ID)
				if after := again("prompt", "login"); after <= before["auth_time"].(float64) {
					t.Errorf("auth_time %v, then %v", before["auth_time"], after)
				}
			},
			"oidcc-max-age-1, OIDC Core 15.1 e, OIDC Core 15.1 f: max_age": func(t *testing.T) {
				_, before := s.read(s.tokens().ID)
				s.Clock.Add(2 * time.Second)
				if after := again("max_age", "1"); after <= before["auth_time"].(float64) {
					t.Errorf("auth_time %v, then %v", before["auth_time"], after)
				}
			},
			"OIDC-X03: a request belongs to the browser that began it": func(t *testing.T) {
				out := s.authorize("")
				got, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{}, sso.Authorization{Waiting: out.Waiting, Browser: "another", Session: s.session})
				if err != nil || got.Page != sso.PageOver {
					t.Errorf("%+v, %v", got, err)
				}
			},
		})
	})
}

func TestConformanceOfLogout(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		const bye = "https://shop.example/bye"
		hint := s.tokens().ID
		read := func(values ...string) sso.Logout {
			t.Helper()
			ses, _, _, err := s.Store.Read().Session(t.Context(), s.st.ID, hashOf(s.session))
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.SSO.ReadLogout(t.Context(), s.st, &ses, params(url.Values{}, values...))
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		want := func(location string, sure bool, values ...string) {
			t.Helper()
			if out := read(values...); out.Location != location || out.Sure != sure {
				t.Errorf("%v: %+v", values, out)
			}
		}
		stranger := signedBy(t, newKey(t), hint)
		rows(t, map[string]func(t *testing.T){
			"oidcc-rp-initiated-logout, OIDC RP-Initiated Logout 2, OIDC RP-Initiated Logout 3: a good one, also one that has run out": func(*testing.T) {
				s.Clock.Add(6 * time.Minute)
				state := strings.Repeat("s", 128)
				want(bye+"?state="+state, true, "id_token_hint", hint, "post_logout_redirect_uri", bye, "state", state)
				want("", false, "id_token_hint", hint, "post_logout_redirect_uri", bye, "client_id", "app_0")
			},
			"oidcc-rp-initiated-logout-no-state: without state":       func(*testing.T) { want(bye, true, "id_token_hint", hint, "post_logout_redirect_uri", bye) },
			"oidcc-rp-initiated-logout-no-post-logout-redirect-uri: ": func(*testing.T) { want("", true, "id_token_hint", hint) },
			"oidcc-rp-initiated-logout-no-params: nothing":            func(*testing.T) { want("", false) },
			"oidcc-rp-initiated-logout-only-state: state alone":       func(*testing.T) { want("", false, "state", "x") },
			"oidcc-rp-initiated-logout-no-id-token-hint: no hint":     func(*testing.T) { want("", false, "post_logout_redirect_uri", bye) },
			"oidcc-rp-initiated-logout-bad-post-logout-redirect-uri: open redirects": func(*testing.T) {
				for _, bad := range []string{"https://evil.example/", "//evil.example", bye + "/", bye + "#", "https://shop.example/bye/../x", "https://shop.example@evil.example/bye", "HTTPS://shop.example/bye", "javascript:alert(1)", "/bye", redirect} {
					want("", true, "id_token_hint", hint, "post_logout_redirect_uri", bad)
				}
			},
			"oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri: a query": func(*testing.T) {
				want("", true, "id_token_hint", hint, "post_logout_redirect_uri", bye+"?a=1")
			},
			"oidcc-rp-initiated-logout-modified-id-token-hint: alg none": func(t *testing.T) {
				want("", false, "id_token_hint", forged(t, hint, map[string]any{"alg": "none"}, nil), "post_logout_redirect_uri", bye)
				parts := strings.Split(forged(t, hint, map[string]any{"alg": "none"}, nil), ".")
				want("", false, "id_token_hint", parts[0]+"."+parts[1]+".", "post_logout_redirect_uri", bye)
			},
			"oidcc-rp-initiated-logout-bad-id-token-hint: another's key": func(*testing.T) {
				want("", false, "id_token_hint", stranger, "post_logout_redirect_uri", bye)
			},
		})
	})
}
