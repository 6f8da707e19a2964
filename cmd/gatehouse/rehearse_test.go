package main

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"gatehouse/internal/secret"
	"gatehouse/internal/testkit"
)

// earlier makes a database as the program of some versions before has left it, without its last
// migrations.
func earlier(t *testing.T, driver, source string, without int) (version int) {
	t.Helper()
	files, err := filepath.Glob("../../internal/store/migrations/*.sql")
	must(t, err)
	db, err := sql.Open(driver, source)
	must(t, err)
	defer db.Close()
	run := func(statement string, args ...any) {
		_, err := db.Exec(statement, args...)
		must(t, err)
	}
	types := map[string]string{"sqlite": "BLOB", "pgx": "BYTEA"}
	run(`CREATE TABLE migrations (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)`)
	for i, file := range files[:len(files)-without] {
		text, err := os.ReadFile(file)
		must(t, err)
		for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), "BYTES", types[driver]), ";\n") {
			if strings.TrimSpace(statement) != "" {
				run(statement)
			}
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".sql"), "_")
		run(`INSERT INTO migrations (version, name, applied_at) VALUES (` + strconv.Itoa(i+1) + `, '` + name + `', 1)`)
	}
	run(`INSERT INTO companies (site_id, id, name, account_number, created_at) VALUES ('inkwell', 'com_1', 'Northgate', '1', 1)`)
	return len(files) - without
}

// wantRehearsed checks what a rehearsal says of an earlier database.
func wantRehearsed(t *testing.T, in *installation, source string, version int) {
	t.Helper()
	var r upgrade
	must(t, json.Unmarshal([]byte(in.expect(0, "rehearse "+source+" --json").out), &r))
	last := func(all []rehearsedStep) rehearsedStep { return all[len(all)-1] }
	if r.From != version || r.To != version+2 || len(r.Migrations) != 2 || len(last(r.Migrations).Changes) == 0 || r.Took <= 0 {
		t.Errorf("%d to %d: %+v", r.From, r.To, r.Migrations)
	}
	found := map[string]health{}
	for _, f := range r.Findings {
		found[f.Check] = f.State
	}
	for _, check := range []string{"rows", "sealed values", "sign-in inkwell", "sign-in meridian-uk", "sign-in meridian-au", "database", "signing keys"} {
		if found[check] != well {
			t.Errorf("%s is %q", check, found[check])
		}
	}
	if len(r.SignIns) != 3 || r.SignIns[0].Reached != "/" {
		t.Errorf("sign-ins: %+v", r.SignIns)
	}
	if i := slices.IndexFunc(r.Tables, func(rows rehearsedRows) bool { return rows.Table == "companies" }); i < 0 || r.Tables[i].Before != r.Tables[i].After {
		t.Errorf("%+v", r.Tables)
	}
}

