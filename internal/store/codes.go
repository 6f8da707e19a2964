package store

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/guard"
)

// InsertCode adds a code that was sent for a sign-in.
func (q Queries) InsertCode(ctx context.Context, siteID, userID, signInID string, c gatehouse.Code) error {
	_, err := q.exec(ctx, "insert code", `INSERT INTO codes (site_id, id, user_id, signin_id, mac, message_id, sent_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		siteID, c.ID, userID, signInID, c.MAC, c.MessageID, micros(c.SentAt), micros(c.ExpiresAt))
	return err
}

// Codes returns what was sent for a sign-in, newest first.
func (q Queries) Codes(ctx context.Context, siteID, signInID string) ([]gatehouse.Code, error) {
	var all []gatehouse.Code
	which := `signin_id = $2`
	if guard.Out(guard.CodeOfItsSignIn) {
		which = `user_id IN (SELECT user_id FROM signins WHERE id = $2)`
	}
	err := q.all(ctx, "codes", `SELECT id, mac, message_id, sent_at, expires_at, used_at FROM codes
		WHERE site_id = $1 AND `+which+` ORDER BY sent_at DESC, id DESC`, []any{siteID, signInID},
		func(scan func(...any) error) error {
			var c gatehouse.Code
			err := scan(&c.ID, &c.MAC, &c.MessageID, when{&c.SentAt}, when{&c.ExpiresAt}, when{&c.UsedAt})
			all = append(all, c)
			return err
		})
	return all, err
}

// CodesSent returns when codes were sent to a user since the given time, newest first. The
// limit is a sum for the reason that claimMessages names.
func (q Queries) CodesSent(ctx context.Context, siteID, userID string, since time.Time) (sent []time.Time, err error) {
	err = q.all(ctx, "codes sent", `SELECT sent_at FROM codes WHERE site_id = $1 AND user_id = $2 AND sent_at > $3
		ORDER BY sent_at DESC LIMIT $4 + 0`, []any{siteID, userID, micros(since), gatehouse.CodesAnHour}, func(scan func(...any) error) error {
		var at time.Time
		err := scan(when{&at})
		sent = append(sent, at)
		return err
	})
	return sent, err
}

// UseCode uses a code up. It reports whether it was this call that did (invariant 2).
func (q Queries) UseCode(ctx context.Context, siteID, id string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "use code", `UPDATE codes SET used_at = $3 WHERE site_id = $1 AND id = $2 AND used_at = 0 AND expires_at > $3`,
		siteID, id, micros(now))
	return n == 1, err
}

// CountCode counts a code that was entered before it is verified, and returns how many
// there are; NotFound if there are as many as there may be, or the sign-in is over.
func (q Queries) CountCode(ctx context.Context, siteID, signInID string, most int) (entered int, err error) {
	err = q.one(ctx, "count code", `UPDATE signins SET code_wrong = code_wrong + 1
		WHERE site_id = $1 AND id = $2 AND code_wrong < $3 RETURNING code_wrong`, []any{siteID, signInID, most}, &entered)
	return entered, err
}

// UncountCode takes back the count of a code that was not looked at.
func (q Queries) UncountCode(ctx context.Context, siteID, signInID string) error {
	_, err := q.exec(ctx, "uncount code", `UPDATE signins SET code_wrong = code_wrong - 1
		WHERE site_id = $1 AND id = $2 AND code_wrong > 0`, siteID, signInID)
	return err
}

// SignInSecondStep records what was proved as the second step of a sign-in.
func (q Queries) SignInSecondStep(ctx context.Context, siteID, id string, at time.Time, method gatehouse.Method, trust bool) error {
	n, err := q.exec(ctx, "second step", `UPDATE signins SET second_step_at = $3, second_method = $4, trust_browser = $5
		WHERE site_id = $1 AND id = $2`, siteID, id, micros(at), string(method), trust)
	return oneRow(n, err)
}

// SetCodesOnRequest records whether a user wants codes only when asked for (B09).
func (q Queries) SetCodesOnRequest(ctx context.Context, siteID, userID string, onRequest bool) error {
	n, err := q.exec(ctx, "codes on request", `UPDATE users SET codes_on_request = $3 WHERE site_id = $1 AND id = $2`, siteID, userID, onRequest)
	return oneRow(n, err)
}

// EndCodes ends all codes of a user: what was mailed to an address that is no longer the
// person's opens nothing.
func (q Queries) EndCodes(ctx context.Context, siteID, userID string, now time.Time) error {
	_, err := q.exec(ctx, "end codes", `UPDATE codes SET expires_at = $3 WHERE site_id = $1 AND user_id = $2 AND expires_at > $3`,
		siteID, userID, micros(now))
	return err
}

// ProveEmail records that a user reads the mail of the present address. It reports
// whether that was not known.
func (q Queries) ProveEmail(ctx context.Context, siteID, userID, email string) (bool, error) {
	n, err := q.exec(ctx, "prove email", `UPDATE users SET email_confirmed = TRUE
		WHERE site_id = $1 AND id = $2 AND email = $3 AND NOT email_confirmed`, siteID, userID, email)
	return n == 1, err
}

// SetOwnTwoFactor records whether a user wants a code at every sign-in.
func (q Queries) SetOwnTwoFactor(ctx context.Context, siteID, userID string, own bool) error {
	n, err := q.exec(ctx, "own two-factor", `UPDATE users SET own_two_factor = $3 WHERE site_id = $1 AND id = $2`, siteID, userID, own)
	return oneRow(n, err)
}

// DropOldCodes removes codes that count for no limit any more.
func (q Queries) DropOldCodes(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old codes", `DELETE FROM codes WHERE sent_at < $1`, micros(before))
	return err
}

// TrustBrowser trusts a browser of a user from the given time on.
func (q Queries) TrustBrowser(ctx context.Context, siteID, userID, id string, at time.Time) error {
	n, err := q.exec(ctx, "trust browser", `UPDATE browsers SET trusted_at = $4 WHERE site_id = $1 AND user_id = $2 AND id = $3`,
		siteID, userID, id, micros(at))
	return oneRow(n, err)
}

// TrustedBrowser returns since when a browser's token is trusted for a user; zero: it is
// not.
func (q Queries) TrustedBrowser(ctx context.Context, siteID, userID, tokenHash string) (b gatehouse.Browser, err error) {
	err = q.one(ctx, "trusted browser", `SELECT id, trusted_at FROM browsers
		WHERE site_id = $1 AND user_id = $2 AND token_hash = $3`, []any{siteID, userID, tokenHash}, &b.ID, when{&b.TrustedAt})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return gatehouse.Browser{}, nil
	}
	return b, err
}

// EndTrustIn ends the trust in one browser of a user. It reports whether there was some.
func (q Queries) EndTrustIn(ctx context.Context, siteID, userID, id string) (bool, error) {
	n, err := q.exec(ctx, "end trust in browser", `UPDATE browsers SET trusted_at = 0
		WHERE site_id = $1 AND user_id = $2 AND id = $3 AND trusted_at > 0`, siteID, userID, id)
	return n == 1, err
}

// EndTrust ends the trust in all browsers of a user; they stay known.
func (q Queries) EndTrust(ctx context.Context, siteID, userID string) error {
	_, err := q.exec(ctx, "end trust", `UPDATE browsers SET trusted_at = 0 WHERE site_id = $1 AND user_id = $2 AND trusted_at > 0`, siteID, userID)
	return err
}
