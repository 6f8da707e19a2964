package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"gatehouse"
)

// disk makes what SQLite has committed survive a power cut. SQLite could do so itself
// (synchronous=FULL), but then for every transaction; with NORMAL it leaves the log to the system,
// so only those wait for the disk that need to. The log is one file, written from front to back:
// waiting for one transaction means waiting for all before it.
//
// If the disk fails, the transaction is committed but may be lost, and so may all after it, because
// the system forgets what it could not write: a second attempt would succeed and mean nothing. So
// everything fails from then on, until a restart: closing the database copies the log into it.
type disk struct {
	path   string               // of the log, once known
	log    *os.File             // kept open: a server that runs out of files goes on with those it has
	flush  func(*os.File) error // waits until a file is on the disk
	failed error                // the first failure
	waits  atomic.Int64         // so far
}

// DiskWaits returns how often changes have waited for the disk so far; always 0 on PostgreSQL, which
// does that itself.
func (s *Store) DiskWaits() int64 {
	if s.writer == nil {
		return 0
	}
	return s.writer.disk.waits.Load()
}

// wait returns when all that was committed on a connection is on the disk. The one who has the
// writer's turn calls it.
func (d *disk) wait(ctx context.Context, conn *sql.Conn) error {
	err := d.failed
	if err == nil {
		err = d.open(context.WithoutCancel(ctx), conn)
	}
	if err == nil {
		d.waits.Add(1)
		d.failed = d.flush(d.log)
		err = d.failed
	}
	if err == nil {
		return nil
	}
	return &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: "database-unavailable",
		RetryAfter: 5 * time.Second, Err: fmt.Errorf("the database's log is not on the disk: %w", err)}
}

// open opens the log, unless it is open. SQLite removes it with the last connection, and makes a new
// one with the next.
func (d *disk) open(ctx context.Context, conn *sql.Conn) (err error) {
	if d.log != nil && isStill(d.path, d.log) {
		return nil
	}
	d.close()
	d.path = databaseFile(ctx, conn) + "-wal"
	d.log, err = os.OpenFile(d.path, os.O_RDWR, 0) // Windows flushes only what it may write
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("SQLite keeps no log here, as on some network file systems: put the database on a local disk: %w", err)
	}
	return err
}

// close closes the log. SQLite has no lock on it that this could drop.
func (d *disk) close() {
	if d.log != nil {
		d.log.Close()
		d.log = nil
	}
}

// databaseFile returns the path of a connection's database, without symbolic links; empty: unknown.
func databaseFile(ctx context.Context, conn *sql.Conn) (path string) {
	if err := conn.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		return ""
	}
	return path
}

// isStill reports whether a path is still that of an open file.
func isStill(path string, file *os.File) bool {
	own, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(own, there)
}
