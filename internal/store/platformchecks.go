package store

import (
	"context"
	"strings"

	"gatehouse"
)

// What is checked at each request of a platform; see check.

// client is an application with its secrets.
type client struct {
	name        clientKey
	application gatehouse.Application
	secrets     []ApplicationSecret
}

type clientKey struct{ siteID, id string }

// Client returns an application and its secrets, the oldest first, as they are at that moment.
func (s *Store) Client(ctx context.Context, siteID, id string) (gatehouse.Application, []ApplicationSecret, error) {
	found, err := s.checks.answer(ctx, s.Read(), clientKey{siteID, id})
	if err != nil {
		return gatehouse.Application{}, nil, err
	}
	c := found.(*client)
	return c.application, c.secrets, nil
}

func (k clientKey) check() check { return &client{name: k} }

func (c *client) asks(found *bool) []ask {
	args := []any{c.name.siteID, c.name.id}
	return []ask{
		{text: applicationText, args: args, row: into(found, applicationFields(&c.application)...)},
		{text: applicationSecretsText, args: args, row: secretsInto(&c.secrets)},
	}
}

// access is a random access token with its family, if it has one.
type access struct {
	name   accessKey
	token  gatehouse.AccessToken
	family family
}

type accessKey struct{ siteID, hash string }

// Access returns an access token by its hash, and its family as it is at that moment; nil if it
// has none, or it no longer exists.
func (s *Store) Access(ctx context.Context, siteID, hash string) (gatehouse.AccessToken, *TokenGrant, error) {
	found, err := s.checks.answer(ctx, s.Read(), accessKey{siteID, hash})
	if err != nil {
		return gatehouse.AccessToken{}, nil, err
	}
	a := found.(*access)
	if !a.family.found {
		return a.token, nil, nil
	}
	g := a.family.row.TokenGrant
	return a.token, &g, nil
}

// AccessAhead returns a context for one request, whose first check, usually Client, brings the answer
// of Access along. On PostgreSQL this is one message in place of two.
func (s *Store) AccessAhead(ctx context.Context, siteID, hash string) context.Context {
	return s.ahead(ctx, accessKey{siteID, hash})
}

func (k accessKey) check() check { return &access{name: k} }

func (a *access) asks(found *bool) []ask {
	args := []any{a.name.siteID, a.name.hash}
	return []ask{
		{text: accessTokenText, args: args, row: func(scan func(...any) error) error {
			*found = true
			return scanAccessToken(&a.token, a.name.siteID, scan)
		}},
		{text: familyText + `(SELECT t.family_id FROM access_tokens t WHERE t.site_id = $1 AND t.hash = $2)`, args: args, row: a.family.into(a.name.siteID)},
	}
}

// family is a family of tokens, with all that decides whether they are valid.
type family struct {
	name  familyKey
	row   grantRow
	found bool
}

type familyKey struct{ siteID, id string }

// Family is Queries.Family for every request with a token of it.
func (s *Store) Family(ctx context.Context, siteID, id string) (TokenGrant, error) {
	found, err := s.checks.answer(ctx, s.Read(), familyKey{siteID, id})
	if err != nil {
		return TokenGrant{}, err
	}
	return found.(*family).row.TokenGrant, nil
}

// FamilyAhead is AccessAhead for Family.
func (s *Store) FamilyAhead(ctx context.Context, siteID, id string) context.Context {
	return s.ahead(ctx, familyKey{siteID, id})
}

func (k familyKey) check() check { return &family{name: k} }

func (f *family) asks(found *bool) []ask {
	row := f.into(f.name.siteID)
	return []ask{{text: familyText + `$2`, args: []any{f.name.siteID, f.name.id}, row: func(scan func(...any) error) error {
		*found = true
		return row(scan)
	}}}
}

func (f *family) into(siteID string) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		f.found = true
		err := scan(f.row.fields()...)
		f.row.TokenGrant = f.row.done(siteID)
		return err
	}
}

// familyText finds a family by its site and its ID, which follows.
const familyText = `SELECT ` + grantColumns + ` FROM token_families f` + grantTables + `WHERE f.site_id = $1 AND f.id = `

const accessTokenText = `SELECT application_id, family_id, scopes, audience, jkt, created_at, expires_at FROM access_tokens
	WHERE site_id = $1 AND hash = $2`

func scanAccessToken(t *gatehouse.AccessToken, siteID string, scan func(...any) error) error {
	var scopes, audience string
	err := scan(&t.ApplicationID, &t.FamilyID, &scopes, &audience, &t.JKT, when{&t.CreatedAt}, when{&t.ExpiresAt})
	t.SiteID, t.Scopes, t.Audience = siteID, strings.Fields(scopes), strings.Fields(audience)
	return err
}
