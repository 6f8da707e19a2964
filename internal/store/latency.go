package store

import (
	"context"
	"time"
)

// timed returns how long something takes.
func timed(do func() error) (time.Duration, error) {
	begun := time.Now()
	err := do()
	return time.Since(begun), err
}

// Latency is how long the database takes for the smallest of questions.
func (s *Store) Latency(ctx context.Context) (time.Duration, error) {
	begun := time.Now()
	err := s.Ping(ctx)
	return time.Since(begun), err
}
