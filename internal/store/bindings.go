package store

import (
	"context"
	"time"

	"gatehouse"
)

// InsertBinding ties a session to a device, unless it is tied already or has ended. It reports
// whether it did. ends is the end of the session's absolute limit.
func (q Queries) InsertBinding(ctx context.Context, b gatehouse.DeviceBinding, ends time.Time) (bool, error) {
	n, err := q.exec(ctx, "bind session", `UPDATE sessions SET binding_id = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3 AND binding_id = ''`,
		b.SiteID, b.UserID, b.SessionID, b.ID)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = q.exec(ctx, "insert binding", `INSERT INTO device_bindings (site_id, id, session_id, user_id, public_key, algorithm, thumbprint,
		user_agent, created_at, refreshed_at, ends_at, cookie, cookie_at, challenge, challenge_at, older_at, wrong_proofs)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		b.SiteID, b.ID, b.SessionID, b.UserID, b.Key, b.Algorithm, b.Thumbprint, b.UserAgent, micros(b.CreatedAt), micros(b.RefreshedAt), micros(ends),
		b.Cookie, micros(b.CookieAt), b.Challenge, micros(b.ChallengeAt), micros(b.OlderAt), b.WrongProofs)
	return err == nil, err
}

// Binding returns a binding, and the hash of the token that its session has now; NotFound if there
// is none, or its session has ended. A caller that changes it holds the account, so that tabs that
// renew at the same moment come one after another.
func (q Queries) Binding(ctx context.Context, siteID, id string) (b gatehouse.DeviceBinding, tokenHash string, err error) {
	b = gatehouse.DeviceBinding{SiteID: siteID, ID: id}
	err = q.one(ctx, "binding", `SELECT s.token_hash, b.session_id, b.user_id, b.public_key, b.algorithm, b.thumbprint, b.user_agent,
		b.created_at, b.refreshed_at, b.cookie, b.cookie_at, b.challenge, b.challenge_at, b.older_at, b.wrong_proofs
		FROM device_bindings b JOIN sessions s ON s.site_id = b.site_id AND s.user_id = b.user_id AND s.id = b.session_id
		WHERE b.site_id = $1 AND b.id = $2`, []any{siteID, id}, &tokenHash, &b.SessionID, &b.UserID, &b.Key, &b.Algorithm, &b.Thumbprint, &b.UserAgent,
		when{&b.CreatedAt}, when{&b.RefreshedAt}, &b.Cookie, when{&b.CookieAt}, &b.Challenge, when{&b.ChallengeAt}, when{&b.OlderAt}, &b.WrongProofs)
	return b, tokenHash, err
}

// SaveBinding writes what changes about a binding; NotFound if it has gone.
func (q Queries) SaveBinding(ctx context.Context, b gatehouse.DeviceBinding) error {
	n, err := q.exec(ctx, "save binding", `UPDATE device_bindings SET refreshed_at = $3, cookie = $4, cookie_at = $5, challenge = $6, challenge_at = $7,
		older_at = $8, wrong_proofs = $9 WHERE site_id = $1 AND id = $2`,
		b.SiteID, b.ID, micros(b.RefreshedAt), b.Cookie, micros(b.CookieAt), b.Challenge, micros(b.ChallengeAt), micros(b.OlderAt), b.WrongProofs)
	return oneRow(n, err)
}

// boundCookie is the current bound cookie of a binding, as every request of a bound session needs
// it.
type boundCookie struct {
	name    bindingKey
	binding gatehouse.DeviceBinding
}

// bindingKey identifies a binding.
type bindingKey struct{ siteID, id string }

// BoundCookie returns a binding with its Cookie and CookieAt only, as cheaply as Session returns a
// session; NotFound if there is none.
func (s *Store) BoundCookie(ctx context.Context, siteID, id string) (gatehouse.DeviceBinding, error) {
	found, err := s.checks.answer(ctx, s.Read(), bindingKey{siteID, id})
	if err != nil {
		return gatehouse.DeviceBinding{}, err
	}
	return found.(*boundCookie).binding, nil
}

func (k bindingKey) check() check { return &boundCookie{name: k} }

func (f *boundCookie) asks(found *bool) []ask {
	f.binding = gatehouse.DeviceBinding{SiteID: f.name.siteID, ID: f.name.id}
	return []ask{{text: `SELECT cookie, cookie_at FROM device_bindings WHERE site_id = $1 AND id = $2`, args: []any{f.name.siteID, f.name.id},
		row: into(found, &f.binding.Cookie, when{&f.binding.CookieAt})}}
}

// dropBindings removes those of sessions that have ended.
func (q Queries) dropBindings(ctx context.Context, siteID string, ids []string) error {
	for _, id := range ids {
		if err := q.later(ctx, "drop binding", `DELETE FROM device_bindings WHERE site_id = $1 AND id = $2`, siteID, id); err != nil {
			return err
		}
	}
	return nil
}
