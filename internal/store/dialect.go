package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	sqlite "modernc.org/sqlite"

	"gatehouse"
)

// dialect is everything that differs between the databases.
type dialect struct {
	name string
	// system is its name in traces.
	system string
	// types replaces the few words of a migration that differ.
	types *strings.Replacer
	// lockMigrations locks out other processes until the connection's transaction ends.
	lockMigrations string
	// claim is added to a SELECT that picks rows to work on, so two processes do not wait for each
	// other's rows.
	claim string
	// insertBatch is how many rows one INSERT of an import has. SQLite looks up numbered
	// parameters one by one, so many rows at once are slower.
	insertBatch int
	// each is the function that turns a JSON list into rows, each with a column value.
	each string
	// recount refreshes the planner's statistics of the tables that an import fills. Otherwise it
	// would believe that they are still empty, and scan everything written so far for every
	// look-up.
	recount string
	// shared: several processes may serve from the database at a time.
	shared bool
	// tables asks for the names of all tables.
	tables string
	// size asks the database how large it is, in bytes.
	size string
	// clock asks the database for its time in microseconds.
	clock string
	// stamp is an expression for users.changed, greater than all that a reader has had: see
	// ChangedUsers. site and company are the expressions for the user's.
	stamp func(site, company string) string
	// window asks which stamps a reader can have now: from the first return value on, it has to ask
	// again, and up to the second one, it can ask now.
	window func(siteID, companyID string) (text string, args []any)
	// hold is added to a SELECT to lock rows until the transaction ends; empty if there is one
	// transaction at a time. keep only locks them against close, as a foreign key does, and close locks
	// them against new rows that refer to them, too.
	hold, keep, close string
	connect           func(write, read *sql.DB) connected
}

var sqliteDialect = dialect{
	name:        "sqlite",
	system:      "sqlite",
	types:       strings.NewReplacer("BYTES", "BLOB"),
	insertBatch: 1,
	each:        "json_each",
	clock:       "SELECT " + sqliteClock,
	tables:      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
	size:        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
	// One transaction at a time: a later one has a greater stamp. The clock matters if the user with
	// the greatest one was removed.
	stamp: func(site, company string) string {
		newest := func(table string) string {
			return "(SELECT COALESCE(MAX(o.changed), 0) + 1 FROM " + table + " o WHERE o.site_id = " + site + " AND o.company_id = " + company + ")"
		}
		return "MAX(" + sqliteClock + ", " + newest("users") + ", " + newest("left_users") + ")"
	},
	window: func(siteID, companyID string) (string, []any) {
		return `SELECT newest + 1, newest FROM (SELECT MAX(
			(SELECT COALESCE(MAX(changed), 0) FROM users WHERE site_id = $1 AND company_id = $2),
			(SELECT COALESCE(MAX(changed), 0) FROM left_users WHERE site_id = $1 AND company_id = $2)) AS newest)`, []any{siteID, companyID}
	},
	connect: connectSQLite,
}

const sqliteClock = "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)"

var postgresDialect = dialect{
	name:   "postgres",
	system: "postgresql",
	types: strings.NewReplacer(
		"BYTES", "BYTEA",
		// Counters of limits may be lost in a crash, so they need no log.
		"CREATE TABLE rate_limits", "CREATE UNLOGGED TABLE rate_limits",
		// Names are compared by code point, as SQLite does.
		"TEXT NOT NULL", `TEXT COLLATE "C" NOT NULL`,
	),
	lockMigrations: "SELECT pg_advisory_xact_lock(7104266)",
	claim:          "FOR UPDATE SKIP LOCKED",
	insertBatch:    100,
	each:           "json_array_elements",
	shared:         true,
	tables:         "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'",
	size:           "SELECT pg_database_size(current_database())",
	recount:        "ANALYZE users, companies",
	hold:           "FOR NO KEY UPDATE",
	keep:           "FOR KEY SHARE",
	close:          "FOR UPDATE",
	// The number of the transaction: those before the oldest that is still open are all visible.
	// Stamps from before a dump was restored may be greater than all numbers, and are left out.
	stamp: func(string, string) string { return "CAST(txid_current() AS BIGINT)" },
	window: func(string, string) (string, []any) {
		return "SELECT txid_snapshot_xmin(s), txid_snapshot_xmax(s) FROM txid_current_snapshot() AS s", nil
	},
	connect: connectPostgres,
	clock:   "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
}

// open opens the database of a URL: the pool that writes, the pool that reads, and the dialect.
func open(ctx context.Context, rawURL string) (write, read *sql.DB, d dialect, err error) {
	if path, lite := SQLitePath(rawURL); lite {
		write, read, err = openSQLite(path)
		return write, read, sqliteDialect, err
	}
	switch scheme, _, _ := strings.Cut(rawURL, ":"); scheme {
	case "postgres", "postgresql":
		write, err = openPostgres(ctx, rawURL)
		return write, write, postgresDialect, err
	}
	return nil, nil, d, errors.New("database URL: it begins with neither sqlite:// nor postgres://")
}

