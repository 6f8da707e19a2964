package store

import (
	"context"
	"time"

	"gatehouse"
)

// What is looked at every minute for alerts. Each query looks at the newest rows of a short time, and no
// further than mostWatched of them: more would not change what is said.
const mostWatched = 20_000

// RefusedFrom counts refused attempts since a time, on all sites, by the IP address they came from.
func (q Queries) RefusedFrom(ctx context.Context, from time.Time) (map[string]int, error) {
	n := map[string]int{}
	err := q.all(ctx, "refused from", `SELECT address, COUNT(*) FROM (SELECT address FROM events WHERE id >= $1 AND result <> 'ok' AND address <> ''
		ORDER BY id DESC LIMIT $2) AS seen GROUP BY address`, []any{idAt("evt", from), mostWatched}, func(scan func(...any) error) error {
		var address string
		var count int
		err := scan(&address, &count)
		n[address] = count
		return err
	})
	return n, err
}

// LocksSince counts the locks of accounts since a time, on all sites.
func (q Queries) LocksSince(ctx context.Context, from time.Time) (n int, err error) {
	err = q.one(ctx, "locks", `SELECT COUNT(*) FROM (SELECT id FROM events WHERE id >= $1 AND kind = 'user.locked' LIMIT $2) AS seen`,
		[]any{idAt("evt", from), mostWatched}, &n)
	return n, err
}

// BouncesSince counts the messages of a site that were written since a time and were refused or came back.
func (q Queries) BouncesSince(ctx context.Context, siteID string, from time.Time) (n int, err error) {
	err = q.one(ctx, "bounces", `SELECT COUNT(*) FROM (SELECT state FROM messages WHERE site_id = $1 AND id >= $2 AND done_at > 0 AND state <> 'sent'
		ORDER BY id DESC LIMIT $3) AS seen WHERE state IN ('refused', 'bounced')`, []any{siteID, idAt("msg", from), mostWatched}, &n)
	return n, err
}

// WaitingMail is how many of the oldest messages of a site that wait were put off, and since when the
// oldest waits; the zero time: none does. One that is being tried again is still put off.
func (q Queries) WaitingMail(ctx context.Context, siteID string, most int) (deferred int, oldest time.Time, err error) {
	err = q.one(ctx, "waiting mail", `SELECT COALESCE(SUM(CASE WHEN tries > 0 THEN 1 ELSE 0 END), 0), COALESCE(MIN(created_at), 0) FROM
		(SELECT tries, created_at FROM messages WHERE site_id = $1 AND id > 'msg' AND done_at = 0 ORDER BY id LIMIT $2) AS seen`,
		[]any{siteID, most}, &deferred, when{&oldest})
	return deferred, oldest, err
}

// EnrolmentFailures counts the users for whom enrolments failed that have ended since a time, by site.
func (q Queries) EnrolmentFailures(ctx context.Context, from time.Time) (all []gatehouse.AlertFact, err error) {
	err = q.all(ctx, "enrolment failures", `SELECT site_id, CAST(SUM(failed) AS BIGINT) FROM enrolments WHERE ended_at >= $1 AND ended_at > 0 AND failed > 0
		GROUP BY site_id`, []any{micros(from)}, func(scan func(...any) error) error {
		f := gatehouse.AlertFact{Kind: gatehouse.AlertEnrolment}
		err := scan(&f.Cause, &f.Value)
		all = append(all, f)
		return err
	})
	return all, err
}
