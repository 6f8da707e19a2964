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

// pushedPrefix is what the name of a pushed request begins with (RFC 9126 2.2).
const pushedPrefix = "urn:ietf:params:oauth:request_uri:"

// newRequest reads a request that does not wait yet: from its parameters, from a request
// object that the application has signed (RFC 9101), or one that it has pushed (RFC 9126).
// Nothing is ever fetched from an address in a request. The fault is what is wrong with it;
// then the request has what is needed to tell the application.
//
// Errors: errRefused for a pushed request that is over; Unavailable.
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

// typesOfObjects are what a request object may say it is. Most clients say nothing; what is
// made for something else says so (RFC 8725 3.11).
var typesOfObjects = []string{"oauth-authz-req+jwt", "JWT", ""}

// objectLifetime is how far ahead a request object may end, and how old it may be.
const objectLifetime = time.Hour

// readObject reads the parameters of a request object, which has all of them: those beside
// it count for nothing (RFC 9101 6.3).
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

// soleAudience is the one audience of a token; empty where there are several: one that names
// several servers could be used at the others.
func soleAudience(aud any) string {
	if list, ok := aud.([]any); ok && len(list) == 1 {
		aud = list[0]
	}
	one, _ := aud.(string)
	return one
}

// Pushed is the answer to a request that was pushed (RFC 9126 2.2).
type Pushed struct {
	RequestURI string `json:"request_uri"`
	ExpiresIn  int    `json:"expires_in"`
}

// Push keeps an authorization request that an application hands over itself, so that it does
// not go through the browser. It has to be in order: what is wrong is told at once.
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
		r.JKT = jkt // the code is for who has this key (RFC 9449 10.1)
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

// takePushed takes a request that an application has pushed: once, and nobody else's. One that
// waits in a browser is none, and belongs to that.
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
	row.Request.At = s.Now() // the user was asked now: a sign-in that is to be new comes after
	return row.Request, err
}