// An upgrade of a backup, beside the database in use, which stays as it is.
func TestRehearseABackup(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	before, err := os.ReadFile(in.database)
	must(t, err)
	path := filepath.Join(in.dir, "backup.db")
	version := earlier(t, "sqlite", "file:"+path, 2)
	backup, err := os.ReadFile(path)
	must(t, err)
	in.environ = append(in.environ, "TMPDIR="+in.dir)
	wantRehearsed(t, in, path, version)
	if left, _ := filepath.Glob(filepath.Join(in.dir, "gatehouse-rehearsal-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
	after, err := os.ReadFile(in.database)
	must(t, err)
	again, err := os.ReadFile(path)
	must(t, err)
	if string(before) != string(after) || string(backup) != string(again) {
		t.Error("a rehearsal changed the database or the backup")
	}
}

// The restored copy of a PostgreSQL database is upgraded itself; the one that is in use is refused.
func TestRehearseACopyOfPostgreSQL(t *testing.T) {
	in := install(t, testkit.PostgresURL(t))
	url := testkit.EmptyPostgresURL(t)
	version := earlier(t, "pgx", url, 2)
	const lease = `INSERT INTO processes (id, alive_until) VALUES ('prc_1', $1) ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until`
	until := func(url string, later time.Duration) {
		db, err := sql.Open("pgx", url)
		if err == nil {
			_, err = db.Exec(lease, time.Now().Add(later).UnixMicro())
			db.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}
	until(url, 700*time.Millisecond) // dumped while a server ran, and restored at once
	wantRehearsed(t, in, url, version)
	running := testkit.EmptyPostgresURL(t)
	earlier(t, "pgx", running, 2)
	until(running, time.Minute)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		for i := range 12 {
			time.Sleep(50 * time.Millisecond)
			until(running, time.Minute+time.Duration(i)*time.Second)
		}
	}()
	defer func() { <-renewed }()
	in.expect(1, "rehearse "+running, "a server runs on that database")
	cfg, err := LoadConfig(in.file, nil)
	must(t, err)
	in.expect(1, "rehearse "+cfg.Database, "is the database of the configuration")
	in.expect(1, "rehearse "+testkit.EmptyPostgresURL(t), "is not a database of Gatehouse")
}

// A user who exists signs in with the password of a file; a wrong one is told, and fails.
func TestRehearseASignIn(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	in.expect(0, "company create Northgate -n 1 -s inkwell")
	in.write("people.csv", "account_number,company,username,email,first_name,last_name,temporary_password\n1,Northgate,kara@northgate.example,kara@northgate.example,Kara,Petrov,Fjord-Lamp-and-77-Bells\n")
	in.expect(0, "import people.csv -s inkwell")
	in.expect(0, "backup copy.db")
	in.write("password", "Fjord-Lamp-and-77-Bells\n")
	var r upgrade
	must(t, json.Unmarshal([]byte(in.run("rehearse", "copy.db", "--json", "--user", "kara@northgate.example", "-s", "inkwell", "--password-file", "password").out), &r))
	if n := len(r.SignIns); n != 4 || !strings.HasPrefix(r.SignIns[n-1].Reached, "/sign-in/") {
		t.Errorf("%+v", r.SignIns)
	}
	in.write("wrong", "another")
	in.expect(1, "rehearse copy.db --user kara@northgate.example -s inkwell --password-file wrong", "needs attention")
	in.expect(2, "rehearse copy.db --user kara@northgate.example", "go together")
}

// What cannot be rehearsed is refused, and nothing is left behind.
func TestRehearseNonsense(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	in.expect(1, "rehearse none.db", "there is no backup")
	in.expect(1, "rehearse "+in.database, "is the database that is in use")
	in.write("letter.db", "Dear reader, this is no database at all.")
	in.expect(1, "rehearse letter.db", "cannot be upgraded by this program")
	in.write("dump", "PGDMP and so on")
	in.expect(1, "rehearse dump", "is a dump of PostgreSQL", "pg_restore")
	in.expect(1, "rehearse postgres://nobody:secret@127.0.0.1:1/none", "cannot be opened")

	in.expect(0, "backup newer.db")
	db := open(t, filepath.Join(in.dir, "newer.db"))
	_, err := db.Exec(`INSERT INTO migrations (version, name, applied_at) VALUES (900, 'of_the_future', 1)`)
	must(t, err)
	must(t, db.Close())
	in.expect(1, "rehearse newer.db", "run the newer program")

	// The key file of another installation.
	in.expect(0, "company create Northgate -n 1 -s inkwell")
	in.expect(0, "user create mira@northgate.example --company 1 -s inkwell")
	in.expect(0, "backup copy.db")
	must(t, os.WriteFile(filepath.Join(in.dir, "keys"), secret.NewKeyFile(), 0o600))
	if r := in.run("rehearse", "copy.db"); r.status != 1 || !strings.Contains(r.out, "which "+filepath.Join(in.dir, "keys")+" does not have") {
		t.Errorf("%d %s%s", r.status, r.out, r.err)
	}
	if err := enoughRoom(in.dir, 1<<60); err == nil || !strings.Contains(err.Error(), "--work") {
		t.Errorf("room for an exabyte: %v", err)
	}
}
