package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	sqlite "modernc.org/sqlite"

	"gatehouse"
)

// Backing up and restoring an SQLite file. PostgreSQL has its own tools; what has to end after them is
// ended here.

var (
	// ErrInUse says that another process has the database open.
	ErrInUse = errors.New("another process has the database open")
	// ErrNotOurs says that a file is not a database of this program.
	ErrNotOurs = errors.New("the file is not a database of Gatehouse")
	// ErrDamaged says that SQLite finds the file damaged.
	ErrDamaged = errors.New("the database is damaged")
)

// openFile opens one connection to a file that must exist.
func openFile(path, options string) (*sql.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=rw&_dqs=0"+options)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// BackupSQLite copies a database that may be in use into a file that is empty or does not exist.
// The copy shows the database at one moment; writers do not wait for it. The copy is on the disk
// when it returns.
func BackupSQLite(ctx context.Context, path, copy string) error {
	db, err := openFile(path, "&_pragma=busy_timeout(30000)")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", copy); err != nil {
		return wrap(ctx, "backup", err)
	}
	return syncFile(copy)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// CheckSQLite reads the whole file. It returns the file's version and that of this program. The
// error is ErrDamaged, ErrNotOurs, a NewerError, or the read error.
func CheckSQLite(ctx context.Context, path string) (version, latest int, err error) {
	known, err := migrations()
	if err != nil {
		return 0, 0, err
	}
	db, err := openFile(path, "&_pragma=busy_timeout(5000)&_query_only=1")
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	for _, check := range []string{"PRAGMA integrity_check(1)", "SELECT \"table\" || ' has a row without its parent' FROM pragma_foreign_key_check LIMIT 1"} {
		var finding string
		err := db.QueryRowContext(ctx, check).Scan(&finding)
		switch {
		case isBroken(err):
			return 0, 0, fmt.Errorf("%w: %w", ErrDamaged, err)
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return 0, 0, wrap(ctx, "check", err)
		case err == nil && finding != "ok":
			return 0, 0, fmt.Errorf("%w: %s", ErrDamaged, finding)
		}
	}
	version, err = ownVersion(ctx, Queries{run: &litePool{run: db}, d: sqliteDialect}, known)
	return version, len(known), err
}

func isBroken(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite) && (lite.Code()&0xff == sqliteCorrupt || lite.Code()&0xff == sqliteNotADatabase)
}

// ownVersion returns the version of a database whose migrations are this program's: other programs
// also have a table with that name.
func ownVersion(ctx context.Context, q Queries, known []Migration) (version int, err error) {
	strange := false
	err = q.all(ctx, "migrations", `SELECT version, name FROM migrations ORDER BY version`, nil, func(scan func(...any) error) error {
		var name string
		if err := scan(&version, &name); err != nil {
			return err
		}
		strange = strange || version < 1 || version <= len(known) && name != known[version-1].Name
		return nil
	})
	switch {
	case isMissingTable(err), err == nil && (strange || version == 0):
		return 0, ErrNotOurs
	case err == nil && version > len(known):
		return version, NewerError{version, len(known)}
	}
	return version, err
}

// CloseDoors ends all that opens an account in a file that nobody uses, and merges it into one
// file. It is for a backup that is about to be restored: anything used, ended or revoked since
// must not open anything again. Waiting mail has been sent since, or is no longer of use; a
// temporary password in it would be a second one.
func CloseDoors(ctx context.Context, path string, version int) error {
	db, err := openFile(path, "&_pragma=busy_timeout(5000)&_pragma=journal_mode(DELETE)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range doors(version) {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return wrap(ctx, "close doors", err)
		}
	}
	return nil
}

// CloseDoors does so in a PostgreSQL database that a backup was restored into, and that no server
// uses yet. The error is ErrNotOurs or a NewerError if it is not this program's.
func (s *Store) CloseDoors(ctx context.Context) error {
	known, err := migrations()
	if err != nil {
		return err
	}
	version, err := ownVersion(ctx, s.Read(), known)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(q Queries) error {
		for _, statement := range doors(version) {
			if _, err := q.exec(ctx, "close doors", statement); err != nil {
				return err
			}
		}
		return nil
	})
}

// doors are the statements that close them in a database of a version.
func doors(version int) (statements []string) {
	ends := gatehouse.Ends(gatehouse.BackupRestored)
	for _, door := range []struct {
		closes    bool
		since     int // the first version that has it
		statement string
	}{
		{ends.Sessions == gatehouse.All, 1, "DELETE FROM sessions"},
		{ends.Sessions == gatehouse.All, 18, "UPDATE platform_logins SET ended_at = last_at, due_at = last_at WHERE ended_at = 0"},
		{ends.SignIns == gatehouse.All, 1, "DELETE FROM signins"},
		{ends.Mail == gatehouse.AllMail, 1, "UPDATE messages SET state = 'expired', done_at = due_at, lease = '', body = NULL WHERE done_at = 0"},
		{ends.Links, 2, "DELETE FROM recoveries"},
		{ends.Confirmations, 2, "UPDATE email_changes SET state = 'dropped' WHERE state = 'asked'"},
		{ends.Codes, 3, "DELETE FROM codes"},
		{ends.Trust, 3, "UPDATE devices SET trusted_at = 0"},
	} {
		if door.closes && version >= door.since {
			statements = append(statements, door.statement)
		}
	}
	return statements
}

// HoldSQLite locks everybody else out of a file until release is called, and merges it into one
// file, without a write-ahead log. The error is ErrInUse while anybody has it open, and ErrDamaged
// if it is too broken to be held.
func HoldSQLite(ctx context.Context, path string) (release func(), err error) {
	db, err := openFile(path, "&_pragma=busy_timeout(1000)&_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		return nil, err
	}
	// Leaving write-ahead logging requires an exclusive lock, which fails while another connection
	// exists, even an idle one.
	var mode string
	err = db.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	if err == nil && mode != "delete" {
		err = ErrInUse
	}
	if err == nil {
		_, err = db.ExecContext(ctx, "BEGIN EXCLUSIVE")
	}
	if err == nil {
		return func() { db.Close() }, nil
	}
	db.Close()
	var lite *sqlite.Error
	switch {
	case errors.As(err, &lite) && lite.Code()&0xff == sqliteBusy:
		return nil, ErrInUse
	case isBroken(err):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil, err
}
