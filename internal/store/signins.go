package store

import (
	"context"
	"time"

	"gatehouse"
)

// InsertSignIn adds a sign-in in progress under the hash of its token.
func (q Queries) InsertSignIn(ctx context.Context, tokenHash string, in gatehouse.SignIn) error {
	_, err := q.exec(ctx, "insert sign-in", `INSERT INTO signins
		(site_id, token_hash, id, user_id, credentials_at, origin, password_set_at, second_step_at, return_to, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		in.SiteID, tokenHash, in.ID, in.UserID, micros(in.CredentialsAt), string(in.Origin), micros(in.PasswordSetAt), micros(in.SecondStepAt),
		in.ReturnTo, micros(in.CreatedAt), micros(in.ExpiresAt))
	return err
}

// SignIn returns the sign-in in progress that has this token.
func (q Queries) SignIn(ctx context.Context, siteID, tokenHash string) (in gatehouse.SignIn, err error) {
	err = q.one(ctx, "sign-in", `SELECT site_id, id, user_id, credentials_at, origin, password_set_at, second_step_at, return_to, created_at, expires_at
		FROM signins WHERE site_id = $1 AND token_hash = $2`, []any{siteID, tokenHash},
		&in.SiteID, &in.ID, &in.UserID, when{&in.CredentialsAt}, &in.Origin, when{&in.PasswordSetAt}, when{&in.SecondStepAt},
		&in.ReturnTo, when{&in.CreatedAt}, when{&in.ExpiresAt})
	return in, err
}

// DeleteSignIn ends the sign-in in progress that has this token.
func (q Queries) DeleteSignIn(ctx context.Context, siteID, tokenHash string) error {
	_, err := q.exec(ctx, "delete sign-in", `DELETE FROM signins WHERE site_id = $1 AND token_hash = $2`, siteID, tokenHash)
	return err
}

// DeleteSignInsOf ends all sign-ins in progress of a user.
func (q Queries) DeleteSignInsOf(ctx context.Context, siteID, userID string) error {
	_, err := q.exec(ctx, "delete sign-ins", `DELETE FROM signins WHERE site_id = $1 AND user_id = $2`, siteID, userID)
	return err
}

// DeleteExpiredSignIns removes those that have run out.
func (q Queries) DeleteExpiredSignIns(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "delete expired sign-ins", `DELETE FROM signins WHERE expires_at <= $1`, micros(now))
	return err
}
