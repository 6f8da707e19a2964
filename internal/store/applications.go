package store

import (
	"context"
	"encoding/json"
	"time"

	"gatehouse"
)

const applicationColumns = `site_id, id, name, state, settings, created_at, deleted_at`

func applicationFields(a *gatehouse.Application) []any {
	return []any{&a.SiteID, &a.ID, &a.Name, &a.State, inText{&a.Settings}, when{&a.CreatedAt}, when{&a.DeletedAt}}
}

// inText scans JSON.
type inText struct{ to any }

func (t inText) Scan(v any) error {
	switch text := v.(type) {
	case string:
		return json.Unmarshal([]byte(text), t.to)
	case []byte:
		return json.Unmarshal(text, t.to)
	}
	return json.Unmarshal(nil, t.to)
}

// asText returns a value as JSON. Every value stored this way can be encoded.
func asText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// InsertApplication adds an application. Conflict: see claimHosts.
func (q Queries) InsertApplication(ctx context.Context, a gatehouse.Application) error {
	_, err := q.exec(ctx, "insert application", `INSERT INTO applications (`+applicationColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.SiteID, a.ID, a.Name, a.State, asText(a.Settings), micros(a.CreatedAt), micros(a.DeletedAt))
	if err == nil {
		err = q.claimHosts(ctx, a)
	}
	return err
}

// UpdateApplication writes an application's name, state and settings, and when it was deleted.
// Conflict: see claimHosts.
func (q Queries) UpdateApplication(ctx context.Context, a gatehouse.Application) error {
	n, err := q.exec(ctx, "update application", `UPDATE applications SET name = $3, state = $4, settings = $5, deleted_at = $6 WHERE site_id = $1 AND id = $2`,
		a.SiteID, a.ID, a.Name, a.State, asText(a.Settings), micros(a.DeletedAt))
	if err = oneRow(n, err); err == nil {
		err = q.claimHosts(ctx, a)
	}
	return err
}

const applicationText = `SELECT ` + applicationColumns + ` FROM applications WHERE site_id = $1 AND id = $2`

// Application returns an application by ID.
func (q Queries) Application(ctx context.Context, siteID, id string) (a gatehouse.Application, err error) {
	err = q.one(ctx, "application", applicationText, []any{siteID, id}, applicationFields(&a)...)
	return a, err
}

// HoldApplication is Application, and nobody else changes it, or its secrets, until the transaction
// ends.
func (q Queries) HoldApplication(ctx context.Context, siteID, id string) (a gatehouse.Application, err error) {
	err = q.one(ctx, "hold application", applicationText+" "+q.d.hold, []any{siteID, id}, applicationFields(&a)...)
	return a, err
}

// Applications returns up to limit applications of a site in the order of their IDs, which is the
// order of their creation; those after the given one.
func (q Queries) Applications(ctx context.Context, siteID, after string, limit int) (all []gatehouse.Application, err error) {
	err = q.all(ctx, "applications", `SELECT `+applicationColumns+` FROM applications WHERE site_id = $1 AND id > $2 ORDER BY id LIMIT $3`,
		[]any{siteID, after, limit}, applicationsInto(&all))
	return all, err
}

func applicationsInto(all *[]gatehouse.Application) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var a gatehouse.Application
		err := scan(applicationFields(&a)...)
		*all = append(*all, a)
		return err
	}
}

// DeletedApplications returns the applications of a site that were deleted by then.
func (q Queries) DeletedApplications(ctx context.Context, siteID string, before time.Time) (all []gatehouse.Application, err error) {
	err = q.all(ctx, "deleted applications", `SELECT `+applicationColumns+` FROM applications
		WHERE site_id = $1 AND deleted_at <> 0 AND deleted_at <= $2 ORDER BY deleted_at, id`, []any{siteID, micros(before)}, applicationsInto(&all))
	return all, err
}

// RemoveApplication removes an application that was deleted by then, with everything that belongs
// to it. It reports whether it was still there, and deleted.
func (q Queries) RemoveApplication(ctx context.Context, siteID, id string, before time.Time) (bool, error) {
	n, err := q.exec(ctx, "remove application", `DELETE FROM applications WHERE site_id = $1 AND id = $2 AND deleted_at <> 0 AND deleted_at <= $3`,
		siteID, id, micros(before))
	return n == 1, err
}

// ApplicationSecret is a secret of an application, as its hash.
type ApplicationSecret struct {
	Hash      string
	CreatedAt time.Time
}

// ApplicationSecrets returns an application's secrets, the oldest first.
func (q Queries) ApplicationSecrets(ctx context.Context, siteID, id string) (all []ApplicationSecret, err error) {
	err = q.all(ctx, "application secrets", applicationSecretsText, []any{siteID, id}, secretsInto(&all))
	return all, err
}

const applicationSecretsText = `SELECT hash, created_at FROM application_secrets
	WHERE site_id = $1 AND application_id = $2 ORDER BY created_at, hash`

func secretsInto(all *[]ApplicationSecret) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var s ApplicationSecret
		err := scan(&s.Hash, when{&s.CreatedAt})
		*all = append(*all, s)
		return err
	}
}

// InsertApplicationSecret adds a secret.
func (q Queries) InsertApplicationSecret(ctx context.Context, siteID, id string, s ApplicationSecret) error {
	_, err := q.exec(ctx, "insert application secret", `INSERT INTO application_secrets (site_id, application_id, hash, created_at)
		VALUES ($1, $2, $3, $4)`, siteID, id, s.Hash, micros(s.CreatedAt))
	return err
}

// DeleteApplicationSecret ends a secret.
func (q Queries) DeleteApplicationSecret(ctx context.Context, siteID, id, hash string) error {
	_, err := q.exec(ctx, "delete application secret", `DELETE FROM application_secrets WHERE site_id = $1 AND application_id = $2 AND hash = $3`,
		siteID, id, hash)
	return err
}

// UseAssertion records that a client assertion has been used. It reports whether that was the
// first time.
func (q Queries) UseAssertion(ctx context.Context, siteID, id, hash string, until time.Time) (bool, error) {
	n, err := q.exec(ctx, "use assertion", `INSERT INTO used_assertions (site_id, application_id, hash, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site_id, application_id, hash) DO NOTHING`, siteID, id, hash, micros(until))
	return n == 1, err
}
