package store

import (
	"context"

	"gatehouse"
)

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
