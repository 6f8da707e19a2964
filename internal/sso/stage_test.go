package sso_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

var operator = gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}

// stage is a server with an application and a user who has signed in.
type stage struct {
	*testkit.Server
	t       *testing.T
	url     string // the database
	st      *site.Site
	app     gatehouse.Application
	secret  string
	user    gatehouse.User
	session string // the token
}

const (
	redirect = "https://shop.example/cb"
	verifier = "verifier-verifier-verifier-verifier-verifier-0123"
)

// onStage plays a scene on each kind of database.
func onStage(t *testing.T, scene func(t *testing.T, s *stage)) {
	t.Helper()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := &stage{t: t, url: url, Server: testkit.NewServer(t, url, testkit.SharedSites())}
		s.st = s.Sites.ByID("meridian-uk")
		s.app, s.secret = s.application(nil)
		s.user = s.AddUser(s.st.ID, "msantos", "", nil)
		s.session = s.signIn(s.st, s.user)
		s.Clock.Add(time.Minute)
		scene(t, s)
	})
}

// onRows is onStage, for a scene that is about rows of docs/conformance.md.
func onRows(t *testing.T, rows string, scene func(t *testing.T, s *stage)) {
	t.Helper()
	t.Run(rows, func(t *testing.T) { onStage(t, scene) })
}

// application makes one on the site of the stage.
func (s *stage) application(change func(*gatehouse.ApplicationSettings)) (gatehouse.Application, string) {
	s.t.Helper()
	settings := gatehouse.DefaultApplication()
	settings.RedirectURIs = []string{redirect}
	settings.PostLogoutRedirectURIs = []string{"https://shop.example/bye"}
	settings.Grants = append(settings.Grants, gatehouse.GrantRefresh)
	if change != nil {
		change(&settings)
	}
	a, secret, err := s.SSO.Create(s.t.Context(), s.st, operator, "Shop", settings)
	if err != nil {
		s.t.Fatal(err)
	}
	return a, secret
}

// signIn makes a session and returns its token.
func (s *stage) signIn(st *site.Site, u gatehouse.User) string {
	s.t.Helper()
	token, now := secret.NewToken(), s.Clock.Now()
	ses := gatehouse.Session{ID: store.NewID("ses", now), SiteID: st.ID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: now, SeenAt: now, DeviceID: "dev_1",
		Assurance: gatehouse.Assurance{Level: 1, Methods: []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodEmailCode}}}
	s.write(func(q store.Queries) error {
		return q.InsertSession(context.Background(), secret.HashToken(token), ses, now.Add(st.Policy.Session.Absolute))
	})
	return token
}

func (s *stage) write(do func(store.Queries) error) {
	s.t.Helper()
	if err := s.Store.Write(context.Background(), do); err != nil {
		s.t.Fatal(err)
	}
}

// params returns parameters with some changed; "" removes one.
func params(base url.Values, changed ...string) sso.Params {
	values := url.Values{}
	for name, all := range base {
		values[name] = all
	}
	for i := 0; i+1 < len(changed); i += 2 {
		values.Set(changed[i], changed[i+1])
		if changed[i+1] == "" {
			values.Del(changed[i])
		}
	}
	return sso.ReadParams(values)
}

