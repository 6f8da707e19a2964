package sso_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/sso"
)

// push pushes a request.
func (s *stage) push(authorization string, changed ...string) (sso.Pushed, error) {
	return s.SSO.Push(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: "192.0.2.7"}, sso.Headers{Authorization: authorization}, params(s.request(), changed...))
}

// opened is the outcome for a browser that is sent with only these parameters.
func (s *stage) opened(session string, values ...string) sso.Outcome {
	s.t.Helper()
	out, err := s.SSO.Authorize(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.SignedIn}, sso.Authorization{Params: params(url.Values{}, values...), Session: session})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestRequestsArePushed(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		other, otherSecret := s.application(nil)
		pushed := func(changed ...string) string {
			t.Helper()
			got, err := s.push(s.basic(), changed...)
			if err != nil || got.ExpiresIn != 90 || !strings.HasPrefix(got.RequestURI, "urn:ietf:params:oauth:request_uri:") {
				t.Fatalf("%+v, %v", got, err)
			}
			return got.RequestURI
		}
		for name, row := range map[string]func(t *testing.T){
			"RFC 9126 (PAR): a request that was pushed gets a code, by what was pushed alone": func(t *testing.T) {
				out := s.opened(s.session, "client_id", s.app.ID, "request_uri", pushed("state", "mine"), "state", "another", "redirect_uri", "https://evil.example/", "scope", "x")
				if out.Do != gatehouse.AuthorizationCode || out.Answer.URI != redirect || out.Answer.Values.Get("state") != "mine" {
					t.Errorf("%+v", out)
				}
				if _, err := s.token(s.basic(), s.exchange(out.Answer.Values.Get("code"))); err != nil {
					t.Error(err)
				}
			},
			"RFC 9126 (PAR): it is good once": func(t *testing.T) {
				uri := pushed()
				s.opened(s.session, "client_id", s.app.ID, "request_uri", uri)
				if out := s.opened(s.session, "client_id", s.app.ID, "request_uri", uri); out.Page != sso.PageOver {
					t.Errorf("%+v", out)
				}
			},
			"RFC 9126 (PAR): of two at once, one is the first": func(t *testing.T) {
				uri, codes := pushed(), make(chan bool, 2)
				var all sync.WaitGroup
				for range cap(codes) {
					all.Go(func() {
						out, err := s.SSO.Authorize(context.Background(), s.st, gatehouse.Caller{}, sso.Authorization{Session: s.session,
							Params: params(url.Values{}, "client_id", s.app.ID, "request_uri", uri)})
						codes <- err == nil && out.Do == gatehouse.AuthorizationCode
					})
				}
				all.Wait()
				if first, second := <-codes, <-codes; first == second {
					t.Error("both have a code, or neither")
				}
			},
			"RFC 9126 (PAR): it is for 90 seconds": func(t *testing.T) {
				uri := pushed()
				s.Clock.Add(gatehouse.PushedLifetime)
				if out := s.opened(s.session, "client_id", s.app.ID, "request_uri", uri); out.Page != sso.PageOver {
					t.Errorf("%+v", out)
				}
			},
			"RFC 9126 (PAR): it is the client's that pushed it": func(t *testing.T) {
				uri := pushed()
				if out := s.opened(s.session, "client_id", other.ID, "request_uri", uri); out.Page != sso.PageOver {
					t.Errorf("another: %+v", out)
				}
				if out := s.opened(s.session, "request_uri", uri); out.Page != sso.PageClient {
					t.Errorf("nobody: %+v", out)
				}
				if out := s.opened(s.session, "client_id", s.app.ID, "request_uri", uri); out.Do != gatehouse.AuthorizationCode {
					t.Errorf("and its own: %+v", out)
				}
			},
			"RFC 9126 (PAR): a guess, and a request that waits in a browser, are none": func(t *testing.T) {
				waiting := s.authorize("").Waiting
				for _, token := range []string{waiting, "", "x", strings.Repeat("x", 5000)} {
					if out := s.opened(s.session, "client_id", s.app.ID, "request_uri", "urn:ietf:params:oauth:request_uri:"+token); out.Page != sso.PageOver {
						t.Errorf("%.40q: %+v", token, out)
					}
				}
				token := strings.TrimPrefix(pushed(), "urn:ietf:params:oauth:request_uri:")
				got, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{}, sso.Authorization{Waiting: token, Session: s.session, Browser: token})
				if err != nil || got.Page != sso.PageOver {
					t.Errorf("a pushed one as one that waits: %+v, %v", got, err)
				}
			},
			"RFC 9126 (PAR): a sign-in comes in between": func(t *testing.T) {
				out := s.opened("", "client_id", s.app.ID, "request_uri", pushed("prompt", "login"))
				if out.Do != gatehouse.AuthorizationSignIn {
					t.Fatalf("%+v", out)
				}
				s.Clock.Add(time.Second)
				out, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{}, sso.Authorization{Waiting: out.Waiting, Browser: out.Browser, Session: s.signIn(s.st, s.user)})
				if err != nil || out.Do != gatehouse.AuthorizationCode {
					t.Errorf("%+v, %v", out, err)
				}
			},
			"RFC 9126 (PAR): who pushes proves who it is, as at the token endpoint": func(t *testing.T) {
				for what, authorization := range map[string]string{"nobody": "", "a wrong secret": basicOf(s.app.ID, "x"), "a stranger": basicOf("app_0", s.secret)} {
					_, err := s.push(authorization)
					s.want(what, err, gatehouse.InvalidClient)
				}
				_, err := s.push(basicOf(other.ID, otherSecret))
				s.want("the ID of somebody else in the request", err, gatehouse.InvalidClient)
			},
			"RFC 9126 (PAR): what is wrong is told at once": func(t *testing.T) {
				for what, test := range map[string]struct {
					changed []string
					want    gatehouse.OAuthError
				}{
					"an address that is not registered": {[]string{"redirect_uri", redirect + "/"}, gatehouse.InvalidRequest},
					"no address":                        {[]string{"redirect_uri", ""}, gatehouse.InvalidRequest},
					"another response type":             {[]string{"response_type", "token"}, gatehouse.UnsupportedResponseType},
					"no PKCE":                           {[]string{"code_challenge", "", "code_challenge_method", ""}, gatehouse.InvalidRequest},
					"no openid":                         {[]string{"scope", "email"}, gatehouse.InvalidScope},
					"a request_uri":                     {[]string{"request_uri", "urn:ietf:params:oauth:request_uri:x"}, gatehouse.InvalidRequest},
					"an object without a key":           {[]string{"request", "a.b.c"}, gatehouse.RequestNotSupported},
				} {
					_, err := s.push(s.basic(), test.changed...)
					s.want(what, err, test.want)
				}
			},
			"RFC 9126 (PAR): an application may take no others": func(t *testing.T) {
				was, wasSecret := s.app, s.secret
				defer func() { s.app, s.secret = was, wasSecret }()
				s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.RequirePAR = true })
				if out := s.authorize(s.session); out.Answer.Values.Get("error") != "invalid_request" {
					t.Errorf("%+v", out)
				}
				if out := s.opened(s.session, "client_id", s.app.ID, "request_uri", pushed()); out.Do != gatehouse.AuthorizationCode {
					t.Errorf("%+v", out)
				}
			},
		} {
			t.Run(name, row)
		}
	})
}

