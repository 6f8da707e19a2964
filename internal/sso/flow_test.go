package sso_test

import (
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
)

func TestACodeBecomesTokens(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		out := s.authorize(s.session)
		if out.Do != gatehouse.AuthorizationCode || out.Answer.Values.Get("state") != "state-1" || out.Answer.Values.Get("iss") != s.st.Origin ||
			out.Answer.URI != redirect || out.Answer.FormPost {
			t.Fatalf("%+v", out)
		}
		got, err := s.token(s.basic(), s.exchange(out.Answer.Values.Get("code")))
		if err != nil {
			t.Fatal(err)
		}
		if got.Type != "Bearer" || got.ExpiresIn != 300 || got.Refresh == "" || got.Scope != "company email openid profile" {
			t.Errorf("%+v", got)
		}
		head, claims := s.read(got.ID)
		now := s.Clock.Now()
		for name, want := range map[string]any{"iss": s.st.Origin, "sub": s.user.ID, "aud": s.app.ID, "nonce": "nonce-1", "acr": gatehouse.ACRLevel1,
			"iat": float64(now.Unix()), "exp": float64(now.Add(5 * time.Minute).Unix()), "auth_time": float64(now.Add(-time.Minute).Unix())} {
			if claims[name] != want {
				t.Errorf("%s is %v, want %v", name, claims[name], want)
			}
		}
		amr, _ := claims["amr"].([]any)
		if head.Algorithm != "ES256" || len(amr) != 2 || amr[1] != "email" || claims["at_hash"] == nil || claims["sid"] == "" {
			t.Errorf("%+v %+v", head, claims)
		}
		for _, name := range []string{"email", "name", "role"} {
			if claims[name] != nil {
				t.Errorf("%s stands in the ID token", name)
			}
		}
		info, err := s.SSO.Userinfo(t.Context(), s.st, sso.Presented{Token: got.Access})
		if err != nil || info.Claims["sub"] != s.user.ID || info.Claims["email"] != s.user.Email || info.Claims["account_number"] != "10482" ||
			info.Claims["email_verified"] != true || info.Claims["role"] != "user" || info.Claims["zoneinfo"] == nil {
			t.Errorf("%+v, %v", info, err)
		}
	})
}

// OAuth 2.1 7.5.2, RFC 9700 4.5: a code is valid once. A second use by its owner ends what was
// issued for it; one by anybody else ends nothing.
func TestACodeIsGoodOnce(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		other, otherSecret := s.application(nil)
		code := s.code()
		_, err := s.token(basicOf(other.ID, otherSecret), s.exchange(code))
		s.want("the code of another client", err, gatehouse.InvalidGrant)
		for name, value := range map[string]string{"code_verifier": strings.Repeat("x", 43), "redirect_uri": redirect + "/"} {
			_, err = s.token(s.basic(), s.exchange(code), name, value)
			s.want("another "+name, err, gatehouse.InvalidGrant)
			_, err = s.token(s.basic(), s.exchange(code), name, "")
			s.want("no "+name, err, gatehouse.InvalidGrant)
		}
		got, err := s.token(s.basic(), s.exchange(code))
		if err != nil {
			t.Fatal("after tries of others: ", err)
		}
		_, err = s.token(s.basic(), s.exchange(code), "code_verifier", strings.Repeat("x", 43))
		s.want("again, with a wrong verifier", err, gatehouse.InvalidGrant)
		if !s.works(got.Access) {
			t.Error("a guess has ended the tokens of somebody else")
		}
		s.Clock.Add(30 * time.Second)
		_, err = s.token(s.basic(), s.exchange(code))
		s.want("again", err, gatehouse.InvalidGrant)
		if s.works(got.Access) {
			t.Error("a code that came twice leaves the access token alive")
		}
		_, err = s.refresh(got.Refresh)
		s.want("the refresh token after that", err, gatehouse.InvalidGrant)
		late := s.code()
		s.Clock.Add(gatehouse.CodeLifetime)
		_, err = s.token(s.basic(), s.exchange(late))
		s.want("after a minute", err, gatehouse.InvalidGrant)
	})
}

func TestACodeOfManyAtOnceIsOnes(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		code := s.code()
		var all sync.WaitGroup
		var mu sync.Mutex
		var got []sso.Tokens
		for range 6 {
			all.Go(func() {
				tokens, err := s.token(s.basic(), s.exchange(code))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					got = append(got, tokens)
				} else if reason(err) != gatehouse.InvalidGrant {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(got) != 1 || s.works(got[0].Access) {
			t.Errorf("%d got tokens, and they live on", len(got))
		}
	})
}

// RFC 9700 4.8.2: somebody who removes the challenge from the request, or the verifier from the
// exchange, gets nothing.
func TestPKCECannotBeTakenOut(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		out := s.authorize(s.session, "code_challenge", "", "code_challenge_method", "")
		if out.Do != gatehouse.AuthorizationRefused || out.Answer.Values.Get("error") != "invalid_request" {
			t.Errorf("without a challenge: %+v", out)
		}
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.WithoutPKCE = true })
		code := s.code("code_challenge", "", "code_challenge_method", "")
		_, err := s.token(s.basic(), s.exchange(code))
		s.want("a verifier without a challenge", err, gatehouse.InvalidGrant)
		if _, err = s.token(s.basic(), s.exchange(code), "code_verifier", ""); err != nil {
			t.Error("an excused client: ", err)
		}
		_, err = s.token(s.basic(), s.exchange(s.code()), "code_verifier", "")
		s.want("an excused client that sent a challenge", err, gatehouse.InvalidGrant)
	})
}

