package store

import (
	"context"
	"time"

	"gatehouse"
)

const enrolmentColumns = runColumns + `, enable, factor, factor_by`

func enrolmentFields(e *gatehouse.Enrolment) []any {
	e.Kind = gatehouse.RunEnrolment
	return append(runFields(&e.Run), &e.Enable, &e.Factor, when{&e.FactorBy})
}

// BeginEnrolment adds an enrolment with its users: all that the company has at this moment. It
// returns how many there are.
func (q Queries) BeginEnrolment(ctx context.Context, e gatehouse.Enrolment) (total int, err error) {
	_, err = q.exec(ctx, "insert enrolment", `INSERT INTO enrolments (site_id, company_id, id, enable, factor, factor_by, state, started_at, started_by, started_name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.SiteID, e.CompanyID, e.ID, e.Enable, string(e.Factor), micros(e.FactorBy), string(gatehouse.RunRunning), micros(e.StartedAt), e.StartedBy, e.StartedName)
	if err != nil {
		return 0, err
	}
	n, err := q.exec(ctx, "users of enrolment", `INSERT INTO enrolment_users (site_id, enrolment_id, username_key, user_id, username)
		SELECT site_id, $3, username_key, id, username FROM users WHERE site_id = $1 AND company_id = $2 AND deleted_at = 0`, e.SiteID, e.CompanyID, e.ID)
	if err != nil {
		return 0, err
	}
	_, err = q.exec(ctx, "total of enrolment", `UPDATE enrolments SET total = $4 WHERE site_id = $1 AND company_id = $2 AND id = $3`,
		e.SiteID, e.CompanyID, e.ID, n)
	return int(n), err
}

// ReplaceEnrolment ends the running enrolment of a company, if there is one, and skips users it
// has not reached. It returns the enrolment as it is then; NotFound if none is running.
func (q Queries) ReplaceEnrolment(ctx context.Context, siteID, companyID string, now time.Time) (e gatehouse.Enrolment, err error) {
	// The enrolment's row first: a batch that is being written either comes before, or fails.
	var id string
	err = q.one(ctx, "replace enrolment", `UPDATE enrolments SET state = $3, ended_at = $4
		WHERE site_id = $1 AND company_id = $2 AND ended_at = 0 RETURNING id`,
		[]any{siteID, companyID, string(gatehouse.RunReplaced), micros(now)}, &id)
	if err != nil {
		return e, err
	}
	// Notices that it has not yet sent are no longer true.
	if err := q.dropNotices(ctx, siteID, id, now); err != nil {
		return e, err
	}
	old := gatehouse.Run{Kind: gatehouse.RunEnrolment, SiteID: siteID, CompanyID: companyID, ID: id}
	if err := q.skipRest(ctx, old, gatehouse.ReasonReplaced, now); err != nil {
		return e, err
	}
	return q.Enrolment(ctx, siteID, companyID, id)
}

// Enrolment returns an enrolment of a company.
func (q Queries) Enrolment(ctx context.Context, siteID, companyID, id string) (e gatehouse.Enrolment, err error) {
	err = q.one(ctx, "enrolment", `SELECT `+enrolmentColumns+` FROM enrolments WHERE site_id = $1 AND company_id = $2 AND id = $3`,
		[]any{siteID, companyID, id}, enrolmentFields(&e)...)
	return e, err
}

// Enrolments returns up to limit enrolments of a company, newest first: those before the given ID,
// or all if it is empty.
func (q Queries) Enrolments(ctx context.Context, siteID, companyID, before string, limit int) ([]gatehouse.Enrolment, error) {
	var all []gatehouse.Enrolment
	err := q.all(ctx, "enrolments", `SELECT `+enrolmentColumns+` FROM enrolments
		WHERE site_id = $1 AND company_id = $2 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4`,
		[]any{siteID, companyID, before, limit}, func(scan func(...any) error) error {
			var e gatehouse.Enrolment
			err := scan(enrolmentFields(&e)...)
			all = append(all, e)
			return err
		})
	return all, err
}

// EnrolmentSetUp counts the users whom an enrolment asked to set up a factor and who have it now.
func (q Queries) EnrolmentSetUp(ctx context.Context, e gatehouse.Enrolment) (n int, err error) {
	err = q.one(ctx, "set up since enrolment", `SELECT COUNT(*) FROM enrolment_users e JOIN users u ON u.site_id = e.site_id AND u.id = e.user_id
		WHERE e.site_id = $1 AND e.enrolment_id = $2 AND e.outcome = $3 AND (u.passkeys > 0 OR $4 = 'factor' AND u.apps > 0)`,
		[]any{e.SiteID, e.ID, string(gatehouse.OutcomeChanged), string(e.Factor)}, &n)
	return n, err
}