func TestSignedRequests(t *testing.T) {
	onRows(t, "RFC 9101, oidcc-ensure-request-object-with-redirect-uri: signed requests", func(t *testing.T, s *stage) {
		key, stranger := newKey(t), newKey(t)
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.JWKS = jwks(t, key, "k1") })
		now := s.Clock.Now()
		claims := func(change map[string]any) map[string]any {
			all := map[string]any{"iss": s.app.ID, "aud": s.st.Origin, "exp": now.Add(5 * time.Minute).Unix()}
			for name, values := range s.request() {
				all[name] = values[0]
			}
			for name, value := range change {
				all[name] = value
				if value == nil {
					delete(all, name)
				}
			}
			return all
		}
		k1 := map[jose.HeaderKey]any{"kid": "k1"}
		object := func(change map[string]any) string { return signed(t, key, jose.ES256, k1, claims(change)) }
		open := func(object string, more ...string) sso.Outcome {
			t.Helper()
			return s.opened(s.session, append([]string{"client_id", s.app.ID, "request", object}, more...)...)
		}
		good := func(what string, out sso.Outcome) {
			t.Helper()
			if out.Do != gatehouse.AuthorizationCode || out.Answer.URI != redirect || out.Answer.Values.Get("state") != "state-1" {
				t.Errorf("%s: %+v", what, out)
			}
		}
		good("a signed request", open(object(nil)))
		good("parameters beside it", open(object(nil), "state", "x", "scope", "x", "redirect_uri", "https://evil.example/", "prompt", "create"))
		good("max_age is a number, claims an object", open(object(map[string]any{"max_age": 9000, "claims": map[string]any{"userinfo": map[string]any{"name": nil}}})))
		good("its type is said", open(signed(t, key, jose.ES256, map[jose.HeaderKey]any{"typ": "oauth-authz-req+jwt"}, claims(nil))))
		good("the audience is a list of one", open(object(map[string]any{"aud": []string{s.st.Origin}})))
		if pushed, err := s.push(s.basic(), "request", object(nil), "scope", "nothing"); err != nil {
			t.Error("a signed request is pushed: ", err)
		} else {
			good("and opened", s.opened(s.session, "client_id", s.app.ID, "request_uri", pushed.RequestURI))
		}
		if out := open(object(map[string]any{"max_age": 0})); out.Do != gatehouse.AuthorizationSignIn {
			t.Errorf("max_age=0 inside: %+v", out)
		}
		if out := open(object(map[string]any{"redirect_uri": "https://evil.example/"}), "redirect_uri", redirect); out.Page != sso.PageRedirect {
			t.Errorf("another address inside: %+v", out)
		}
		if out := open(object(map[string]any{"response_type": "token"})); out.Answer.Values.Get("error") != "unsupported_response_type" {
			t.Errorf("what is wrong inside: %+v", out)
		}
		unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(object(nil), ".")[1] + "."
		for what, bad := range map[string]string{
			"unsigned": unsigned, "nonsense": "x", "another's key": signed(t, stranger, jose.ES256, k1, claims(nil)),
			"a shared key":           signed(t, []byte(jwks(t, key, "k1")), jose.HS256, k1, claims(nil)),
			"a key that comes along": signed(t, stranger, jose.ES256, map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: stranger.Public()}}, claims(nil)),
			"another type":           signed(t, key, jose.ES256, map[jose.HeaderKey]any{"typ": "dpop+jwt"}, claims(nil)),
			"a changed one":          forged(t, object(nil), nil, map[string]any{"scope": "openid"}),
			"no iss":                 object(map[string]any{"iss": nil}), "another's iss": object(map[string]any{"iss": "app_0"}),
			"no aud": object(map[string]any{"aud": nil}), "another aud": object(map[string]any{"aud": "https://evil.example"}),
			"two audiences": object(map[string]any{"aud": []string{s.st.Origin, "https://evil.example"}}),
			"no exp":        object(map[string]any{"exp": nil}), "over": object(map[string]any{"exp": now.Unix()}),
			"for a day": object(map[string]any{"exp": now.Add(24 * time.Hour).Unix()}),
			"not yet":   object(map[string]any{"nbf": now.Add(time.Hour).Unix()}), "of yesterday": object(map[string]any{"nbf": now.Add(-24 * time.Hour).Unix()}),
			"no client":    object(map[string]any{"client_id": nil}),
			"another's":    object(map[string]any{"client_id": "app_0"}),
			"one in it":    object(map[string]any{"request": "x"}),
			"an address":   object(map[string]any{"request_uri": "urn:x"}),
			"an assertion": object(map[string]any{"sub": s.app.ID}),
		} {
			if out := open(bad, "redirect_uri", redirect, "state", "q"); out.Answer.Values.Get("error") != "invalid_request_object" || out.Answer.Values.Get("code") != "" {
				t.Errorf("%s: %+v", what, out)
			}
			if out := open(bad); out.Page != sso.PageRequest || out.Error != gatehouse.InvalidRequestObject {
				t.Errorf("%s, with nowhere to go: %+v", what, out)
			}
			if out := s.opened("", "client_id", s.app.ID, "request", bad, "redirect_uri", redirect); out.Page != sso.PageRequest {
				t.Errorf("%s, and nobody is signed in: %+v", what, out)
			}
		}
		if out := open(object(nil), "request_uri", "urn:ietf:params:oauth:request_uri:x", "redirect_uri", redirect); out.Answer.Values.Get("error") != "invalid_request" {
			t.Errorf("both ways: %+v", out)
		}
		if out := s.authorize(s.session, "request_uri", "https://shop.example/request.jwt"); out.Answer.Values.Get("error") != "request_uri_not_supported" {
			t.Errorf("at an address: %+v", out)
		}
	})
}

// A request object is no client assertion, and vice versa, although the same key signs both (RFC
// 8725 3.11).
func TestARequestIsNoAssertion(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		a, _ := s.application(func(a *gatehouse.ApplicationSettings) {
			a.Auth, a.JWKS = gatehouse.AuthPrivateKeyJWT, jwks(t, key, "k1")
		})
		now := s.Clock.Now()
		claims := map[string]any{"iss": a.ID, "sub": a.ID, "aud": s.st.Origin, "jti": "j", "exp": now.Add(time.Minute).Unix(), "client_id": a.ID,
			"response_type": "code", "redirect_uri": redirect}
		as := func(typ string) error {
			text := signed(t, key, jose.ES256, map[jose.HeaderKey]any{"typ": typ}, claims)
			_, err := s.token("", s.exchange("no-code"), "client_assertion", text, "client_assertion_type", assertionType)
			return err
		}
		for _, typ := range []string{"oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "dpop+jwt", "at+jwt", "logout+jwt"} {
			s.want(typ, as(typ), gatehouse.InvalidClient)
		}
		s.want("its own type", as("client-authentication+jwt"), gatehouse.InvalidGrant)
	})
}
