package jobs

import (
	"context"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// Deletions removes users who were deleted and whose time to be restored is over; see
// directory.Service.RemoveDeleted.
func Deletions(d *directory.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "deletions", Every: 10 * time.Minute, Run: func(ctx context.Context) error { return d.RemoveDeleted(ctx, sites) }}
}
