package jobs

import (
	"context"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// Requests tells administrators what waits for their answer; see directory.Service.TellWaiting.
func Requests(d *directory.Service, sites func() []*site.Site) Job {
	return Job{Name: "requests", Every: 15 * time.Minute, Run: func(ctx context.Context) error {
		return eachSite(sites, func(st *site.Site) error { return d.TellWaiting(ctx, st) })
	}}
}
