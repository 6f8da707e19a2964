package store

import (
	"context"
	"strings"
	"time"

	"gatehouse"
)

// Platform is an application from the view of a company and one of its users.
type Platform struct {
	gatehouse.Application
	// Said is the company administrators' setting; empty: none.
	Said gatehouse.Reach
	// Grant is the user's; it has no times if the user never went there.
	Grant gatehouse.Grant
	// AskedAt is when the user asked for access; zero: there is no open request.
	AskedAt time.Time
}

// mostPlatforms is how many applications of a site are shown to its users.
const mostPlatforms = 1000

// Platforms returns the active applications of a site in the order of their creation, from the
// view of a company and a user (empty: no user).
func (q Queries) Platforms(ctx context.Context, siteID, companyID, userID string) (all []Platform, err error) {
	err = q.all(ctx, "platforms", `SELECT a.site_id, a.id, a.name, a.state, a.settings, a.created_at, a.deleted_at, COALESCE(p.reach, ''),
		COALESCE(g.scopes, ''), COALESCE(g.consented_at, 0), COALESCE(g.first_at, 0), COALESCE(g.used_at, 0), COALESCE(r.asked_at, 0)
		FROM applications a
		LEFT JOIN platform_access p ON p.site_id = a.site_id AND p.company_id = $2 AND p.application_id = a.id
		LEFT JOIN grants g ON g.site_id = a.site_id AND g.user_id = $3 AND g.application_id = a.id
		LEFT JOIN access_requests r ON r.site_id = a.site_id AND r.user_id = $3 AND r.application_id = a.id
		WHERE a.site_id = $1 AND a.id > '' AND a.state = 'active' ORDER BY a.id LIMIT $4`,
		[]any{siteID, companyID, userID, mostPlatforms}, func(scan func(...any) error) error {
			p, scopes := Platform{Grant: gatehouse.Grant{SiteID: siteID, UserID: userID}}, ""
			err := scan(append(applicationFields(&p.Application), &p.Said, &scopes, when{&p.Grant.ConsentedAt}, when{&p.Grant.FirstAt},
				when{&p.Grant.UsedAt}, when{&p.AskedAt})...)
			p.Grant.ApplicationID, p.Grant.Scopes = p.ID, strings.Fields(scopes)
			all = append(all, p)
			return err
		})
	return all, err
}

// Reach returns the setting of a company's administrators for an application; empty: none.
func (q Queries) Reach(ctx context.Context, siteID, companyID, applicationID string) (r gatehouse.Reach, err error) {
	err = q.one(ctx, "reach", `SELECT reach FROM platform_access WHERE site_id = $1 AND company_id = $2 AND application_id = $3`,
		[]any{siteID, companyID, applicationID}, &r)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = nil
	}
	return r, err
}

// PutReach stores the setting of a company's administrators, replacing the previous one.
func (q Queries) PutReach(ctx context.Context, siteID, companyID, applicationID string, r gatehouse.Reach) error {
	_, err := q.exec(ctx, "put reach", `INSERT INTO platform_access (site_id, company_id, application_id, reach) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site_id, company_id, application_id) DO UPDATE SET reach = excluded.reach`, siteID, companyID, applicationID, r)
	return err
}

// AccessRequest is a user who has asked for access to an application.
type AccessRequest struct {
	ApplicationID string
	User          gatehouse.User
	AskedAt       time.Time
}

// InsertAccessRequest records that a user has asked for access. It reports whether that is new.
func (q Queries) InsertAccessRequest(ctx context.Context, u gatehouse.User, applicationID string, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "insert access request", `INSERT INTO access_requests (site_id, user_id, application_id, company_id, asked_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (site_id, user_id, application_id) DO NOTHING`,
		u.SiteID, u.ID, applicationID, u.CompanyID, micros(now))
	return n == 1, err
}

// AccessRequests returns up to limit open requests of a company's users, the oldest first. It
// skips users who can no longer sign in, or have moved to another company.
func (q Queries) AccessRequests(ctx context.Context, siteID, companyID string, limit int) (all []AccessRequest, err error) {
	err = q.all(ctx, "access requests", `SELECT r.application_id, r.asked_at, u.id, u.username, u.first_name, u.last_name, u.email, u.role, u.state, u.locale
		FROM access_requests r
		JOIN users u ON u.site_id = r.site_id AND u.id = r.user_id AND u.company_id = r.company_id AND u.state IN ('active', 'invited')
		JOIN applications a ON a.site_id = r.site_id AND a.id = r.application_id AND a.state = 'active'
		WHERE r.site_id = $1 AND r.company_id = $2 ORDER BY r.asked_at, r.user_id, r.application_id LIMIT $3`,
		[]any{siteID, companyID, limit}, func(scan func(...any) error) error {
			r := AccessRequest{User: gatehouse.User{SiteID: siteID, CompanyID: companyID}}
			u := &r.User
			err := scan(&r.ApplicationID, when{&r.AskedAt}, &u.ID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.Role, &u.State, &u.Locale)
			all = append(all, r)
			return err
		})
	return all, err
}

// DropAccessRequest ends a request. It reports whether there was one.
func (q Queries) DropAccessRequest(ctx context.Context, siteID, userID, applicationID string) (bool, error) {
	n, err := q.exec(ctx, "drop access request", `DELETE FROM access_requests WHERE site_id = $1 AND user_id = $2 AND application_id = $3`,
		siteID, userID, applicationID)
	return n == 1, err
}

// ReachEvents returns up to limit events about what a company's users may reach, newest first;
// those before the event with this ID (empty: from the newest).
func (q Queries) ReachEvents(ctx context.Context, siteID, companyID, before string, limit int) ([]gatehouse.Event, error) {
	return q.events(ctx, `SELECT `+eventColumns+` FROM events WHERE site_id = $1 AND company_id = $2 AND kind = 'application.reach_changed'
		AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4`, siteID, companyID, before, limit)
}
