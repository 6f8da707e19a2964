package jobs

import (
	"context"

	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

// Imports continues the imports that administrators have confirmed, batch by batch; see
// directory.Service.RunImports.
func Imports(d *directory.Service, sites func(id string) *site.Site) Job {
	return Job{Name: "imports", Every: runEvery, Run: func(ctx context.Context) error {
		slice, cancel := context.WithTimeout(ctx, runSlice)
		defer cancel()
		for slice.Err() == nil {
			if more, err := d.RunImports(ctx, sites, func() bool { return slice.Err() == nil }); err != nil || !more {
				return err
			}
		}
		return nil
	}}
}
