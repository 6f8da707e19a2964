package sso_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/sso"
)

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func thumbprint(key *ecdsa.PrivateKey) string {
	sum, _ := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum)
}

// proof returns a DPoP proof for a request.
func (s *stage) proof(key *ecdsa.PrivateKey, method, path string, changed map[string]any) string {
	s.t.Helper()
	claims := map[string]any{"jti": fmt.Sprint("p", assertions.Add(1)), "htm": method, "htu": s.st.Origin + path, "iat": s.Clock.Now().Unix()}
	for name, value := range changed {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	return signed(s.t, key, jose.ES256, map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jose.JSONWebKey{Key: key.Public()}}, claims)
}

// proved requests tokens with proofs.
func (s *stage) proved(form url.Values, authorization string, proofs ...string) (sso.Tokens, error) {
	return s.SSO.Token(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.Visitor}, sso.Headers{Authorization: authorization, DPoP: proofs}, sso.ReadParams(form))
}

// opens reports whether an access token opens userinfo with a proof.
func (s *stage) opens(access, proof string) bool {
	s.t.Helper()
	in := sso.Presented{Token: access, DPoP: true, Method: "GET", Proofs: []string{proof}}
	if proof == "" {
		in.Proofs = nil
	}
	_, err := s.SSO.Userinfo(s.t.Context(), s.st, in)
	if err != nil && reason(err) != gatehouse.InvalidToken && reason(err) != gatehouse.InvalidDPoPProof {
		s.t.Fatal(err)
	}
	return err == nil
}

func TestTokensAreBoundToAKey(t *testing.T) {
	onRows(t, "RFC 9449 (DPoP), RFC 9700 2.2.1: bound tokens", func(t *testing.T, s *stage) {
		key, other := newKey(t), newKey(t)
		at := func(key *ecdsa.PrivateKey) string { return s.proof(key, "POST", sso.TokenPath, nil) }
		for name, jwt := range map[string]bool{"random": false, "readable": true} {
			s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.JWTAccessTokens = jwt })
			got, err := s.proved(s.exchange(s.code()), s.basic(), at(key))
			if err != nil || got.Type != "DPoP" {
				t.Fatalf("%s: %+v, %v", name, got, err)
			}
			with := map[string]any{"ath": hashed(got.Access)}
			info := func(key *ecdsa.PrivateKey, more map[string]any) string {
				for name, value := range with {
					if more[name] == nil {
						if more == nil {
							more = map[string]any{}
						}
						more[name] = value
					}
				}
				return s.proof(key, "GET", sso.UserinfoPath, more)
			}
			proof := info(key, nil)
			if !s.opens(got.Access, proof) {
				t.Errorf("%s: with its key it opens nothing", name)
			}
			for what, bad := range map[string]string{"the proof again": proof, "no proof": "", "another key": info(other, nil), "another token's": info(key, map[string]any{"ath": hashed("x")}),
				"no ath": s.proof(key, "GET", sso.UserinfoPath, nil), "for another method": s.proof(key, "POST", sso.UserinfoPath, with), "for the token endpoint": s.proof(key, "GET", sso.TokenPath, with)} {
				if s.opens(got.Access, bad) {
					t.Errorf("%s token with %s opens userinfo", name, what)
				}
			}
			if s.works(got.Access) {
				t.Errorf("%s token that is bound to a key works as a bearer token", name)
			}
			seen, err := s.SSO.Introspect(t.Context(), s.st, gatehouse.Caller{}, s.basic(), params(url.Values{}, "token", got.Access))
			if err != nil || seen.Type != "DPoP" || seen.Confirmation["jkt"] != thumbprint(key) {
				t.Errorf("%s: %+v, %v", name, seen, err)
			}
			if jwt {
				if _, claims := s.read(got.Access); claims["cnf"].(map[string]any)["jkt"] != thumbprint(key) {
					t.Errorf("%+v", claims)
				}
			}
			// Renewing a token needs a proof; an application with a secret chooses the key.
			renew := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.Refresh}}
			_, err = s.proved(renew, s.basic())
			s.want(name+": renewed without a proof", err, gatehouse.InvalidGrant)
			if next, err := s.proved(renew, s.basic(), at(other)); err != nil || next.Type != "DPoP" || !s.opens(next.Access, s.proof(other, "GET", sso.UserinfoPath, map[string]any{"ath": hashed(next.Access)})) {
				t.Errorf("%s: renewed by another key: %+v, %v", name, next, err)
			}
		}
		plain := s.tokens()
		if s.opens(plain.Access, s.proof(key, "GET", sso.UserinfoPath, map[string]any{"ath": hashed(plain.Access)})) {
			t.Error("a bearer token passes for a bound one")
		}
	})
}

