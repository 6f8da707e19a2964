package sso_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/sso"
)

// An application authenticates in exactly one way, the one it is registered with; and strangers,
// wrong secrets and wrong ways all get the same error (OAuth 2.1 2.4).
func TestApplicationsProveWhoTheyAre(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		post, postSecret := s.application(func(a *gatehouse.ApplicationSettings) { a.Auth = gatehouse.AuthSecretPost })
		public, _ := s.application(func(a *gatehouse.ApplicationSettings) { a.Auth, a.Native = gatehouse.AuthNone, true })
		form := s.exchange("no-code")
		for what, test := range map[string]struct {
			authorization string
			changed       []string
			want          gatehouse.OAuthError
		}{
			"basic":                        {s.basic(), nil, gatehouse.InvalidGrant}, // the code is invalid, the client is valid
			"basic, in small letters":      {strings.Replace(s.basic(), "Basic", "basic", 1), nil, gatehouse.InvalidGrant},
			"basic with the same ID":       {s.basic(), []string{"client_id", s.app.ID}, gatehouse.InvalidGrant},
			"post":                         {"", []string{"client_id", post.ID, "client_secret", postSecret}, gatehouse.InvalidGrant},
			"public":                       {"", []string{"client_id", public.ID}, gatehouse.InvalidGrant},
			"nothing":                      {"", nil, gatehouse.InvalidClient},
			"a wrong secret":               {basicOf(s.app.ID, "x"), nil, gatehouse.InvalidClient},
			"no secret":                    {basicOf(s.app.ID, ""), nil, gatehouse.InvalidClient},
			"the secret of another":        {basicOf(s.app.ID, postSecret), nil, gatehouse.InvalidClient},
			"an unknown client":            {basicOf("app_0", s.secret), nil, gatehouse.InvalidClient},
			"basic with another ID":        {s.basic(), []string{"client_id", post.ID}, gatehouse.InvalidClient},
			"both ways":                    {s.basic(), []string{"client_id", s.app.ID, "client_secret", s.secret}, gatehouse.InvalidRequest},
			"post instead of basic":        {"", []string{"client_id", s.app.ID, "client_secret", s.secret}, gatehouse.InvalidClient},
			"basic instead of post":        {basicOf(post.ID, postSecret), nil, gatehouse.InvalidClient},
			"no way instead of basic":      {"", []string{"client_id", s.app.ID}, gatehouse.InvalidClient},
			"a secret of a public client":  {"", []string{"client_id", public.ID, "client_secret", "x"}, gatehouse.InvalidClient},
			"a bearer token":               {"Bearer " + s.secret, nil, gatehouse.InvalidClient},
			"no base64":                    {"Basic %%%", nil, gatehouse.InvalidClient},
			"an assertion of another type": {"", []string{"client_assertion", "x", "client_assertion_type", "urn:x"}, gatehouse.InvalidClient},
			"an assertion of nobody":       {"", []string{"client_assertion", "a.b.c", "client_assertion_type", assertionType}, gatehouse.InvalidClient},
		} {
			_, err := s.token(test.authorization, form, test.changed...)
			s.want(what, err, test.want)
		}
		// Two secrets for a rotation, and a third one ends the first.
		second, err := s.SSO.NewSecret(t.Context(), s.st, operator, s.app.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		for what, secret := range map[string]string{"the first of two": s.secret, "the second": second} {
			_, err := s.token(basicOf(s.app.ID, secret), form)
			s.want(what, err, gatehouse.InvalidGrant)
		}
		s.Clock.Add(time.Second)
		third, err := s.SSO.NewSecret(t.Context(), s.st, operator, s.app.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.token(s.basic(), form)
		s.want("the first of three", err, gatehouse.InvalidClient)
		if err := s.SSO.EndOldSecrets(t.Context(), s.st, operator, s.app.ID, ""); err != nil {
			t.Fatal(err)
		}
		_, err = s.token(basicOf(s.app.ID, second), form)
		s.want("the one before the last, ended", err, gatehouse.InvalidClient)
		_, err = s.token(basicOf(s.app.ID, third), form)
		s.want("the last one", err, gatehouse.InvalidGrant)
	})
}

