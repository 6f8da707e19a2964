package store

import (
	"context"
	"strings"

	"gatehouse"
)

// accessToken is an access token with its hash.
type accessToken struct {
	hash string
	gatehouse.AccessToken
}

func (t accessToken) values() []any {
	return []any{t.SiteID, t.hash, t.ApplicationID, t.FamilyID, strings.Join(t.Scopes, " "), strings.Join(t.Audience, " "), t.JKT,
		micros(t.CreatedAt), micros(t.ExpiresAt)}
}

const intoAccessTokens = `INSERT INTO access_tokens (site_id, hash, application_id, family_id, scopes, audience, jkt, created_at, expires_at) `

// InsertAccessToken adds an access token under its hash.
func (q Queries) InsertAccessToken(ctx context.Context, hash string, t gatehouse.AccessToken) error {
	return q.later(ctx, "insert access token", intoAccessTokens+`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, accessToken{hash, t}.values()...)
}

// InsertAccessToken adds an access token that depends on nothing else in its transaction, in one
// with all those that come at the same time. If that fails, each is added alone, so its outcome is
// its own.
func (s *Store) InsertAccessToken(ctx context.Context, hash string, t gatehouse.AccessToken) error {
	err := s.tokens.do(ctx, accessToken{hash, t}, func(ctx context.Context, all []accessToken) error {
		return s.Write(ctx, func(q Queries) error { return q.insertAccessTokens(ctx, all) })
	})
	if err == nil {
		return nil
	}
	return s.Write(ctx, func(q Queries) error { return q.InsertAccessToken(ctx, hash, t) })
}

func (q Queries) insertAccessTokens(ctx context.Context, all []accessToken) error {
	if len(all) == 1 {
		return q.InsertAccessToken(ctx, all[0].hash, all[0].AccessToken)
	}
	rows := make([][]any, len(all))
	for i, t := range all {
		rows[i] = t.values()
	}
	return q.later(ctx, "insert access tokens", intoAccessTokens+`SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
		CAST(value ->> 7 AS BIGINT), CAST(value ->> 8 AS BIGINT) FROM `+q.d.each+`($1)`, inJSON(rows))
}
