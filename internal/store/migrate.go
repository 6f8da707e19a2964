package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migration is one step of the database schema.
type Migration struct {
	Version int
	Name    string
	// AppliedAt is zero for one that is still to come.
	AppliedAt time.Time
	// Took is how long it took, if it was applied just now.
	Took time.Duration
	text string
}

// NewerError means that a newer program created the database. Nothing may be done with it then.
type NewerError struct{ Database, Program int }

func (e NewerError) Error() string {
	return fmt.Sprintf("the database is at version %d and this program knows only up to %d: run the newer program", e.Database, e.Program)
}

// migrations returns the embedded migrations, oldest first.
func migrations() ([]Migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var all []Migration
	for _, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		base := strings.TrimSuffix(strings.TrimPrefix(name, "migrations/"), ".sql")
		number, title, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != len(all)+1 {
			return nil, fmt.Errorf("migration %s is out of order", name)
		}
		all = append(all, Migration{Version: version, Name: title, text: string(text)})
	}
	return all, nil
}

// Migrate brings the database to this program's version and returns what it did. It is safe when
// several processes start at the same moment: all migrations run in one transaction, behind the
// write lock of SQLite (immediate transactions) or an advisory lock of PostgreSQL; the second
// process finds nothing left to do.
func (s *Store) Migrate(ctx context.Context, now time.Time) ([]Migration, error) {
	known, err := migrations()
	if err != nil {
		return nil, err
	}
	return s.migrate(ctx, known, now)
}

func (s *Store) migrate(ctx context.Context, known []Migration, now time.Time) (done []Migration, err error) {
	if at, err := s.Version(ctx); err == nil && at == len(known) {
		return nil, nil // a normal start takes no lock
	}
	if s.Engine() == "sqlite" {
		if err := s.undoIn(ctx, "FILE"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.undoIn(ctx, "MEMORY")) }()
	}
	err = s.Write(ctx, func(q Queries) error {
		done = nil
		at, err := q.lockVersion(ctx)
		if err != nil {
			return err
		}
		if at > len(known) {
			return NewerError{at, len(known)}
		}
		for _, m := range known[at:] {
			if m.Took, err = timed(func() error { return q.apply(ctx, m, now) }); err != nil {
				return err
			}
			m.AppliedAt = now
			done = append(done, m)
		}
		return nil
	})
	return done, err
}

// undoIn says where SQLite keeps what can undo a statement or a unit.
func (s *Store) undoIn(ctx context.Context, where string) error {
	_, err := s.write.ExecContext(ctx, "PRAGMA temp_store = "+where)
	return wrap(ctx, "where to keep what can undo", err)
}

// lockVersion waits for other migrating processes and returns the version.
func (q Queries) lockVersion(ctx context.Context) (int, error) {
	if q.d.lockMigrations != "" {
		if _, err := q.exec(ctx, "lock migrations", q.d.lockMigrations); err != nil {
			return 0, err
		}
	}
	_, err := q.exec(ctx, "migrations table", `CREATE TABLE IF NOT EXISTS migrations (
		version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)`)
	if err != nil {
		return 0, err
	}
	return q.version(ctx)
}

func (q Queries) version(ctx context.Context) (at int, err error) {
	err = q.one(ctx, "version", `SELECT COALESCE(MAX(version), 0) FROM migrations`, nil, &at)
	return at, err
}

func (q Queries) apply(ctx context.Context, m Migration, now time.Time) error {
	for _, statement := range statementsOf(q.d.types.Replace(m.text)) {
		if _, err := q.exec(ctx, fmt.Sprintf("migration %d (%s)", m.Version, m.Name), statement); err != nil {
			return err
		}
	}
	if step := goSteps[m.Name]; step != nil {
		if err := step(q, ctx); err != nil {
			return fmt.Errorf("migration %d (%s): %w", m.Version, m.Name, err)
		}
	}
	_, err := q.exec(ctx, "record migration", `INSERT INTO migrations (version, name, applied_at) VALUES ($1, $2, $3)`,
		m.Version, m.Name, micros(now))
	return err
}

// statementsOf splits a migration; its only semicolons outside comments are those at the end of a
// statement.
func statementsOf(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "--") {
			lines = append(lines, line)
		}
	}
	var all []string
	for statement := range strings.SplitSeq(strings.Join(lines, ""), ";\n") {
		if strings.TrimSpace(statement) != "" {
			all = append(all, statement)
		}
	}
	return all
}

// Version returns the database's version: the number of the last applied migration. A database
// without the table is an error, not version 0.
func (s *Store) Version(ctx context.Context) (int, error) { return s.Read().version(ctx) }

// Ready returns nil if the database answers and is at this program's version.
func (s *Store) Ready(ctx context.Context) error {
	known, err := migrations()
	if err != nil {
		return err
	}
	at, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if at > len(known) {
		return NewerError{at, len(known)}
	}
	if at < len(known) {
		return fmt.Errorf("the database is at version %d of %d: run gatehouse migrate", at, len(known))
	}
	return nil
}

// Migrations returns all migrations of this program, with the time at which each was applied.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	known, err := migrations()
	if err != nil {
		return nil, err
	}
	applied := map[int]time.Time{}
	err = s.Read().all(ctx, "migrations", `SELECT version, applied_at FROM migrations`, nil, func(scan func(...any) error) error {
		var version int
		var at time.Time
		if err := scan(&version, when{&at}); err != nil {
			return err
		}
		applied[version] = at
		return nil
	})
	if err != nil && !isMissingTable(err) {
		return nil, err
	}
	for i := range known {
		known[i].AppliedAt = applied[known[i].Version]
	}
	return known, nil
}