// OAuth 2.1 2.4.1: guessing is slowed down, but only for the guesser.
func TestGuessingAtSecretsIsSlowedDown(t *testing.T) {
	onRows(t, "OAuth 2.1 2.4.1 (b): guessing", func(t *testing.T, s *stage) {
		form := s.exchange("no-code")
		var slowed *sso.ProtocolError
		for range 30 {
			_, err := s.token(basicOf(s.app.ID, "guess"), form)
			slowed, _ = err.(*sso.ProtocolError)
		}
		if slowed == nil || slowed.RetryAfter <= 0 {
			t.Errorf("thirty guesses at once: %v", slowed)
		}
		if _, err := s.token(s.basic(), form); reason(err) != gatehouse.InvalidGrant {
			t.Errorf("the application itself is kept out by somebody's guesses: %v", err)
		}
	})
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func TestClientAssertions(t *testing.T) {
	onRows(t, "OIDC Core 9, OIDC-X02: client assertions", func(t *testing.T, s *stage) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		weak, _ := rsa.GenerateKey(rand.Reader, 2048)
		keyed := func(old bool) gatehouse.Application {
			a, _ := s.application(func(a *gatehouse.ApplicationSettings) {
				a.Auth, a.JWKS, a.TokenEndpointAudience = gatehouse.AuthPrivateKeyJWT, jwks(t, key, "k1"), old
			})
			return a
		}
		a, old := keyed(false), keyed(true)
		n := 0
		try := func(by crypto.PrivateKey, alg jose.SignatureAlgorithm, head map[jose.HeaderKey]any, change map[string]any) error {
			n++
			now := s.Clock.Now()
			claims := map[string]any{"iss": a.ID, "sub": a.ID, "aud": s.st.Origin, "jti": fmt.Sprint("j", n), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
			for name, value := range change {
				claims[name] = value
				if value == nil {
					delete(claims, name)
				}
			}
			text := signed(t, by, alg, head, claims)
			_, err := s.token("", s.exchange("no-code"), "client_assertion", text, "client_assertion_type", assertionType)
			return err
		}
		k1 := map[jose.HeaderKey]any{"kid": "k1"}
		s.want("a good one", try(key, jose.ES256, k1, nil), gatehouse.InvalidGrant)
		s.want("without a key ID", try(key, jose.ES256, nil, nil), gatehouse.InvalidGrant)
		s.want("the first jti again", try(key, jose.ES256, k1, map[string]any{"jti": "j1"}), gatehouse.InvalidClient)
		s.want("another's key", try(stranger, jose.ES256, k1, nil), gatehouse.InvalidClient)
		s.want("a key that it brings along", try(stranger, jose.ES256, map[jose.HeaderKey]any{"kid": "k1", "jwk": jose.JSONWebKey{Key: stranger.Public()}}, nil), gatehouse.InvalidClient)
		s.want("a key that is somewhere else", try(stranger, jose.ES256, map[jose.HeaderKey]any{"kid": "k1", "jku": "https://evil.example/jwks"}, nil), gatehouse.InvalidClient)
		s.want("another algorithm", try(weak, jose.RS256, k1, nil), gatehouse.InvalidClient)
		s.want("PS256", try(weak, jose.PS256, k1, nil), gatehouse.InvalidClient)
		s.want("the public key as a shared one", try([]byte(jwks(t, key, "k1")), jose.HS256, k1, nil), gatehouse.InvalidClient)
		s.want("an unknown key ID", try(key, jose.ES256, map[jose.HeaderKey]any{"kid": "../k1"}, nil), gatehouse.InvalidClient)
		now := s.Clock.Now()
		for what, change := range map[string]map[string]any{
			"no iss": {"iss": nil}, "another's iss": {"iss": s.app.ID}, "another's sub": {"sub": s.app.ID}, "no aud": {"aud": nil},
			"another aud": {"aud": "https://evil.example"}, "two audiences": {"aud": []string{s.st.Origin, "https://evil.example"}},
			"a list of one": {"aud": []string{s.st.Origin}}, "the token endpoint": {"aud": s.st.Origin + sso.TokenPath},
			"no exp": {"exp": nil}, "over": {"exp": now.Unix()}, "good for an hour": {"exp": now.Add(time.Hour).Unix()},
			"not yet": {"nbf": now.Add(10 * time.Minute).Unix()}, "made tomorrow": {"iat": now.Add(10 * time.Minute).Unix()},
			"no jti": {"jti": nil}, "a long jti": {"jti": strings.Repeat("j", 300)}, "exp is text": {"exp": "soon"},
		} {
			s.want(what, try(key, jose.ES256, k1, change), gatehouse.InvalidClient)
		}
		s.want("a clock that is a little ahead", try(key, jose.ES256, k1, map[string]any{"iat": now.Add(30 * time.Second).Unix()}), gatehouse.InvalidGrant)
		a = old
		s.want("the token endpoint, excused", try(key, jose.ES256, k1, map[string]any{"aud": s.st.Origin + sso.TokenPath}), gatehouse.InvalidGrant)
	})
}

// Only what the site has signed is a token, and each kind only for its own use (RFC 8725, RFC 9068
// 4).
func TestForgedTokensOpenNothing(t *testing.T) {
	onRows(t, "RFC 8725, RFC 9068: forged tokens", func(t *testing.T, s *stage) {
		s.app, s.secret = s.application(func(a *gatehouse.ApplicationSettings) { a.JWTAccessTokens = true })
		got := s.tokens()
		head, claims := s.read(got.Access)
		if head.ExtraHeaders["typ"] != "at+jwt" || claims["client_id"] != s.app.ID || claims["aud"] != s.app.ID || claims["sub"] != s.user.ID || !s.works(got.Access) {
			t.Fatalf("%+v %+v", head, claims)
		}
		stranger, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		doc, _ := s.SSO.JWKS(t.Context(), s.st)
		with := map[jose.HeaderKey]any{"typ": "at+jwt", "kid": head.KeyID}
		unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt","kid":"`+head.KeyID+`"}`)) + "." + strings.Split(got.Access, ".")[1] + "."
		for what, token := range map[string]string{
			"an ID token": got.ID, "a refresh token": got.Refresh, "nothing": "", "dots": "..", "a lot": strings.Repeat("a", 20000),
			"unsigned":                    unsigned,
			"alg none, the old signature": forged(t, got.Access, map[string]any{"alg": "none"}, nil),
			"alg HS256":                   forged(t, got.Access, map[string]any{"alg": "HS256"}, nil),
			"alg RS256":                   forged(t, got.Access, map[string]any{"alg": "RS256"}, nil),
			"another user":                forged(t, got.Access, nil, map[string]any{"sub": "usr_2"}),
			"for longer":                  forged(t, got.Access, nil, map[string]any{"exp": s.Clock.Now().Add(time.Hour).Unix()}),
			"no key ID":                   forged(t, got.Access, map[string]any{"kid": ""}, nil),
			"a path as the key ID":        forged(t, got.Access, map[string]any{"kid": "../../dev/null"}, nil),
			"SQL as the key ID":           forged(t, got.Access, map[string]any{"kid": "' OR 1=1 --"}, nil),
			"another's key":               signed(t, stranger, jose.ES256, with, claims),
			"a key that comes along":      signed(t, stranger, jose.ES256, map[jose.HeaderKey]any{"typ": "at+jwt", "jwk": jose.JSONWebKey{Key: stranger.Public()}}, claims),
			"the public key as a secret":  signed(t, doc.Body, jose.HS256, with, claims),
		} {
			if s.works(token) || s.introspects(token) {
				t.Errorf("%s opens something", what)
			}
		}
		s.Clock.Add(5 * time.Minute)
		if s.works(got.Access) || s.introspects(got.Access) {
			t.Error("a token outlives its time")
		}
	})
}

func (s *stage) introspects(token string) bool {
	got, err := s.SSO.Introspect(s.t.Context(), s.st, gatehouse.Caller{}, s.basic(), params(url.Values{}, "token", token))
	return err == nil && got.Active
}

// Errors that cannot be reported to the application show a page; the redirect address is checked
// before anything else.
func TestRequestsThatAreNoGood(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for what, test := range map[string]struct {
			changed []string
			page    sso.PageKind
			err     gatehouse.OAuthError
		}{
			"no client":              {[]string{"client_id", ""}, sso.PageClient, ""},
			"an unknown one":         {[]string{"client_id", "app_0"}, sso.PageClient, ""},
			"no address":             {[]string{"redirect_uri", ""}, sso.PageRedirect, ""},
			"another address":        {[]string{"redirect_uri", redirect + "/more"}, sso.PageRedirect, ""},
			"a request object":       {[]string{"request", "a.b.c"}, "", gatehouse.RequestNotSupported},
			"one that is elsewhere":  {[]string{"request_uri", "https://evil.example/"}, "", gatehouse.RequestURINotSupported},
			"registration":           {[]string{"registration", "{}"}, "", gatehouse.RegistrationUnsupported},
			"no response type":       {[]string{"response_type", ""}, "", gatehouse.InvalidRequest},
			"another one":            {[]string{"response_type", "token"}, "", gatehouse.UnsupportedResponseType},
			"max_age is text":        {[]string{"max_age", "x"}, "", gatehouse.InvalidRequest},
			"max_age is negative":    {[]string{"max_age", "-1"}, "", gatehouse.InvalidRequest},
			"claims are none":        {[]string{"claims", "{"}, "", gatehouse.InvalidRequest},
			"a hint of nobody":       {[]string{"id_token_hint", "a.b.c"}, "", gatehouse.InvalidRequest},
			"a state of 10 kB":       {[]string{"state", strings.Repeat("s", 10000)}, "", gatehouse.InvalidRequest},
			"a state with a newline": {[]string{"state", "a\r\nb"}, "", gatehouse.InvalidRequest},
			"an essential acr":       {[]string{"claims", `{"id_token":{"acr":{"essential":true,"value":"` + gatehouse.ACRLevel2 + `"}}}`}, "", gatehouse.UnmetAuthentication},
			"somebody else":          {[]string{"prompt", "none", "claims", `{"id_token":{"sub":{"value":"usr_0"}}}`}, "", gatehouse.LoginRequired},
		} {
			out := s.authorize(s.session, test.changed...)
			if out.Page != test.page || out.Answer.Values.Get("error") != string(test.err) {
				t.Errorf("%s: page %q, error %q", what, out.Page, out.Answer.Values.Get("error"))
			}
			if test.page == "" && (out.Answer.Values.Get("iss") != s.st.Origin || out.Answer.Values.Get("code") != "") {
				t.Errorf("%s: %v", what, out.Answer.Values)
			}
		}
		twice := s.request()
		twice.Add("scope", "openid")
		out, err := s.SSO.Authorize(t.Context(), s.st, operator, sso.Authorization{Params: sso.ReadParams(twice), Session: s.session})
		if err != nil || out.Answer.Values.Get("error") != "invalid_request" {
			t.Errorf("a parameter that comes twice: %+v, %v", out, err)
		}
		if out := s.authorize("", "response_type", "token"); out.Page != sso.PageRequest || out.Error != gatehouse.UnsupportedResponseType {
			t.Errorf("nobody is signed in, and sent on: %+v", out)
		}
		if out := s.authorize("", "request", "x"); out.Page != sso.PageRequest {
			t.Errorf("nobody is signed in, and sent on: %+v", out)
		}
		if out := s.authorize("", "request", "x", "prompt", "none"); out.Answer.Values.Get("error") != "request_not_supported" {
			t.Errorf("prompt=none: %+v", out)
		}
	})
}

