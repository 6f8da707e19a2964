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

// writing remembers whether the database has taken changes lately. Reading goes on when a
// disk is full, and says nothing about it.
type writing struct {
	mu      sync.Mutex
	at      time.Time // of the last write that says something about it
	refusal error     // what came of it; nil: it worked
	probing sync.Mutex
}

// writesCount is how long what came of a write stands for the next one.
const writesCount = 3 * time.Second

// note remembers what came of a write, and returns it. A refusal stands for a while, also
// where smaller writes still go through.
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

// lately is what came of writes lately, and whether there were any.
func (w *writing) lately() (refusal error, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refusal, time.Since(w.at) <= writesCount
}

// Writable reports whether the database takes changes: nil, or why not. It goes by what
// came of real ones, and where there were none lately, by one that changes nothing.
func (s *Store) Writable(ctx context.Context) error {
	s.writing.probing.Lock() // many may ask at once, and one needs to try
	defer s.writing.probing.Unlock()
	if refusal, known := s.writing.lately(); known {
		return refusal
	}
	return s.Write(ctx, func(q Queries) error {
		// There and back: a database notices what changes nothing, and writes nothing.
		for _, step := range []int{1, -1} {
			if _, err := q.exec(ctx, "probe", `UPDATE migrations SET applied_at = applied_at + $1 WHERE version = 1`, step); err != nil {
				return err
			}
		}
		return nil
	})
}

// isRefusal reports whether an error says that the database cannot keep changes: its disk
// is full, broken, or may only be read.
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
