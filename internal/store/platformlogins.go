package store

import (
	"context"
	"time"

	"gatehouse"
)

// NoteLogin records that a session has reached an application, for the first time or again,
// including after a loss of access: then the application is no longer notified of that. HoldCode
// keeps the session, so no login is left behind without a notice of its end.
func (q Queries) NoteLogin(ctx context.Context, l gatehouse.PlatformLogin) error {
	return q.later(ctx, "note login", `INSERT INTO platform_logins (site_id, session_id, application_id, user_id, sid, subject, first_at, last_at)
		SELECT s.site_id, s.id, CAST($4 AS TEXT), s.user_id, CAST($5 AS TEXT), CAST($6 AS TEXT), CAST($7 AS BIGINT), CAST($7 AS BIGINT)
		FROM sessions s WHERE s.site_id = $1 AND s.user_id = $2 AND s.id = $3
		ON CONFLICT (site_id, session_id, application_id) DO UPDATE SET sid = excluded.sid, subject = excluded.subject, last_at = excluded.last_at,
			ended_at = 0, due_at = 0, tries = 0, told = '', told_at = 0, problem = ''`,
		l.SiteID, l.UserID, l.SessionID, l.ApplicationID, l.SID, l.Subject, micros(l.LastAt))
}

// endLogins ends what the sessions that end in this transaction have reached, and queues a notice
// for each platform. Sessions are rows of a site's ID and a session's. It returns how many
// platforms have to be notified.
//
// It runs after the sessions are deleted: a transaction that records a login holds the session
// (HoldCode), so its login is seen then.
func (q Queries) endLogins(ctx context.Context, sessions [][]any, now time.Time) (int, error) {
	if len(sessions) == 0 {
		return 0, nil
	}
	n, err := q.exec(ctx, "end logins", `WITH gone AS MATERIALIZED (SELECT value ->> 0 AS site_id, value ->> 1 AS id FROM `+q.d.each+`($1))
		UPDATE platform_logins SET ended_at = $2, due_at = $2 FROM gone
		WHERE platform_logins.site_id = gone.site_id AND platform_logins.session_id = gone.id AND platform_logins.ended_at + 0 = 0`,
		inJSON(sessions), micros(now))
	if n > 0 && q.ended != nil {
		*q.ended = true
	}
	return int(n), err
}

// endLoginsOf is endLogins for sessions of one site.
func (q Queries) endLoginsOf(ctx context.Context, siteID string, ids []string, now time.Time) (int, error) {
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{siteID, id}
	}
	return q.endLogins(ctx, rows, now)
}

// Lane is an application that has to be notified of ended sessions.
type Lane struct{ SiteID, ApplicationID string }

// DueLogouts returns the applications to notify of ended sessions now.
func (q Queries) DueLogouts(ctx context.Context, now time.Time) (all []Lane, err error) {
	err = q.all(ctx, "due logouts", `WITH due AS MATERIALIZED (SELECT site_id, application_id FROM platform_logins WHERE due_at <> 0 AND due_at <= $1)
		SELECT DISTINCT site_id, application_id FROM due`,
		[]any{micros(now)}, func(scan func(...any) error) error {
			var l Lane
			err := scan(&l.SiteID, &l.ApplicationID)
			all = append(all, l)
			return err
		})
	return all, err
}

// ClaimLogouts takes up to limit due ended logins of an application, the oldest first, so nobody
// else gets them until the claim expires. The limit is a sum for the reason given at dueMessages.
func (q Queries) ClaimLogouts(ctx context.Context, of Lane, now, until time.Time, limit int) (all []gatehouse.PlatformLogin, err error) {
	err = q.all(ctx, "claim logouts", `SELECT session_id, user_id, sid, subject, ended_at, tries FROM platform_logins
		WHERE site_id = $1 AND application_id = $2 AND due_at <> 0 AND due_at <= $3 ORDER BY due_at LIMIT $4 + 0 `+q.d.claim,
		[]any{of.SiteID, of.ApplicationID, micros(now), limit}, func(scan func(...any) error) error {
			l := gatehouse.PlatformLogin{SiteID: of.SiteID, ApplicationID: of.ApplicationID, DueAt: fromMicros(micros(until))}
			err := scan(&l.SessionID, &l.UserID, &l.SID, &l.Subject, when{&l.EndedAt}, &l.Tries)
			all = append(all, l)
			return err
		})
	for _, l := range all {
		if err == nil {
			err = q.later(ctx, "claim logout", `UPDATE platform_logins SET due_at = $4 WHERE site_id = $1 AND session_id = $2 AND application_id = $3`,
				l.SiteID, l.SessionID, l.ApplicationID, micros(until))
		}
	}
	return all, err
}

