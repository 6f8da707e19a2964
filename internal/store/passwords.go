package store

import (
	"context"
	"time"

	"gatehouse"
)

// ReplacePassword gives a user another password. One that the person had chosen is kept
// as an old one, of which there are as many as the policy looks at.
func (q Queries) ReplacePassword(ctx context.Context, u gatehouse.User, w gatehouse.Password, history int) error {
	if history > 0 && !u.Password.Temporary() && u.Password.Hash != "" {
		if err := q.keepOldPassword(ctx, u, history); err != nil {
			return err
		}
	}
	return q.SetPassword(ctx, u.SiteID, u.ID, w)
}

// SetPassword writes a user's password.
func (q Queries) SetPassword(ctx context.Context, siteID, id string, w gatehouse.Password) error {
	n, err := q.exec(ctx, "set password", `UPDATE users SET password_hash = $3, password_origin = $4,
		password_set_at = $5, password_expires_at = $6, password_used_by = '', password_warned = 0
		WHERE site_id = $1 AND id = $2`,
		siteID, id, w.Hash, string(w.Origin), micros(w.SetAt), micros(w.ExpiresAt))
	return oneRow(n, err)
}

// UsePassword binds a temporary password to the browser that used it.
func (q Queries) UsePassword(ctx context.Context, siteID, id, browser string) error {
	n, err := q.exec(ctx, "use password", `UPDATE users SET password_used_by = $3 WHERE site_id = $1 AND id = $2`, siteID, id, browser)
	return oneRow(n, err)
}

func (q Queries) keepOldPassword(ctx context.Context, u gatehouse.User, most int) error {
	_, err := q.exec(ctx, "keep old password", `INSERT INTO old_passwords (site_id, user_id, set_at, hash) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site_id, user_id, set_at) DO UPDATE SET hash = $4`, u.SiteID, u.ID, micros(u.Password.SetAt), u.Password.Hash)
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "drop old passwords", `DELETE FROM old_passwords WHERE site_id = $1 AND user_id = $2 AND set_at NOT IN (
		SELECT set_at FROM old_passwords WHERE site_id = $1 AND user_id = $2 ORDER BY set_at DESC LIMIT $3)`, u.SiteID, u.ID, most)
	return err
}

// OldPasswords returns the hashes of a user's replaced passwords, newest first.
func (q Queries) OldPasswords(ctx context.Context, siteID, userID string, limit int) (hashes []string, err error) {
	err = q.all(ctx, "old passwords", `SELECT hash FROM old_passwords WHERE site_id = $1 AND user_id = $2
		ORDER BY set_at DESC LIMIT $3`, []any{siteID, userID, limit}, func(scan func(...any) error) error {
		var hash string
		err := scan(&hash)
		hashes = append(hashes, hash)
		return err
	})
	return hashes, err
}

// AcceptTerms records which version of the terms a user has accepted.
func (q Queries) AcceptTerms(ctx context.Context, siteID, id, version string) error {
	n, err := q.exec(ctx, "accept terms", `UPDATE users SET terms_accepted = $3 WHERE site_id = $1 AND id = $2`, siteID, id, version)
	return oneRow(n, err)
}

// AnswerSoleUser records whether a user is the only one who uses the sign-in.
func (q Queries) AnswerSoleUser(ctx context.Context, siteID, id, version string, sole bool) error {
	n, err := q.exec(ctx, "answer sole user", `UPDATE users SET sole_user_for = $3, sole_user = $4
		WHERE site_id = $1 AND id = $2`, siteID, id, version, sole)
	return oneRow(n, err)
}

// SetChallenge stores a user's challenge question; answer is the sealed hash.
func (q Queries) SetChallenge(ctx context.Context, siteID, userID string, c gatehouse.Challenge, answer []byte) error {
	_, err := q.exec(ctx, "set challenge", `INSERT INTO challenges (site_id, user_id, question, own_question, answer, set_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (site_id, user_id) DO UPDATE SET question = $3, own_question = $4, answer = $5, set_at = $6`,
		siteID, userID, c.Question, c.Own, answer, micros(c.SetAt))
	if err != nil {
		return err
	}
	n, err := q.exec(ctx, "challenge set", `UPDATE users SET challenge_set = TRUE WHERE site_id = $1 AND id = $2`, siteID, userID)
	return oneRow(n, err)
}

// Challenge returns a user's challenge question and the sealed hash of the answer.
func (q Queries) Challenge(ctx context.Context, siteID, userID string) (c gatehouse.Challenge, answer []byte, err error) {
	err = q.one(ctx, "challenge", `SELECT question, own_question, answer, set_at FROM challenges
		WHERE site_id = $1 AND user_id = $2`, []any{siteID, userID}, &c.Question, &c.Own, &answer, when{&c.SetAt})
	return c, answer, err
}

// Administrators returns the active administrators of a company who can help
// somebody, but for that person.
func (q Queries) Administrators(ctx context.Context, siteID, companyID, userID string, limit int) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND company_id = $2
		AND role = 'admin' AND state = 'active' AND locked_at = 0 AND id <> $3 ORDER BY username_key LIMIT $4`,
		siteID, companyID, userID, limit)
}

// RenewSession gives a session another token (ASVS 7.2.4).
func (q Queries) RenewSession(ctx context.Context, siteID, id, tokenHash string, now time.Time) error {
	n, err := q.exec(ctx, "renew session", `UPDATE sessions SET token_hash = $3, seen_at = $4 WHERE site_id = $1 AND id = $2`,
		siteID, id, tokenHash, micros(now))
	return oneRow(n, err)
}