// A waiting request belongs to the browser that began it, and is valid for an hour, and once.
func TestARequestWaitsForItsBrowser(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		out := s.authorize("")
		if out.Do != gatehouse.AuthorizationSignIn || out.Waiting == "" || out.Browser == "" {
			t.Fatalf("%+v", out)
		}
		goOn := func(session, browser string) sso.Outcome {
			got, err := s.SSO.Authorize(t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.SignedIn}, sso.Authorization{Waiting: out.Waiting, Session: session, Browser: browser})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		for what, browser := range map[string]string{"another browser": "x", "a browser without the cookie": ""} {
			if got := goOn(s.session, browser); got.Page != sso.PageOver {
				t.Errorf("%s goes on: %+v", what, got)
			}
		}
		if got := goOn("", out.Browser); got.Do != gatehouse.AuthorizationSignIn || got.Waiting != out.Waiting {
			t.Errorf("still nobody: %+v", got)
		}
		if got := goOn(s.session, out.Browser); got.Do != gatehouse.AuthorizationCode || got.Answer.Values.Get("state") != "state-1" {
			t.Errorf("%+v", got)
		}
		if got := goOn(s.session, out.Browser); got.Do != gatehouse.AuthorizationCode {
			t.Errorf("pressed twice: %+v", got)
		}
		s.Clock.Add(gatehouse.AnswerGrace)
		if got := goOn(s.session, out.Browser); got.Page != sso.PageAnswered {
			t.Errorf("gone back to: %+v", got)
		}
		out = s.authorize("")
		s.Clock.Add(gatehouse.AuthorizationLifetime)
		if got := goOn(s.signIn(s.st, s.user), out.Browser); got.Page != sso.PageOver {
			t.Errorf("after an hour: %+v", got)
		}
	})
}

