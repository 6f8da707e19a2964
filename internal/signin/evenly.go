package signin

import (
	"context"
	"time"

	"gatehouse/internal/secret"
)

// evenTime is several times what a hash of the usual parameters takes on a slow machine,
// with all that is written because it was wrong, and longer than it takes to write as many
// mails as one request can make.
const evenTime = 100 * time.Millisecond

// EvenTime is how long answers take at least that must not tell what was done for them:
// 100 ms, and as many times that as the hashes cost of what they cost by default.
func EvenTime(h *secret.Hasher) time.Duration {
	return time.Duration(float64(evenTime) * h.Cost())
}

// evenly makes a request take as long for everybody, no matter what was done: however many
// accounts have an address and however many people are told, and whether a wrong password
// locked an account or there is none (invariant 7). Who waits holds nothing: no place at the
// hash gate, no transaction and no connection of the database. It waits for nobody who has
// hung up.
func (s *Service) evenly(ctx context.Context) (wait func()) {
	over := time.NewTimer(s.Even)
	return func() {
		defer over.Stop()
		select {
		case <-over.C:
		case <-ctx.Done():
		}
	}
}
