package store

import (
	"context"
	"time"

	"gatehouse"
)

// Platforms are also notified if a session continues but the access to them ends. NoteLogin
// restarts what ends here, if the access comes back within the session.

// EndLoginsOf ends what a user's sessions have reached of an application, and queues the notice.
func (q Queries) EndLoginsOf(ctx context.Context, siteID, userID, applicationID string, now time.Time) error {
	return q.endReached(ctx, siteID, applicationID, `UPDATE platform_logins SET ended_at = $4, due_at = $4
		WHERE site_id = $1 AND user_id = $2 AND application_id = $3 AND ended_at + 0 = 0`, siteID, userID, applicationID, micros(now))
}

// EndLogins ends what all users' sessions have reached of an application, and queues the notices.
func (q Queries) EndLogins(ctx context.Context, siteID, applicationID string, now time.Time) error {
	return q.endReached(ctx, siteID, applicationID, `UPDATE platform_logins SET ended_at = $3, due_at = $3
		WHERE site_id = $1 AND application_id = $2 AND ended_at + 0 = 0`, siteID, applicationID, micros(now))
}

// EndClosedLogins ends what sessions have reached of an application by users who may no longer
// reach it, and queues the notices. companyID is the company of these users; empty: all of the
// site's.
func (q Queries) EndClosedLogins(ctx context.Context, a gatehouse.Application, companyID string, now time.Time) error {
	var closed [][]any // gatehouse.ClosedTo as a table
	for _, said := range append([]gatehouse.Reach{""}, gatehouse.Reaches...) {
		for _, role := range []gatehouse.Role{gatehouse.RoleUser, gatehouse.RoleAdmin} {
			if gatehouse.ClosedTo(a, said, role) != "" {
				closed = append(closed, []any{said, role})
			}
		}
	}
	if len(closed) == 0 {
		return nil
	}
	update := `WITH closed AS MATERIALIZED (SELECT value ->> 0 AS said, value ->> 1 AS role FROM ` + q.d.each + `($4))
		UPDATE platform_logins SET ended_at = $3, due_at = $3 WHERE site_id = $1 AND application_id = $2 AND ended_at + 0 = 0 AND `
	const users = ` FROM users u
		LEFT JOIN platform_access p ON p.site_id = u.site_id AND p.company_id = u.company_id AND p.application_id = $2
		JOIN closed ON closed.role = u.role AND closed.said = COALESCE(p.reach, '')
		WHERE u.site_id = $1 AND `
	if companyID == "" {
		return q.endReached(ctx, a.SiteID, a.ID, update+`EXISTS (SELECT 1`+users+`u.id = platform_logins.user_id)`, a.SiteID, a.ID, micros(now), inJSON(closed))
	}
	return q.endReached(ctx, a.SiteID, a.ID, update+`user_id IN (SELECT u.id`+users+`u.company_id = $5)`, a.SiteID, a.ID, micros(now), inJSON(closed), companyID)
}

// EndClosedLoginsOf does the same for the applications that a user may no longer reach after a
// change of role.
func (q Queries) EndClosedLoginsOf(ctx context.Context, u gatehouse.User, now time.Time) error {
	all, err := q.Platforms(ctx, u.SiteID, u.CompanyID, u.ID)
	for _, p := range all {
		if err == nil && gatehouse.ClosedTo(p.Application, p.Said, u.Role) != "" {
			err = q.EndLoginsOf(ctx, u.SiteID, u.ID, p.ID, now)
		}
	}
	return err
}

// endReached ends logins at an application with a statement, those of concurrent exchanges too, and
// wakes the notifier after the commit.
func (q Queries) endReached(ctx context.Context, siteID, applicationID, text string, args ...any) error {
	if err := q.takeAccess(ctx, siteID, applicationID); err != nil {
		return err
	}
	n, err := q.exec(ctx, "end reached", text, args...)
	if n > 0 && q.ended != nil {
		*q.ended = true
	}
	return err
}
