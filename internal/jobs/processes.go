package jobs

import (
	"context"
	"time"

	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

// A process that has not renewed its lease for this long is dead. A shorter time would take a
// process for dead that only had to wait for the database; a longer one makes users wait for
// attempts that nobody finishes.
const (
	processLease = 5 * time.Second
	processBeat  = time.Second
)

// Processes renews the lease of this process, and closes the attempts of dead ones. If only one
// process serves from a database, there is nothing to do: Begin has done it.
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

// Begin is the first step of a process: it registers the process, and closes what dead ones have
// left behind.
func Begin(ctx context.Context, s *store.Store, in *signin.Service) error {
	if s.Shared() {
		if err := s.Alive(ctx, processLease); err != nil {
			return err
		}
	}
	return in.CloseAbandoned(ctx)
}
