package store

import (
	"context"

	"gatehouse"
)

// AttemptsOf returns the counts of a subject for each browser that has some (empty:
// strangers), to look at.
func (q Queries) AttemptsOf(ctx context.Context, siteID, subject string) (map[string]gatehouse.Attempts, error) {
	all := map[string]gatehouse.Attempts{}
	err := q.all(ctx, "attempts of", `SELECT browser, `+attemptColumns+` FROM attempts
		WHERE site_id = $1 AND subject = $2`, []any{siteID, subject}, func(scan func(...any) error) error {
		var browser string
		var a gatehouse.Attempts
		err := scan(append([]any{&browser}, attemptFields(&a)...)...)
		all[browser] = a
		return err
	})
	return all, err
}