// Refresh tokens of applications that cannot keep a secret are bound to one key (RFC 9449 5).
func TestRefreshTokensOfPublicClientsAreBound(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		key, thief := newKey(t), newKey(t)
		s.app, _ = s.application(func(a *gatehouse.ApplicationSettings) { a.Auth, a.Native = gatehouse.AuthNone, true })
		as := func(form url.Values) url.Values { form.Set("client_id", s.app.ID); return form }
		got, err := s.proved(as(s.exchange(s.code())), "", s.proof(key, "POST", sso.TokenPath, nil))
		if err != nil {
			t.Fatal(err)
		}
		renew := as(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.Refresh}})
		_, err = s.proved(renew, "", s.proof(thief, "POST", sso.TokenPath, nil))
		s.want("with another key", err, gatehouse.InvalidGrant)
		_, err = s.proved(renew, "")
		s.want("without a key", err, gatehouse.InvalidGrant)
		s.Clock.Add(time.Minute)
		if _, err = s.proved(renew, "", s.proof(key, "POST", sso.TokenPath, nil)); err != nil {
			t.Error("with its own key, after a thief has tried: ", err)
		}
	})
}

// A code can be bound to a key before it is issued (RFC 9449 10).
func TestCodesAreBoundToAKey(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		key, thief := newKey(t), newKey(t)
		at := func(key *ecdsa.PrivateKey) string { return s.proof(key, "POST", sso.TokenPath, nil) }
		pushed := func() string {
			got, err := s.SSO.Push(t.Context(), s.st, gatehouse.Caller{}, sso.Headers{Authorization: s.basic(), DPoP: []string{s.proof(key, "POST", sso.PushPath, nil)}}, sso.ReadParams(s.request()))
			if err != nil {
				t.Fatal(err)
			}
			return s.opened(s.session, "client_id", s.app.ID, "request_uri", got.RequestURI).Answer.Values.Get("code")
		}
		for how, code := range map[string]string{"dpop_jkt": s.code("dpop_jkt", thumbprint(key)), "a proof at the push": pushed()} {
			_, err := s.proved(s.exchange(code), s.basic())
			s.want(how+", and no proof", err, gatehouse.InvalidGrant)
			_, err = s.proved(s.exchange(code), s.basic(), at(thief))
			s.want(how+", and another key", err, gatehouse.InvalidGrant)
			if got, err := s.proved(s.exchange(code), s.basic(), at(key)); err != nil || got.Type != "DPoP" {
				t.Errorf("%s: %+v, %v", how, got, err)
			}
		}
		if out := s.authorize(s.session, "dpop_jkt", "short"); out.Answer.Values.Get("error") != "invalid_request" {
			t.Errorf("a thumbprint that is none: %+v", out)
		}
		_, err := s.SSO.Push(t.Context(), s.st, gatehouse.Caller{}, sso.Headers{Authorization: s.basic(), DPoP: []string{s.proof(key, "POST", sso.PushPath, nil)}}, params(s.request(), "dpop_jkt", thumbprint(thief)))
		s.want("two keys at once", err, gatehouse.InvalidDPoPProof)
	})
}

