package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"gatehouse"
)

// disk makes what SQLite has committed survive a power cut. SQLite could do so itself
// (synchronous=FULL), but then for every transaction; with NORMAL it leaves the log to the system,
// so only those wait for the disk that need to. The log is one file, written from front to back:
// waiting for one transaction means waiting for all before it.
//
// If it fails, the transaction is committed but may be lost, and so may all after it, because the
// system forgets what it could not write: a second attempt would succeed and mean nothing. So
// everything fails from then on, until a restart: closing the database copies the log into it.
type disk struct {
	log    string                  // its path, once known
	flush  func(path string) error // waits until the file is on the disk
	failed error                   // the first failure
}

// wait returns when all that was committed on a connection is on the disk. The one who has the
// writer's turn calls it.
func (d *disk) wait(ctx context.Context, conn *sql.Conn) error {
	if d.log == "" && d.failed == nil {
		d.log = databaseFile(context.WithoutCancel(ctx), conn) + "-wal"
	}
	if d.failed == nil {
		d.failed = d.flush(d.log)
	}
	if d.failed == nil {
		return nil
	}
	return &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: "database-unavailable",
		RetryAfter: 5 * time.Second, Err: fmt.Errorf("the database's log is not on the disk; restart when the disk works: %w", d.failed)}
}

// databaseFile returns the path of a connection's database, without symbolic links; empty: unknown.
func databaseFile(ctx context.Context, conn *sql.Conn) (path string) {
	if err := conn.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		return ""
	}
	return path
}

// flushLog waits until a log is on the disk. It opens the file each time: SQLite may have replaced
// it. SQLite holds no lock on it that closing it could drop.
func flushLog(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // Windows flushes only what it may write
	if err != nil {
		return err
	}
	defer f.Close()
	return flushed(f)
}
