package store

import (
	"context"
	"time"

	"gatehouse"
)

// SetSuspended suspends a company, or ends that if c.SuspendedAt is zero.
func (q Queries) SetSuspended(ctx context.Context, c gatehouse.Company) error {
	n, err := q.exec(ctx, "set suspended", `UPDATE companies SET suspended_at = $3, suspended_by = $4, suspended_why = $5 WHERE site_id = $1 AND id = $2`,
		c.SiteID, c.ID, micros(c.SuspendedAt), c.SuspendedBy, c.SuspendedWhy)
	return oneRow(n, err)
}

// EndCompany ends what gatehouse.Ends says for all users of a company, as End does for one: in as many
// statements for a hundred thousand users as for ten. It knows the changes that happen to whole
// companies; TestEndsAsTheTableSays compares it with the table. It returns how many sessions ended.
func (q Queries) EndCompany(ctx context.Context, c gatehouse.Company, change gatehouse.Change, now time.Time) (sessions int, err error) {
	ends, at := gatehouse.Ends(change), micros(now)
	if ends.Sessions != gatehouse.None {
		ids, _, err := q.ending(ctx, c.SiteID, now, "end sessions of company", `DELETE FROM sessions WHERE`+usersOfCompany, c.SiteID, c.ID)
		if err != nil {
			return 0, err
		}
		sessions = len(ids)
	}
	for _, end := range []struct {
		ends bool
		text string
		args []any
	}{
		{ends.SignIns != gatehouse.None, `DELETE FROM signins WHERE` + usersOfCompany, nil},
		{ends.Trust, `UPDATE devices SET trusted_at = 0 WHERE` + usersOfCompany + ` AND trusted_at > 0`, nil},
		{ends.Links, `DELETE FROM recoveries WHERE` + usersOfCompany + ` AND user_id <> ''`, nil},
		{ends.Codes, `UPDATE codes SET expires_at = $3 WHERE` + usersOfCompany + ` AND expires_at > $3`, []any{at}},
		{ends.Mail == gatehouse.AllMail, `UPDATE messages SET state = 'expired', done_at = $3, body = NULL ` + waitsForCompany + ` AND lease = ''`, []any{at}},
		{ends.Undo, `UPDATE email_changes SET state = 'undone' WHERE` + usersOfCompany, nil},
		{ends.Confirmations && !ends.Undo, `UPDATE email_changes SET state = 'dropped' WHERE` + usersOfCompany + ` AND state = 'asked'`, nil},
	} {
		if !end.ends {
			continue
		}
		if _, err := q.exec(ctx, "end of company", end.text, append([]any{c.SiteID, c.ID}, end.args...)...); err != nil {
			return 0, err
		}
	}
	return sessions, nil
}

// waitsForCompany is the mail that waits for a company's users, in the index of what waits.
const waitsForCompany = ` WHERE site_id = $1 AND id > '' AND done_at = 0
	AND EXISTS (SELECT 1 FROM users u WHERE u.site_id = $1 AND u.id = messages.user_id AND u.company_id = $2)`

// OpenOfCompany counts what a suspension ends.
type OpenOfCompany struct{ Sessions, SignIns, Trusted, Mails int }

// OpenOfCompany returns how much is open for a company's users.
func (q Queries) OpenOfCompany(ctx context.Context, siteID, id string, now time.Time) (o OpenOfCompany, err error) {
	err = q.one(ctx, "open of company", `SELECT
		(SELECT COUNT(*) FROM sessions WHERE`+usersOfCompany+` AND ends_at > $3),
		(SELECT COUNT(*) FROM signins WHERE`+usersOfCompany+` AND expires_at > $3),
		(SELECT COUNT(*) FROM devices WHERE`+usersOfCompany+` AND trusted_at > 0),
		(SELECT COUNT(*) FROM messages`+waitsForCompany+`)`,
		[]any{siteID, id, micros(now)}, &o.Sessions, &o.SignIns, &o.Trusted, &o.Mails)
	return o, err
}
