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