// FinishLogout records the result of notifying an application, unless the claim, which ended at
// until, has expired and somebody else has it.
func (q Queries) FinishLogout(ctx context.Context, l gatehouse.PlatformLogin, until time.Time) (bool, error) {
	n, err := q.exec(ctx, "finish logout", `UPDATE platform_logins SET due_at = $5, tries = $6, told = $7, told_at = $8, problem = $9
		WHERE site_id = $1 AND session_id = $2 AND application_id = $3 AND due_at = $4`,
		l.SiteID, l.SessionID, l.ApplicationID, micros(until), micros(l.DueAt), l.Tries, l.Told, micros(l.ToldAt), l.Problem)
	return n == 1, err
}

// ReachedPlatform is an application that a session has reached, and the result of notifying it
// that the session has ended.
type ReachedPlatform struct {
	gatehouse.PlatformLogin
	Application gatehouse.Application
}

// Reached returns the applications that a session has reached, in that order.
func (q Queries) Reached(ctx context.Context, siteID, sessionID string) (all []ReachedPlatform, err error) {
	err = q.all(ctx, "reached", `SELECT l.application_id, l.user_id, l.sid, l.subject, l.first_at, l.last_at, l.ended_at, l.due_at, l.tries, l.told, l.told_at, l.problem,
			a.name, a.state, a.settings
		FROM platform_logins l JOIN applications a ON a.site_id = l.site_id AND a.id = l.application_id
		WHERE l.site_id = $1 AND l.session_id = $2 ORDER BY l.first_at, l.application_id`, []any{siteID, sessionID}, func(scan func(...any) error) error {
		r := ReachedPlatform{PlatformLogin: gatehouse.PlatformLogin{SiteID: siteID, SessionID: sessionID}}
		l, a := &r.PlatformLogin, &r.Application
		err := scan(&l.ApplicationID, &l.UserID, &l.SID, &l.Subject, when{&l.FirstAt}, when{&l.LastAt}, when{&l.EndedAt}, when{&l.DueAt},
			&l.Tries, &l.Told, when{&l.ToldAt}, &l.Problem, &a.Name, &a.State, inText{&a.Settings})
		a.ID, a.SiteID = l.ApplicationID, siteID
		all = append(all, r)
		return err
	})
	return all, err
}

// LastFailedLogout returns the error of the last failed notice to an application that a session
// had ended, and its time; empty if none failed.
func (q Queries) LastFailedLogout(ctx context.Context, siteID, applicationID string) (problem string, at time.Time, err error) {
	err = q.one(ctx, "last failed logout", `SELECT problem, told_at FROM platform_logins
		WHERE site_id = $1 AND application_id = $2 AND problem <> '' ORDER BY told_at DESC LIMIT 1`, []any{siteID, applicationID}, &problem, when{&at})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	return problem, at, err
}

// LogoutQueue returns how many ended sessions applications still have to be notified of, and how
// long the oldest has waited.
func (q Queries) LogoutQueue(ctx context.Context, now time.Time) (waiting int, oldest time.Duration, err error) {
	var first time.Time
	err = q.one(ctx, "logout queue", `SELECT COUNT(*), COALESCE(MIN(ended_at), 0) FROM platform_logins WHERE due_at <> 0`, nil, &waiting, when{&first})
	if err != nil || first.IsZero() {
		return waiting, 0, err
	}
	return waiting, max(0, now.Sub(first)), nil
}

// DropOldLogins removes what ended long ago.
func (q Queries) DropOldLogins(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old logins", `DELETE FROM platform_logins WHERE ended_at <> 0 AND ended_at < $1`, micros(before))
	return err
}
