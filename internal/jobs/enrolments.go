package jobs

import (
	"context"
	"time"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

const (
	// enrolEvery is the maximum delay before a run of Enhanced Security begins.
	enrolEvery = 500 * time.Millisecond
	// enrolSlice is how long a stopping server continues with a run; the next start, or another
	// process, continues from there.
	enrolSlice = 2 * time.Second
)

// Enrolments continues the runs of Enhanced Security (B03), batch by batch; see
// directory.Service.Enrol.
func Enrolments(d *directory.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "enrolments", Every: enrolEvery, Run: func(ctx context.Context) error {
		slice, cancel := context.WithTimeout(ctx, enrolSlice)
		defer cancel()
		for slice.Err() == nil {
			if more, err := d.EnrolWhile(ctx, sites, func() bool { return slice.Err() == nil }); err != nil || !more {
				return err
			}
		}
		return nil
	}}
}
