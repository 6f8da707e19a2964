package jobs

import (
	"context"
	"time"

	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// A process that has not renewed its lease for so long is gone. A shorter one would take a
// process for gone that only had to wait for the database; a longer one keeps people waiting
// for attempts that nobody finishes.
const (
	processLease = 5 * time.Second
	processBeat  = time.Second
)

// Processes keeps the lease of this process, and closes the attempts of those that are
// gone. Where one process serves from a database there is nobody to look after: Begin
// has done it.
func Processes(s *store.Store, in *signin.Service) Job {
	return Job{Name: "processes", Every: processBeat, Run: func(ctx context.Context) error {
		if !s.Shared() {
			return nil
		}
		if err := s.Alive(ctx, processLease); err != nil {
			return err
		}
		return in.CloseAbandoned(ctx)
	}}
}

// Begin is what a process does first: it says that it is there, and closes what those have
// left behind that are gone.
func Begin(ctx context.Context, s *store.Store, in *signin.Service) error {
	if s.Shared() {
		if err := s.Alive(ctx, processLease); err != nil {
			return err
		}
	}
	return in.CloseAbandoned(ctx)
}
