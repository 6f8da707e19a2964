package sso

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// The types of signed tokens. Each is only accepted for its own use, so no ID token is accepted as
// an access token (RFC 8725 3.11, RFC 9068 4).
const (
	typeID     = "JWT"
	typeAccess = "at+jwt"
)

// tokenAlgs are the algorithms of our own tokens, and of client assertions. Others, including none
// and those with a shared key, are rejected at once (RFC 8725 3.1).
var tokenAlgs = []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.EdDSA}

// sign signs claims with the site's current key of an algorithm.
func (r *ring) sign(alg gatehouse.SigningAlg, typ string, claims map[string]any, now time.Time) (string, error) {
	key, found := gatehouse.SigningKeyFor(r.keys, alg, now)
	if !found {
		return "", errors.New("no key signs " + string(alg))
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: r.signers[key.ID]},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader("kid", key.ID))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

// parseSigned reads a text that has one signature, which is not verified yet, and its header.
func parseSigned(text string) (*jose.JSONWebSignature, jose.Header, error) {
	if len(text) > maxToken {
		return nil, jose.Header{}, errNotOurs
	}
	signed, err := jose.ParseSignedCompact(text, tokenAlgs)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, jose.Header{}, errNotOurs
	}
	return signed, signed.Signatures[0].Protected, nil
}

// verify reads the claims of anything that this site has signed, at any time. The caller must
// check its purpose.
func (r *ring) verify(text, typ string) (map[string]any, error) {
	signed, head, err := parseSigned(text)
	if err != nil {
		return nil, err
	}
	key, known := r.public[head.KeyID]
	if !known || head.Algorithm != key.Algorithm || head.ExtraHeaders[jose.HeaderType] != typ {
		return nil, errNotOurs
	}
	body, err := signed.Verify(key)
	if err != nil {
		return nil, errNotOurs
	}
	var claims map[string]any
	if json.Unmarshal(body, &claims) != nil {
		return nil, errNotOurs
	}
	return claims, nil
}

var errNotOurs = errors.New("no token of this site")

// maxToken is larger than any of our tokens.
const maxToken = 8 << 10

// textOf and timeOf are claims of a token.
func textOf(claims map[string]any, name string) string {
	text, _ := claims[name].(string)
	return text
}

func timeOf(claims map[string]any, name string) time.Time {
	seconds, _ := claims[name].(float64)
	return time.Unix(int64(seconds), 0)
}

// claimsOf returns the facts for a user's claims at a site.
func claimsOf(st *site.Site, g store.TokenGrant) gatehouse.ClaimFacts {
	locale := g.User.Locale
	if locale == "" {
		locale = st.Language("", "")
	}
	return gatehouse.ClaimFacts{User: g.User, Company: g.Company, Locale: locale, Zone: cmp.Or(g.Company.Zone, st.Zone.String())}
}

// idToken makes an ID token (OpenID Connect Core 2). access is the access token that comes with
// it.
func (r *ring) idToken(st *site.Site, g store.TokenGrant, access string, now time.Time) (string, error) {
	alg := g.Application.Settings.IDTokenAlg
	claims := gatehouse.ClaimsFor(g.Application, nil, g.Family.Terms.Claims.IDToken, claimsOf(st, g))
	maps.Copy(claims, map[string]any{
		"iss": Issuer(st), "sub": g.Family.Subject, "aud": g.Application.ID, "iat": now.Unix(), "exp": now.Add(gatehouse.IDTokenLifetime).Unix(),
		"auth_time": g.Session.CreatedAt.Unix(), "acr": g.Session.Assurance.ACR(), "amr": g.Session.Assurance.AMR(),
		"sid": sessionName(g.Session.ID, g.Application.ID), "at_hash": halfHash(alg, access),
	})
	if g.Family.Terms.Nonce != "" {
		claims["nonce"] = g.Family.Terms.Nonce
	}
	return r.sign(alg, typeID, claims, now)
}

// sessionName returns an application's ID for a session: it differs between applications.
func sessionName(sessionID, applicationID string) string {
	return secret.HashToken(sessionID + " " + applicationID)[:22]
}

