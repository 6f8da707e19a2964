package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

// InsertSession adds a session under the hash of its token. ends is the end of its absolute limit,
// so rows can be removed without knowing a policy.
func (q Queries) InsertSession(ctx context.Context, tokenHash string, s gatehouse.Session, ends time.Time) error {
	methods := make([]string, len(s.Assurance.Methods))
	for i, m := range s.Assurance.Methods {
		methods[i] = string(m)
	}
	return q.later(ctx, "insert session", `INSERT INTO sessions
		(site_id, token_hash, id, user_id, company_id, created_at, seen_at, ends_at, address, user_agent, device_id, level, methods)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		s.SiteID, tokenHash, s.ID, s.UserID, s.CompanyID, micros(s.CreatedAt), micros(s.SeenAt), micros(ends),
		s.IPAddress, s.UserAgent, s.DeviceID, s.Assurance.Level, strings.Join(methods, " "))
}

// Session returns the session that has this token, with its user and company as they are now, as
// far as pages need them. gatehouse.SessionLimits decides whether it is still alive. Store.Session
// is a cheaper way to get the same answer.
func (q Queries) Session(ctx context.Context, siteID, tokenHash string) (s gatehouse.Session, u gatehouse.User, c gatehouse.Company, err error) {
	found, err := q.answer(ctx, sessionKey{siteID, tokenHash})
	f := found.(*signedIn)
	return f.Session, f.User, f.Company, err
}

// SessionsOf returns up to limit sessions of a user that have not reached their absolute
// limit, the last used first.
func (q Queries) SessionsOf(ctx context.Context, siteID, userID string, now time.Time, limit int) ([]gatehouse.Session, error) {
	var all []gatehouse.Session
	err := q.all(ctx, "sessions of user", `SELECT id, company_id, created_at, seen_at, address, user_agent, device_id, binding_id FROM sessions
		WHERE site_id = $1 AND user_id = $2 AND ends_at > $3 ORDER BY seen_at DESC, id DESC LIMIT $4`,
		[]any{siteID, userID, micros(now), limit}, func(scan func(...any) error) error {
			s := gatehouse.Session{SiteID: siteID, UserID: userID}
			err := scan(&s.ID, &s.CompanyID, when{&s.CreatedAt}, when{&s.SeenAt}, &s.IPAddress, &s.UserAgent, &s.DeviceID, &s.BindingID)
			all = append(all, s)
			return err
		})
	return all, err
}

// HasSession reports whether a user's session exists. If the caller holds the account, no other
// transaction has ended it.
func (q Queries) HasSession(ctx context.Context, siteID, userID, id string) (bool, error) {
	var n int
	err := q.one(ctx, "has session", `SELECT COUNT(*) FROM sessions WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		[]any{siteID, userID, id}, &n)
	return n == 1, err
}

// SessionSeen writes the time of the last request, unless it is already recent.
func (q Queries) SessionSeen(ctx context.Context, siteID, tokenHash string, now time.Time) error {
	_, err := q.exec(ctx, "session seen", `UPDATE sessions SET seen_at = $3
		WHERE site_id = $1 AND token_hash = $2 AND seen_at < $4`,
		siteID, tokenHash, micros(now), micros(now.Add(-gatehouse.SeenEvery)))
	return err
}

// DeleteSession ends the session that has this token. It returns how many platforms have to be
// notified.
func (q Queries) DeleteSession(ctx context.Context, siteID, tokenHash string, now time.Time) (platforms int, err error) {
	_, platforms, err = q.ending(ctx, siteID, now, "delete session", `DELETE FROM sessions WHERE site_id = $1 AND token_hash = $2`, siteID, tokenHash)
	return platforms, err
}

