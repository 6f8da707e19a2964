package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// SigningKeys makes new keys for sites' tokens in place of those that have grown old.
func SigningKeys(provider *sso.Service, sites func() []*site.Site) Job {
	return Job{Name: "signing keys", Every: time.Hour, Run: func(ctx context.Context) error {
		var failed error
		for _, st := range sites() { // what one site cannot do, the others can
			if err := provider.RotateOldKeys(ctx, st); err != nil {
				failed = errors.Join(failed, fmt.Errorf("site %s: %w", st.ID, err))
			}
		}
		return failed
	}}
}
