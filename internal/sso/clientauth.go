package sso

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// assertionType is the type of a client assertion (RFC 7523 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// credentials are what a request authenticates an application with.
type credentials struct {
	id, secret, assertion string
	method                gatehouse.ClientAuth
}

// errClient is the error for every application that has not authenticated, known or not.
var errClient = &ProtocolError{Reason: gatehouse.InvalidClient, Says: "client authentication failed"}

// authenticate determines which application sends a request to the token endpoint or a similar
// one. It must authenticate in exactly one way, the one that it is registered with.
//
// Errors: *ProtocolError (InvalidClient, InvalidRequest), Unavailable.
func (s *Service) authenticate(ctx context.Context, st *site.Site, from gatehouse.Caller, authorization string, p Params) (gatehouse.Application, error) {
	c, err := readCredentials(authorization, p)
	if err != nil {
		return gatehouse.Application{}, err
	}
	a, err := s.proved(ctx, st, c, p)
	if errors.Is(err, errClient) {
		return a, s.countFailure(ctx, st, from, c.id, errClient)
	}
	return a, err
}

// readCredentials reads the one way in which a request authenticates (OAuth 2.1 2.4).
func readCredentials(authorization string, p Params) (c credentials, err error) {
	ways := 0
	if scheme, value, _ := strings.Cut(authorization, " "); strings.EqualFold(scheme, "Basic") {
		ways++
		if c.id, c.secret, err = basic(value); err != nil {
			return c, err
		}
		c.method = gatehouse.AuthSecretBasic
	} else if authorization != "" {
		return c, errClient
	}
	if p.Get("client_secret") != "" {
		ways++
		c.id, c.secret, c.method = p.Get("client_id"), p.Get("client_secret"), gatehouse.AuthSecretPost
	}
	if p.Get("client_assertion") != "" || p.Get("client_assertion_type") != "" {
		ways++
		if p.Get("client_assertion_type") != assertionType {
			return c, refuse(gatehouse.InvalidClient, "the client assertion is of an unknown type")
		}
		c.assertion, c.method = p.Get("client_assertion"), gatehouse.AuthPrivateKeyJWT
		c.id = claimedSubject(c.assertion)
	}
	if ways > 1 {
		return c, refuse(gatehouse.InvalidRequest, "more than one way of client authentication")
	}
	if ways == 0 {
		c.id, c.method = p.Get("client_id"), gatehouse.AuthNone
	}
	if said := p.Get("client_id"); said != "" && said != c.id {
		return c, errClient
	}
	return c, nil
}

// basic reads an ID and a secret, each form-encoded (RFC 6749 2.3.1).
func basic(value string) (id, clientSecret string, err error) {
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if err != nil {
		return "", "", errClient
	}
	user, password, _ := strings.Cut(string(plain), ":")
	id, idErr := url.QueryUnescape(user)
	clientSecret, secretErr := url.QueryUnescape(password)
	if idErr != nil || secretErr != nil {
		return "", "", errClient
	}
	return id, clientSecret, nil
}

// proved checks credentials. A secret is hashed before it is compared: timing reveals nothing
// about it. The existence of the application is no secret: the authorization endpoint reveals it
// to everybody.
func (s *Service) proved(ctx context.Context, st *site.Site, c credentials, p Params) (gatehouse.Application, error) {
	if !couldBeID(c.id) {
		c.id = "-" // nobody's ID; the database is not queried with unreadable text
	}
	a, secrets, err := s.Store.Client(ctx, st.ID, c.id)
	if err != nil {
		return a, notFound(err, errClient)
	}
	if !a.Usable() || a.Settings.Auth != c.method {
		return a, errClient
	}
	switch c.method {
	case gatehouse.AuthNone:
		return a, nil
	case gatehouse.AuthPrivateKeyJWT:
		return a, s.checkAssertion(ctx, st, a, c.assertion)
	}
	hash, fits := secret.HashToken(c.secret), false
	for _, one := range secrets {
		fits = one.Hash == hash || fits // hashes of 256 random bits: timing reveals nothing (secret.HashToken)
	}
	if !fits {
		return a, errClient
	}
	return a, nil
}

