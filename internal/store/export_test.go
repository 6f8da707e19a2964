package store

import (
	"context"
	"database/sql"
	"os"
	"time"

	"gatehouse"
)

// MigrateTo migrates a database to the version of an earlier program.
func (s *Store) MigrateTo(ctx context.Context, version int, now time.Time) error {
	known, err := migrations()
	if err == nil {
		_, err = s.migrate(ctx, known[:version], now)
	}
	return err
}

// noting reports every statement before it runs.
type noting struct {
	runner
	note func(text string, args []any)
}

func (n noting) exec(ctx context.Context, text string, args []any) (int64, error) {
	n.note(text, args)
	return n.runner.exec(ctx, text, args)
}

func (n noting) query(ctx context.Context, text string, args []any, row func(func(...any) error) error) error {
	n.note(text, args)
	return n.runner.query(ctx, text, args, row)
}

func (n noting) later(ctx context.Context, text string, args []any) error {
	n.note(text, args)
	return n.runner.later(ctx, text, args)
}

func (n noting) together(ctx context.Context, asks []ask) error {
	for _, a := range asks {
		n.note(a.text, a.args)
	}
	return n.runner.together(ctx, asks)
}

// Noting is q, but reports every statement before it runs.
func Noting(q Queries, note func(text string, args []any)) Queries {
	q.run = noting{q.run, note}
	return q
}

// Run runs a test's statement.
func Run(ctx context.Context, q Queries, text string, args ...any) error {
	_, err := q.run.exec(ctx, text, args)
	return err
}

// Rows returns the rows of a test's query, with this many columns each, as text.
func Rows(ctx context.Context, q Queries, columns int, text string, args ...any) (all [][]string, err error) {
	err = q.run.query(ctx, text, args, func(scan func(...any) error) error {
		row, into := make([]string, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		all = append(all, row)
		return scan(into...)
	})
	return all, err
}

// Waiting returns how many units of work wait for their turn on SQLite.
func (s *Store) Waiting() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return len(s.writer.queue)
}

// OnFlush replaces what waits for the disk; it gets the log, and what waited before.
func (s *Store) OnFlush(flush func(log *os.File, real func(*os.File) error) error) {
	before := s.writer.disk.flush
	s.writer.disk.flush = func(log *os.File) error { return flush(log, before) }
}

// CloseAll closes all connections to a database of SQLite; the next ones are new.
func (s *Store) CloseAll() {
	s.checks.(*unchanged).disconnect()
	for _, db := range []*sql.DB{s.read, s.write} {
		open := db.Stats().MaxOpenConnections
		db.SetMaxIdleConns(-1)
		db.SetMaxIdleConns(open)
	}
}

// asked answers each check with a query to the database, and caches nothing.
type asked struct{}

func (asked) answer(ctx context.Context, q Queries, name key) (check, error) {
	return q.answer(ctx, name)
}
func (asked) close() (disconnected func()) { return func() {} }

// Unkept returns a store on the same connections that caches nothing.
func Unkept(s *Store) *Store {
	other := &Store{write: s.write, read: s.read, dialect: s.dialect, connected: s.connected}
	other.checks = asked{}
	return other
}

// Erasures are the tables that Erase deals with: whose rows, what is overwritten, and what is kept.
func Erasures(u gatehouse.User) (all []ErasureOf) {
	for _, e := range erasures {
		text, args := erasing(e.which(), u)
		all = append(all, ErasureOf{e.table, text, args, e.set, e.keeps})
	}
	return append(all, ErasureOf{Table: "users", Set: emptied, Keeps: accountKeeps})
}

// ErasureOf is an entry of erasures.
type ErasureOf struct {
	Table, Which string
	Args         []any
	Set, Keeps   string
}

// WithoutIndex makes a store ask SQLite itself whether anything was written, as where the index of
// its log cannot be mapped.
func (s *Store) WithoutIndex() { s.checks.(*unchanged).conns = 1 }

// IndexUsers is how many stores use the index of a database's log.
func IndexUsers(path string) int {
	walIndexes.mu.Lock()
	defer walIndexes.mu.Unlock()
	if x := walIndexes.open[path+"-shm"]; x != nil {
		return x.users
	}
	return 0
}
