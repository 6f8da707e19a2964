package store

import (
	"context"
	"time"

	"gatehouse"
)

// Authorization is a request that waits for its user to sign in or, without a BrowserHash, a
// pushed one that waits for a browser.
type Authorization struct {
	SiteID        string
	ApplicationID string
	// BrowserHash is the hash of the cookie of the browser in which it began.
	BrowserHash string
	Request     gatehouse.AuthorizationRequest
	ExpiresAt   time.Time
	// AnsweredAt is when it was first answered; zero: not yet.
	AnsweredAt time.Time
}

// InsertAuthorization adds an authorization under the hash of its token.
func (q Queries) InsertAuthorization(ctx context.Context, tokenHash string, a Authorization) error {
	_, err := q.exec(ctx, "insert authorization", `INSERT INTO authorizations (site_id, token_hash, application_id, browser_hash, request, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, a.SiteID, tokenHash, a.ApplicationID, a.BrowserHash, asText(a.Request), micros(a.ExpiresAt))
	return err
}

// Authorization returns the authorization that has this token.
func (q Queries) Authorization(ctx context.Context, siteID, tokenHash string) (a Authorization, err error) {
	a.SiteID = siteID
	err = q.one(ctx, "authorization", `SELECT application_id, browser_hash, request, expires_at, answered_at FROM authorizations
		WHERE site_id = $1 AND token_hash = $2`, []any{siteID, tokenHash}, &a.ApplicationID, &a.BrowserHash, inText{&a.Request}, when{&a.ExpiresAt}, when{&a.AnsweredAt})
	return a, err
}

// AnswerAuthorization records that an authorization has been answered; the first time counts. It
// reports whether it still exists.
func (q Queries) AnswerAuthorization(ctx context.Context, siteID, tokenHash string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "answer authorization", `UPDATE authorizations SET answered_at = CASE answered_at WHEN 0 THEN $3 ELSE answered_at END
		WHERE site_id = $1 AND token_hash = $2`, siteID, tokenHash, micros(now))
	return n == 1, err
}

// TakeAuthorization removes an authorization. It reports whether it existed: of two concurrent
// calls, one gets it.
func (q Queries) TakeAuthorization(ctx context.Context, siteID, tokenHash string) (bool, error) {
	n, err := q.exec(ctx, "take authorization", `DELETE FROM authorizations WHERE site_id = $1 AND token_hash = $2`, siteID, tokenHash)
	return n == 1, err
}

// DropOldTokens removes what has expired of applications: requests, codes, tokens, records of
// assertions, and registration tokens.
func (q Queries) DropOldTokens(ctx context.Context, now time.Time) error {
	for _, table := range []string{"authorizations", "access_tokens", "used_assertions", "registration_tokens"} {
		if _, err := q.exec(ctx, "drop old "+table, `DELETE FROM `+table+` WHERE expires_at <= $1`, micros(now)); err != nil {
			return err
		}
	}
	_, err := q.exec(ctx, "drop old families", `DELETE FROM token_families WHERE ends_at <= $1`, micros(now))
	return err
}