func TestSigningInAgain(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		for _, changed := range [][]string{{"prompt", "login"}, {"prompt", "select_account"}, {"max_age", "0"}, {"max_age", "59"}} {
			out := s.authorize(s.session, changed...)
			if out.Do != gatehouse.AuthorizationSignIn || !out.Again {
				t.Errorf("%v: %+v", changed, out)
				continue
			}
			in := sso.Authorization{Waiting: out.Waiting, Browser: out.Browser, Session: s.session}
			if got, _ := s.SSO.Authorize(t.Context(), s.st, operator, in); got.Do != gatehouse.AuthorizationSignIn {
				t.Errorf("%v: back without a new sign-in: %+v", changed, got)
			}
			s.Clock.Add(time.Minute)
			in.Session = s.signIn(s.st, s.user)
			if got, _ := s.SSO.Authorize(t.Context(), s.st, operator, in); got.Do != gatehouse.AuthorizationCode {
				t.Errorf("%v: after a new sign-in: %+v", changed, got)
			}
		}
		if s.authorize(s.session, "max_age", "10000").Do != gatehouse.AuthorizationCode {
			t.Error("a sign-in that is new enough")
		}
	})
}

func TestOnlyOperatorsKeepApplications(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		admin := gatehouse.Caller{Kind: gatehouse.SignedIn, Role: gatehouse.RoleAdmin, SiteID: s.st.ID, CompanyID: s.user.CompanyID, UserID: s.user.ID}
		_, _, create := s.SSO.Create(t.Context(), s.st, admin, "x", gatehouse.DefaultApplication())
		_, list := s.SSO.List(t.Context(), s.st, admin, "", 10)
		_, show := s.SSO.Show(t.Context(), s.st, admin, s.app.ID)
		_, change := s.SSO.Change(t.Context(), s.st, admin, s.app.ID, "", func(*gatehouse.Application) {})
		_, newSecret := s.SSO.NewSecret(t.Context(), s.st, admin, s.app.ID, "")
		for what, err := range map[string]error{"create": create, "list": list, "show": show, "change": change, "secret": newSecret,
			"end secrets": s.SSO.EndOldSecrets(t.Context(), s.st, admin, s.app.ID, ""), "rotate": s.SSO.RotateKeys(t.Context(), s.st, admin)} {
			if gatehouse.KindOf(err) != gatehouse.Forbidden {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, _, err := s.SSO.Create(t.Context(), s.st, operator, "x", gatehouse.ApplicationSettings{}); gatehouse.KindOf(err) != gatehouse.Invalid {
			t.Errorf("an application of nothing: %v", err)
		}
		if got, err := s.SSO.Show(t.Context(), s.Sites.ByID("inkwell"), operator, s.app.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("at another site: %+v, %v", got, err)
		}
	})
}