func TestProofs(t *testing.T) {
	onRows(t, "RFC 9449 (DPoP): proofs", func(t *testing.T, s *stage) {
		key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		big, _ := rsa.GenerateKey(rand.Reader, 2048)
		now := s.Clock.Now()
		claims := func() map[string]any {
			return map[string]any{"jti": fmt.Sprint("c", assertions.Add(1)), "htm": "POST", "htu": s.st.Origin + sso.TokenPath, "iat": now.Unix()}
		}
		jwk := jose.JSONWebKey{Key: key.Public()}
		as := func(head map[jose.HeaderKey]any) string { return signed(t, key, jose.ES256, head, claims()) }
		with := func(changed map[string]any) string { return s.proof(key, "POST", sso.TokenPath, changed) }
		good := as(map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jwk})
		for what, bad := range map[string][]string{
			"two of them":    {good, as(map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jwk})},
			"nonsense":       {"x"},
			"nothing":        {""},
			"no type":        {as(map[jose.HeaderKey]any{"jwk": jwk})},
			"another type":   {as(map[jose.HeaderKey]any{"typ": "JWT", "jwk": jwk})},
			"no key":         {as(map[jose.HeaderKey]any{"typ": "dpop+jwt"})},
			"another key":    {as(map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jose.JSONWebKey{Key: newKey(t).Public()}})},
			"a key of RSA":   {as(map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jose.JSONWebKey{Key: big.Public()}})},
			"a private key":  {as(map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jose.JSONWebKey{Key: key}})},
			"a shared key":   {signed(t, []byte("0123456789abcdef0123456789abcdef"), jose.HS256, map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jwk}, claims())},
			"PS256":          {signed(t, big, jose.PS256, map[jose.HeaderKey]any{"typ": "dpop+jwt", "jwk": jose.JSONWebKey{Key: big.Public()}}, claims())},
			"unsigned":       {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"dpop+jwt"}`)) + "." + strings.Split(good, ".")[1] + "."},
			"a changed one":  {forged(t, good, nil, map[string]any{"jti": "other"})},
			"no jti":         {with(map[string]any{"jti": nil})},
			"a long jti":     {with(map[string]any{"jti": strings.Repeat("j", 300)})},
			"no htm":         {with(map[string]any{"htm": nil})},
			"htm GET":        {with(map[string]any{"htm": "GET"})},
			"no htu":         {with(map[string]any{"htu": nil})},
			"another host":   {with(map[string]any{"htu": "https://evil.example" + sso.TokenPath})},
			"another path":   {with(map[string]any{"htu": s.st.Origin + sso.UserinfoPath})},
			"a user in it":   {with(map[string]any{"htu": strings.Replace(s.st.Origin, "://", "://u@", 1) + sso.TokenPath})},
			"no iat":         {with(map[string]any{"iat": nil})},
			"iat is text":    {with(map[string]any{"iat": "now"})},
			"10 minutes old": {with(map[string]any{"iat": now.Add(-10 * time.Minute).Unix()})},
			"of the future":  {with(map[string]any{"iat": now.Add(10 * time.Minute).Unix()})},
		} {
			_, err := s.proved(s.exchange("no-code"), s.basic(), bad...)
			s.want(what, err, gatehouse.InvalidDPoPProof)
		}
		for what, fine := range map[string]string{"a good one": good, "a query in htu": with(map[string]any{"htu": s.st.Origin + sso.TokenPath + "?x=1#y"}),
			"capitals": with(map[string]any{"htu": "HTTP" + strings.ToUpper(strings.TrimPrefix(s.st.Origin, "http")) + sso.TokenPath}),
			"a second": with(map[string]any{"iat": now.Add(30 * time.Second).Unix()})} {
			_, err := s.proved(s.exchange("no-code"), s.basic(), fine)
			s.want(what, err, gatehouse.InvalidGrant)
			_, err = s.proved(s.exchange("no-code"), s.basic(), fine)
			s.want(what+", again", err, gatehouse.InvalidDPoPProof)
		}
		proof, used := with(nil), make(chan gatehouse.OAuthError, 6)
		other := &sso.Service{Desk: s.SSO.Desk, Keys: s.Keys} // another process
		var all sync.WaitGroup
		for i := range cap(used) {
			all.Go(func() {
				provider := []*sso.Service{s.SSO, other}[i%2]
				_, err := provider.Token(t.Context(), s.st, gatehouse.Caller{}, sso.Headers{Authorization: s.basic(), DPoP: []string{proof}}, sso.ReadParams(s.exchange("no-code")))
				used <- reason(err)
			})
		}
		all.Wait()
		passed := 0
		for range cap(used) {
			if <-used == gatehouse.InvalidGrant {
				passed++
			}
		}
		if passed != 1 {
			t.Errorf("one proof opened %d of %d requests at once", passed, cap(used))
		}
	})
}

func TestApplicationsThatHaveToProveAKey(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		before := s.tokens()
		change := func(required bool) {
			_, err := s.SSO.Change(t.Context(), s.st, operator, s.app.ID, "", func(a *gatehouse.Application) { a.Settings.RequireDPoP = required })
			if err != nil {
				t.Fatal(err)
			}
		}
		change(true)
		if s.works(before.Access) {
			t.Error("a bearer token from before works")
		}
		_, err := s.token(s.basic(), s.exchange(s.code()))
		s.want("a code without a proof", err, gatehouse.InvalidDPoPProof)
		_, err = s.refresh(before.Refresh)
		s.want("a refresh token without a proof", err, gatehouse.InvalidDPoPProof)
		if got, err := s.proved(s.exchange(s.code()), s.basic(), s.proof(newKey(t), "POST", sso.TokenPath, nil)); err != nil || got.Type != "DPoP" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
