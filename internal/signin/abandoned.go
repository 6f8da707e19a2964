package signin

import (
	"context"
	"errors"

	"gatehouse/internal/store"
)

// goneAtOnce is how many attempts of dead processes are closed at a time.
const goneAtOnce = 100

// CloseAbandoned closes the attempts of dead processes as wrong ones: their outcome is unknown,
// and they must not make others wait (invariant 3). A process that was only slow finds its attempt
// closed, and does not judge it.
func (s *Service) CloseAbandoned(ctx context.Context) error {
	for {
		gone, err := s.Store.Read().GoneAttempts(ctx, goneAtOnce)
		if err != nil {
			return err
		}
		for _, o := range gone {
			if err := s.closeAbandoned(ctx, o); err != nil {
				return err
			}
		}
		if len(gone) < goneAtOnce {
			return nil
		}
	}
}

// closeAbandoned closes one attempt, unless its process has just finished it or another one has
// closed it. The next attempt decides whether that locks.
func (s *Service) closeAbandoned(ctx context.Context, o store.OpenAttempt) error {
	return s.Store.Write(ctx, func(q store.Queries) error {
		counts, err := q.HoldAttempts(ctx, o.SiteID, o.Subject, o.Device, s.Now())
		if err != nil {
			return err
		}
		was, err := q.EndOpenAttempt(ctx, o)
		if err != nil || !was {
			return err
		}
		return q.SaveAttempts(ctx, o.SiteID, o.Subject, o.Device, counts.Abandoned())
	})
}

// errAbandoned: while the attempt was verified, another process took its process for dead and
// closed it as wrong. It is not judged: it would be a guess beyond those counted.
var errAbandoned = busy(errors.New("the attempt took too long and has been closed"))

// openAttempt identifies an attempt among those being verified.
func (a *attempt) openAttempt() store.OpenAttempt {
	return store.OpenAttempt{SiteID: a.site.ID, Subject: a.subject, Device: a.device, ID: a.open}
}
