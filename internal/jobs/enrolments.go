package jobs

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

const (
	// runEvery is the maximum delay before a run begins.
	runEvery = 500 * time.Millisecond
	// runSlice is how long a stopping server continues with a run; the next start, or another
	// process, continues from there.
	runSlice = 2 * time.Second
)

// Enrolments continues the enrolments of Enhanced Security (B03), batch by batch; see
// directory.Service.Continue.
func Enrolments(d *directory.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "enrolments", Every: runEvery, Run: runs(gatehouse.RunEnrolment, d, sites)}
}

// BulkActs continues the acts of administrators on many users; see directory.Service.Continue.
func BulkActs(d *directory.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "bulk acts", Every: runEvery, Run: runs(gatehouse.RunBulkAct, d, sites)}
}

// Proposals removes acts on many users that nobody has agreed to.
func Proposals(d *directory.Service) Job {
	return Job{Name: "proposals", Every: 10 * time.Minute, Run: d.ForgetProposals}
}

// Reports mails the monthly reports of companies.
func Reports(d *directory.Service, sites func() []*site.Site) Job {
	return Job{Name: "reports", Every: time.Minute, Run: func(ctx context.Context) error { return d.WriteReports(ctx, sites()) }}
}

// runs continues the runs of a kind.
func runs(kind gatehouse.RunKind, d *directory.Service, sites func(id string) *site.Site) func(context.Context) error {
	return func(ctx context.Context) error {
		slice, cancel := context.WithTimeout(ctx, runSlice)
		defer cancel()
		for slice.Err() == nil {
			if more, err := d.Continue(ctx, kind, sites, func() bool { return slice.Err() == nil }); err != nil || !more {
				return err
			}
		}
		return nil
	}
}