// halfHash is at_hash (OpenID Connect Core 3.1.3.6): the left half of the hash that the
// signature uses.
func halfHash(alg gatehouse.SigningAlg, token string) string {
	if alg == gatehouse.EdDSA {
		sum := sha512.Sum512([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:32])
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// accessToken makes an access token: one that resource servers read themselves (RFC 9068), or a
// random one, which row then stores.
func (r *ring) accessToken(st *site.Site, a gatehouse.Application, g *store.TokenGrant, terms tokenTerms, now time.Time) (token string, row *gatehouse.AccessToken, err error) {
	ends := now.Add(a.Settings.Lifetimes.Access)
	family, subject := "", a.ID
	if g != nil {
		family, subject = g.Family.ID, g.Family.Subject
	}
	if !a.Settings.JWTAccessTokens {
		return secret.NewToken(), &gatehouse.AccessToken{SiteID: st.ID, ApplicationID: a.ID, FamilyID: family, Scopes: terms.scopes,
			Audience: terms.audience, JKT: terms.jkt, CreatedAt: now, ExpiresAt: ends}, nil
	}
	claims := map[string]any{
		"iss": Issuer(st), "sub": subject, "aud": audienceClaim(a, terms.audience), "client_id": a.ID, "scope": strings.Join(terms.scopes, " "),
		"iat": now.Unix(), "exp": ends.Unix(), "jti": family + "." + secret.NewToken(),
	}
	if g != nil {
		claims["auth_time"], claims["acr"], claims["amr"] = g.Session.CreatedAt.Unix(), g.Session.Assurance.ACR(), g.Session.Assurance.AMR()
	}
	if terms.jkt != "" {
		claims["cnf"] = cnf(terms.jkt)
	}
	token, err = r.sign(a.Settings.IDTokenAlg, typeAccess, claims, now)
	return token, nil, err
}

// audienceClaim returns aud of an access token: the servers that it is for, or the application
// itself if none was named (RFC 9068 3).
func audienceClaim(a gatehouse.Application, audience []string) any {
	switch len(audience) {
	case 0:
		return a.ID
	case 1:
		return audience[0]
	}
	return audience
}

// audienceOf reads it back.
func audienceOf(claims map[string]any) (audience []string) {
	list, several := claims["aud"].([]any)
	if !several {
		list = []any{claims["aud"]}
	}
	for _, one := range list {
		if text, ok := one.(string); ok && text != claims["client_id"] {
			audience = append(audience, text)
		}
	}
	return audience
}

// Access is the current meaning of an access token.
type Access struct {
	Token gatehouse.AccessToken
	// Grant is nil if the application got the token for itself.
	Grant       *store.TokenGrant
	Application gatehouse.Application
}

// errNoAccess is the error for every invalid token, for any reason.
var errNoAccess = &ProtocolError{Reason: gatehouse.InvalidToken, Says: "the access token is not valid"}

// access looks up an access token.
//
// Errors: errNoAccess, Unavailable.
func (s *Service) access(ctx context.Context, st *site.Site, token string) (Access, error) {
	t, g, err := s.findAccess(ctx, st, token)
	if err != nil {
		return Access{}, err
	}
	now := s.Now()
	if !now.Before(t.ExpiresAt) {
		return Access{}, errNoAccess
	}
	if t.FamilyID == "" {
		a, _, err := s.Store.Client(ctx, st.ID, t.ApplicationID)
		if err == nil && !(a.Usable() && a.May(gatehouse.GrantClientCredentials) && bound(a, t)) {
			err = errNoAccess
		}
		return Access{Token: t, Application: a}, notFound(err, errNoAccess)
	}
	if g == nil || g.Application.ID != t.ApplicationID || !g.Family.Alive(now) || !mayIssue(st, *g, now) || !bound(g.Application, t) {
		return Access{}, errNoAccess
	}
	return Access{Token: t, Grant: g, Application: g.Application}, nil
}

// bound reports whether a token is bound to a key, if its application requires that.
func bound(a gatehouse.Application, t gatehouse.AccessToken) bool {
	return t.JKT != "" || !a.Settings.RequireDPoP
}

// findAccess returns an access token and its family as it is now; nil if it has none, or it no
// longer exists.
func (s *Service) findAccess(ctx context.Context, st *site.Site, token string) (gatehouse.AccessToken, *store.TokenGrant, error) {
	if token == "" || len(token) > maxToken {
		return gatehouse.AccessToken{}, nil, errNoAccess
	}
	if strings.Count(token, ".") != 2 {
		t, g, err := s.Store.Access(ctx, st.ID, secret.HashToken(token))
		return t, g, notFound(err, errNoAccess)
	}
	t, err := s.readAccess(ctx, st, token)
	if err != nil || t.FamilyID == "" {
		return t, nil, err
	}
	g, err := s.Store.Family(ctx, st.ID, t.FamilyID)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return t, nil, nil
	}
	return t, &g, err
}

// accessAhead lets the next check bring along that of an access token, if it is known what to look up:
// nobody's signature is verified for it.
func (s *Service) accessAhead(ctx context.Context, st *site.Site, token string) context.Context {
	if token == "" || len(token) > maxToken {
		return ctx
	}
	if strings.Count(token, ".") != 2 {
		return s.Store.AccessAhead(ctx, st.ID, secret.HashToken(token))
	}
	r, err := s.ring(ctx, st)
	if err != nil {
		return ctx
	}
	if t, known := r.accesses.get(sha256.Sum256([]byte(token))); known && t.FamilyID != "" {
		return s.Store.FamilyAhead(ctx, st.ID, t.FamilyID)
	}
	return ctx
}

// readAccess reads an access token that this site has signed.
func (s *Service) readAccess(ctx context.Context, st *site.Site, token string) (t gatehouse.AccessToken, err error) {
	r, err := s.ring(ctx, st)
	if err != nil {
		return t, err
	}
	sum := sha256.Sum256([]byte(token))
	if t, known := r.accesses.get(sum); known {
		return t, nil
	}
	claims, err := r.verify(token, typeAccess)
	if err != nil || textOf(claims, "iss") != Issuer(st) {
		return t, errNoAccess
	}
	family, _, _ := strings.Cut(textOf(claims, "jti"), ".")
	confirmed, _ := claims["cnf"].(map[string]any)
	t = gatehouse.AccessToken{SiteID: st.ID, ApplicationID: textOf(claims, "client_id"), FamilyID: family,
		Scopes: strings.Fields(textOf(claims, "scope")), Audience: audienceOf(claims), JKT: textOf(confirmed, "jkt"), CreatedAt: timeOf(claims, "iat"), ExpiresAt: timeOf(claims, "exp")}
	r.accesses.keep(sum, t)
	return t, nil
}

// signedTokens are access tokens whose signature has been verified with the keys of a ring, by
// their hash: their content never changes. Whether they are still valid, and for what, is checked
// each time. They are dropped with the ring, after a minute.
type signedTokens struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]gatehouse.AccessToken
}

