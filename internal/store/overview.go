package store

import (
	"context"
	"time"

	"gatehouse"
)

// What the operators' overview counts. These queries look at everything that a site has, or at all
// that happened in some hours: directory asks them now and then, not for each page.

// SiteCounts are how much a site has. Deleted users are not counted.
type SiteCounts struct{ Companies, Users, Sessions int }

// SiteCounts counts what a site has.
func (q Queries) SiteCounts(ctx context.Context, siteID string, now time.Time) (n SiteCounts, err error) {
	err = q.one(ctx, "site counts", `SELECT (SELECT COUNT(*) FROM companies WHERE site_id = $1),
		(SELECT COUNT(*) FROM users WHERE site_id = $1) - (SELECT COUNT(*) FROM users WHERE site_id = $1 AND deleted_at > 0),
		(SELECT COUNT(*) FROM sessions WHERE site_id = $1 AND ends_at > $2)`,
		[]any{siteID, micros(now)}, &n.Companies, &n.Users, &n.Sessions)
	return n, err
}

// SiteSignIns returns the sign-ins at a site from one hour to before another, over all companies.
func (q Queries) SiteSignIns(ctx context.Context, siteID string, from, to time.Time) ([]SignInCount, error) {
	return q.signInCounts(ctx, `WHERE site_id = $1 AND hour >= $2 AND hour < $3`, siteID, hourOf(from), hourOf(to))
}

// MailCount is how many messages of a kind are in a state.
type MailCount struct {
	Kind  string
	State MessageState
	N     int
}

// MailSince counts a site's messages that were written from a time on.
func (q Queries) MailSince(ctx context.Context, siteID string, from time.Time) (all []MailCount, err error) {
	return q.mailCounts(ctx, `SELECT kind, state, COUNT(*) FROM messages WHERE site_id = $1 AND id >= $2 GROUP BY kind, state`,
		siteID, idAt("msg", from))
}

// MailWaiting counts the messages of all sites that are still to be sent, by kind.
func (q Queries) MailWaiting(ctx context.Context) ([]MailCount, error) {
	return q.mailCounts(ctx, `SELECT kind, 'waiting', COUNT(*) FROM messages WHERE done_at = 0 GROUP BY kind`)
}

func (q Queries) mailCounts(ctx context.Context, text string, args ...any) (all []MailCount, err error) {
	err = q.all(ctx, "mail counts", text, args, func(scan func(...any) error) error {
		var c MailCount
		err := scan(&c.Kind, &c.State, &c.N)
		all = append(all, c)
		return err
	})
	return all, err
}

// Operators returns all operators, in the order of their usernames; there are few.
func (q Queries) Operators(ctx context.Context) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND deleted_at = 0 ORDER BY username_key LIMIT 1000`, gatehouse.OperatorsSite)
}
