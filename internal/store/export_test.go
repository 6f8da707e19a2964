package store

import (
	"context"
	"time"
)

// MigrateTo brings a database to the version of an earlier program.
func (s *Store) MigrateTo(ctx context.Context, version int, now time.Time) error {
	known, err := migrations()
	if err == nil {
		_, err = s.migrate(ctx, known[:version], now)
	}
	return err
}