// EndSession ends a session of a user by its ID. It reports whether there was one.
func (q Queries) EndSession(ctx context.Context, siteID, userID, id string, now time.Time) (bool, error) {
	ids, _, err := q.ending(ctx, siteID, now, "end session", `DELETE FROM sessions WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id)
	return len(ids) == 1, err
}

// endSessions ends all sessions of a user but the one with the given ID, and returns
// their IDs.
func (q Queries) endSessions(ctx context.Context, u gatehouse.User, keep string, now time.Time) ([]string, error) {
	ids, _, err := q.ending(ctx, u.SiteID, now, "end sessions", `DELETE FROM sessions WHERE site_id = $1 AND user_id = $2 AND id <> $3`, u.SiteID, u.ID, keep)
	return ids, err
}

// EndSessionsOfDevice ends a user's sessions on one device, and returns their IDs.
func (q Queries) EndSessionsOfDevice(ctx context.Context, siteID, userID, deviceID string, now time.Time) ([]string, error) {
	ids, _, err := q.ending(ctx, siteID, now, "end sessions of device", `DELETE FROM sessions
		WHERE site_id = $1 AND user_id = $2 AND device_id = $3 AND device_id <> ''`, siteID, userID, deviceID)
	return ids, err
}

// ending runs a statement that deletes sessions of a site, and ends what those sessions have reached
// and what they are tied to. It returns their IDs, and how many platforms have to be notified.
func (q Queries) ending(ctx context.Context, siteID string, now time.Time, what, text string, args ...any) (ids []string, platforms int, err error) {
	var bindings []string
	err = q.all(ctx, what, text+" RETURNING id, binding_id", args, func(scan func(...any) error) error {
		var id, binding string
		err := scan(&id, &binding)
		ids = append(ids, id)
		if binding != "" {
			bindings = append(bindings, binding)
		}
		return err
	})
	if err == nil {
		err = q.dropBindings(ctx, siteID, bindings)
	}
	if err == nil {
		platforms, err = q.endLoginsOf(ctx, siteID, ids, now)
	}
	return ids, platforms, err
}

// DeleteEndedSessions removes those past their absolute limit, and bindings of any that have ended.
func (q Queries) DeleteEndedSessions(ctx context.Context, now time.Time) error {
	var gone [][]any
	err := q.all(ctx, "delete ended sessions", `DELETE FROM sessions WHERE ends_at <= $1 RETURNING site_id, id`, []any{micros(now)}, func(scan func(...any) error) error {
		var siteID, id string
		err := scan(&siteID, &id)
		gone = append(gone, []any{siteID, id})
		return err
	})
	if err == nil {
		_, err = q.exec(ctx, "delete ended bindings", `DELETE FROM device_bindings WHERE ends_at <= $1`, micros(now))
	}
	if err == nil {
		_, err = q.endLogins(ctx, gone, now)
	}
	return err
}

// CountSessions returns how many sessions have not reached their absolute limit.
func (q Queries) CountSessions(ctx context.Context, now time.Time) (n int, err error) {
	err = q.one(ctx, "count sessions", `SELECT COUNT(*) FROM sessions WHERE ends_at > $1`, []any{micros(now)}, &n)
	return n, err
}

// CountSessionsOf returns how many sessions of a user have not reached their
// absolute limit.
func (q Queries) CountSessionsOf(ctx context.Context, siteID, userID string, now time.Time) (n int, err error) {
	err = q.one(ctx, "count sessions of user", `SELECT COUNT(*) FROM sessions WHERE site_id = $1 AND user_id = $2 AND ends_at > $3`,
		[]any{siteID, userID, micros(now)}, &n)
	return n, err
}

// RenewSession gives a session another token (ASVS 7.2.4).
func (q Queries) RenewSession(ctx context.Context, s gatehouse.Session, tokenHash string, now time.Time) error {
	n, err := q.exec(ctx, "renew session", `UPDATE sessions SET token_hash = $4, forward_hash = '', seen_at = $5 WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		s.SiteID, s.UserID, s.ID, tokenHash, micros(now))
	return oneRow(n, err)
}

// CountProof counts an entry on the page that asks again who the user of a session is, before it
// is verified, and returns the new count; NotFound if the limit is reached, or the session is over.
func (q Queries) CountProof(ctx context.Context, s gatehouse.Session, most int) (entered int, err error) {
	err = q.one(ctx, "count proof", `UPDATE sessions SET proofs_entered = proofs_entered + 1
		WHERE site_id = $1 AND user_id = $2 AND id = $3 AND proofs_entered < $4 RETURNING proofs_entered`, []any{s.SiteID, s.UserID, s.ID, most}, &entered)
	return entered, err
}

// ProveSession records what was proved again in a session, and forgets the wrong entries before
// it; NotFound if the session is over.
func (q Queries) ProveSession(ctx context.Context, s gatehouse.Session, p gatehouse.Proof) error {
	n, err := q.exec(ctx, "prove session", `UPDATE sessions SET proved = $4, proved_at = $5, proofs_entered = 0 WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		s.SiteID, s.UserID, s.ID, string(p.Method), micros(p.At))
	return oneRow(n, err)
}

// ProofsEntered returns how many entries have been counted since a session last proved anything.
func (q Queries) ProofsEntered(ctx context.Context, s gatehouse.Session) (entered int, err error) {
	err = q.one(ctx, "proofs entered", `SELECT proofs_entered FROM sessions WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		[]any{s.SiteID, s.UserID, s.ID}, &entered)
	return entered, err
}

// ForwardSession makes a session findable by the token of forward authentication, too.
func (q Queries) ForwardSession(ctx context.Context, s gatehouse.Session, forwardHash string) error {
	n, err := q.exec(ctx, "forward session", `UPDATE sessions SET forward_hash = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		s.SiteID, s.UserID, s.ID, forwardHash)
	return oneRow(n, err)
}

// ForwardedSession returns the hash of the session's own token.
func (q Queries) ForwardedSession(ctx context.Context, siteID, forwardHash string) (tokenHash string, err error) {
	err = q.one(ctx, "forwarded session", `SELECT token_hash FROM sessions WHERE site_id = $1 AND forward_hash = $2 AND forward_hash <> ''`,
		[]any{siteID, forwardHash}, &tokenHash)
	return tokenHash, err
}
