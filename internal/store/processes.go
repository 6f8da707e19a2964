package store

import (
	"context"
	"time"
)

// Shared reports whether several processes may serve from this database.
func (s *Store) Shared() bool { return s.dialect.shared }

// Alive renews this process's lease, and removes processes that have long been dead. It uses the
// database's clock: that of a process may jump.
func (s *Store) Alive(ctx context.Context, lease time.Duration) error {
	return s.Write(ctx, func(q Queries) error {
		q.changed = nil // a sign of life is no work done
		_, err := q.exec(ctx, "alive", `INSERT INTO processes (id, alive_until) VALUES ($1, (`+q.d.clock+`) + CAST($2 AS BIGINT))
			ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until`, q.process, lease.Microseconds())
		if err != nil {
			return err
		}
		_, err = q.exec(ctx, "forget processes", `DELETE FROM processes WHERE alive_until < (`+q.d.clock+`) - CAST($1 AS BIGINT)
			AND NOT EXISTS (SELECT 1 FROM open_attempts o WHERE o.process = processes.id)`, time.Hour.Microseconds())
		return err
	})
}