// RFC 9700 4.14.2.
func TestRefreshTokensRotate(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		first := s.tokens()
		other, otherSecret := s.application(nil)
		_, err := s.token(basicOf(other.ID, otherSecret), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}})
		s.want("another client", err, gatehouse.InvalidGrant)
		second, err := s.refresh(first.Refresh)
		if err != nil || second.Refresh == first.Refresh || second.Access == first.Access || second.Scope != first.Scope {
			t.Fatalf("%+v, %v", second, err)
		}
		_, before := s.read(first.ID)
		_, after := s.read(second.ID)
		for _, name := range []string{"iss", "sub", "aud", "auth_time", "sid"} {
			if before[name] != after[name] {
				t.Errorf("%s: %v, then %v", name, before[name], after[name])
			}
		}
		if after["nonce"] != nil {
			t.Error("the nonce comes again")
		}
		s.Clock.Add(gatehouse.RefreshGrace)
		if again, err := s.refresh(first.Refresh); err != nil || again.Refresh != second.Refresh {
			t.Errorf("the answer was lost: %+v, %v", again, err)
		}
		if narrow, err := s.refresh(second.Refresh, "scope", "openid email"); err != nil || narrow.Scope != "openid email" {
			t.Errorf("fewer scopes: %+v, %v", narrow, err)
		} else if third, err := s.refresh(narrow.Refresh); err != nil || third.Scope != first.Scope {
			t.Errorf("and all of them again: %+v, %v", third, err)
		} else if _, err = s.refresh(third.Refresh, "scope", "openid orders"); reason(err) != gatehouse.InvalidScope {
			t.Errorf("more than was granted: %v", err)
		} else {
			s.Clock.Add(gatehouse.RefreshGrace + time.Second)
			_, err = s.refresh(second.Refresh)
			s.want("a token that was used long ago", err, gatehouse.InvalidGrant)
			_, err = s.refresh(third.Refresh)
			s.want("the last one, after that", err, gatehouse.InvalidGrant)
			if s.works(third.Access) {
				t.Error("the family lives on")
			}
		}
	})
}

func TestRefreshTokensRunOut(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.Lifetimes.Refresh = 10 * time.Minute })
		got := s.tokens()
		s.Clock.Add(10 * time.Minute)
		_, err := s.refresh(got.Refresh)
		s.want("after ten minutes", err, gatehouse.InvalidGrant)
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.Grants = []gatehouse.GrantType{gatehouse.GrantCode} })
		if got := s.tokens(); got.Refresh != "" {
			t.Error("a client that may not refresh has a token for it")
		}
	})
}

// No token after its session, user or application has ended; the code that ends them knows nothing
// of tokens.
func TestNoTokenAfterItsEnd(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for what, end := range map[string]func(){
			"session": func() {
				if _, err := s.SignIn.SignOut(t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.SignedIn}, s.session, ""); err != nil {
					t.Fatal(err)
				}
			},
			"idle session": func() { s.Clock.Add(s.st.Policy.Session.Idle) },
			"session over the company's limit": func() {
				s.write(func(q store.Queries) error {
					return q.SetCompanyPolicy(t.Context(), s.st.ID, s.user.CompanyID, gatehouse.CompanyPolicy{SessionIdle: 5 * time.Minute}, "", s.Clock.Now())
				})
				s.Clock.Add(6 * time.Minute)
			},
			"user": func() {
				if err := s.Directory.Deactivate(t.Context(), s.st, operator, s.user.ID); err != nil {
					t.Fatal(err)
				}
			},
			"application": func() { s.setState(gatehouse.ApplicationDisabled) },
		} {
			for _, readable := range []bool{false, true} {
				s.user = s.AddUser(s.st.ID, "u"+strings.ToLower(store.NewID("x", s.Clock.Now())), "", nil)
				s.session = s.signIn(s.st, s.user)
				s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.JWTAccessTokens = readable })
				got, waiting := s.tokens(), s.code()
				if !s.works(got.Access) || !s.introspect(got.Access).Active {
					t.Fatalf("%s: the token does not work to begin with", what)
				}
				end()
				if s.works(got.Access) {
					t.Errorf("%s: the access token works", what)
				}
				if what != "application" && s.introspect(got.Access).Active {
					t.Errorf("%s: the access token is said to be good", what)
				}
				_, err := s.refresh(got.Refresh)
				s.want(what+": the refresh token", err, gatehouse.InvalidGrant, gatehouse.InvalidClient)
				_, err = s.token(s.basic(), s.exchange(waiting))
				s.want(what+": between code and token", err, gatehouse.InvalidGrant, gatehouse.InvalidClient)
				if out := s.authorize(s.session); out.Do == gatehouse.AuthorizationCode {
					t.Errorf("%s: another code", what)
				}
			}
		}
	})
}

