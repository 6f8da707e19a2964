package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// Applications removes deleted applications that can no longer be restored. It runs more often
// than once a day, because a process that is restarted every night would never do it otherwise.
func Applications(provider *sso.Service, sites func() []*site.Site) Job {
	return Job{Name: "deleted applications", Every: time.Hour, Run: func(ctx context.Context) error {
		return eachSite(sites, func(st *site.Site) error { return provider.RemoveDeleted(ctx, st) })
	}}
}

// eachSite does something for every site: a failure for one does not affect the others.
func eachSite(sites func() []*site.Site, do func(*site.Site) error) error {
	var failed error
	for _, st := range sites() {
		if err := do(st); err != nil {
			failed = errors.Join(failed, fmt.Errorf("site %s: %w", st.ID, err))
		}
	}
	return failed
}
