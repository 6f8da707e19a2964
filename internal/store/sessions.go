package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

// InsertSession adds a session under the hash of its token. ends is when its
// absolute limit is over, so that rows can be removed without knowing a policy.
func (q Queries) InsertSession(ctx context.Context, tokenHash string, s gatehouse.Session, ends time.Time) error {
	methods := make([]string, len(s.Assurance.Methods))
	for i, m := range s.Assurance.Methods {
		methods[i] = string(m)
	}
	_, err := q.exec(ctx, "insert session", `INSERT INTO sessions
		(site_id, token_hash, id, user_id, company_id, created_at, seen_at, ends_at, address, user_agent, level, methods)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		s.SiteID, tokenHash, s.ID, s.UserID, s.CompanyID, micros(s.CreatedAt), micros(s.SeenAt), micros(ends),
		s.Address, s.UserAgent, s.Assurance.Level, strings.Join(methods, " "))
	return err
}

// Session returns the session that has this token, with its user and company as
// they are now, as far as pages need them: it is asked at every request. Whether it is still alive is for gatehouse.SessionLimits to say.
func (q Queries) Session(ctx context.Context, siteID, tokenHash string) (s gatehouse.Session, u gatehouse.User, c gatehouse.Company, err error) {
	var methods string
	dest := []any{&s.ID, &s.UserID, &s.CompanyID, when{&s.CreatedAt}, when{&s.SeenAt}, &s.Address, &s.UserAgent,
		&s.Assurance.Level, &methods,
		&u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailConfirmed, &u.Role, &u.State, &u.Locale,
		when{&u.LockedAt}, &u.ChallengeSet, &c.Name, &c.AccountNumber, &c.TwoFactor}
	err = q.one(ctx, "session", `SELECT s.id, s.user_id, s.company_id, s.created_at, s.seen_at, s.address, s.user_agent,
		s.level, s.methods,
		u.username, u.first_name, u.last_name, u.email, u.email_confirmed, u.role, u.state, u.locale,
		u.locked_at, u.challenge_set, c.name, c.account_number, c.two_factor
		FROM sessions s
		JOIN users u ON u.site_id = s.site_id AND u.id = s.user_id
		JOIN companies c ON c.site_id = s.site_id AND c.id = s.company_id
		WHERE s.site_id = $1 AND s.token_hash = $2`, []any{siteID, tokenHash}, dest...)
	for m := range strings.FieldsSeq(methods) {
		s.Assurance.Methods = append(s.Assurance.Methods, gatehouse.Method(m))
	}
	s.SiteID, u.SiteID, c.SiteID = siteID, siteID, siteID
	u.ID, u.CompanyID, c.ID = s.UserID, s.CompanyID, s.CompanyID
	return s, u, c, err
}

// SessionSeen writes the time of the last request, unless it is recent already.
func (q Queries) SessionSeen(ctx context.Context, siteID, tokenHash string, now time.Time) error {
	_, err := q.exec(ctx, "session seen", `UPDATE sessions SET seen_at = $3
		WHERE site_id = $1 AND token_hash = $2 AND seen_at < $4`,
		siteID, tokenHash, micros(now), micros(now.Add(-gatehouse.SeenEvery)))
	return err
}

// DeleteSession ends the session that has this token. It reports whether there was one.
func (q Queries) DeleteSession(ctx context.Context, siteID, tokenHash string) (bool, error) {
	n, err := q.exec(ctx, "delete session", `DELETE FROM sessions WHERE site_id = $1 AND token_hash = $2`, siteID, tokenHash)
	return n == 1, err
}

// DeleteSessionsOf ends all sessions of a user and returns how many there were.
func (q Queries) DeleteSessionsOf(ctx context.Context, siteID, userID string) (int64, error) {
	return q.exec(ctx, "delete sessions", `DELETE FROM sessions WHERE site_id = $1 AND user_id = $2`, siteID, userID)
}

// EndAccess ends all that is open in a user's name: sessions and half-finished sign-ins
// (invariants 4 and 5).
func (q Queries) EndAccess(ctx context.Context, siteID, userID string) error {
	if _, err := q.DeleteSessionsOf(ctx, siteID, userID); err != nil {
		return err
	}
	return q.DeleteSignInsOf(ctx, siteID, userID)
}

// DeleteEndedSessions removes those past their absolute limit.
func (q Queries) DeleteEndedSessions(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "delete ended sessions", `DELETE FROM sessions WHERE ends_at <= $1`, micros(now))
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
