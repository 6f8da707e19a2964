package signin

import (
	"context"
	"time"

	"gatehouse/internal/secret"
)

// evenTime is several times the cost of a hash with default parameters on a slow machine,
// including what is written for a wrong one, and longer than it takes to write as many mails as
// one request can cause.
const evenTime = 100 * time.Millisecond

// EvenTime returns the minimum time of responses that must not reveal what was done: 100 ms,
// scaled by the cost of the hashes relative to the default.
func EvenTime(h *secret.Hasher) time.Duration {
	return time.Duration(float64(evenTime) * h.Cost())
}

// evenly makes a request take equally long for everybody, no matter what was done: how many
// accounts have an address, how many people are told, and whether a wrong password locked an
// account or no account exists (invariant 7). While waiting, it holds nothing: no place at the
// hash gate, no transaction and no database connection. It does not wait for a client that has
// disconnected.
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
