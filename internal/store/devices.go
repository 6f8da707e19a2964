package store

import (
	"context"
	"time"

	"gatehouse"
)

// Device returns the ID under which a device token is known for a user; gatehouse.ErrNotFound if
// it has not signed in as that user since the given time.
func (q Queries) Device(ctx context.Context, siteID, userID, tokenHash string, since time.Time) (id string, err error) {
	err = q.one(ctx, "device", `SELECT id FROM devices WHERE site_id = $1 AND user_id = $2 AND token_hash = $3 AND seen_at > $4`,
		[]any{siteID, userID, tokenHash, micros(since)}, &id)
	return id, err
}

// DeviceOfEmail returns the user who has confirmed an address and has signed in on a device; if
// there are several, the one who did so last. An address that is only claimed could belong to any
// company's administrator.
func (q Queries) DeviceOfEmail(ctx context.Context, siteID, email, tokenHash string, since time.Time) (userID string, err error) {
	err = q.one(ctx, "device of email", `SELECT b.user_id FROM devices b JOIN users u ON u.site_id = b.site_id AND u.id = b.user_id
		WHERE b.site_id = $1 AND b.token_hash = $2 AND b.seen_at > $3 AND u.email_key = $4 AND u.email_key <> '' AND u.email_confirmed
		ORDER BY b.seen_at DESC, b.id DESC LIMIT 1`, []any{siteID, tokenHash, micros(since), gatehouse.NameKey(email)}, &userID)
	return userID, err
}

// DeviceRecovered records that a user has completed a recovery on a device. It is known from then
// on, but has not signed in yet.
func (q Queries) DeviceRecovered(ctx context.Context, siteID, userID, tokenHash, id, userAgent, address string, now time.Time) error {
	_, err := q.exec(ctx, "device recovered", `INSERT INTO devices (site_id, user_id, token_hash, id, user_agent, created_at, seen_at, address)
		VALUES ($1, $2, $3, $4, $5, 0, $6, $7) ON CONFLICT (site_id, user_id, token_hash) DO NOTHING`,
		siteID, userID, tokenHash, id, userAgent, micros(now), address)
	return err
}

// DevicesOf returns the devices that have signed in as a user since the given time, the last used
// first. KeepDevices limits their number.
func (q Queries) DevicesOf(ctx context.Context, siteID, userID string, since time.Time) ([]gatehouse.Device, error) {
	var all []gatehouse.Device
	err := q.all(ctx, "devices of user", `SELECT id, user_agent, created_at, seen_at, address, trusted_at FROM devices
		WHERE site_id = $1 AND user_id = $2 AND seen_at > $3 AND created_at > 0 ORDER BY seen_at DESC, id DESC`,
		[]any{siteID, userID, micros(since)}, func(scan func(...any) error) error {
			var b gatehouse.Device
			err := scan(&b.ID, &b.UserAgent, when{&b.CreatedAt}, when{&b.SeenAt}, &b.IPAddress, when{&b.TrustedAt})
			all = append(all, b)
			return err
		})
	return all, err
}

// RenameDevice gives a device another token, for all users it is known for, and for those whose
// temporary password works only there.
func (q Queries) RenameDevice(ctx context.Context, siteID, old, fresh string) error {
	_, err := q.exec(ctx, "rename device", `UPDATE devices SET token_hash = $3 WHERE site_id = $1 AND token_hash = $2`, siteID, old, fresh)
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "rename device of passwords", `UPDATE users SET password_used_by = $3
		WHERE site_id = $1 AND password_used_by = $2 AND password_used_by <> ''`, siteID, old, fresh)
	return err
}

// KeepDevices forgets all but the newest few devices of a user. The limit is a sum for the reason
// given at dueMessages.
func (q Queries) KeepDevices(ctx context.Context, siteID, userID string, most int) error {
	return q.later(ctx, "keep devices", `DELETE FROM devices WHERE site_id = $1 AND user_id = $2 AND token_hash NOT IN (
		SELECT token_hash FROM devices WHERE site_id = $1 AND user_id = $2 ORDER BY seen_at DESC, id DESC LIMIT $3 + 0)`,
		siteID, userID, most)
}

