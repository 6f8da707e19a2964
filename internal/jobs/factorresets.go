package jobs

import (
	"context"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// FactorResets carries out the resets of lost factors whose delay is over; see
// directory.Service.CarryOutResets.
func FactorResets(d *directory.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "factor resets", Every: 15 * time.Second, Run: func(ctx context.Context) error { return d.CarryOutResets(ctx, sites) }}
}
