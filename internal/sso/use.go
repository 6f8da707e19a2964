package sso

import (
	"context"
	"errors"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Introspection says whether a token is active (RFC 7662 2.2). For an inactive one, it says
// nothing else.
type Introspection struct {
	Active   bool   `json:"active"`
	Scope    string `json:"scope,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	Subject  string `json:"sub,omitempty"`
	Type     string `json:"token_type,omitempty"`
	Issuer   string `json:"iss,omitempty"`
	Expires  int64  `json:"exp,omitempty"`
	Issued   int64  `json:"iat,omitempty"`
	AuthTime int64  `json:"auth_time,omitempty"`
	ACR      string `json:"acr,omitempty"`
	// Audience are the servers that the token is for; Confirmation is the key it is bound to.
	Audience     any               `json:"aud,omitempty"`
	Confirmation map[string]string `json:"cnf,omitempty"`
}

// Introspect tells an application whether one of its own tokens is active now. Only confidential
// applications may ask, and tokens of others count as unknown.
//
// Errors: *ProtocolError, Unavailable.
func (s *Service) Introspect(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization string, p Params) (Introspection, error) {
	ctx = s.accessAhead(ctx, st, p.Get("token"))
	a, token, err := s.aboutToken(ctx, st, c, authorization, p)
	if err != nil {
		return Introspection{}, err
	}
	if !a.Confidential() {
		return Introspection{}, errClient
	}
	at, err := s.access(ctx, st, token)
	if errors.Is(err, errNoAccess) || err == nil && at.Application.ID != a.ID {
		return Introspection{}, nil
	}
	if err != nil {
		return Introspection{}, err
	}
	out := Introspection{Active: true, Scope: strings.Join(at.Token.Scopes, " "), ClientID: a.ID, Subject: a.ID, Type: tokenType(at.Token.JKT), Audience: audienceClaim(a, at.Token.Audience), Confirmation: cnf(at.Token.JKT),
		Issuer: Issuer(st), Expires: at.Token.ExpiresAt.Unix(), Issued: at.Token.CreatedAt.Unix()}
	if g := at.Grant; g != nil {
		out.Subject, out.AuthTime, out.ACR = g.Family.Subject, g.Session.CreatedAt.Unix(), g.Session.Assurance.ACR()
	}
	return out, nil
}

// aboutToken returns the application that asks about a token, and the token.
func (s *Service) aboutToken(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization string, p Params) (gatehouse.Application, string, error) {
	if p.Doubled != "" {
		return gatehouse.Application{}, "", refuse(gatehouse.InvalidRequest, "a parameter came twice")
	}
	a, err := s.authenticate(ctx, st, c, authorization, p)
	if err != nil {
		return a, "", err
	}
	token := p.Get("token")
	if token == "" {
		return a, "", refuse(gatehouse.InvalidRequest, "token is missing")
	}
	return a, token, nil
}

// Revoke ends a token of an application (RFC 7009): a random access token alone, any other one
// with its whole family. It succeeds for anything that is not this application's token.
//
// Errors: *ProtocolError, Unavailable.
func (s *Service) Revoke(ctx context.Context, st *site.Site, c gatehouse.Caller, authorization string, p Params) error {
	a, token, err := s.aboutToken(ctx, st, c, authorization, p)
	if err != nil {
		return err
	}
	c.Name = a.ID
	hash := secret.HashToken(token)
	found, _, err := s.findAccess(ctx, st, token)
	if err != nil && !errors.Is(err, errNoAccess) {
		return err
	}
	isAccess := err == nil
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		family := found.FamilyID
		switch {
		case isAccess && found.ApplicationID != a.ID:
			return nil
		case isAccess && strings.Count(token, ".") != 2:
			return tx.DeleteAccessToken(tx, st.ID, hash)
		case !isAccess:
			_, g, err := tx.HoldRefreshToken(tx, st.ID, hash)
			if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && g.Application.ID != a.ID {
				return nil
			}
			if err != nil {
				return err
			}
			family = g.Family.ID
		}
		_, err := tx.EndFamily(tx, st.ID, family, gatehouse.Revoked, tx.Now())
		return err
	})
}
