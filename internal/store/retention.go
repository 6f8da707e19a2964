package store

import (
	"context"
	"time"

	"gatehouse"
)

// AgedTable is a table whose rows are removed by their age. Their IDs begin with their time (NewID),
// so the oldest ones are the first of a site.
type AgedTable string

// The tables.
const (
	AgedEvents   AgedTable = "events"
	AgedMessages AgedTable = "messages"
)

// aged has the prefix of a table's IDs, and the condition for rows that are over.
var aged = map[AgedTable]struct{ prefix, over string }{
	AgedEvents:   {"evt", ""},
	AgedMessages: {"msg", " AND done_at > 0"},
}

// RemoveAged removes up to limit rows of a site that are older than a time, the oldest first, and
// returns how many. A message that waits is not removed.
func (q Queries) RemoveAged(ctx context.Context, table AgedTable, siteID string, before time.Time, limit int) (int64, error) {
	of := aged[table]
	return q.exec(ctx, "remove old "+string(table), `DELETE FROM `+string(table)+` WHERE site_id = $1 AND id IN (
		SELECT id FROM `+string(table)+` WHERE site_id = $1 AND id < $2`+of.over+` ORDER BY id LIMIT $3 `+q.d.claim+`)`,
		siteID, idAt(of.prefix, before), limit)
}

// SiteWith returns the first site after another one that a table has rows of; empty: there is none.
// It finds the sites that are no longer configured as well.
func (q Queries) SiteWith(ctx context.Context, table AgedTable, after string) (siteID string, err error) {
	err = q.one(ctx, "site with "+string(table), `SELECT COALESCE(MIN(site_id), '') FROM `+string(table)+` WHERE site_id > $1`, []any{after}, &siteID)
	return siteID, err
}

// RemoveOldCounts removes the counts of sign-ins of a site's oldest hour before a time, and returns
// how many.
func (q Queries) RemoveOldCounts(ctx context.Context, siteID string, before time.Time) (int64, error) {
	return q.exec(ctx, "remove old counts", `DELETE FROM sign_in_counts WHERE site_id = $1
		AND hour = (SELECT MIN(hour) FROM sign_in_counts WHERE site_id = $1 AND hour < $2)`, siteID, hourOf(before))
}

// EndedRun returns the run of a kind that ended first, if it did so before a time; NotFound if none
// did. The last enrolment of a company is none of them: it says who has switched Enhanced Security.
func (q Queries) EndedRun(ctx context.Context, kind gatehouse.RunKind, before time.Time) (r gatehouse.Run, err error) {
	r.Kind = kind
	runs, last := ledgers[kind].runs, ""
	if kind == gatehouse.RunEnrolment {
		last = ` AND EXISTS (SELECT 1 FROM enrolments later WHERE later.site_id = enrolments.site_id AND later.company_id = enrolments.company_id AND later.id > enrolments.id)`
	}
	err = q.one(ctx, "ended run", `SELECT `+runColumns+` FROM `+runs+` WHERE ended_at > 0 AND ended_at < $1`+last+` ORDER BY ended_at LIMIT 1`,
		[]any{micros(before)}, runFields(&r)...)
	return r, err
}

// RemoveRun removes up to limit users of a run, or the run itself once it has none, and returns how
// many rows it has removed.
func (q Queries) RemoveRun(ctx context.Context, r gatehouse.Run, limit int) (int64, error) {
	l := ledgers[r.Kind]
	n, err := q.exec(ctx, "remove users of run", `DELETE FROM `+l.users+` WHERE site_id = $1 AND `+l.of+` = $2 AND username_key IN (
		SELECT username_key FROM `+l.users+` WHERE site_id = $1 AND `+l.of+` = $2 ORDER BY username_key LIMIT $3 `+q.d.claim+`)`, r.SiteID, r.ID, limit)
	if err != nil || n > 0 {
		return n, err
	}
	return q.exec(ctx, "remove run", `DELETE FROM `+l.runs+` WHERE site_id = $1 AND company_id = $2 AND id = $3 AND ended_at > 0
		AND NOT EXISTS (SELECT 1 FROM `+l.users+` u WHERE u.site_id = $1 AND u.`+l.of+` = $3)`, r.SiteID, r.CompanyID, r.ID)
}