// SQLitePath returns the file of a sqlite:// URL, and whether it is one. It is just a path: blanks
// and other characters may be literal, or escaped as %20 and so on.
func SQLitePath(rawURL string) (string, bool) {
	path, lite := strings.CutPrefix(rawURL, "sqlite://")
	if plain, err := url.PathUnescape(path); err == nil {
		path = plain
	}
	return path, lite
}

// openSQLite opens one writer with immediate transactions and a pool of readers; eight shared
// connections would starve each other or fail with BUSY.
func openSQLite(path string) (write, read *sql.DB, err error) {
	if path == "" {
		return nil, nil, errors.New("database URL: sqlite:// names no file")
	}
	if err := createPrivately(path); err != nil {
		return nil, nil, err
	}
	base := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)" + // disk.go does the rest
		"&_pragma=foreign_keys(1)&_pragma=cache_size(-4000)&_dqs=0"
	// What can undo a unit that shares a transaction (see joint) stays in memory: else SQLite makes a
	// file for it in every other transaction. A migration is too large for that.
	if write, err = sql.Open("sqlite", base+"&_txlock=immediate&_pragma=temp_store(MEMORY)"); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if read, err = sql.Open("sqlite", base+"&_query_only=1"); err != nil {
		write.Close()
		return nil, nil, err
	}
	readers := max(4, runtime.NumCPU()) + 1 // one only reads the version; see unchanged
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return write, read, nil
}

// createPrivately creates the file if it does not exist, readable only for its owner: SQLite would
// let everybody read it. Its log gets the same mode.
func createPrivately(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("database file: %w", err)
	}
	return f.Close()
}

// poolSize is how many connections a process has to PostgreSQL at most.
const poolSize = 16

func openPostgres(ctx context.Context, rawURL string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(rawURL)
	if err != nil {
		return nil, err
	}
	if config.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement && pooled(ctx, config) {
		config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

// pooled reports whether there is a pooler such as pgbouncer in front of the server. In
// transaction mode, it gives each transaction a different server session, where an earlier
// prepared statement is unknown, or a different one has its name; so no named statements may be
// prepared. A pooler shows by its process ID, which differs from that of the session that answers.
// If nobody answers now, Ping says so; should that find somebody, it may be a pooler.
func pooled(ctx context.Context, config *pgx.ConnConfig) bool {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return true
	}
	defer conn.Close(ctx) //nolint:errcheck // no longer needed
	var pid uint32
	err = conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeExec).Scan(&pid)
	return err != nil || pid != conn.PgConn().PID()
}

// behindPooler reports whether openPostgres found a pooler, or the database's URL says how statements
// are sent, as for one.
func behindPooler(config *pgx.ConnConfig) bool {
	return config.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement
}

const (
	sqliteUnique       = 2067
	sqlitePrimaryKey   = 1555
	sqliteBusy         = 5
	sqliteCantOpen     = 14
	sqliteReadOnly     = 8
	sqliteIO           = 10
	sqliteFull         = 13
	sqliteCorrupt      = 11
	sqliteNotADatabase = 26

	readOnlyTransaction = "25006"
)

// isUnique reports whether an error means that such a row already exists.
func isUnique(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqliteUnique || lite.Code() == sqlitePrimaryKey
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// isLost reports whether an error means that the database could not be queried or could not store
// the change: gone, starting, full, broken.
func isLost(err error) bool {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqliteBusy, sqliteReadOnly, sqliteCantOpen, sqliteIO, sqliteFull, sqliteCorrupt, sqliteNotADatabase:
			return true
		}
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// 08 connection, 53 resources, 57P operator intervention, 25006 a read-only standby, 58
		// system error.
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53") ||
			strings.HasPrefix(pg.Code, "57P") || strings.HasPrefix(pg.Code, "58") || pg.Code == readOnlyTransaction
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) || isCut(err)
}

// isRetry reports whether a transaction lost a race and should be retried: serialization failures
// and deadlocks of PostgreSQL.
func isRetry(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// wrap classifies a database error.
func wrap(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return gatehouse.ErrNotFound
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", what, context.Canceled)
	case isUnique(err):
		return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: "exists", Err: fmt.Errorf("%s: %w", what, err)}
	case isLost(err), ctx.Err() != nil:
		return &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: "database-unavailable",
			RetryAfter: 5 * time.Second, Err: fmt.Errorf("%s: %w", what, err)}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// isMissingTable reports whether a query failed because nothing has been migrated.
func isMissingTable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "42P01"
	}
	return err != nil && strings.Contains(err.Error(), "no such table")
}
