package store

import (
	"context"
	"strings"
)

// PutApplicationLogo stores a logo of an application by its hash.
func (q Queries) PutApplicationLogo(ctx context.Context, siteID, applicationID, hash string, png []byte) error {
	_, err := q.exec(ctx, "put application logo", `INSERT INTO application_logos (site_id, hash, application_id, body) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site_id, application_id, hash) DO NOTHING`, siteID, hash, applicationID, png)
	return err
}

// KeepApplicationLogos removes the logos of an application that it does not use in any language.
func (q Queries) KeepApplicationLogos(ctx context.Context, siteID, applicationID string, kept map[string]string) error {
	there, err := q.ids(ctx, "application logos", `SELECT hash FROM application_logos WHERE site_id = $1 AND application_id = $2`, siteID, applicationID)
	for _, hash := range there {
		inUse := false
		for _, one := range kept {
			inUse = inUse || one == hash
		}
		if err == nil && !inUse {
			_, err = q.exec(ctx, "delete application logo", `DELETE FROM application_logos WHERE site_id = $1 AND application_id = $2 AND hash = $3`,
				siteID, applicationID, hash)
		}
	}
	return err
}

// ApplicationLogo returns a logo of a site's applications by its hash.
func (q Queries) ApplicationLogo(ctx context.Context, siteID, hash string) (png []byte, err error) {
	err = q.one(ctx, "application logo", `SELECT body FROM application_logos WHERE site_id = $1 AND hash = $2 LIMIT 1`, []any{siteID, hash}, &png)
	return png, err
}

// PutPlatformOrder stores a user's order of the platforms.
func (q Queries) PutPlatformOrder(ctx context.Context, siteID, userID string, order []string) error {
	_, err := q.exec(ctx, "put platform order", `INSERT INTO home_layouts (site_id, user_id, cards, platforms) VALUES ($1, $2, '', $3)
		ON CONFLICT (site_id, user_id) DO UPDATE SET platforms = excluded.platforms`, siteID, userID, strings.Join(order, " "))
	return err
}
