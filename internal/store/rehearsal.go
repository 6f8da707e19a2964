package store

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What a rehearsal asks of a copy of a database.

// Counts returns how many rows each table has.
func (s *Store) Counts(ctx context.Context) (map[string]int64, error) {
	q := s.Read()
	var names []string
	err := q.all(ctx, "tables", q.d.tables, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	counts := map[string]int64{}
	for _, name := range names {
		if err != nil {
			break
		}
		var n int64
		err = q.one(ctx, "count "+name, `SELECT COUNT(*) FROM "`+strings.ReplaceAll(name, `"`, `""`)+`"`, nil, &n)
		counts[name] = n
	}
	return counts, err
}

// leaseLooks times leasePause is longer than the lease of a server's process.
const (
	leaseLooks = 24
	leasePause = 250 * time.Millisecond
)

// InUse reports whether a server runs on a PostgreSQL database: its processes renew their lease
// every second. In a copy that was made a moment ago the leases of then only end, which is waited for.
func (s *Store) InUse(ctx context.Context) (bool, error) {
	if !s.dialect.shared {
		return false, nil
	}
	first, err := s.lastLease(ctx)
	last := first
	for look := 0; err == nil && last > 0 && last == first && look < leaseLooks; look++ {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(leasePause):
			last, err = s.lastLease(ctx)
		}
	}
	return last > 0, err
}

// lastLease is when the last lease in force ends; 0: there is none.
func (s *Store) lastLease(ctx context.Context) (ends int64, err error) {
	q := s.Read()
	err = q.one(ctx, "last lease", `SELECT COALESCE(MAX(alive_until), 0) FROM processes WHERE alive_until > (`+q.d.clock+`)`, nil, &ends)
	if isMissingTable(err) {
		return 0, nil
	}
	return ends, err
}

// SealedColumns are the columns with values that the key file sealed.
var SealedColumns = []string{"challenges.answer", "factors.sealed", "signing_keys.sealed", "refresh_tokens.successor", "messages.body",
	"imports.file", "site_imports.file", "cases.title", "case_messages.words", "case_file_parts.body"}

// longestHeader is longer than the beginning of any sealed value.
const longestHeader = 300

// Sealed calls a function with the beginning of every value of a sealed column.
func (s *Store) Sealed(ctx context.Context, column string, each func(beginning []byte)) error {
	table, name, _ := strings.Cut(column, ".")
	return s.Read().all(ctx, "sealed "+column, `SELECT substr(`+name+`, 1, CAST($1 AS INTEGER)) FROM `+table+` WHERE `+name+` IS NOT NULL`, []any{longestHeader},
		func(scan func(...any) error) error {
			var beginning []byte
			err := scan(&beginning)
			if len(beginning) > 0 {
				each(beginning)
			}
			return err
		})
}

var changesOf = regexp.MustCompile(`(?im)^\s*(CREATE TABLE|ALTER TABLE|DROP TABLE|UPDATE|DELETE FROM|INSERT INTO|CREATE (?:UNIQUE )?INDEX \w+ ON)\s+(?:IF (?:NOT )?EXISTS )?(\w+)(.*)$`)

// Changes says what a migration does to which tables: made, changed, rewritten (each row is, or may
// be), indexed, dropped.
func (m Migration) Changes() []string {
	var all []string
	for _, found := range changesOf.FindAllStringSubmatch(m.text, -1) {
		what := map[string]string{"CREATE TABLE": "makes", "ALTER TABLE": "changes", "DROP TABLE": "drops", "UPDATE": "rewrites",
			"DELETE FROM": "removes rows of", "INSERT INTO": "fills"}[strings.ToUpper(found[1])]
		if what == "" {
			what = "indexes"
		}
		if change := what + " " + found[2]; !slices.Contains(all, change) {
			all = append(all, change)
		}
	}
	if goSteps[m.Name] != nil {
		all = append(all, "rewrites users")
	}
	return all
}
