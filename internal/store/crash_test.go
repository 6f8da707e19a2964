package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// When a process of PostgreSQL crashes, the server forgets transactions that were not on its disk,
// and uses their numbers again: a snapshot may look the same, and see something else. A check of a
// session that has ended since is not answered from before the crash.
func TestACheckIsNeverFromBeforeACrashOfPostgreSQL(t *testing.T) {
	cluster := testkit.OwnPostgres(t)
	s := open(t, cluster.URL())
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	u := testUser(t, s, "one")
	write(t, s, func(q store.Queries) error {
		return q.InsertSession(t.Context(), "token", gatehouse.Session{ID: store.NewID("ses", noon), SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID,
			CreatedAt: noon, SeenAt: noon, Assurance: gatehouse.Assurance{Level: 1}}, noon.Add(time.Hour))
	})
	db := testkit.Raw(t, cluster.URL())
	lost, pid, err := number(t.Context(), db, "ROLLBACK")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.Session(t.Context(), "one", "token"); err != nil {
			t.Fatal(err)
		}
	}
	backend, err := os.FindProcess(pid)
	if err == nil {
		err = backend.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := number(t.Context(), db, "COMMIT")
	for err != nil { // until the server has recovered
		time.Sleep(20 * time.Millisecond)
		again, _, err = number(t.Context(), db, "COMMIT")
	}
	if again != lost {
		t.Logf("transaction %d was on the disk after all: the next one is %d, so this time nothing could go wrong", lost, again)
	}
	if _, err := s.Session(t.Context(), "one", "token"); gatehouse.KindOf(err) != gatehouse.NotFound {
		t.Errorf("after the crash and the end of the session: %v", err)
	}
}

// number ends all sessions, and then the transaction, and returns its number, and the process that ran it.
func number(ctx context.Context, db *sql.DB, end string) (txid, pid int, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	for _, text := range []string{"BEGIN", "DELETE FROM sessions"} {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return 0, 0, err
		}
	}
	if err := conn.QueryRowContext(ctx, "SELECT txid_current(), pg_backend_pid()").Scan(&txid, &pid); err != nil {
		return 0, 0, err
	}
	_, err = conn.ExecContext(ctx, end)
	return txid, pid, err
}

// A check goes on when the session of the server that it used has ended, without an error.
func TestACheckSurvivesTheEndOfItsConnection(t *testing.T) {
	url := testkit.PostgresURL(t)
	s := open(t, url)
	db := testkit.Raw(t, url)
	for range 3 {
		if _, err := s.Session(t.Context(), "one", "unknown"); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("a session that does not exist: %v", err)
		}
		if _, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Fatal(err)
		}
	}
}

// On PostgreSQL, too, a transaction waits for the disk unless it may be lost.
func TestOnPostgreSQLWhatMayBeLostDoesNotWait(t *testing.T) {
	cluster := testkit.OwnPostgres(t)
	s := open(t, cluster.URL())
	if _, err := s.Migrate(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	db := testkit.Raw(t, cluster.URL())
	for _, c := range []struct {
		what string
		fn   func(store.Queries) error
		// after how many of 20 something is not on the disk yet; the server itself writes now and then
		least, most int
	}{
		{"lasts", func(store.Queries) error { return nil }, 0, 5},
		{"may be lost", func(q store.Queries) error { q.MayBeLost(); return nil }, 10, 20},
		{"lasts, after one on the same connection that may be lost", func(store.Queries) error { return nil }, 0, 5},
	} {
		open := 0
		for i := range 20 {
			write(t, s, func(q store.Queries) error {
				return errors.Join(c.fn(q), q.InsertCompany(t.Context(), gatehouse.Company{SiteID: "one", ID: fmt.Sprint(c.what, i), AccountNumber: fmt.Sprint(c.what, i)}))
			})
			var waiting bool
			if err := db.QueryRowContext(t.Context(), "SELECT pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn()").Scan(&waiting); err != nil {
				t.Fatal(err)
			}
			if waiting {
				open++
			}
		}
		if open < c.least || open > c.most {
			t.Errorf("what %s is not on the disk after %d of 20", c.what, open)
		}
	}
}
