package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

const passkeyText = `SELECT p.user_id, p.factor_id, f.name, f.created_at, f.confirmed_at, f.used_at, p.credential_id, h.handle,
	p.public_key, p.sign_count, p.model, p.transports, p.syncable, p.backed_up, p.verified
	FROM passkeys p
	JOIN factors f ON f.site_id = p.site_id AND f.user_id = p.user_id AND f.id = p.factor_id
	JOIN passkey_handles h ON h.site_id = p.site_id AND h.user_id = p.user_id
	WHERE p.site_id = $1 AND `

func passkeyFields(k *gatehouse.Passkey, transports *string) []any {
	return []any{&k.UserID, &k.ID, &k.Name, when{&k.CreatedAt}, when{&k.ConfirmedAt}, when{&k.UsedAt}, &k.CredentialID, &k.Handle,
		&k.PublicKey, &k.SignCount, &k.Model, transports, &k.Syncable, &k.BackedUp, &k.Verified}
}

// Passkeys returns the passkeys of a user, in the order of their creation.
func (q Queries) Passkeys(ctx context.Context, siteID, userID string) ([]gatehouse.Passkey, error) {
	var all []gatehouse.Passkey
	err := q.all(ctx, "passkeys", passkeyText+`p.user_id = $2 ORDER BY f.created_at, f.id`, []any{siteID, userID}, func(scan func(...any) error) error {
		k, transports := newPasskey(siteID), ""
		err := scan(passkeyFields(&k, &transports)...)
		k.Transports = strings.Fields(transports)
		all = append(all, k)
		return err
	})
	return all, err
}

// Passkey returns the passkey of a site that has this ID, of any user.
func (q Queries) Passkey(ctx context.Context, siteID, credentialID string) (gatehouse.Passkey, error) {
	k, transports := newPasskey(siteID), ""
	err := q.one(ctx, "passkey", passkeyText+`p.credential_id = $2`, []any{siteID, credentialID}, passkeyFields(&k, &transports)...)
	k.Transports = strings.Fields(transports)
	return k, err
}

func newPasskey(siteID string) gatehouse.Passkey {
	return gatehouse.Passkey{Factor: gatehouse.Factor{SiteID: siteID, Kind: gatehouse.FactorPasskey}}
}

// InsertPasskey adds a passkey, which counts at once. It returns false, and the transaction must
// be rolled back, if an account of the site already has it.
func (q Queries) InsertPasskey(ctx context.Context, k gatehouse.Passkey) (bool, error) {
	_, err := q.exec(ctx, "insert factor", `INSERT INTO factors (site_id, user_id, id, kind, name, sealed, created_at, confirmed_at, used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7)`, k.SiteID, k.UserID, k.ID, string(k.Kind), k.Name, []byte{}, micros(k.CreatedAt))
	if err != nil {
		return false, err
	}
	n, err := q.exec(ctx, "insert passkey", `INSERT INTO passkeys (site_id, user_id, factor_id, credential_id, public_key, sign_count,
		model, transports, syncable, backed_up, verified)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (site_id, credential_id) DO NOTHING`,
		k.SiteID, k.UserID, k.ID, k.CredentialID, k.PublicKey, int64(k.SignCount), k.Model, strings.Join(k.Transports, " "), k.Syncable, k.BackedUp, k.Verified)
	if err != nil || n == 0 {
		return false, err
	}
	return true, q.countFactors(ctx, k.SiteID, k.UserID)
}

// TakePasskey stores the data of a passkey's last use. It returns false if the user no longer has
// it.
func (q Queries) TakePasskey(ctx context.Context, k gatehouse.Passkey, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "passkey used", `UPDATE factors SET used_at = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		k.SiteID, k.UserID, k.ID, micros(now))
	if err != nil || n == 0 {
		return false, err
	}
	n, err = q.exec(ctx, "take passkey", `UPDATE passkeys SET sign_count = $3, backed_up = $4, verified = $5 WHERE site_id = $1 AND credential_id = $2`,
		k.SiteID, k.CredentialID, int64(k.SignCount), k.BackedUp, k.Verified)
	return n == 1, err
}

// PasskeyHandle returns the user handle: the existing one, else fresh.
func (q Queries) PasskeyHandle(ctx context.Context, siteID, userID, fresh string) (handle string, err error) {
	_, err = q.exec(ctx, "insert passkey handle", `INSERT INTO passkey_handles (site_id, user_id, handle) VALUES ($1, $2, $3)
		ON CONFLICT (site_id, user_id) DO NOTHING`, siteID, userID, fresh)
	if err != nil {
		return "", err
	}
	return q.HandleOf(ctx, siteID, userID)
}

// HandleOf returns the user handle; empty: no passkey was requested yet.
func (q Queries) HandleOf(ctx context.Context, siteID, userID string) (handle string, err error) {
	err = q.one(ctx, "handle of", `SELECT handle FROM passkey_handles WHERE site_id = $1 AND user_id = $2`, []any{siteID, userID}, &handle)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	return handle, err
}

// PasskeyOffer returns when a user may be offered a passkey again (zero: at any time), and whether
// there is one.
func (q Queries) PasskeyOffer(ctx context.Context, siteID, userID string) (after time.Time, has bool, err error) {
	err = q.one(ctx, "passkey offer", `SELECT offer_after, EXISTS (SELECT 1 FROM passkeys p WHERE p.site_id = $1 AND p.user_id = $2)
		FROM passkey_handles WHERE site_id = $1 AND user_id = $2`, []any{siteID, userID}, when{&after}, &has)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	return after, has, err
}

// PutOffPasskeys stores until when a user is not offered a passkey. The user has a handle.
func (q Queries) PutOffPasskeys(ctx context.Context, siteID, userID string, after time.Time) error {
	n, err := q.exec(ctx, "put off passkeys", `UPDATE passkey_handles SET offer_after = $3 WHERE site_id = $1 AND user_id = $2`, siteID, userID, micros(after))
	return oneRow(n, err)
}

// SpendChallenge uses up a challenge. It reports whether this call did: of two at the same moment,
// one is too late (WebAuthn 13.4.3).
func (q Queries) SpendChallenge(ctx context.Context, siteID, hash string, until time.Time) (bool, error) {
	n, err := q.exec(ctx, "spend challenge", `INSERT INTO spent_challenges (site_id, challenge, until) VALUES ($1, $2, $3)
		ON CONFLICT (site_id, challenge) DO NOTHING`, siteID, hash, micros(until))
	return n == 1, err
}

// DropSpentChallenges removes those that have expired anyway.
func (q Queries) DropSpentChallenges(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "drop spent challenges", `DELETE FROM spent_challenges WHERE until <= $1`, micros(now))
	return err
}
