package store

import (
	"context"
	"time"

	"gatehouse"
)

// Recovery is a recovery of a forgotten password in progress. For an unknown name, it has no
// UserID.
type Recovery struct {
	SiteID string
	ID     string
	// Kind is by challenge or by link.
	Kind   gatehouse.Recovery
	UserID string
	// Subject is the subject that wrong answers are counted for.
	Subject string
	// Challenge is the question that was asked, which may differ from the stored one.
	Challenge gatehouse.Challenge
	// Wrong counts answers, before they are verified.
	Wrong     int
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
}

const recoveryColumns = `site_id, id, kind, user_id, subject, question, own_question, wrong, created_at, expires_at, used_at`

func recoveryFields(r *Recovery) []any {
	return []any{&r.SiteID, &r.ID, &r.Kind, &r.UserID, &r.Subject, &r.Challenge.Question, &r.Challenge.Own, &r.Wrong,
		when{&r.CreatedAt}, when{&r.ExpiresAt}, when{&r.UsedAt}}
}

// InsertRecovery adds a recovery under the hash of its token.
func (q Queries) InsertRecovery(ctx context.Context, tokenHash string, r Recovery) error {
	_, err := q.exec(ctx, "insert recovery", `INSERT INTO recoveries (token_hash, `+recoveryColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		tokenHash, r.SiteID, r.ID, string(r.Kind), r.UserID, r.Subject, r.Challenge.Question, r.Challenge.Own, r.Wrong,
		micros(r.CreatedAt), micros(r.ExpiresAt), micros(r.UsedAt))
	return err
}

// Recovery returns the recovery that has this token.
func (q Queries) Recovery(ctx context.Context, siteID, tokenHash string) (r Recovery, err error) {
	err = q.one(ctx, "recovery", `SELECT `+recoveryColumns+` FROM recoveries WHERE site_id = $1 AND token_hash = $2`,
		[]any{siteID, tokenHash}, recoveryFields(&r)...)
	return r, err
}

// CountAnswer counts an answer, or a use of a link, before it is verified, and returns the
// recovery including it; NotFound if it no longer accepts any.
func (q Queries) CountAnswer(ctx context.Context, siteID, tokenHash string, kind gatehouse.Recovery, most int, now time.Time) (r Recovery, err error) {
	err = q.one(ctx, "count answer", `UPDATE recoveries SET wrong = wrong + 1
		WHERE site_id = $1 AND token_hash = $2 AND kind = $3 AND wrong < $4 AND used_at = 0 AND expires_at > $5
		RETURNING `+recoveryColumns, []any{siteID, tokenHash, string(kind), most, micros(now)}, recoveryFields(&r)...)
	return r, err
}

// UncountAnswer takes back the count of an answer that was not verified.
func (q Queries) UncountAnswer(ctx context.Context, siteID, id string) error {
	_, err := q.exec(ctx, "uncount answer", `UPDATE recoveries SET wrong = wrong - 1 WHERE site_id = $1 AND id = $2 AND wrong > 0`, siteID, id)
	return err
}

// UseRecovery uses up a recovery. It reports whether this call did (invariant 2).
func (q Queries) UseRecovery(ctx context.Context, siteID, tokenHash string, kind gatehouse.Recovery, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "use recovery", `UPDATE recoveries SET used_at = $4
		WHERE site_id = $1 AND token_hash = $2 AND kind = $3 AND used_at = 0 AND expires_at > $4`,
		siteID, tokenHash, string(kind), micros(now))
	return n == 1, err
}

// KeepRecoveries ends all but a user's newest few recoveries of a kind.
func (q Queries) KeepRecoveries(ctx context.Context, siteID, userID string, kind gatehouse.Recovery, most int) error {
	_, err := q.exec(ctx, "keep recoveries", `DELETE FROM recoveries WHERE site_id = $1 AND user_id = $2 AND user_id <> '' AND kind = $3
		AND token_hash NOT IN (SELECT token_hash FROM recoveries WHERE site_id = $1 AND user_id = $2 AND user_id <> '' AND kind = $3
			ORDER BY created_at DESC, id DESC LIMIT $4)`, siteID, userID, string(kind), most)
	return err
}

// endRecoveries ends all recoveries of a user, including links (invariant 5).
func (q Queries) endRecoveries(ctx context.Context, u gatehouse.User) error {
	_, err := q.exec(ctx, "end recoveries", `DELETE FROM recoveries WHERE site_id = $1 AND user_id = $2 AND user_id <> ''`, u.SiteID, u.ID)
	return err
}

// DropOldRecoveries removes recoveries of forgotten passwords, used or not, that ended
// before the given time.
func (q Queries) DropOldRecoveries(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old recoveries", `DELETE FROM recoveries WHERE expires_at < $1`, micros(before))
	return err
}
