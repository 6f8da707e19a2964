package store

import (
	"context"
	"time"

	"gatehouse"
)

// MessageByToken returns the message whose Message-ID begins with a token, which is part of the
// address for its bounce reports; NotFound if there is none.
func (q Queries) MessageByToken(ctx context.Context, token string) (Message, error) {
	// "A" is what follows "@": all Message-IDs of the token, by index.
	all, err := q.messages(ctx, "message by token", `SELECT `+messageColumns+` FROM messages
		WHERE message_id >= $1 AND message_id < $2 LIMIT 1`, token+"@", token+"A")
	if err != nil {
		return Message{}, err
	}
	if len(all) == 0 || token == "" {
		return Message{}, gatehouse.ErrNotFound
	}
	return all[0], nil
}

// BounceMessage records that a message bounced. A report can be faster than the process that is
// still recording that it has delivered the message; that result is then lost. It reports whether
// this call recorded it.
func (q Queries) BounceMessage(ctx context.Context, siteID, id, reply string, at time.Time) (bool, error) {
	n, err := q.exec(ctx, "bounce message", `UPDATE messages SET state = 'bounced', reply = $3, done_at = $4,
		due_at = $4, lease = '', body = NULL WHERE site_id = $1 AND id = $2 AND state <> 'bounced'`,
		siteID, id, reply, micros(at))
	return n == 1, err
}

// NoteDelivery replaces the delivery record of a sent message.
func (q Queries) NoteDelivery(ctx context.Context, siteID, id, reply string) error {
	_, err := q.exec(ctx, "note delivery", `UPDATE messages SET reply = $3
		WHERE site_id = $1 AND id = $2 AND state = 'sent'`, siteID, id, reply)
	return err
}

// MarkBounced marks a user as unreachable by mail, if the address is still exactly the one that
// the mail went to. Nobody else is marked: another account that seems to have the same mailbox may
// be somebody else's, and its own mail will show that. It reports whether the user was not marked
// before, or only as refused at the hand-over when there is a report now.
func (q Queries) MarkBounced(ctx context.Context, siteID, userID, email string, b gatehouse.Bounce) (bool, error) {
	n, err := q.exec(ctx, "mark bounced", q.changes()+`bounced_at = $4, bounce_reason = $5, bounce_reported = $6
		WHERE site_id = $1 AND id = $2 AND email = $3 AND email <> '' AND (bounced_at = 0 OR $6 AND NOT bounce_reported)`,
		siteID, userID, email, micros(b.At), b.Reason, b.Reported)
	return n == 1, err
}

// ClearBounce removes the bounce mark from a user's address, if it is still the one that a mail
// arrived at: with reported, any mark; otherwise only one from the hand-over, because a relay
// accepts mail to every address, and a report knows better. It reports whether there was one.
func (q Queries) ClearBounce(ctx context.Context, siteID, userID, email string, reported bool) (bool, error) {
	n, err := q.exec(ctx, "clear bounce", q.changes()+`bounced_at = 0, bounce_reason = '', bounce_reported = FALSE
		WHERE site_id = $1 AND id = $2 AND email = $3 AND bounced_at > 0 AND ($4 OR NOT bounce_reported)`, siteID, userID, email, reported)
	return n == 1, err
}

// CountRefusal counts a user's address as refused for a cause, and returns how many users'
// addresses were since then. Until the transaction ends nobody else counts for the same cause, so
// concurrent processes do not all believe to be the first.
func (q Queries) CountRefusal(ctx context.Context, siteID, cause, userID string, at, since time.Time) (users int, err error) {
	if _, err = q.exec(ctx, "hold cause", `INSERT INTO refusal_causes (site_id, cause, counted_at) VALUES ($1, $2, $3)
		ON CONFLICT (site_id, cause) DO UPDATE SET counted_at = excluded.counted_at`, siteID, cause, micros(at)); err != nil {
		return 0, err
	}
	if _, err = q.exec(ctx, "count refusal", `INSERT INTO refusals (site_id, cause, user_id, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site_id, cause, user_id) DO UPDATE SET at = excluded.at`, siteID, cause, userID, micros(at)); err != nil {
		return 0, err
	}
	err = q.one(ctx, "refusals", `SELECT COUNT(*) FROM refusals WHERE site_id = $1 AND cause = $2 AND at > $3`,
		[]any{siteID, cause, micros(since)}, &users)
	return users, err
}

// NoteMark records that a user was marked for what CountRefusal counted.
func (q Queries) NoteMark(ctx context.Context, siteID, cause, userID string, at time.Time) error {
	_, err := q.exec(ctx, "note mark", `UPDATE refusals SET marked_at = $4 WHERE site_id = $1 AND cause = $2 AND user_id = $3`,
		siteID, cause, userID, micros(at))
	return err
}

// TakeBackMarks removes the marks that a cause has made since then, and returns the users who had
// them. A mark that was set again since, for another reason, stays.
func (q Queries) TakeBackMarks(ctx context.Context, siteID, cause string, since time.Time) ([]gatehouse.User, error) {
	return q.users(ctx, q.changes()+`bounced_at = 0, bounce_reason = '', bounce_reported = FALSE
		WHERE site_id = $1 AND bounced_at > 0 AND id IN (SELECT user_id FROM refusals WHERE site_id = $1 AND cause = $2)
			AND EXISTS (SELECT 1 FROM refusals WHERE refusals.site_id = users.site_id
			AND refusals.user_id = users.id AND refusals.cause = $2 AND refusals.marked_at = users.bounced_at AND refusals.marked_at > $3)
		RETURNING `+userColumns, siteID, cause, micros(since))
}

// Told limits how often somebody is told of causes with too many refusals.
type Told struct {
	// Since is the start of the period that counts: within it, a cause is reported once, and Most
	// of a site's causes.
	Since time.Time
	Most  int
}

// RefusalsOver records that a cause has too many refusals. It reports whether to tell somebody
// now, which it then records as done.
func (q Queries) RefusalsOver(ctx context.Context, siteID, cause string, at time.Time, t Told) (tell bool, err error) {
	if _, err = q.exec(ctx, "refusals over", `UPDATE refusal_causes SET over_at = $3 WHERE site_id = $1 AND cause = $2`, siteID, cause, micros(at)); err != nil {
		return false, err
	}
	n, err := q.exec(ctx, "tell of refusals", `UPDATE refusal_causes SET told_at = $3 WHERE site_id = $1 AND cause = $2 AND told_at <= $4 AND
		(SELECT COUNT(*) FROM refusal_causes AS others WHERE others.site_id = $1 AND others.told_at > $4) < $5`,
		siteID, cause, micros(at), micros(t.Since), t.Most)
	return n == 1, err
}

// CountRefusalsOver returns how many causes have had too many refusals since then.
func (q Queries) CountRefusalsOver(ctx context.Context, since time.Time) (n int, err error) {
	err = q.one(ctx, "causes", `SELECT COUNT(*) FROM refusal_causes WHERE over_at > $1`, []any{micros(since)}, &n)
	return n, err
}

// DropOldRefusals removes refusals that no longer count, and causes for which it no longer matters
// whether somebody was told.
func (q Queries) DropOldRefusals(ctx context.Context, refusals, causes time.Time) error {
	if _, err := q.exec(ctx, "drop old refusals", `DELETE FROM refusals WHERE at < $1`, micros(refusals)); err != nil {
		return err
	}
	_, err := q.exec(ctx, "drop old causes", `DELETE FROM refusal_causes WHERE counted_at < $1 AND told_at < $1`, micros(causes))
	return err
}
