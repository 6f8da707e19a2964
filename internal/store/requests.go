package store

import (
	"context"
	"time"

	"gatehouse"
)

// aboutRequests are the kinds of events that gatehouse.OpenRequests reads, as the indexes have it.
const aboutRequests = `kind IN ('username.asked', 'sole_user.answered', 'request.answered')`

// RequestEvents returns a company's newest events about requests since a time, newest first.
func (q Queries) RequestEvents(ctx context.Context, siteID, companyID string, since time.Time, limit int) ([]gatehouse.Event, error) {
	return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE site_id = $1 AND company_id = $2 AND `+aboutRequests+`
		AND id > $3 ORDER BY id DESC LIMIT $4`, siteID, companyID, NewID("evt", since), limit)
}

// AskedCompanies returns the companies of a site whose users have asked their administrators for
// something since a time, answered or not.
func (q Queries) AskedCompanies(ctx context.Context, siteID string, since time.Time) (ids []string, err error) {
	err = q.all(ctx, "asked companies", `SELECT company_id FROM events WHERE site_id = $1 AND at >= $2 AND `+aboutRequests+` AND company_id <> ''
		UNION SELECT company_id FROM access_requests WHERE site_id = $1 AND asked_at >= $2`, []any{siteID, micros(since)}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// TellRequests records that the administrators of a company are told on a day ("2026-11-29") that
// something waits. It reports whether this call is the first on that day.
func (q Queries) TellRequests(ctx context.Context, siteID, companyID, day string) (bool, error) {
	n, err := q.exec(ctx, "tell requests", `INSERT INTO request_mails (site_id, company_id, told_on) VALUES ($1, $2, $3)
		ON CONFLICT (site_id, company_id) DO UPDATE SET told_on = $3 WHERE request_mails.told_on < $3`, siteID, companyID, day)
	return n == 1, err
}
