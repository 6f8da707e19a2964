package store

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/guard"
)

// Ending is a change of an account that ends other things.
type Ending struct {
	// User is the account as it was before the change.
	User   gatehouse.User
	Change gatehouse.Change
	Kept   gatehouse.Kept
	// Mailed: the user's temporary password is in the user's mailbox. One that was given to the
	// user in another way is not affected by changes to the mailbox.
	Mailed bool
	// PasswordMail is the kind of messages that contain a temporary password.
	PasswordMail string
	// Nothing: Open did not find the user, so only what is kept with the account itself can end.
	Nothing bool
	At      time.Time
}

// End ends what gatehouse.Ends says. It is the only method that does so for one account;
// CloseDoors does it for all. It returns the IDs of the sessions and devices that ended.
func (q Queries) End(ctx context.Context, e Ending) (ids []string, err error) {
	u, ends := e.User, guarded(e.Change)
	if e.Nothing {
		ends = gatehouse.Endings{Temporary: ends.Temporary, Guesses: ends.Guesses}
	}
	if ends.Sessions != gatehouse.None {
		if ids, err = q.endSessions(ctx, u, ends.Sessions.But(e.Kept.Session), e.At); err != nil {
			return nil, err
		}
	}
	if ends.Devices != gatehouse.None {
		devices, err := q.forgetDevices(ctx, u, ends.Devices.But(e.Kept.Device))
		if err != nil {
			return nil, err
		}
		ids = append(ids, devices...)
	}
	for _, end := range []struct {
		ends bool
		do   func() error
	}{
		{ends.SignIns != gatehouse.None, func() error { return q.endSignIns(ctx, u, ends.SignIns.But(e.Kept.SignIn)) }},
		{ends.Trust && ends.Devices != gatehouse.All, func() error { return q.endTrust(ctx, u) }},
		{ends.Links, func() error { return q.endRecoveries(ctx, u) }},
		{ends.Codes, func() error { return q.endCodes(ctx, u, e.At) }},
		{ends.Temporary && e.Mailed && u.Password.Temporary(), func() error { return q.endTemporary(ctx, u, e.At) }},
		{ends.Mail >= gatehouse.PasswordMail, func() error { return q.dropMessagesOf(ctx, u, e.PasswordMail, e.At) }},
		{ends.Mail >= gatehouse.MailboxMail, func() error { return q.dropMessagesTo(ctx, u, e.At) }},
		{ends.Undo, func() error { return q.undoEmailChanges(ctx, u) }},
		{ends.Confirmations && !ends.Undo, func() error { _, err := q.DropEmailChanges(ctx, u.SiteID, u.ID, ""); return err }},
		{ends.Guesses, func() error { return q.forgetAttempts(ctx, u) }},
	} {
		if !end.ends {
			continue
		}
		if err := end.do(); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// guarded returns what a change ends, except what a test has removed.
func guarded(c gatehouse.Change) gatehouse.Endings {
	ends := gatehouse.Ends(c)
	if guard.Out(guard.PasswordEndsTrust) && c == gatehouse.PasswordChanged {
		ends.Trust = false
	}
	if guard.Out(guard.PasswordEndsSessions) && c == gatehouse.PasswordChanged || guard.Out(guard.LockEndsSessions) && c == gatehouse.Locked {
		ends.Sessions = gatehouse.None
	}
	return ends
}

// Open returns which of up to ImportBatch users have something that could end: what acts on many
// users ends it only for those. The caller has changed the users before, or holds them, in the same
// transaction, so nothing can be opened with their old credentials.
func (q Queries) Open(ctx context.Context, siteID string, ids []string) (map[string]bool, error) {
	open := map[string]bool{}
	if len(ids) == 0 {
		return open, nil
	}
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id}
	}
	err := q.all(ctx, "open", openText(q.d), []any{siteID, inJSON(rows)}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		open[id] = true
		return err
	})
	return open, err
}

// openText has the users as one argument: with a placeholder for each of them, in each table,
// PostgreSQL would plan it longer than run it.
func openText(d dialect) string {
	of := ` WHERE site_id = $1 AND user_id IN (SELECT id FROM chosen)`
	return `WITH chosen AS MATERIALIZED (SELECT value ->> 0 AS id FROM ` + d.each + `($2))
		SELECT user_id FROM sessions` + of + ` UNION SELECT user_id FROM signins` + of + ` UNION SELECT user_id FROM devices` + of +
		` UNION SELECT user_id FROM recoveries` + of + ` AND user_id <> '' UNION SELECT user_id FROM codes` + of +
		` UNION SELECT user_id FROM email_changes` + of + ` UNION SELECT user_id FROM messages` + of + ` AND done_at = 0`
}
