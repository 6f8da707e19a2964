// Package filler fills tables with millions of rows, for measuring: the database makes them from their
// numbers, and the indexes afterwards.
package filler

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gatehouse/internal/store"
)

const (
	// Template is the site of the rows that Copies copies.
	Template   = "template"
	rowsAtOnce = 500_000
)

// Filler writes rows by their numbers. After an error, Err, it does nothing.
type Filler struct {
	Postgres bool
	Err      error

	ctx context.Context
	db  *sql.DB
}

// Open opens a database that has its tables.
func Open(ctx context.Context, url string) (*Filler, error) {
	f := &Filler{ctx: ctx}
	path, lite := store.SQLitePath(url)
	f.Postgres = !lite
	driver, name := "pgx", url
	if lite {
		driver, name = "sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-400000)&_pragma=busy_timeout(60000)"
	}
	var err error
	if f.db, err = sql.Open(driver, name); err == nil {
		f.db.SetMaxOpenConns(1)
	}
	return f, err
}

// Close closes the database.
func (f *Filler) Close() error { return f.db.Close() }

// Forget removes the row that was copied.
func (f *Filler) Forget(table string) {
	f.do(`DELETE FROM ` + table + ` WHERE site_id = '` + Template + `'`)
}

// Analyze makes the planner's statistics, where the program would have them in time.
func (f *Filler) Analyze() {
	if f.Postgres {
		f.do(`VACUUM ANALYZE`)
	}
}

func (f *Filler) do(text string) {
	if f.Err != nil {
		return
	}
	if _, err := f.db.ExecContext(f.ctx, text); err != nil {
		f.Err = fmt.Errorf("%.200s: %w", text, err)
	}
}

// Rows writes so many rows, each column an expression with the number n of the row.
func (f *Filler) Rows(table string, count int, columns map[string]string) {
	var names, values []string
	for name, value := range columns {
		names, values = append(names, name), append(values, value)
	}
	f.numbered(count, func(numbers string) string {
		return `INSERT INTO ` + table + ` (` + strings.Join(names, ", ") + `) SELECT ` + strings.Join(values, ", ") + ` FROM ` + numbers
	})
}

// Copies writes so many copies of the only row of the site "template", with some columns changed.
func (f *Filler) Copies(table string, count int, changed map[string]string) {
	if f.Err != nil {
		return
	}
	found, err := f.db.QueryContext(f.ctx, `SELECT * FROM `+table+` LIMIT 0`)
	if err != nil {
		f.Err = err
		return
	}
	names, err := found.Columns()
	if f.Err = errors.Join(err, found.Err(), found.Close()); f.Err != nil {
		return
	}
	values := make([]string, len(names))
	for i, name := range names {
		if values[i] = `t.` + name; changed[name] != "" {
			values[i] = changed[name]
		}
	}
	restore := f.WithoutIndexes(table)
	f.numbered(count, func(numbers string) string {
		return `INSERT INTO ` + table + ` (` + strings.Join(names, ", ") + `) SELECT ` + strings.Join(values, ", ") + ` FROM ` + numbers + `, ` + table + ` AS t WHERE t.site_id = 'template'`
	})
	restore()
}

// numbered runs a text for the numbers from 0 on, some at a time.
func (f *Filler) numbered(count int, text func(numbers string) string) {
	for first := 0; first < count && f.Err == nil; first += rowsAtOnce {
		last := min(first+rowsAtOnce, count) - 1
		if f.Postgres {
			f.do(text(fmt.Sprintf(`generate_series(CAST(%d AS BIGINT), %d) AS numbers(n)`, first, last)))
			continue
		}
		f.do(fmt.Sprintf(`WITH RECURSIVE numbers(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM numbers WHERE n < %d) `, first, last) + text("numbers"))
	}
}

// WithoutIndexes drops a table's indexes, but for those that are constraints, until it is full.
func (f *Filler) WithoutIndexes(table string) (restore func()) {
	text := `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '` + table + `'`
	if f.Postgres {
		text = `SELECT indexname, indexdef FROM pg_indexes WHERE tablename = '` + table + `' AND indexname NOT IN (SELECT conname FROM pg_constraint)`
	}
	var names, made []string
	if f.Err == nil {
		rows, err := f.db.QueryContext(f.ctx, text)
		if err != nil {
			f.Err = err
			return func() {}
		}
		for rows.Next() {
			var name, definition string
			err = errors.Join(err, rows.Scan(&name, &definition))
			names, made = append(names, name), append(made, definition)
		}
		f.Err = errors.Join(err, rows.Err(), rows.Close())
	}
	for _, name := range names {
		f.do(`DROP INDEX ` + name)
	}
	return func() {
		for _, definition := range made {
			f.do(definition)
		}
	}
}
