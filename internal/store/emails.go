package store

import (
	"context"
	"time"

	"gatehouse"
)

const emailChangeColumns = `site_id, id, user_id, old_email, new_email, state, asked_at, confirm_until, confirmed_at, by_company`

func emailChangeFields(c *gatehouse.EmailChange) []any {
	return []any{&c.SiteID, &c.ID, &c.UserID, &c.Old, &c.New, &c.State, when{&c.AskedAt}, when{&c.ConfirmUntil},
		when{&c.ConfirmedAt}, &c.ByCompany}
}

// InsertEmailChange adds a change of an address under the hash of the link's token.
func (q Queries) InsertEmailChange(ctx context.Context, tokenHash string, c gatehouse.EmailChange) error {
	_, err := q.exec(ctx, "insert email change", `INSERT INTO email_changes (confirm_hash, `+emailChangeColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		tokenHash, c.SiteID, c.ID, c.UserID, c.Old, c.New, string(c.State), micros(c.AskedAt), micros(c.ConfirmUntil),
		micros(c.ConfirmedAt), c.ByCompany)
	return err
}

// EmailChange returns a change by ID.
func (q Queries) EmailChange(ctx context.Context, siteID, id string) (c gatehouse.EmailChange, err error) {
	err = q.one(ctx, "email change", `SELECT `+emailChangeColumns+` FROM email_changes WHERE site_id = $1 AND id = $2`,
		[]any{siteID, id}, emailChangeFields(&c)...)
	return c, err
}

// EmailChangeByToken returns the change that a link confirms.
func (q Queries) EmailChangeByToken(ctx context.Context, siteID, tokenHash string) (c gatehouse.EmailChange, err error) {
	err = q.one(ctx, "email change by token", `SELECT `+emailChangeColumns+` FROM email_changes WHERE site_id = $1 AND confirm_hash = $2`,
		[]any{siteID, tokenHash}, emailChangeFields(&c)...)
	return c, err
}

// WaitingEmailChange returns the newest change of a user that was requested and neither confirmed
// nor withdrawn; NotFound if there is none.
func (q Queries) WaitingEmailChange(ctx context.Context, siteID, userID string) (c gatehouse.EmailChange, err error) {
	err = q.one(ctx, "waiting email change", `SELECT `+emailChangeColumns+` FROM email_changes
		WHERE site_id = $1 AND user_id = $2 AND state = 'asked' ORDER BY id DESC LIMIT 1`,
		[]any{siteID, userID}, emailChangeFields(&c)...)
	return c, err
}

// EmailChanges returns the changes of a user that wait or were made, in the order in which they
// were made, the waiting ones first.
func (q Queries) EmailChanges(ctx context.Context, siteID, userID string) ([]gatehouse.EmailChange, error) {
	var all []gatehouse.EmailChange
	err := q.all(ctx, "email changes", `SELECT `+emailChangeColumns+` FROM email_changes
		WHERE site_id = $1 AND user_id = $2 AND state IN ('asked', 'confirmed') ORDER BY confirmed_at, id`,
		[]any{siteID, userID}, func(scan func(...any) error) error {
			var c gatehouse.EmailChange
			err := scan(emailChangeFields(&c)...)
			all = append(all, c)
			return err
		})
	return all, err
}

// ConfirmEmailChange confirms a waiting change. It reports whether this call did (invariant 2).
func (q Queries) ConfirmEmailChange(ctx context.Context, siteID, id string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "confirm email change", `UPDATE email_changes SET state = 'confirmed', confirmed_at = $3
		WHERE site_id = $1 AND id = $2 AND state = 'asked'`, siteID, id, micros(now))
	return n == 1, err
}

// undoEmailChanges marks all changes of a user as undone, including those that were withdrawn:
// none of their links works after that.
func (q Queries) undoEmailChanges(ctx context.Context, u gatehouse.User) error {
	_, err := q.exec(ctx, "undo email changes", `UPDATE email_changes SET state = 'undone'
		WHERE site_id = $1 AND user_id = $2`, u.SiteID, u.ID)
	return err
}

// DropEmailChanges ends the waiting changes of a user, except those to the address keep: when a
// link is sent again, the one in the slower mail stays valid. It reports whether there was one to
// end.
func (q Queries) DropEmailChanges(ctx context.Context, siteID, userID, keep string) (bool, error) {
	n, err := q.exec(ctx, "drop email changes", `UPDATE email_changes SET state = 'dropped'
		WHERE site_id = $1 AND user_id = $2 AND state = 'asked' AND new_email <> $3`, siteID, userID, keep)
	return n > 0, err
}

// DropOldEmailChanges removes changes of an address that were requested before the given time. If
// a user's address has changed since then, all of the user's changes stay: a chain of changes is
// judged from its first one (gatehouse.KeeperOf), no matter how long it is.
func (q Queries) DropOldEmailChanges(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old email changes", `DELETE FROM email_changes WHERE asked_at < $1 AND confirm_until < $1
		AND NOT EXISTS (SELECT 1 FROM email_changes AS later WHERE later.site_id = email_changes.site_id
			AND later.user_id = email_changes.user_id AND later.confirmed_at >= $1)`, micros(before))
	return err
}