// forgetDevices makes all devices of a user but the one with the given ID strangers again, and
// deletes their counts: somebody with the old password may have signed in on some of them. It
// returns their IDs.
func (q Queries) forgetDevices(ctx context.Context, u gatehouse.User, keep string) ([]string, error) {
	ids, err := q.ids(ctx, "forget devices", `DELETE FROM devices WHERE site_id = $1 AND user_id = $2 AND id <> $3 RETURNING id`, u.SiteID, u.ID, keep)
	if err != nil {
		return nil, err
	}
	_, err = q.exec(ctx, "forget attempts of devices", `DELETE FROM attempts
		WHERE site_id = $1 AND subject = $2 AND device <> '' AND device <> $3`, u.SiteID, u.ID, keep)
	return ids, err
}

// ForgetDevice makes one device of a user a stranger again, and deletes its counts. It reports
// whether it was known.
func (q Queries) ForgetDevice(ctx context.Context, siteID, userID, id string) (bool, error) {
	n, err := q.exec(ctx, "forget device", `DELETE FROM devices WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = q.exec(ctx, "forget attempts of device", `DELETE FROM attempts WHERE site_id = $1 AND subject = $2 AND device = $3`, siteID, userID, id)
	return true, err
}

// DeviceSignedIn records that a device finished a sign-in as a user. It returns the ID that it is
// known by, which is the given one if it was the first time.
func (q Queries) DeviceSignedIn(ctx context.Context, siteID, userID, tokenHash, id, userAgent, address string, now time.Time) (kept string, first bool, err error) {
	var createdAt int64 // 0: only a recovery was completed on it
	err = q.one(ctx, "device signed in", `INSERT INTO devices (site_id, user_id, token_hash, id, user_agent, created_at, seen_at, address)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
		ON CONFLICT (site_id, user_id, token_hash) DO UPDATE SET seen_at = $6, user_agent = $5, address = $7
		RETURNING id, created_at`, []any{siteID, userID, tokenHash, id, userAgent, micros(now), address}, &kept, &createdAt)
	if err != nil || kept == id || createdAt > 0 {
		return kept, kept == id, err
	}
	n, err := q.exec(ctx, "device signed in first", `UPDATE devices SET created_at = $4
		WHERE site_id = $1 AND user_id = $2 AND token_hash = $3 AND created_at = 0`, siteID, userID, tokenHash, micros(now))
	return kept, n == 1, err
}

// DeviceSignedInAgain is DeviceSignedIn for a device that has finished a sign-in as the user since the
// given time; gatehouse.ErrNotFound if it has not. Its ID stays.
func (q Queries) DeviceSignedInAgain(ctx context.Context, siteID, userID, tokenHash, userAgent, address string, now, since time.Time) (id string, err error) {
	err = q.one(ctx, "device signed in again", `UPDATE devices SET seen_at = $4, user_agent = $5, address = $6
		WHERE site_id = $1 AND user_id = $2 AND token_hash = $3 AND created_at > 0 AND seen_at > $7 RETURNING id`,
		[]any{siteID, userID, tokenHash, micros(now), userAgent, address, micros(since)}, &id)
	return id, err
}

// TrustDevice trusts a device of a user from the given time on.
func (q Queries) TrustDevice(ctx context.Context, siteID, userID, id string, at time.Time) error {
	n, err := q.exec(ctx, "trust device", `UPDATE devices SET trusted_at = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		siteID, userID, id, micros(at))
	return oneRow(n, err)
}

// TrustedDevice returns since when a device token is trusted for a user; zero: it is not.
func (q Queries) TrustedDevice(ctx context.Context, siteID, userID, tokenHash string) (b gatehouse.Device, err error) {
	err = q.one(ctx, "trusted device", `SELECT id, trusted_at FROM devices
		WHERE site_id = $1 AND user_id = $2 AND token_hash = $3`, []any{siteID, userID, tokenHash}, &b.ID, when{&b.TrustedAt})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return gatehouse.Device{}, nil
	}
	return b, err
}

// EndTrustIn ends the trust in one device of a user. It reports whether there was any.
func (q Queries) EndTrustIn(ctx context.Context, siteID, userID, id string) (bool, error) {
	n, err := q.exec(ctx, "end trust in device", `UPDATE devices SET trusted_at = 0
		WHERE site_id = $1 AND user_id = $2 AND id = $3 AND trusted_at > 0`, siteID, userID, id)
	return n == 1, err
}

// endTrust ends the trust in all devices of a user; they stay known.
func (q Queries) endTrust(ctx context.Context, u gatehouse.User) error {
	_, err := q.exec(ctx, "end trust", `UPDATE devices SET trusted_at = 0 WHERE site_id = $1 AND user_id = $2 AND trusted_at > 0`, u.SiteID, u.ID)
	return err
}
