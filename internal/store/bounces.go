package store

import (
	"context"
	"time"

	"gatehouse"
)

// MessageByToken returns the message whose Message-ID begins with a token, which the
// address is made of that reports about it go to; NotFound if there is none.
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

// BounceMessage notes that a message came back. A report can be faster than the process
// that is still noting that it has handed the message over; that result is then lost. It
// reports whether it was this call that did.
func (q Queries) BounceMessage(ctx context.Context, siteID, id, reply string, at time.Time) (bool, error) {
	n, err := q.exec(ctx, "bounce message", `UPDATE messages SET state = 'bounced', reply = $3, done_at = $4,
		due_at = $4, lease = '', body = NULL WHERE site_id = $1 AND id = $2 AND state <> 'bounced'`,
		siteID, id, reply, micros(at))
	return n == 1, err
}

// NoteDelivery replaces what is known about a message that was handed over.
func (q Queries) NoteDelivery(ctx context.Context, siteID, id, reply string) error {
	_, err := q.exec(ctx, "note delivery", `UPDATE messages SET reply = $3
		WHERE site_id = $1 AND id = $2 AND state = 'sent'`, siteID, id, reply)
	return err
}

// MarkBounced marks an address as one that mail comes back from, for all users of a site
// who have it now. It returns those who were not marked, or only as refused at
// the hand-over where a report says so now.
func (q Queries) MarkBounced(ctx context.Context, siteID, emailKey string, b gatehouse.Bounce) ([]gatehouse.User, error) {
	if emailKey == "" {
		return nil, nil
	}
	return q.users(ctx, `UPDATE users SET bounced_at = $3, bounce_reason = $4, bounce_reported = $5
		WHERE site_id = $1 AND email_key = $2 AND email_key <> '' AND (bounced_at = 0 OR $5 AND NOT bounce_reported)
		RETURNING `+userColumns, siteID, emailKey, micros(b.At), b.Reason, b.Reported)
}

// ClearBounce takes back what was held against an address: with reported, whatever it
// was; else only what the server said that the mail was handed to, because a relay takes
// mail to every address, and a report knows better.
func (q Queries) ClearBounce(ctx context.Context, siteID, emailKey string, reported bool) error {
	_, err := q.exec(ctx, "clear bounce", `UPDATE users SET bounced_at = 0, bounce_reason = '', bounce_reported = FALSE
		WHERE site_id = $1 AND email_key = $2 AND bounced_at > 0 AND ($3 OR NOT bounce_reported)`, siteID, emailKey, reported)
	return err
}
