package sso

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// pushedPrefix is the prefix of the name of a pushed request (RFC 9126 2.2).
const pushedPrefix = "urn:ietf:params:oauth:request_uri:"

// newRequest reads a request that is not yet waiting: from its parameters, from a request object
// that the application has signed (RFC 9101), or a pushed one (RFC 9126). Nothing is ever fetched
// from an address in a request. The fault is what is wrong with it; then the request has what is
// needed to notify the application.
//
// Errors: errRefused for an expired or used pushed request; Unavailable.
func (s *Service) newRequest(ctx context.Context, st *site.Site, a gatehouse.Application, p Params) (gatehouse.AuthorizationRequest, gatehouse.OAuthError, error) {
	object, uri := p.Get("request"), p.Get("request_uri")
	fault := gatehouse.OAuthError("")
	switch {
	case object != "" && uri != "":
		fault = gatehouse.InvalidRequest
	case strings.HasPrefix(uri, pushedPrefix) && p.Doubled == "":
		r, err := s.takePushed(ctx, st, a, uri)
		return r, "", err
	case uri != "":
		fault = gatehouse.RequestURINotSupported
	case object != "":
		var inner Params
		if inner, fault = s.readObject(ctx, st, a, object); fault == "" {
			if p.Doubled != "" {
				inner.Doubled = p.Doubled
			}
			p = inner
		}
	}
	r, wrong := p.readRequest(s.Now())
	if fault == "" {
		fault = wrong
	}
	if fault != "" {
		return r, fault, nil
	}
	fault, err := s.readHint(ctx, st, a, p, &r)
	return r, fault, err
}

// typesOfObjects are the allowed types of a request object. Most clients set none; a token made
// for another purpose has a type (RFC 8725 3.11).
var typesOfObjects = []string{"oauth-authz-req+jwt", "JWT", ""}

// objectLifetime is how far in the future a request object may expire, and how old it may be.
const objectLifetime = time.Hour

// readObject reads the parameters of a request object, which contains all of them: those outside
// it are ignored (RFC 9101 6.3).
func (s *Service) readObject(ctx context.Context, st *site.Site, a gatehouse.Application, text string) (Params, gatehouse.OAuthError) {
	if a.Settings.JWKS == "" && a.Settings.JWKSURI == "" {
		return Params{}, gatehouse.RequestNotSupported // it has no key, so it has signed nothing
	}
	body, err := s.openByClient(ctx, a, text, typesOfObjects)
	var all map[string]json.RawMessage
	var object assertion
	if err != nil || json.Unmarshal(body, &all) != nil || json.Unmarshal(body, &object) != nil {
		return Params{}, gatehouse.InvalidRequestObject
	}
	now := s.Now()
	ends, endsErr := object.Exp.Int64()
	begins, beginsErr := object.Nbf.Int64()
	switch {
	case object.Iss != a.ID, soleAudience(object.Aud) != Issuer(st), object.Sub == a.ID: // with that subject it is a client assertion
		return Params{}, gatehouse.InvalidRequestObject
	case endsErr != nil, !now.Before(time.Unix(ends, 0)), time.Unix(ends, 0).Sub(now) > objectLifetime+clockSkew:
		return Params{}, gatehouse.InvalidRequestObject
	case notYet(object.Nbf, now), notYet(object.Iat, now), object.Nbf != "" && (beginsErr != nil || now.Sub(time.Unix(begins, 0)) > objectLifetime+clockSkew):
		return Params{}, gatehouse.InvalidRequestObject
	}
	values := url.Values{}
	for name, raw := range all {
		var value string
		var list []string
		switch {
		case json.Unmarshal(raw, &value) == nil:
			values.Set(name, value)
		case json.Unmarshal(raw, &list) == nil: // such as resource
			values[name] = list
		default: // a number, such as max_age, or an object, such as claims
			values.Set(name, string(raw))
		}
	}
	inner := ReadParams(values)
	if inner.Get("client_id") != a.ID || inner.Get("request") != "" || inner.Get("request_uri") != "" {
		return Params{}, gatehouse.InvalidRequestObject
	}
	return inner, ""
}

// soleAudience returns the one audience of a token; empty if there are several: a token for
// several servers could be used at the others.
func soleAudience(aud any) string {
	if list, ok := aud.([]any); ok && len(list) == 1 {
		aud = list[0]
	}
	one, _ := aud.(string)
	return one
}

// Pushed is the response to a pushed request (RFC 9126 2.2).
type Pushed struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int    `json:"expires_in"`
}

// Push stores an authorization request that an application sends directly, so it does not go
// through the browser. It must be valid: faults are reported at once.
//
// Errors: *ProtocolError, Unavailable.
func (s *Service) Push(ctx context.Context, st *site.Site, c gatehouse.Caller, h Headers, p Params) (Pushed, error) {
	if p.Doubled != "" || p.Get("request_uri") != "" {
		return Pushed{}, refuse(gatehouse.InvalidRequest, "a parameter came twice, or request_uri came")
	}
	a, err := s.authenticate(ctx, st, c, h.Authorization, p)
	if err != nil {
		return Pushed{}, err
	}
	jkt, err := s.provedKey(ctx, st, h.DPoP, "POST", PushPath, "")
	if err != nil {
		return Pushed{}, err
	}
	r, fault, err := s.newRequest(ctx, st, a, p)
	if err != nil {
		return Pushed{}, err
	}
	if jkt != "" && r.JKT != "" && jkt != r.JKT {
		return Pushed{}, refuse(gatehouse.InvalidDPoPProof, "dpop_jkt is another key")
	}
	if r.Pushed = true; jkt != "" {
		r.JKT = jkt // the code is for the holder of this key (RFC 9449 10.1)
	}
	if fault == "" && !gatehouse.RedirectURIMatches(a, r.RedirectURI) {
		return Pushed{}, refuse(gatehouse.InvalidRequest, "the redirect_uri is not registered")
	}
	if fault == "" {
		fault = gatehouse.CheckRequest(a, r)
	}
	if fault != "" {
		return Pushed{}, refuse(fault, "the authorization request is not in order")
	}
	token := secret.NewToken()
	row := store.Authorization{SiteID: st.ID, ApplicationID: a.ID, Request: r, ExpiresAt: s.Now().Add(gatehouse.PushedLifetime)}
	err = s.Store.Write(ctx, func(q store.Queries) error { return q.InsertAuthorization(ctx, secret.HashToken(token), row) })
	return Pushed{RequestURI: pushedPrefix + token, ExpiresIn: int(gatehouse.PushedLifetime / time.Second)}, err
}

// takePushed takes a request that this application has pushed, once. A request that waits in a
// browser is not a pushed one, and belongs to that browser.
func (s *Service) takePushed(ctx context.Context, st *site.Site, a gatehouse.Application, uri string) (gatehouse.AuthorizationRequest, error) {
	hash := secret.HashToken(strings.TrimPrefix(uri, pushedPrefix))
	row, err := s.Store.Read().Authorization(ctx, st.ID, hash)
	if err != nil {
		return row.Request, notFound(err, errRefused)
	}
	if row.BrowserHash != "" || row.ApplicationID != a.ID || !s.Now().Before(row.ExpiresAt) {
		return row.Request, errRefused
	}
	there := false
	err = s.Store.Write(ctx, func(q store.Queries) (err error) {
		there, err = q.TakeAuthorization(ctx, st.ID, hash)
		return err
	})
	if err == nil && !there {
		err = errRefused
	}
	row.Request.At = s.Now() // the user was asked now: a new sign-in must come after it
	return row.Request, err
}
