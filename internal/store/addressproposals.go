package store

import (
	"context"
	"time"

	"gatehouse"
)

const addressProposalColumns = `site_id, id, user_id, company_id, old_email, new_email, why, seen, state, asked_at, by_id, by_name,
	ended_at, ended_by_id, ended_by_name, refused_reason`

func addressProposalFields(p *gatehouse.AddressProposal) []any {
	return []any{&p.SiteID, &p.ID, &p.UserID, &p.CompanyID, &p.Old, &p.New, &p.Why, &p.Seen, &p.State, when{&p.AskedAt}, &p.ByID, &p.ByName,
		when{&p.EndedAt}, &p.EndedByID, &p.EndedByName, &p.RefusedReason}
}

// InsertAddressProposal adds a proposal that waits for an answer.
func (q Queries) InsertAddressProposal(ctx context.Context, p gatehouse.AddressProposal) error {
	_, err := q.exec(ctx, "insert address proposal", `INSERT INTO address_proposals
		(site_id, id, user_id, company_id, old_email, new_email, why, seen, state, asked_at, by_id, by_name)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.SiteID, p.ID, p.UserID, p.CompanyID, p.Old, p.New, p.Why, p.Seen, string(p.State), micros(p.AskedAt), p.ByID, p.ByName)
	return err
}

// AddressProposal returns a proposal.
func (q Queries) AddressProposal(ctx context.Context, siteID, id string) (p gatehouse.AddressProposal, err error) {
	err = q.one(ctx, "address proposal", `SELECT `+addressProposalColumns+` FROM address_proposals WHERE site_id = $1 AND id = $2`,
		[]any{siteID, id}, addressProposalFields(&p)...)
	return p, err
}

// OpenAddressProposal returns the proposal about a user that has no answer; NotFound if there is none.
func (q Queries) OpenAddressProposal(ctx context.Context, siteID, userID string) (p gatehouse.AddressProposal, err error) {
	err = q.one(ctx, "open address proposal", `SELECT `+addressProposalColumns+` FROM address_proposals
		WHERE site_id = $1 AND user_id = $2 AND ended_at = 0`, []any{siteID, userID}, addressProposalFields(&p)...)
	return p, err
}

// AddressProposals returns the newest proposals of all sites since a time.
func (q Queries) AddressProposals(ctx context.Context, since time.Time, limit int) (all []gatehouse.AddressProposal, err error) {
	err = q.all(ctx, "address proposals", `SELECT `+addressProposalColumns+` FROM address_proposals
		WHERE asked_at >= $1 ORDER BY asked_at DESC, id DESC LIMIT $2`, []any{micros(since), limit}, func(scan func(...any) error) error {
		var p gatehouse.AddressProposal
		err := scan(addressProposalFields(&p)...)
		all = append(all, p)
		return err
	})
	return all, err
}

// EndAddressProposal ends a proposal that has no answer. It reports whether this call did.
func (q Queries) EndAddressProposal(ctx context.Context, p gatehouse.AddressProposal) (bool, error) {
	n, err := q.exec(ctx, "end address proposal", `UPDATE address_proposals
		SET state = $3, ended_at = $4, ended_by_id = $5, ended_by_name = $6, refused_reason = $7
		WHERE site_id = $1 AND id = $2 AND ended_at = 0`,
		p.SiteID, p.ID, string(p.State), micros(p.EndedAt), p.EndedByID, p.EndedByName, p.RefusedReason)
	return n == 1, err
}

// DropOldAddressProposals removes those that were made before a time.
func (q Queries) DropOldAddressProposals(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "drop old address proposals", `DELETE FROM address_proposals WHERE asked_at < $1`, micros(before))
	return err
}
