package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

const signInColumns = `site_id, id, user_id, credentials_at, origin, password_set_at, two_factor_at,
	two_factor_method, trust_device, code_wrong, password_length, wrong, steps, return_to, created_at, expires_at, passkey,
	factor_later, app_id`

// InsertSignIn adds a sign-in in progress under the hash of its token.
func (q Queries) InsertSignIn(ctx context.Context, tokenHash string, in gatehouse.SignIn) error {
	return q.later(ctx, "insert sign-in", `INSERT INTO signins (token_hash, `+signInColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		tokenHash, in.SiteID, in.ID, in.UserID, micros(in.CredentialsAt), string(in.Origin), micros(in.PasswordSetAt), micros(in.TwoFactorAt),
		string(in.TwoFactorMethod), in.TrustDevice, in.CodesEntered, in.PasswordLength, in.Wrong, joinSteps(in.Steps), in.ReturnTo, micros(in.CreatedAt), micros(in.ExpiresAt), string(in.Passkey),
		in.FactorLater, in.AppID)
}

// SignIn returns the sign-in in progress that has this token.
func (q Queries) SignIn(ctx context.Context, siteID, tokenHash string) (in gatehouse.SignIn, err error) {
	found := false
	err = q.together(ctx, "sign-in", ask{text: signInText, args: []any{siteID, tokenHash}, row: signInInto(&in, &found)})
	if err == nil && !found {
		err = gatehouse.ErrNotFound
	}
	return in, err
}

const signInText = `SELECT ` + signInColumns + ` FROM signins WHERE site_id = $1 AND token_hash = $2`

func joinSteps(steps []gatehouse.Step) string {
	words := make([]string, len(steps))
	for i, step := range steps {
		words[i] = string(step)
	}
	return strings.Join(words, " ")
}

// SignInPassword records that another password was chosen in a sign-in.
func (q Queries) SignInPassword(ctx context.Context, siteID, id string, setAt time.Time, length int) error {
	n, err := q.exec(ctx, "sign-in password", `UPDATE signins SET password_set_at = $3, password_length = $4
		WHERE site_id = $1 AND id = $2`, siteID, id, micros(setAt), length)
	return oneRow(n, err)
}

// CountSignInWrong counts an entry on a page of a sign-in before it is verified, and returns the
// new count; NotFound if the limit is reached.
func (q Queries) CountSignInWrong(ctx context.Context, siteID, id string, most int) (wrong int, err error) {
	err = q.one(ctx, "count sign-in wrong", `UPDATE signins SET wrong = wrong + 1
		WHERE site_id = $1 AND id = $2 AND wrong < $3 RETURNING wrong`, []any{siteID, id, most}, &wrong)
	return wrong, err
}

// UncountSignInWrong takes back the count of a right entry.
func (q Queries) UncountSignInWrong(ctx context.Context, siteID, id string) error {
	_, err := q.exec(ctx, "uncount sign-in wrong", `UPDATE signins SET wrong = wrong - 1
		WHERE site_id = $1 AND id = $2 AND wrong > 0`, siteID, id)
	return err
}

// DeleteSignIn ends the sign-in in progress that has this token.
func (q Queries) DeleteSignIn(ctx context.Context, siteID, tokenHash string) error {
	return q.later(ctx, "delete sign-in", `DELETE FROM signins WHERE site_id = $1 AND token_hash = $2`, siteID, tokenHash)
}

// endSignIns ends all sign-ins in progress of a user but the one with the given ID.
func (q Queries) endSignIns(ctx context.Context, u gatehouse.User, keep string) error {
	_, err := q.exec(ctx, "end sign-ins", `DELETE FROM signins WHERE site_id = $1 AND user_id = $2 AND id <> $3`, u.SiteID, u.ID, keep)
	return err
}

// DeleteExpiredSignIns removes those that have expired.
func (q Queries) DeleteExpiredSignIns(ctx context.Context, now time.Time) error {
	_, err := q.exec(ctx, "delete expired sign-ins", `DELETE FROM signins WHERE expires_at <= $1`, micros(now))
	return err
}

// CountCode counts an entered code before it is verified, and returns the new count; NotFound if
// the limit is reached, or the sign-in is over.
func (q Queries) CountCode(ctx context.Context, siteID, signInID string, most int) (entered int, err error) {
	err = q.one(ctx, "count code", `UPDATE signins SET code_wrong = code_wrong + 1
		WHERE site_id = $1 AND id = $2 AND code_wrong < $3 RETURNING code_wrong`, []any{siteID, signInID, most}, &entered)
	return entered, err
}

// UncountCode takes back the count of a code that was not checked.
func (q Queries) UncountCode(ctx context.Context, siteID, signInID string) error {
	_, err := q.exec(ctx, "uncount code", `UPDATE signins SET code_wrong = code_wrong - 1
		WHERE site_id = $1 AND id = $2 AND code_wrong > 0`, siteID, signInID)
	return err
}

// SignInFactor records which app is being set up in a sign-in, and whether the user goes on without
// a factor.
func (q Queries) SignInFactor(ctx context.Context, siteID, id, app string, later bool) error {
	n, err := q.exec(ctx, "sign-in factor", `UPDATE signins SET app_id = $3, factor_later = $4 WHERE site_id = $1 AND id = $2`, siteID, id, app, later)
	return oneRow(n, err)
}

// SignInTwoFactor records what was proved for two-factor in a sign-in.
func (q Queries) SignInTwoFactor(ctx context.Context, siteID, id string, at time.Time, method gatehouse.Method, trust bool) error {
	n, err := q.exec(ctx, "two-factor", `UPDATE signins SET two_factor_at = $3, two_factor_method = $4, trust_device = $5
		WHERE site_id = $1 AND id = $2`, siteID, id, micros(at), string(method), trust)
	return oneRow(n, err)
}