func (s *stage) setState(state gatehouse.ApplicationState) {
	s.t.Helper()
	if _, err := s.SSO.Change(s.t.Context(), s.st, operator, s.app.ID, "", func(a *gatehouse.Application) { a.State = state }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) introspect(token string) sso.Introspection {
	s.t.Helper()
	got, err := s.SSO.Introspect(s.t.Context(), s.st, gatehouse.Caller{}, s.basic(), sso.ReadParams(url.Values{"token": {token}}))
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// What belongs to one site, or one application, is void at another (invariant 6).
func TestTokensAreUnknownElsewhere(t *testing.T) {
	onRows(t, "OIDC-X05: elsewhere", func(t *testing.T, s *stage) {
		for _, readable := range []bool{false, true} {
			s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.JWTAccessTokens = readable })
			got, code := s.tokens(), s.code()
			au := s.Sites.ByID("meridian-au")
			if _, err := s.SSO.Userinfo(t.Context(), au, sso.Presented{Token: got.Access}); reason(err) != gatehouse.InvalidToken {
				t.Errorf("the other site's userinfo: %v", err)
			}
			_, err := s.SSO.Token(t.Context(), au, gatehouse.Caller{}, sso.Headers{Authorization: s.basic()}, params(s.exchange(code)))
			s.want("the other site's token endpoint", err, gatehouse.InvalidClient)
			out, err := s.SSO.Authorize(t.Context(), au, gatehouse.Caller{}, sso.Authorization{Params: params(s.request()), Session: s.session})
			if err != nil || out.Page != sso.PageClient {
				t.Errorf("the other site's authorization: %+v, %v", out, err)
			}
			other, otherSecret := s.application(nil)
			seen, err := s.SSO.Introspect(t.Context(), s.st, gatehouse.Caller{}, basicOf(other.ID, otherSecret), sso.ReadParams(url.Values{"token": {got.Access}}))
			if err != nil || !reflect.DeepEqual(seen, sso.Introspection{}) {
				t.Errorf("another application asks about the token: %+v, %v", seen, err)
			}
			if err := s.SSO.Revoke(t.Context(), s.st, gatehouse.Caller{}, basicOf(other.ID, otherSecret), sso.ReadParams(url.Values{"token": {got.Access}})); err != nil || !s.works(got.Access) {
				t.Errorf("another application ends the token: %v", err)
			}
		}
	})
}

// RFC 7009.
func TestTokensAreRevoked(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		revoke := func(token string) {
			if err := s.SSO.Revoke(t.Context(), s.st, gatehouse.Caller{}, s.basic(), sso.ReadParams(url.Values{"token": {token}})); err != nil {
				t.Fatal(err)
			}
		}
		revoke("nothing-that-is-known")
		got := s.tokens()
		revoke(got.Access)
		if s.works(got.Access) {
			t.Error("the access token works")
		}
		got, err := s.refresh(got.Refresh)
		if err != nil {
			t.Fatal("an access token has taken its family along: ", err)
		}
		revoke(got.Refresh)
		_, err = s.refresh(got.Refresh)
		s.want("the refresh token", err, gatehouse.InvalidGrant)
		if s.works(got.Access) {
			t.Error("an access token outlives its refresh token")
		}
	})
}

func TestAnApplicationGetsTokensForItself(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, readable := range []bool{false, true} {
			s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) {
				a.JWTAccessTokens, a.Grants, a.RedirectURIs = readable, []gatehouse.GrantType{gatehouse.GrantClientCredentials}, nil
				a.Scopes = append(slices.Clone(a.Scopes), "orders:read")
			})
			form := url.Values{"grant_type": {"client_credentials"}}
			got, err := s.token(s.basic(), form)
			if err != nil || got.Scope != "orders:read" || got.ID != "" || got.Refresh != "" {
				t.Fatalf("%+v, %v", got, err)
			}
			if seen := s.introspect(got.Access); !seen.Active || seen.Subject != s.app.ID || seen.ClientID != s.app.ID {
				t.Errorf("%+v", seen)
			}
			_, err = s.SSO.Userinfo(t.Context(), s.st, sso.Presented{Token: got.Access})
			s.want("userinfo of nobody", err, gatehouse.InsufficientScope)
			for _, scope := range []string{"openid", "email", "orders:write"} {
				_, err = s.token(s.basic(), form, "scope", scope)
				s.want(scope, err, gatehouse.InvalidScope)
			}
			_, err = s.token(s.basic(), s.exchange("x"))
			s.want("a code", err, gatehouse.UnauthorizedClient)
			if _, err = s.SSO.Change(t.Context(), s.st, operator, s.app.ID, "", func(a *gatehouse.Application) { a.State = gatehouse.ApplicationDisabled }); err != nil {
				t.Fatal(err)
			}
			_, err = s.SSO.Userinfo(t.Context(), s.st, sso.Presented{Token: got.Access})
			s.want("of a disabled application", err, gatehouse.InvalidToken)
		}
	})
}
