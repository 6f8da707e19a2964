package jobs

import (
	"context"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// FactorAsks mails users who were asked to set up a second factor; see
// directory.Service.TellFactorAsks.
func FactorAsks(d *directory.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "factor asks", Every: time.Second, Run: func(ctx context.Context) error {
		slice, cancel := context.WithTimeout(ctx, runSlice)
		defer cancel()
		return d.TellFactorAsks(ctx, sites, func() bool { return slice.Err() == nil })
	}}
}
