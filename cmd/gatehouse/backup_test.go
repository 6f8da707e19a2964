package main

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/testkit"
)

func TestBackupAndRestore(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	in.expect(0, "company create Northgate -n 1 -s inkwell")
	in.expect(0, "user create mira@northgate.example --company 1 -s inkwell")
	server := open(t, in.database) // idle, like a server at night
	_, err := server.Exec(`INSERT INTO sessions (site_id, token_hash, id, user_id, company_id, created_at, seen_at, ends_at)
		SELECT site_id, 'hash', 'ses_1', id, company_id, 1, 1, 1 FROM users`)
	must(t, err)
	for _, door := range []string{
		`INSERT INTO codes (site_id, id, user_id, signin_id, mac, sent_at, expires_at) SELECT site_id, 'cod_1', id, 'sgn_1', 'mac', 1, 1 FROM users`,
		`INSERT INTO devices (site_id, user_id, id, token_hash, user_agent, created_at, seen_at, trusted_at) SELECT site_id, id, 'dev_1', 'hash', '', 1, 1, 1 FROM users`,
		`INSERT INTO email_changes (site_id, id, user_id, old_email, new_email, confirm_hash, state, asked_at, confirm_until) SELECT site_id, 'eml_1', id, 'a', 'b', 'hash', 'asked', 1, 1 FROM users`,
	} {
		_, err := server.Exec(door)
		must(t, err)
	}

	in.expect(0, "backup copy.db", "Wrote copy.db", "key file")
	in.expect(1, "backup copy.db", "there already")
	if info, err := os.Stat(filepath.Join(in.dir, "copy.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	in.expect(0, "company create Later -n 2 -s inkwell")
	in.expect(1, "restore copy.db", "is in use", "Stop the server")
	must(t, server.Close())
	in.expect(0, "restore copy.db", "Restored", "trusted devices have ended", "before-restore-")
	in.expect(1, "company show 2 -s inkwell", "no company")
	in.expect(0, "user show mira@northgate.example -s inkwell")
	if n := count(t, in.database, "sessions"); n != 0 {
		t.Errorf("%d sessions are open again", n)
	}
	for what, left := range map[string]string{"a code": "codes", "a trusted device": "devices WHERE trusted_at > 0",
		"an address that was asked for": "email_changes WHERE state = 'asked'", "mail with a temporary password": "messages WHERE done_at = 0 OR body IS NOT NULL"} {
		if n := count(t, in.database, left); n != 0 {
			t.Errorf("%s is good again", what)
		}
	}
	kept, err := filepath.Glob(in.database + ".before-restore-*")
	if err != nil || len(kept) != 1 || count(t, kept[0], "companies") != 2 || count(t, kept[0], "sessions") != 1 {
		t.Errorf("kept: %v, %v", kept, err)
	}
	if left, _ := filepath.Glob(filepath.Join(in.dir, "*restoring*")); left != nil {
		t.Errorf("left behind: %v", left)
	}

	// The database is lost altogether.
	must(t, os.Remove(in.database))
	in.expect(0, "restore copy.db", "Restored")
	in.expect(0, "company show 1 -s inkwell")
}

// An invalid file changes nothing; an invalid database can still be replaced, and its
// log does not spoil the restored one.
func TestRestoreOfAndOverDamagedFiles(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	in.expect(0, "company create Northgate -n 1 -s inkwell")
	in.expect(0, "backup copy.db")
	whole, err := os.ReadFile(filepath.Join(in.dir, "copy.db"))
	must(t, err)
	before, err := os.ReadFile(in.database)
	must(t, err)

	torn := bytes.Clone(whole)
	copy(torn[len(torn)/2:], bytes.Repeat([]byte{0xa5}, len(torn)/2))
	in.write("torn.db", string(torn))
	in.write("text.db", "no database at all, however long this text may be")
	in.write("raw.db", string(whole))
	in.write("raw.db-wal", "pages that are not in the file")
	other := open(t, filepath.Join(in.dir, "other.db"))
	_, err = other.Exec("CREATE TABLE migrations (version INTEGER, name TEXT); INSERT INTO migrations VALUES (1, 'elsewhere')")
	must(t, errors.Join(err, other.Close()))
	must(t, os.WriteFile(filepath.Join(in.dir, "newer.db"), whole, 0o600))
	newer := open(t, filepath.Join(in.dir, "newer.db"))
	_, err = newer.Exec("INSERT INTO migrations VALUES (999, 'tomorrow', 1)")
	must(t, errors.Join(err, newer.Close()))
	for file, says := range map[string]string{
		"torn.db": "damaged", "text.db": "damaged", "other.db": "not a database of Gatehouse",
		"newer.db": "run the newer program", "raw.db": "write-ahead log", "none.db": "no such file",
	} {
		in.expect(1, "restore "+file, says)
	}
	if after, _ := os.ReadFile(in.database); !bytes.Equal(before, after) {
		t.Fatal("a restore that failed changed the database")
	}

	must(t, os.WriteFile(in.database, []byte(strings.Repeat("rubbish ", 1000)), 0o600))
	must(t, os.WriteFile(in.database+"-wal", []byte("its log"), 0o600))
	in.expect(0, "restore copy.db", "before-restore-")
	if _, err := os.Stat(in.database + "-wal"); err == nil {
		t.Error("the old database's log is beside the new one")
	}
	in.expect(0, "company show 1 -s inkwell")
	if kept, _ := filepath.Glob(in.database + ".before-restore-*"); len(kept) == 0 {
		t.Error("the damaged database was not kept")
	}
}

func TestBackupIsForSQLite(t *testing.T) {
	in := install(t, "postgres://user@host.invalid/name")
	in.expect(1, "backup copy.db", "pg_dump")
	in.expect(1, "restore copy.db", "pg_restore", "without a file")
	in = install(t, "")
	in.expect(2, "restore", "name the file")
}

// After pg_restore, what was open when the backup was made ends, by a command: a list of statements to
// type would lack the newest of them. It is refused while a server runs.
func TestWhatEndsAfterPgRestore(t *testing.T) {
	install(t, testkit.EmptyPostgresURL(t)).expect(1, "restore", "nothing of Gatehouse", "pg_restore")
	in := install(t, testkit.PostgresURL(t))
	in.expect(0, "migrate")
	in.expect(0, "company create First -n 1 -s inkwell")
	in.expect(0, "user create mira@northgate.example --email mira@northgate.example --company 1 -s inkwell")
	cfg, err := LoadConfig(in.file, nil)
	must(t, err)
	db, err := sql.Open("pgx", cfg.Database)
	must(t, err)
	defer db.Close()
	do := func(statement string) {
		t.Helper()
		_, err := db.Exec(statement)
		must(t, err)
	}
	do(`INSERT INTO sessions (site_id, token_hash, id, user_id, company_id, created_at, seen_at, ends_at) SELECT site_id, 'hash', 'ses_1', id, company_id, 1, 1, 1 FROM users`)
	do(`INSERT INTO devices (site_id, user_id, id, token_hash, user_agent, created_at, seen_at, trusted_at) SELECT site_id, id, 'dev_1', 'hash', '', 1, 1, 1 FROM users`)
	left := func() (n int) {
		t.Helper()
		must(t, db.QueryRow(`SELECT (SELECT COUNT(*) FROM sessions) + (SELECT COUNT(*) FROM devices WHERE trusted_at > 0) + (SELECT COUNT(*) FROM messages WHERE done_at = 0)`).Scan(&n))
		return n
	}
	do(`INSERT INTO processes (id, alive_until) VALUES ('prc_1', 9000000000000000)`)
	in.expect(1, "restore", "a server runs on the database", "Stop all of them")
	if n := left(); n != 3 {
		t.Fatalf("%d of a session, a trusted device and a message are left by a command that was refused", n)
	}
	do(`DELETE FROM processes`)
	in.expect(0, "restore", "trusted devices have ended", "can start")
	in.expect(0, "user show mira@northgate.example -s inkwell")
	if n := left(); n != 0 {
		t.Errorf("%d are good again", n)
	}
}

// open opens a database as another process would: one connection that stays.
func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func count(t *testing.T, path, table string) (n int) {
	t.Helper()
	db := open(t, path)
	must(t, db.QueryRow("SELECT COUNT(*) FROM "+table).Scan(&n))
	must(t, db.Close())
	return n
}
