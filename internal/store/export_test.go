package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
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

// noting tells of every statement before it runs.
type noting struct {
	runner
	note func(text string, args []any)
}

func (n noting) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	n.note(text, args)
	return n.runner.ExecContext(ctx, text, args...)
}

func (n noting) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	n.note(text, args)
	return n.runner.QueryContext(ctx, text, args...)
}

// Noting is q, and tells of every statement before it runs.
func Noting(q Queries, note func(text string, args []any)) Queries {
	q.run, q.prepared = noting{q.run, note}, &statements{m: &sync.Map{}}
	return q
}

// Run runs a statement of a test.
func Run(ctx context.Context, q Queries, text string, args ...any) error {
	_, err := q.run.ExecContext(ctx, text, args...)
	return err
}

// Rows are the rows of a query of a test, as text.
func Rows(ctx context.Context, q Queries, text string, args ...any) (all [][]string, err error) {
	found, err := q.run.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	names, err := found.Columns()
	for err == nil && found.Next() {
		row, into := make([]string, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		err = found.Scan(into...)
		all = append(all, row)
	}
	return all, errors.Join(err, found.Err())
}

// MigrationTexts are the texts of all migrations.
func MigrationTexts() (all []string) {
	known, _ := migrations() // the store's own tests see to it that they can be read
	for _, m := range known {
		all = append(all, m.text)
	}
	return all
}
