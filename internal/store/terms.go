package store

import (
	"context"

	"gatehouse"
)

const acceptanceColumns = `site_id, user_id, id, version, text_hash, lang, accepted_at, address`

// InsertAcceptance records that a user accepted a text of the terms, and stores the text once for
// everybody who accepts it: it can be shown even if the file changes (A03).
func (q Queries) InsertAcceptance(ctx context.Context, a gatehouse.Acceptance, text string) error {
	_, err := q.exec(ctx, "insert terms text", `INSERT INTO terms_texts (site_id, hash, text) VALUES ($1, $2, $3)
		ON CONFLICT (site_id, hash) DO NOTHING`, a.SiteID, a.TextHash, text)
	if err != nil {
		return err
	}
	_, err = q.exec(ctx, "insert acceptance", `INSERT INTO terms_acceptances (`+acceptanceColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.SiteID, a.UserID, a.ID, a.Version, a.TextHash, a.Lang, micros(a.AcceptedAt), a.IPAddress)
	return err
}

// Acceptances returns what a user has accepted, newest first. There is one for each version that a
// site has had, so there are few.
func (q Queries) Acceptances(ctx context.Context, siteID, userID string) ([]gatehouse.Acceptance, error) {
	return q.acceptances(ctx, `SELECT `+acceptanceColumns+` FROM terms_acceptances
		WHERE site_id = $1 AND user_id = $2 ORDER BY id DESC`, siteID, userID)
}

// AcceptedText returns an acceptance of a user with the text as it was accepted.
func (q Queries) AcceptedText(ctx context.Context, siteID, userID, id string) (a gatehouse.Acceptance, text string, err error) {
	all, err := q.acceptances(ctx, `SELECT `+acceptanceColumns+` FROM terms_acceptances
		WHERE site_id = $1 AND user_id = $2 AND id = $3`, siteID, userID, id)
	if err != nil {
		return a, "", err
	}
	if len(all) == 0 {
		return a, "", gatehouse.ErrNotFound
	}
	a = all[0]
	err = q.one(ctx, "terms text", `SELECT text FROM terms_texts WHERE site_id = $1 AND hash = $2`, []any{siteID, a.TextHash}, &text)
	return a, text, err
}

func (q Queries) acceptances(ctx context.Context, text string, args ...any) ([]gatehouse.Acceptance, error) {
	var all []gatehouse.Acceptance
	err := q.all(ctx, "acceptances", text, args, func(scan func(...any) error) error {
		var a gatehouse.Acceptance
		err := scan(&a.SiteID, &a.UserID, &a.ID, &a.Version, &a.TextHash, &a.Lang, when{&a.AcceptedAt}, &a.IPAddress)
		all = append(all, a)
		return err
	})
	return all, err
}
