package testkit

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse"
	"gatehouse/internal/store"
)

func TestEmptyDatabasesGivesBothEmpty(t *testing.T) {
	var seen []string
	EmptyDatabases(t, func(t *testing.T, url string) {
		seen = append(seen, url)
		if file, ok := strings.CutPrefix(url, "sqlite://"); ok {
			if _, err := os.Stat(file); !os.IsNotExist(err) {
				t.Errorf("%s is there already (%v)", file, err)
			}
			return
		}
		if got := ask(t, url, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"); got != "0" {
			t.Errorf("a new database has %s tables", got)
		}
	})
	if len(seen) != 2 || !strings.HasPrefix(seen[0], "sqlite:///") || !strings.HasPrefix(seen[1], "postgres://") {
		t.Errorf("databases: %q", seen)
	}
}

// A test begins with all tables, as the migrations make them, and with nothing that another
// test has written.
func TestDatabasesGivesBothWithTheirTables(t *testing.T) {
	Databases(t, func(t *testing.T, url string) {
		for range 2 {
			s, err := store.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Ready(t.Context()); err != nil {
				t.Fatalf("not ready to serve: %v", err)
			}
			c := gatehouse.Company{SiteID: "one", ID: "com_1", Name: "Northgate", AccountNumber: "1", CreatedAt: Start}
			if err := s.Write(t.Context(), func(q store.Queries) error { return q.InsertCompany(t.Context(), c) }); err != nil {
				t.Errorf("the first row: %v", err) // it would be the second of a database that is not new
			}
			if strings.HasPrefix(url, "sqlite:") {
				url = SQLiteURL(t)
			} else {
				url = PostgresURL(t)
			}
		}
	})
}

func TestPostgresURLIsNewEachTimeAndGoneAfter(t *testing.T) {
	var first string
	t.Run("first", func(t *testing.T) {
		first = PostgresURL(t)
		ask(t, first, "CREATE TABLE x (y TEXT)")
		start := time.Now()
		second := PostgresURL(t)
		t.Logf("a database takes %v", time.Since(start))
		if got := ask(t, second, "SELECT count(*)::text FROM pg_tables WHERE tablename = 'x'"); got != "0" {
			t.Errorf("the second database has %s of the first one's tables", got)
		}
	})
	if conn, err := pgx.Connect(t.Context(), first); err == nil {
		conn.Close(t.Context())
		t.Error("the database outlived its test")
	}
}

func TestOwnPostgresComesBackWithItsData(t *testing.T) {
	c := OwnPostgres(t)
	for name, end := range map[string]func(){"stop": c.Stop, "kill": c.Kill} {
		ask(t, c.URL(), "DROP TABLE IF EXISTS x")
		ask(t, c.URL(), "CREATE TABLE x AS SELECT 'kept' AS y")
		end()
		if conn, err := pgx.Connect(t.Context(), c.URL()); err == nil {
			conn.Close(t.Context())
			t.Fatalf("%s: the server still answers", name)
		}
		c.Start()
		if got := ask(t, c.URL(), "SELECT y FROM x"); got != "kept" {
			t.Errorf("after %s: %q", name, got)
		}
	}
}

func TestDurableServerWritesToTheDisk(t *testing.T) {
	for want, c := range map[string]*Cluster{"on": OwnPostgres(t, Durable), "off": OwnPostgres(t)} {
		if got := ask(t, c.URL(), "SHOW fsync"); got != want {
			t.Errorf("fsync is %s, not %s", got, want)
		}
	}
}

func TestMissingProgramFailsInCI(t *testing.T) {
	for _, ci := range []string{"true", ""} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMissingProgramHelper$", "-test.v")
		cmd.Env = append(os.Environ(), "TESTKIT_MISSING=1", "CI="+ci)
		out, err := cmd.CombinedOutput()
		if failed := err != nil; failed != (ci == "true") {
			t.Errorf("CI=%s: failed: %v\n%s", ci, failed, out)
		}
		if !strings.Contains(string(out), "a teapot") || !strings.Contains(string(out), "buy one") {
			t.Errorf("CI=%s does not say what is missing:\n%s", ci, out)
		}
	}
}

func TestMissingProgramHelper(t *testing.T) {
	if os.Getenv("TESTKIT_MISSING") != "" {
		missing(t, "a teapot", "buy one")
	}
}

func ask(t *testing.T, url, query string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var answer string
	if err := conn.QueryRow(ctx, query, pgx.QueryExecModeSimpleProtocol).Scan(&answer); err != nil && err != pgx.ErrNoRows {
		t.Fatal(err)
	}
	return answer
}
