package store

import (
	"context"
	"time"
)

// Latency is how long the database takes for the smallest of questions.
func (s *Store) Latency(ctx context.Context) (time.Duration, error) {
	begun := time.Now()
	err := s.Ping(ctx)
	return time.Since(begun), err
}
