package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// Requests tells administrators what waits for their answer; see directory.Service.TellWaiting.
func Requests(d *directory.Service, sites func() []*site.Site) Job {
	return Job{Name: "requests", Every: 15 * time.Minute, Run: func(ctx context.Context) error {
		var failed error
		for _, st := range sites() { // a failure for one site does not affect the others
			if err := d.TellWaiting(ctx, st); err != nil {
				failed = errors.Join(failed, fmt.Errorf("site %s: %w", st.ID, err))
			}
		}
		return failed
	}}
}
