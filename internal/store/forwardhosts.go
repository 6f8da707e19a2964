package store

import (
	"context"

	"gatehouse"
)

// claimHosts stores an application's hosts behind proxies. Conflict: one of them belongs to
// another application.
func (q Queries) claimHosts(ctx context.Context, a gatehouse.Application) error {
	if _, err := q.exec(ctx, "drop hosts", `DELETE FROM forward_hosts WHERE site_id = $1 AND application_id = $2`, a.SiteID, a.ID); err != nil {
		return err
	}
	for _, host := range a.Settings.ForwardHosts {
		n, err := q.exec(ctx, "claim host", `INSERT INTO forward_hosts (site_id, host, application_id) VALUES ($1, $2, $3)
			ON CONFLICT (site_id, host) DO NOTHING`, a.SiteID, host, a.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonHostTaken}
		}
	}
	return nil
}

// ReasonHostTaken: a host behind a proxy belongs to another application. Kind Conflict.
const ReasonHostTaken = "forward-host-taken"

// ForwardApplication returns the application of this host, and the setting of a company's
// administrators for it; NotFound if there is none.
func (q Queries) ForwardApplication(ctx context.Context, siteID, host, companyID string) (a gatehouse.Application, said gatehouse.Reach, err error) {
	err = q.one(ctx, "forward application", `SELECT a.site_id, a.id, a.name, a.state, a.settings, a.created_at, a.deleted_at, COALESCE(p.reach, '')
		FROM forward_hosts h
		JOIN applications a ON a.site_id = h.site_id AND a.id = h.application_id
		LEFT JOIN platform_access p ON p.site_id = h.site_id AND p.company_id = $3 AND p.application_id = h.application_id
		WHERE h.site_id = $1 AND h.host = $2`, []any{siteID, host, companyID}, append(applicationFields(&a), &said)...)
	return a, said, err
}
