package store

import "context"

// OpenAttempt is an attempt that is being verified.
type OpenAttempt struct{ SiteID, Subject, Device, ID string }

// InsertOpenAttempt records that this process is verifying an attempt.
func (q Queries) InsertOpenAttempt(ctx context.Context, o OpenAttempt) error {
	return q.later(ctx, "insert open attempt", `INSERT INTO open_attempts (site_id, subject, device, id, process)
		VALUES ($1, $2, $3, $4, $5)`, o.SiteID, o.Subject, o.Device, o.ID, q.process)
}

// EndOpenAttempt removes an attempt from those being verified. It reports whether it was one:
// false if another process has taken its process for dead and closed it.
func (q Queries) EndOpenAttempt(ctx context.Context, o OpenAttempt) (bool, error) {
	n, err := q.exec(ctx, "end open attempt", endOpenAttemptText, o.SiteID, o.Subject, o.Device, o.ID)
	return n == 1, err
}

const endOpenAttemptText = `DELETE FROM open_attempts WHERE site_id = $1 AND subject = $2 AND device = $3 AND id = $4`

// EndOpenAttempts removes all open attempts of a subject and a device, which nobody has finished
// in time.
func (q Queries) EndOpenAttempts(ctx context.Context, siteID, subject, device string) error {
	return q.later(ctx, "end open attempts", `DELETE FROM open_attempts
		WHERE site_id = $1 AND subject = $2 AND device = $3`, siteID, subject, device)
}

// GoneAttempts returns up to limit attempts of dead processes: on PostgreSQL, those with an
// expired lease; on SQLite, which serves only one process, those of every other process. On SQLite
// it is called when a process starts.
func (q Queries) GoneAttempts(ctx context.Context, limit int) (all []OpenAttempt, err error) {
	gone := `EXISTS (SELECT 1 FROM processes p WHERE p.id = o.process AND p.alive_until < (` + q.d.clock + `))`
	if !q.d.shared {
		gone = `TRUE`
	}
	err = q.all(ctx, "gone attempts", `SELECT o.site_id, o.subject, o.device, o.id FROM open_attempts o
		WHERE o.process <> $1 AND `+gone+` ORDER BY o.site_id, o.subject, o.device, o.id LIMIT $2`, []any{q.process, limit},
		func(scan func(...any) error) error {
			var o OpenAttempt
			err := scan(&o.SiteID, &o.Subject, &o.Device, &o.ID)
			all = append(all, o)
			return err
		})
	return all, err
}