func (s *stage) request() url.Values {
	sum := sha256.Sum256([]byte(verifier))
	return url.Values{"client_id": {s.app.ID}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {"openid profile email company"},
		"state": {"state-1"}, "nonce": {"nonce-1"}, "code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}
}

func (s *stage) authorize(session string, changed ...string) sso.Outcome {
	s.t.Helper()
	out, err := s.SSO.Authorize(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.SignedIn}, sso.Authorization{Params: params(s.request(), changed...), Session: session})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// code gets a code for the signed-in user.
func (s *stage) code(changed ...string) string {
	s.t.Helper()
	out := s.authorize(s.session, changed...)
	if out.Do != gatehouse.AuthorizationCode {
		s.t.Fatalf("no code: %+v", out)
	}
	return out.Answer.Values.Get("code")
}

func (s *stage) exchange(code string, changed ...string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
}

func (s *stage) basic() string { return basicOf(s.app.ID, s.secret) }

func basicOf(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

func (s *stage) token(authorization string, base url.Values, changed ...string) (sso.Tokens, error) {
	return s.SSO.Token(s.t.Context(), s.st, gatehouse.Caller{Kind: gatehouse.Visitor, IPAddress: "192.0.2.7"}, sso.Headers{Authorization: authorization}, params(base, changed...))
}

// tokens signs in the user to the application.
func (s *stage) tokens(changed ...string) sso.Tokens {
	s.t.Helper()
	got, err := s.token(s.basic(), s.exchange(s.code(changed...)))
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *stage) refresh(token string, changed ...string) (sso.Tokens, error) {
	return s.token(s.basic(), url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, changed...)
}

// works reports whether an access token opens userinfo.
func (s *stage) works(access string) bool {
	s.t.Helper()
	_, err := s.SSO.Userinfo(s.t.Context(), s.st, sso.Presented{Token: access})
	if err != nil && reason(err) != gatehouse.InvalidToken {
		s.t.Fatal(err)
	}
	return err == nil
}

// want expects an error of the protocol.
func (s *stage) want(what string, err error, reasons ...gatehouse.OAuthError) {
	s.t.Helper()
	for _, one := range reasons {
		if reason(err) == one {
			return
		}
	}
	s.t.Errorf("%s: %v, want %v", what, err, reasons)
}

func reason(err error) gatehouse.OAuthError {
	var protocol *sso.ProtocolError
	if errors.As(err, &protocol) {
		return protocol.Reason
	}
	return ""
}

// read verifies a token with the site's published keys and returns its header and claims.
func (s *stage) read(token string) (head jose.Header, claims map[string]any) {
	s.t.Helper()
	doc, err := s.SSO.JWKS(s.t.Context(), s.st)
	if err != nil {
		s.t.Fatal(err)
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(doc.Body, &keys); err != nil {
		s.t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.EdDSA})
	if err != nil {
		s.t.Fatal(err)
	}
	head = signed.Signatures[0].Protected
	found := keys.Key(head.KeyID)
	if len(found) != 1 {
		s.t.Fatalf("the key %q is published %d times", head.KeyID, len(found))
	}
	body, err := signed.Verify(found[0])
	if err == nil {
		err = json.Unmarshal(body, &claims)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return head, claims
}

// signed signs claims like somebody with their own key.
func signed(t *testing.T, key any, alg jose.SignatureAlgorithm, headers map[jose.HeaderKey]any, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{})
	for name, value := range headers {
		options = options.WithHeader(name, value)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := json.Marshal(claims)
	out, err := signer.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := out.CompactSerialize()
	return text
}

func jwks(t *testing.T, key *ecdsa.PrivateKey, kid string) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: kid, Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// forged returns a token with a header and claims that differ from what was signed.
func forged(t *testing.T, token string, head, claims map[string]any) string {
	t.Helper()
	parts := strings.Split(token, ".")
	change := func(part string, with map[string]any) string {
		raw, _ := base64.RawURLEncoding.DecodeString(part)
		var all map[string]any
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		for name, value := range with {
			all[name] = value
		}
		raw, _ = json.Marshal(all)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	return change(parts[0], head) + "." + change(parts[1], claims) + "." + parts[2]
}

func hashOf(token string) string { return secret.HashToken(token) }

// signedBy returns a token as somebody else would sign it.
func signedBy(t *testing.T, key *ecdsa.PrivateKey, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	var claims, head map[string]any
	for i, into := range []*map[string]any{&head, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return signed(t, key, jose.ES256, map[jose.HeaderKey]any{"kid": head["kid"], "typ": head["typ"]}, claims)
}