// mostSigned limits them to some megabytes.
const mostSigned = 4096

func (s *signedTokens) get(sum [sha256.Size]byte) (gatehouse.AccessToken, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, known := s.all[sum]
	return t, known
}

func (s *signedTokens) keep(sum [sha256.Size]byte, t gatehouse.AccessToken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil || len(s.all) >= mostSigned {
		s.all = map[[sha256.Size]byte]gatehouse.AccessToken{}
	}
	s.all[sum] = t
}

// mayIssue calls gatehouse.MayIssue about a grant.
func mayIssue(st *site.Site, g store.TokenGrant, now time.Time) bool {
	facts := gatehouse.AuthorizationFacts{Session: g.Session, User: g.User, Subject: g.Family.Subject, Reach: g.Reach, Grant: g.Grant, Wanted: g.Family.Terms.Wanted(g.Application)}
	return gatehouse.MayIssue(g.Application, facts, st.Policy.For(g.Company.Policy).Session, now)
}

// Userinfo are the claims about the user of an access token; if the application wants them signed
// (OpenID Connect Core 5.3), Signed is not empty.
type Userinfo struct {
	Claims map[string]any
	Signed string
}

// Presented is an access token as presented with a request.
type Presented struct {
	Token string
	// DPoP: it was presented under that scheme, not as a bearer token. Method and Proofs are those
	// of the request.
	DPoP   bool
	Method string
	Proofs []string
}

// Userinfo returns the claims for an access token. One that is bound to a key is only valid with a
// proof of that key, and never as a bearer token (RFC 9449 7.2).
//
// Errors: *ProtocolError (InvalidToken, InvalidDPoPProof, InsufficientScope), Unavailable.
func (s *Service) Userinfo(ctx context.Context, st *site.Site, in Presented) (Userinfo, error) {
	at, err := s.access(ctx, st, in.Token)
	if err != nil {
		return Userinfo{}, err
	}
	if in.DPoP != (at.Token.JKT != "") || len(at.Token.Audience) > 0 && !slices.Contains(at.Token.Audience, Issuer(st)) {
		return Userinfo{}, errNoAccess // presented under the wrong scheme, or for another server
	}
	if in.DPoP {
		jkt, err := s.provedKey(ctx, st, in.Proofs, in.Method, UserinfoPath, in.Token)
		if err == nil && jkt != at.Token.JKT {
			err = badProof("the access token is bound to another key")
		}
		if err != nil {
			return Userinfo{}, err
		}
	}
	if at.Grant == nil || !slices.Contains(at.Token.Scopes, gatehouse.ScopeOpenID) {
		return Userinfo{}, refuse(gatehouse.InsufficientScope, "the scope openid is needed")
	}
	g := *at.Grant
	claims := gatehouse.ClaimsFor(g.Application, at.Token.Scopes, g.Family.Terms.Claims.Userinfo, claimsOf(st, g))
	claims["sub"] = g.Family.Subject
	alg := g.Application.Settings.UserinfoAlg
	if alg == "" {
		return Userinfo{Claims: claims}, nil
	}
	claims["iss"], claims["aud"] = Issuer(st), g.Application.ID
	r, err := s.ring(ctx, st)
	if err != nil {
		return Userinfo{}, err
	}
	signed, err := r.sign(alg, "userinfo+jwt", claims, s.Now())
	return Userinfo{Claims: claims, Signed: signed}, err
}
