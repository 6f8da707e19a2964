package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/internal/testkit/cluster"
)

// PostgresVariable names the server for the tests' databases: postgres://…, as a user
// who may create databases. `make test` sets it. Without it, the first test that needs
// a server starts one for its package.
const PostgresVariable = "TESTKIT_POSTGRES"

const howToGetPostgres = "apt-get install postgresql, or set " + PostgresVariable + " to a server's postgres:// address"

// postgresServer is the URL of the server of this run.
func postgresServer(t testing.TB) string {
	t.Helper()
	server, err := sharedPostgres()
	if errors.Is(err, cluster.ErrMissing) {
		missing(t, "PostgreSQL", howToGetPostgres)
	}
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	return server
}

// sharedPostgres is the URL of the server of this run. One that is started here
// serves all tests of this process and ends with it: see cluster.
var sharedPostgres = sync.OnceValues(func() (string, error) {
	if url := os.Getenv(PostgresVariable); url != "" {
		return url, nil
	}
	server, err := cluster.New(cluster.Options{})
	if err != nil {
		return "", err
	}
	return server.URL("postgres"), nil
})

// newDatabase makes a copy of a database, which is dropped when the test ends.
func newDatabase(t testing.TB, server, template string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", PostgresVariable, err)
	}
	name := randomName()
	if err := createDatabase(server, name, template); err != nil {
		t.Fatalf("a new database on %s: %v", u.Redacted(), err)
	}
	t.Cleanup(func() {
		if err := onServer(server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Logf("dropping the database %s: %v", name, err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

func randomName() string { return "test_" + strings.ToLower(rand.Text()) }

func createDatabase(server, name, template string) error {
	err := onServer(server, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy")
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "42601" {
		// PostgreSQL before 15 copies files anyway, and has no keyword for it.
		err = onServer(server, "CREATE DATABASE "+name+" TEMPLATE "+template)
	}
	return err
}

func onServer(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // it has done its work
	_, err = conn.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	return err
}

// Cluster is a PostgreSQL server that a test owns, to stop it and start it again.
type Cluster struct {
	t       testing.TB
	server  *cluster.Cluster
	address string
}

// Durable makes a test's own server write commits to disk, as in production: slower,
// and the right choice for measuring.
func Durable(o *cluster.Options) { o.Durable = true }

// OwnPostgres starts a PostgreSQL server for this test alone, with one empty
// database. It ends with the test.
func OwnPostgres(t testing.TB, options ...func(*cluster.Options)) *Cluster {
	t.Helper()
	var o cluster.Options
	for _, option := range options {
		option(&o)
	}
	server, err := cluster.New(o)
	if errors.Is(err, cluster.ErrMissing) {
		missing(t, "PostgreSQL", howToGetPostgres)
	}
	if err != nil {
		t.Fatalf("a PostgreSQL server of its own: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("ending PostgreSQL: %v", err)
		}
	})
	c := &Cluster{t: t, server: server, address: server.URL("gatehouse")}
	if err := onServer(server.URL("postgres"), "CREATE DATABASE gatehouse TEMPLATE template0"); err != nil {
		t.Fatalf("a database on the test's own server: %v", err)
	}
	return c
}

// URL is the address of the server's database; it stays the same.
func (c *Cluster) URL() string { return c.address }

// Stop stops the server cleanly, as for maintenance; its data stays.
func (c *Cluster) Stop() {
	c.t.Helper()
	c.must("stopping", c.server.Stop())
}

// Kill ends the server as kill -9 does; its data stays.
func (c *Cluster) Kill() {
	c.t.Helper()
	c.must("killing", c.server.Kill())
}

// Start starts the server again and returns when it answers.
func (c *Cluster) Start() {
	c.t.Helper()
	c.must("starting", c.server.Start())
}

func (c *Cluster) must(what string, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%s PostgreSQL: %v", what, err)
	}
}
