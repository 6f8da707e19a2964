package store

import (
	"context"
	"time"
)

// InsertRegistrationToken adds a token with which applications register themselves.
func (q Queries) InsertRegistrationToken(ctx context.Context, siteID, hash string, uses int, ends time.Time) error {
	_, err := q.exec(ctx, "insert registration token", `INSERT INTO registration_tokens (site_id, hash, uses_left, expires_at) VALUES ($1, $2, $3, $4)`,
		siteID, hash, uses, micros(ends))
	return err
}

// UseRegistrationToken uses such a token. It reports whether it was valid for one more use.
func (q Queries) UseRegistrationToken(ctx context.Context, siteID, hash string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "use registration token", `UPDATE registration_tokens SET uses_left = uses_left - 1
		WHERE site_id = $1 AND hash = $2 AND uses_left > 0 AND expires_at > $3`, siteID, hash, micros(now))
	return n == 1, err
}

// InsertRegistration records that an application has registered itself, and the hash of the token
// with which it changes itself.
func (q Queries) InsertRegistration(ctx context.Context, siteID, applicationID, hash string) error {
	_, err := q.exec(ctx, "insert registration", `INSERT INTO registrations (site_id, application_id, hash) VALUES ($1, $2, $3)`, siteID, applicationID, hash)
	return err
}

// Registration returns the ID of a token's application, if it is this one's.
func (q Queries) Registration(ctx context.Context, siteID, applicationID, hash string) (id string, err error) {
	err = q.one(ctx, "registration", `SELECT application_id FROM registrations WHERE site_id = $1 AND application_id = $2 AND hash = $3`,
		[]any{siteID, applicationID, hash}, &id)
	return id, err
}

// DeleteRegistration deletes an application's token.
func (q Queries) DeleteRegistration(ctx context.Context, siteID, applicationID string) error {
	_, err := q.exec(ctx, "delete registration", `DELETE FROM registrations WHERE site_id = $1 AND application_id = $2`, siteID, applicationID)
	return err
}
