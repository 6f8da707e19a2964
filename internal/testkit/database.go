package testkit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/internal/store"
	"gatehouse/internal/testkit/cluster"
)

// Databases runs a test on each kind of database: as "sqlite" and as "postgres", with the
// URL of a separate database that has this program's tables and no rows.
func Databases(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, PostgresURL(t)) })
}

// EmptyDatabases is Databases without tables: for tests of the migrations.
func EmptyDatabases(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, EmptySQLiteURL(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, EmptyPostgresURL(t)) })
}

// SQLiteURL is the URL of a file with this program's tables and no rows. The migrations
// run once per process; every test gets a copy of the result.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	migrated, err := migratedSQLite()
	if err != nil {
		t.Fatalf("the tables that tests begin with: %v", err)
	}
	path := filepath.Join(databaseFolder(t), "test.db")
	if err := os.WriteFile(path, migrated, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + path
}

// EmptySQLiteURL is the URL of a file that does not exist yet.
func EmptySQLiteURL(t testing.TB) string {
	t.Helper()
	return "sqlite://" + filepath.Join(databaseFolder(t), "test.db")
}

// PostgresURL makes a PostgreSQL database with this program's tables and no rows. It is
// dropped when the test ends.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server := postgresServer(t)
	template, err := migratedPostgres(server)
	if err != nil {
		t.Fatalf("the tables that tests begin with: %v", err)
	}
	return newDatabase(t, server, template)
}

// EmptyPostgresURL makes an empty PostgreSQL database. It is dropped when the test ends.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return newDatabase(t, postgresServer(t), "template0")
}

// databaseFolder is a folder for a test's SQLite file: in memory if the system has files
// there, so that a commit waits for no disk. It is removed when the test ends, and when the
// process does.
func databaseFolder(t testing.TB) string {
	t.Helper()
	all, err := databaseFolders()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(all, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // it goes with the process
	return dir
}

var databaseFolders = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp(cluster.InMemory(), "gatehouse-test-")
	if err != nil {
		return "", err
	}
	return dir, removeAfterwards(dir)
})

// migrate migrates a database to the current schema.
func migrate(url string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	_, err = s.Migrate(ctx, Start)
	return errors.Join(err, s.Close())
}

// migratedSQLite is the content of a file after the migrations.
var migratedSQLite = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp(cluster.InMemory(), "gatehouse-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is temporary
	path := filepath.Join(dir, "test.db")
	if err := migrate("sqlite://" + path); err != nil {
		return nil, err
	}
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return nil, fmt.Errorf("%s is not complete without its log", path)
	}
	return os.ReadFile(path)
})

var templates sync.Map // by server: func() (string, error)

// migratedPostgres is the name of a migrated database on a server. All processes that test
// on this server share it, as long as the migrations are the same.
func migratedPostgres(server string) (string, error) {
	make, _ := templates.LoadOrStore(server, sync.OnceValues(func() (string, error) { return makeTemplate(server) }))
	return make.(func() (string, error))()
}

func makeTemplate(server string) (string, error) {
	structure, err := hashOfStructure()
	if err != nil {
		return "", err
	}
	name := "tables_" + structure
	exists, err := isDatabase(server, name)
	if err != nil || exists {
		return name, err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	making := randomName()
	if err := createDatabase(server, making, "template0"); err != nil {
		return "", err
	}
	u.Path = "/" + making
	if err := migrate(u.String()); err != nil {
		return "", err
	}
	// The name is given when everything is there, so that another process finds all or
	// nothing.
	err = onServer(server, "ALTER DATABASE "+making+" RENAME TO "+name)
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "42P04" { // another was faster
		err = onServer(server, "DROP DATABASE "+making+" WITH (FORCE)")
	}
	return name, err
}

func isDatabase(server, name string) (exists bool, err error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx) //nolint:errcheck // it has done its work
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	return exists, err
}

// hashOfStructure identifies the result of the migrations: it is the same for the same text
// of them and of the code that runs them.
func hashOfStructure() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	room := filepath.Join(filepath.Dir(here), "..", "store")
	files, err := filepath.Glob(filepath.Join(room, "migrations", "*.sql"))
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, name := range append(files, filepath.Join(room, "migrate.go"), filepath.Join(room, "dialect.go")) {
		f, err := os.Open(name)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(hash, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// Raw opens a database without the store, for what none of its methods does.
func Raw(t testing.TB, rawURL string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", rawURL
	if path, ok := store.SQLitePath(rawURL); ok {
		// The server writes to the same file: wait for its lock, as the store does.
		driver, dsn = "sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Search returns the columns in which a text stands anywhere in a database, in whatever case, as
// table.column.
func Search(t testing.TB, url, text string) (found []string) {
	t.Helper()
	db := Raw(t, url)
	list := `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`
	if strings.HasPrefix(url, "postgres") {
		list = `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`
	}
	rows, err := db.Query(list)
	if err != nil {
		t.Fatal(err)
	}
	var columns [][2]string
	for rows.Next() {
		var c [2]string
		if err := rows.Scan(&c[0], &c[1]); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, c := range columns {
		var n int
		if err := db.QueryRow(`SELECT count(*) FROM "`+c[0]+`" WHERE lower(CAST("`+c[1]+`" AS TEXT)) LIKE $1`, "%"+strings.ToLower(text)+"%").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			found = append(found, c[0]+"."+c[1])
		}
	}
	return found
}

// Exec runs a statement that the store does not have.
func Exec(t testing.TB, url, text string, args ...any) {
	t.Helper()
	db := Raw(t, url)
	defer db.Close() // at once: the next step may replace the file
	if _, err := db.Exec(text, args...); err != nil {
		t.Fatal(err)
	}
}
