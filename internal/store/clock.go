package store

import (
	"context"
	"time"
)

// Clock returns the database's time: if processes and the database disagree, codes and sessions
// end too early or too late.
func (s *Store) Clock(ctx context.Context) (at time.Time, err error) {
	err = s.Read().one(ctx, "clock", s.dialect.clock, nil, when{&at})
	return at, err
}