// couldBeID reports whether a text has the form of an application's ID.
func couldBeID(id string) bool {
	return id != "" && len(id) <= 100 && strings.IndexFunc(id, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_')
	}) < 0
}

// A failing client is slowed down: this many failures at once of one name from one place, and then
// a few a minute (OAuth 2.1 2.4.1).
const (
	failuresAtOnce = 20
	failuresEvery  = 6 * time.Second
)

// countFailure returns the error for a failure, or for a client that fails too often, that it has
// to wait.
func (s *Service) countFailure(ctx context.Context, st *site.Site, from gatehouse.Caller, id string, told *ProtocolError) error {
	key := "client " + st.ID + " " + secret.HashToken(id)[:22] + " " + from.IPAddress
	wait, err := s.Store.Allow(ctx, s.Now(), store.Limit{Key: key, Every: failuresEvery, Burst: failuresAtOnce})
	if err != nil {
		return err
	}
	if wait > 0 {
		return &ProtocolError{Reason: told.Reason, Says: "too many failures", RetryAfter: wait}
	}
	return told
}

// claimedSubject returns the subject that an assertion claims, before anything is checked.
func claimedSubject(assertion string) string {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || len(assertion) > maxToken {
		return ""
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Sub string `json:"sub"`
	}
	if json.Unmarshal(body, &claims) != nil {
		return ""
	}
	return claims.Sub
}

// assertion are the claims of a client assertion (RFC 7523 3). Its audience is read literally: an
// assertion for several servers could be used at the others (audience injection).
type assertion struct {
	Iss string      `json:"iss"`
	Sub string      `json:"sub"`
	Aud any         `json:"aud"`
	Exp json.Number `json:"exp"`
	Nbf json.Number `json:"nbf"`
	Iat json.Number `json:"iat"`
	Jti string      `json:"jti"`
}

// typesOfAssertions are the allowed types of a client assertion (RFC 7523 and its successor).
var typesOfAssertions = []string{"client-authentication+jwt", "JWT", ""}

// clockSkew is how far a client's clock may be ahead.
const clockSkew = time.Minute

// checkAssertion checks an assertion that an application has signed, and uses it up.
func (s *Service) checkAssertion(ctx context.Context, st *site.Site, a gatehouse.Application, text string) error {
	body, err := s.openByClient(ctx, a, text, typesOfAssertions)
	if err != nil {
		return errClient
	}
	var claims assertion
	if json.Unmarshal(body, &claims) != nil {
		return errClient
	}
	now := s.Now()
	exp, expErr := claims.Exp.Int64()
	ends := time.Unix(exp, 0)
	aud, _ := claims.Aud.(string)
	audGood := aud == Issuer(st) || a.Settings.TokenEndpointAudience && aud == Issuer(st)+TokenPath
	switch {
	case claims.Iss != a.ID, claims.Sub != a.ID, !audGood, claims.Jti == "", len(claims.Jti) > 256:
		return errClient
	case expErr != nil, !now.Before(ends), ends.Sub(now) > gatehouse.AssertionLifetime+clockSkew:
		return errClient
	case notYet(claims.Nbf, now), notYet(claims.Iat, now):
		return errClient
	}
	first := false
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		first, err = q.UseAssertion(ctx, st.ID, a.ID, secret.HashToken(claims.Jti), ends)
		return err
	})
	if err == nil && !first {
		return errClient
	}
	return err
}

// notYet reports whether a client's timestamp, if present, is in the future.
func notYet(at json.Number, now time.Time) bool {
	if at == "" {
		return false
	}
	seconds, err := at.Float64()
	return err != nil || time.Unix(int64(seconds), 0).After(now.Add(clockSkew))
}
