package store

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite "modernc.org/sqlite"
)

// writing remembers whether recent writes succeeded. Reads still work when a disk is full, and do
// not show it.
type writing struct {
	mu      sync.Mutex
	at      time.Time // of the last conclusive write
	refusal error     // its error; nil: it worked
	probing sync.Mutex
}

// writesCount is how long the result of a write counts for the next one.
const writesCount = 3 * time.Second

// note remembers the result of a write, and returns it. A refusal counts for a while, even if
// smaller writes still succeed.
func (w *writing) note(err error) error {
	if err != nil && !isRefusal(err) {
		return err // which says nothing about the disk
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if err != nil || w.refusal == nil || now.Sub(w.at) > writesCount {
		w.at, w.refusal = now, err
	}
	return err
}

// lately returns the result of recent writes, and whether there were any.
func (w *writing) lately() (refusal error, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refusal, time.Since(w.at) <= writesCount
}

// Writable reports whether the database accepts changes: nil, or why not. It uses the result of
// recent real writes or, if there were none, a write that changes nothing.
func (s *Store) Writable(ctx context.Context) error {
	s.writing.probing.Lock() // many may ask at once, and one needs to try
	defer s.writing.probing.Unlock()
	if refusal, known := s.writing.lately(); known {
		return refusal
	}
	return s.Write(ctx, func(q Queries) error {
		// There and back: a database notices an update without a change, and writes nothing.
		for _, step := range []int{1, -1} {
			if _, err := q.exec(ctx, "probe", `UPDATE migrations SET applied_at = applied_at + $1 WHERE version = 1`, step); err != nil {
				return err
			}
		}
		return nil
	})
}

// isRefusal reports whether an error means that the database cannot store changes: its disk is
// full, broken, or read-only.
func isRefusal(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqliteCantOpen, sqliteIO, sqliteFull, sqliteCorrupt, sqliteNotADatabase, sqliteReadOnly:
			return true
		}
		return false
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "58") || pg.Code == readOnlyTransaction)
}
