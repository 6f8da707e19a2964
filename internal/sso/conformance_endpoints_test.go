package sso_test

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
)

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
