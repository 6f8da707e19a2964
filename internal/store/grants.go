package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

// Grant returns what a user has allowed an application; a zero one if there is nothing.
func (q Queries) Grant(ctx context.Context, siteID, userID, applicationID string) (gatehouse.Grant, error) {
	g := gatehouse.Grant{SiteID: siteID, UserID: userID, ApplicationID: applicationID}
	var scopes string
	err := q.one(ctx, "grant", `SELECT scopes, consented_at, first_at, used_at FROM grants WHERE site_id = $1 AND user_id = $2 AND application_id = $3`,
		[]any{siteID, userID, applicationID}, &scopes, when{&g.ConsentedAt}, when{&g.FirstAt}, when{&g.UsedAt})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	g.Scopes = strings.Fields(scopes)
	return g, err
}

// UseGrant records that a user has gone to an application, under this subject. It does not restore
// access that was removed at the same moment.
func (q Queries) UseGrant(ctx context.Context, siteID, userID, applicationID, subject string, now time.Time) error {
	return q.later(ctx, "use grant", `INSERT INTO grants (site_id, user_id, application_id, subject, first_at, used_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (site_id, user_id, application_id) DO UPDATE SET used_at = excluded.used_at, subject = excluded.subject`,
		siteID, userID, applicationID, subject, micros(now))
}

// PutConsent stores what a user has consented to, replacing the previous consent.
func (q Queries) PutConsent(ctx context.Context, g gatehouse.Grant) error {
	return q.later(ctx, "put consent", `INSERT INTO grants (site_id, user_id, application_id, scopes, consented_at, first_at, used_at)
		VALUES ($1, $2, $3, $4, $5, $5, $5)
		ON CONFLICT (site_id, user_id, application_id) DO UPDATE SET scopes = excluded.scopes, consented_at = excluded.consented_at, used_at = excluded.used_at`,
		g.SiteID, g.UserID, g.ApplicationID, strings.Join(g.Scopes, " "), micros(g.ConsentedAt))
}

// DropGrant deletes what a user has allowed an application.
func (q Queries) DropGrant(ctx context.Context, siteID, userID, applicationID string) error {
	_, err := q.exec(ctx, "drop grant", `DELETE FROM grants WHERE site_id = $1 AND user_id = $2 AND application_id = $3`, siteID, userID, applicationID)
	return err
}

// UserOfSubject returns the ID of an application's user with this subject: one who has used the
// application, and has not removed its access since.
func (q Queries) UserOfSubject(ctx context.Context, siteID, applicationID, subject string) (userID string, err error) {
	err = q.one(ctx, "user of subject", `SELECT user_id FROM grants WHERE site_id = $1 AND application_id = $2 AND subject = $3`,
		[]any{siteID, applicationID, subject}, &userID)
	return userID, err
}

// UseOfPlatform is a user of an application, and when they went to it.
type UseOfPlatform struct {
	User            gatehouse.User
	FirstAt, UsedAt time.Time
}

// UsersOfPlatform returns up to limit users who have gone to an application and can still do so, in
// the order of their IDs; those after the given one.
func (q Queries) UsersOfPlatform(ctx context.Context, siteID, applicationID, after string, limit int) (all []UseOfPlatform, err error) {
	err = q.all(ctx, "users of platform", usersOfPlatformText, []any{siteID, applicationID, after, limit}, func(scan func(...any) error) error {
		var one UseOfPlatform
		err := scan(&one.User.SiteID, &one.User.ID, &one.User.CompanyID, &one.User.Username, &one.User.FirstName, &one.User.LastName,
			&one.User.State, when{&one.FirstAt}, when{&one.UsedAt})
		all = append(all, one)
		return err
	})
	return all, err
}

const usersOfPlatformText = `SELECT u.site_id, u.id, u.company_id, u.username, u.first_name, u.last_name, u.state, g.first_at, g.used_at
	FROM grants g JOIN users u ON u.site_id = g.site_id AND u.id = g.user_id
	WHERE g.site_id = $1 AND g.application_id = $2 AND g.user_id > $3 AND u.deleted_at = 0 ORDER BY g.user_id LIMIT $4`

// CountUsersOfPlatform counts who has gone to an application, up to a limit.
func (q Queries) CountUsersOfPlatform(ctx context.Context, siteID, applicationID string, limit int) (n int, err error) {
	err = q.one(ctx, "count users of platform", countUsersOfPlatformText, []any{siteID, applicationID, limit}, &n)
	return n, err
}

const countUsersOfPlatformText = `SELECT count(*) FROM (SELECT 1 AS one FROM grants WHERE site_id = $1 AND application_id = $2 LIMIT $3) AS used`
