package store

import (
	"context"
	"time"

	"gatehouse"
)

const bulkActColumns = runColumns + `, act, query, undoes, ip_address, reference`

func bulkActFields(b *gatehouse.BulkAct) []any {
	b.Kind = gatehouse.RunBulkAct
	return append(runFields(&b.Run), &b.Act, &b.Query, &b.Undoes, &b.IPAddress, &b.Reference)
}

// ProposeBulkAct adds an act on many users, as a proposal without users; see AddToBulkAct.
func (q Queries) ProposeBulkAct(ctx context.Context, b gatehouse.BulkAct) error {
	_, err := q.exec(ctx, "propose bulk act", `INSERT INTO bulk_acts (site_id, company_id, id, act, query, undoes, state, started_at, started_by, started_name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		b.SiteID, b.CompanyID, b.ID, string(b.Act), b.Query, b.Undoes, string(gatehouse.RunProposed), micros(b.StartedAt), b.StartedBy, b.StartedName)
	return err
}

// AddToBulkAct adds users to a proposal; those that it has already stay as they are.
func (q Queries) AddToBulkAct(ctx context.Context, b gatehouse.BulkAct, users []gatehouse.User) error {
	rows := make([][]any, len(users))
	for i, u := range users {
		rows[i] = []any{b.SiteID, b.ID, gatehouse.NameKey(u.Username), u.ID, u.Username}
	}
	n, err := q.exec(ctx, "add to bulk act", `INSERT INTO bulk_act_users (site_id, bulk_act_id, username_key, user_id, username)
		SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM `+q.d.each+`($1) WHERE TRUE ON CONFLICT DO NOTHING`, inJSON(rows))
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "total of bulk act", `UPDATE bulk_acts SET total = total + $4 WHERE site_id = $1 AND company_id = $2 AND id = $3`,
		b.SiteID, b.CompanyID, b.ID, n)
	return err
}

// BeginBulkAct begins a proposed act. It reports whether this call did: a second click did not.
func (q Queries) BeginBulkAct(ctx context.Context, b gatehouse.BulkAct) (bool, error) {
	n, err := q.exec(ctx, "begin bulk act", `UPDATE bulk_acts SET state = $4, started_at = $5, started_name = $6, ip_address = $7, reference = $8
		WHERE site_id = $1 AND company_id = $2 AND id = $3 AND state NOT IN ('running', 'done', 'stopped')`,
		b.SiteID, b.CompanyID, b.ID, string(gatehouse.RunRunning), micros(b.StartedAt), b.StartedName, b.IPAddress, b.Reference)
	return n == 1, err
}

// BulkAct returns an act on many users of a company.
func (q Queries) BulkAct(ctx context.Context, siteID, companyID, id string) (b gatehouse.BulkAct, err error) {
	err = q.one(ctx, "bulk act", `SELECT `+bulkActColumns+` FROM bulk_acts WHERE site_id = $1 AND company_id = $2 AND id = $3`,
		[]any{siteID, companyID, id}, bulkActFields(&b)...)
	return b, err
}

// BulkActs returns up to limit acts on many users that have begun, newest first: those before the
// given ID, or all if it is empty.
func (q Queries) BulkActs(ctx context.Context, siteID, companyID, before string, limit int) ([]gatehouse.BulkAct, error) {
	var all []gatehouse.BulkAct
	err := q.all(ctx, "bulk acts", `SELECT `+bulkActColumns+` FROM bulk_acts
		WHERE site_id = $1 AND company_id = $2 AND ($3 = '' OR id < $3) AND state <> 'proposed' ORDER BY id DESC LIMIT $4`,
		[]any{siteID, companyID, before, limit}, func(scan func(...any) error) error {
			var b gatehouse.BulkAct
			err := scan(bulkActFields(&b)...)
			all = append(all, b)
			return err
		})
	return all, err
}

// ForgetProposals removes proposals made before a time that nobody agreed to.
func (q Queries) ForgetProposals(ctx context.Context, before time.Time, limit int) (n int64, err error) {
	const old = `SELECT site_id, company_id, id FROM bulk_acts WHERE state = 'proposed' AND started_at < $1 ORDER BY started_at LIMIT $2`
	_, err = q.exec(ctx, "users of proposals", `DELETE FROM bulk_act_users WHERE (site_id, bulk_act_id) IN (SELECT site_id, id FROM (`+old+`) AS old)`, micros(before), limit)
	if err == nil {
		n, err = q.exec(ctx, "proposals", `DELETE FROM bulk_acts WHERE (site_id, company_id, id) IN (`+old+`)`, micros(before), limit)
	}
	return n, err
}

// ChangedByBulkAct returns the users whom an act has changed, with their IDs and usernames.
func (q Queries) ChangedByBulkAct(ctx context.Context, b gatehouse.BulkAct) (users []gatehouse.User, err error) {
	return users, q.RunLines(ctx, b.Run, gatehouse.OutcomeChanged, "", 0, func(l RunLine) error {
		users = append(users, gatehouse.User{ID: l.UserID, Username: l.Username})
		return nil
	})
}

// LockedOf returns which of a site's subjects have a lock, which may be over, for some device or for
// strangers.
func (q Queries) LockedOf(ctx context.Context, siteID string, subjects []string) (map[string]bool, error) {
	locked := map[string]bool{}
	err := q.all(ctx, "locked subjects", `SELECT DISTINCT subject FROM attempts
		WHERE site_id = $1 AND subject IN (SELECT value ->> 0 FROM `+q.d.each+`($2)) AND locked_at > 0`,
		[]any{siteID, inJSON(rowsOf(subjects))}, func(scan func(...any) error) error {
			var subject string
			err := scan(&subject)
			locked[subject] = true
			return err
		})
	return locked, err
}

func rowsOf(values []string) [][]any {
	rows := make([][]any, len(values))
	for i, v := range values {
		rows[i] = []any{v}
	}
	return rows
}
