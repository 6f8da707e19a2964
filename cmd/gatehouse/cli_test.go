package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/argon2"
	"gatehouse/internal/demo"
	"gatehouse/internal/secret"
	"gatehouse/internal/testkit"
)

// installation is a folder with a configuration, keys and the demo's sites.
type installation struct {
	t         *testing.T
	dir, file string
	database  string
	stdin     string // of the next command
	environ   []string
}

func install(t *testing.T, database string) *installation {
	t.Helper()
	in := &installation{t: t, dir: t.TempDir()}
	in.file, in.database = filepath.Join(in.dir, "gatehouse.yaml"), filepath.Join(in.dir, "data.db")
	if database == "" {
		database = "sqlite://" + in.database
	}
	must(t, demo.WriteSites(filepath.Join(in.dir, "sites")))
	must(t, os.WriteFile(filepath.Join(in.dir, "keys"), secret.NewKeyFile(), 0o600))
	must(t, os.WriteFile(in.file, []byte("listen: 127.0.0.1:8443\nplain_http: true\ndatabase: "+database+
		"\nsmtp:\n  url: "+testkit.NewSMTP(t).URL()+"\nkey_file: keys\n"), 0o600))
	return in
}

// result is what a command did.
type result struct {
	status   int
	out, err string
}

// run runs the program in the installation's folder.
func (in *installation) run(args ...string) result {
	in.t.Helper()
	binary, err := serverBinary()
	if err != nil {
		in.t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Dir = in.dir
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in.stdin), &out, &errs
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "GATEHOUSE_") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, "GATEHOUSE_CONFIG="+in.file)
	cmd.Env = append(cmd.Env, in.environ...)
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		in.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// expect runs a command that must end with a status and say these things: on standard
// output if the status is 0, else on standard error.
func (in *installation) expect(status int, args string, says ...string) result {
	in.t.Helper()
	r := in.run(splitArgs(args)...)
	if r.status != status {
		in.t.Fatalf("gatehouse %s: status %d, want %d\n%s%s", args, r.status, status, r.out, r.err)
	}
	text := r.out
	if status != 0 {
		text = r.err
		if !strings.HasPrefix(text, "gatehouse: ") {
			in.t.Errorf("gatehouse %s: the error does not come first:\n%s", args, text)
		}
	}
	for _, want := range says {
		if !strings.Contains(text, want) {
			in.t.Errorf("gatehouse %s does not say %q:\n%s", args, want, text)
		}
	}
	return r
}

// splitArgs splits at spaces, except inside single quotes.
func splitArgs(line string) []string {
	var args []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, part)
		} else {
			args = append(args, strings.Fields(part)...)
		}
	}
	return args
}

func (in *installation) write(name, text string) string {
	in.t.Helper()
	must(in.t, os.WriteFile(filepath.Join(in.dir, name), []byte(text), 0o600))
	return name
}

func TestWrongUsage(t *testing.T) {
	in := install(t, "")
	for args, says := range map[string]string{
		"":                               "--help",
		"frobnicate":                     "frobnicate",
		"user lst":                       `did you mean "list"`,
		"import":                         "file",
		"company create X":               "--account-number",
		"user list --config none.yaml":   "none.yaml: cannot be read",
		"company change 1 -s inkwell":    "Give --name or --account-number",
		"user change mira -s inkwell":    "nothing to change",
		"import none.csv -s meridian-uk": "none.csv",
		"demo --listen 0.0.0.0:80":       "not an address of this machine",
	} {
		in.expect(2, args, says)
	}
	in.expect(0, "migrate")
	in.expect(2, "user list", "which site?", "inkwell, meridian-au, meridian-uk")
	in.expect(2, "user list -s mars", `there is no site "mars"`)
	in.write("broken.yaml", "listen: nowhere\nkye_file: keys\n")
	in.expect(2, "doctor2")
	in.expect(2, "migrate -c broken.yaml", "the configuration has", "kye_file", "did you mean key_file?")
}

func TestVersionAndKeys(t *testing.T) {
	in := install(t, "")
	in.expect(0, "version", "gatehouse ", "commit ", "go1.", "argon2 ")
	var b build
	must(t, json.Unmarshal([]byte(in.expect(0, "version --json").out), &b))
	in.environ = []string{argon2.Variable + "=library"}
	in.expect(0, "version", "argon2 library")
	in.environ = []string{argon2.Variable + "=abacus"}
	in.expect(2, "version", `GATEHOUSE_ARGON2 is "abacus": this machine can run library`)
	in.environ = nil
	in.expect(0, "keys new fresh", "Keep a copy")
	path := filepath.Join(in.dir, "fresh")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	before, err := os.ReadFile(path)
	must(t, err)
	if _, err := secret.ParseKeys(before); err != nil {
		t.Error(err)
	}
	in.expect(1, "keys new fresh", "there already")
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the old keys were overwritten")
	}
}

// What support does when the pages are unreachable, on both databases.
func TestCompaniesAndUsers(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { companiesAndUsers(t, install(t, "")) })
	t.Run("postgres", func(t *testing.T) { companiesAndUsers(t, install(t, testkit.EmptyPostgresURL(t))) })
}

func companiesAndUsers(t *testing.T, in *installation) {
	in.expect(1, "user list -s inkwell", "gatehouse migrate")
	in.expect(0, "migrate", "Applied 1 front_door.")
	in.expect(0, "migrate", "Nothing to do")
	in.expect(0, "migrate status", "VERSION", "front_door")

	in.expect(0, "company create 'Northgate Systems Ltd' -n 10482 -s meridian-uk", "Created Northgate Systems Ltd")
	in.expect(1, "company create Other -n 10482 -s meridian-uk", "the account number is in use already")
	in.expect(0, "company change 10482 -s meridian-uk --name Northgate", "Changed Northgate")
	in.expect(1, "company show 99 -s meridian-uk", `no company with the account number "99"`)
	in.expect(0, "user create MSantos --company 10482 -s meridian-uk --email mira@northgate.example --first-name Mira", "on its way to mira@northgate.example")
	in.expect(1, "user create msantos --company 10482 -s meridian-uk", "the username is in use already")
	in.expect(1, "user create x --company 10482 -s meridian-uk --email nobody --role root", "2 fields cannot be used", "email is not an address", "role must be one of: user, admin")
	r := in.expect(0, "user create warehouse --company 10482 -s meridian-uk", "Temporary password, good for one sign-in until", "shown this once")
	if secondRun := in.expect(0, "user show warehouse -s meridian-uk"); strings.Contains(secondRun.out, passwordIn(t, r.out)) {
		t.Error("the password is shown again")
	}
	in.expect(0, "company show 10482 -s meridian-uk", "Users invited", "2")
	in.expect(0, "company list -s meridian-uk", "ACCOUNT", "10482", "Northgate")
	in.expect(0, "user list -s meridian-uk --company 10482", "MSantos", "warehouse", "invited")
	if r := in.expect(0, "user list -s meridian-uk --limit 1"); !strings.Contains(r.err, `--after "MSantos"`) {
		t.Errorf("no word about the rest: %s", r.err)
	}
	in.expect(0, "user change MSANTOS -s meridian-uk --role admin --last-name Santos", "Changed MSantos")
	in.expect(0, "user deactivate MSantos -s meridian-uk", "Deactivated")
	in.expect(1, "user reset MSantos -s meridian-uk", "the account is deactivated", "user activate")
	in.expect(0, "user activate MSantos -s meridian-uk", "Activated")
	in.expect(0, "user reset MSantos -s meridian-uk", "on its way")
	in.expect(0, "user unlock MSantos -s meridian-uk", "was not locked")
	in.expect(1, "user show nobody -s meridian-uk", `no user "nobody"`)
	in.expect(1, "user show MSantos -s inkwell", `no user "MSantos"`)
	in.expect(0, "user show msantos -s meridian-uk", "Mira Santos", "initial, set", "password.reset", "operator ")

	var u userView
	must(t, json.Unmarshal([]byte(in.expect(0, "user show msantos -s meridian-uk --json").out), &u))
	if u.Username != "MSantos" || u.Role != "admin" || u.State != "invited" || len(u.Events) != 6 {
		t.Errorf("%+v", u)
	}
	var list []userView
	must(t, json.Unmarshal([]byte(in.expect(0, "user list -s meridian-uk --json").out), &list))
	var companies []companyView
	must(t, json.Unmarshal([]byte(in.expect(0, "company list -s meridian-uk --json").out), &companies))
	if len(list) != 2 || len(companies) != 1 || companies[0].AccountNumber != "10482" {
		t.Errorf("%+v %+v", list, companies)
	}
}

func passwordIn(t *testing.T, text string) string {
	t.Helper()
	_, rest, _ := strings.Cut(text, "UTC: ")
	word, _, _ := strings.Cut(rest, "\n")
	if len(word) < 20 {
		t.Fatalf("no password in %q", text)
	}
	return word
}

func TestImportCommand(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	good := in.write("good.csv", "company,account_number,username,temporary_password\nNorthgate,1,mira,Fjord-Lamp-77\nNorthgate,1,ola,\n")
	in.expect(0, "import -s meridian-uk --dry-run "+good, "Would import 2 lines: 2 users created")
	in.expect(0, "import -s meridian-uk "+good, "Imported 2 lines: 2 users created", "1 companies created", "1 users have no password")
	in.expect(0, "import -s meridian-uk "+good, "0 users created, 0 updated, 2 unchanged")
	bad := in.write("bad.csv", "account_number,username,email\n1,new,\n1,,\n1,x,nobody\n")
	in.expect(1, "import -s meridian-uk "+bad+" --problems all.txt", "nothing was imported: 2 of 3 lines cannot be imported",
		"line 3: username: is missing", `line 4: email: "nobody" is not an address`, "--skip-bad")
	if text, err := os.ReadFile(filepath.Join(in.dir, "all.txt")); err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%s %v", text, err)
	}
	in.expect(1, "user show new -s meridian-uk", "no user")
	r := in.expect(0, "import -s meridian-uk --skip-bad --json "+bad)
	var totals importTotals
	must(t, json.Unmarshal([]byte(r.out), &totals))
	if totals.Created != 1 || totals.Bad != 2 || !strings.Contains(r.err, "2 of 3 lines were left out") {
		t.Errorf("%+v\n%s", totals, r.err)
	}
	in.expect(1, "import -s meridian-uk "+in.write("header.csv", "account_number,usrname\n"), `there is no column "usrname"; known are:`)
}

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
	in.expect(1, "restore copy.db", "pg_restore")
}

func TestDoctor(t *testing.T) {
	in := install(t, "")
	in.expect(1, "doctor", "marked FAIL")
	if r := in.run("doctor"); !strings.Contains(r.out, "FAIL") || !strings.Contains(r.out, "Run gatehouse migrate") {
		t.Errorf("without a database:\n%s", r.out)
	}
	in.expect(0, "migrate")
	must(t, os.Chmod(in.database, 0o644))
	var findings []finding
	must(t, json.Unmarshal([]byte(in.expect(0, "doctor --json").out), &findings))
	got := map[string]health{}
	for _, f := range findings {
		got[f.Check] = f.State
		if f.State != well && f.Fix == "" {
			t.Errorf("nothing to fix %+v", f)
		}
	}
	for check, want := range map[string]health{"configuration": well, "keys": well, "database": well, "clock": well, "outbox": well, "usernames": well, "signing keys": well, "pkce": well,
		"disk": well, "certificate": well, "mail server": well, "database file": warn, "dkim": warn, "bounces inkwell": warn} {
		if got[check] != want {
			t.Errorf("%s is %q, want %q: %+v", check, got[check], want, findings)
		}
	}
	in.write("gatehouse.yaml", "listen: 1\n")
	if r := in.run("doctor"); r.status != 1 || !strings.Contains(r.out, "key_file") {
		t.Errorf("with a broken configuration: %d\n%s", r.status, r.out)
	}
}

func TestDoctorLooksAtThePlaces(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	if r := in.run("doctor"); strings.Contains(r.out, "geoip") {
		t.Errorf("without places:\n%s", r.out)
	}
	replaceInFile(t, in.file, "key_file: keys\n", "key_file: keys\ngeoip: places.mmdb\n")
	for _, c := range []struct {
		file   []byte
		status int
		says   string
	}{
		{placesFile(t, utc().Add(-50*time.Hour), "Leeds"), 0, "GeoLite2-City was built on " + utc().Add(-50*time.Hour).Format(time.DateOnly) + ", 2 days ago"},
		{placesFile(t, utc().Add(-200*24*time.Hour), "Leeds"), 0, "200 days ago: get a newer file"},
		{[]byte("no places"), 1, "geoip: " + filepath.Join(in.dir, "places.mmdb") + ": "},
	} {
		in.write("places.mmdb", string(c.file))
		if r := in.run("doctor"); r.status != c.status || !strings.Contains(r.out, c.says) {
			t.Errorf("status %d, no %q in\n%s", r.status, c.says, r.out)
		}
	}
	if r := in.run("serve"); r.status != 2 || !strings.Contains(r.err, "geoip: ") {
		t.Errorf("serve with a damaged file: %d\n%s", r.status, r.err)
	}
}

func TestDoctorLooksAtTextMessages(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	if r := in.run("doctor"); !strings.Contains(r.out, "offered by inkwell, meridian-uk, and there is no gateway") {
		t.Errorf("without a gateway:\n%s", r.out)
	}
	replaceInFile(t, in.file, "key_file: keys\n", "key_file: keys\ntext_messages: {url: 'https://gateway.example/', body: '{{json .Text}}'}\n")
	if r := in.run("doctor"); !strings.Contains(r.out, "there is a gateway for inkwell, meridian-uk") {
		t.Errorf("with one:\n%s", r.out)
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

// The doctor names applications that are exempt from PKCE, and says when the key file has
// lost the line that signing keys are sealed with.
func TestDoctorLooksAtTheProvider(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	in.expect(0, "app create Legacy -s inkwell --redirect-uri https://old.example/cb --without-pkce", "Created Legacy")
	in.expect(0, "keys rotate -s inkwell", "Made new keys")
	if out := in.expect(0, "doctor").out; !strings.Contains(out, "excused from it: inkwell: Legacy (app_") {
		t.Error(out)
	}
	path := filepath.Join(in.dir, "keys")
	old, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, append(secret.NewKeyFile(), old...), 0o600)) // as a key is changed
	if out := in.expect(0, "doctor").out; !strings.Contains(out, "the key file opens those that there are") {
		t.Error(out)
	}
	must(t, os.WriteFile(path, secret.NewKeyFile(), 0o600))
	if r := in.run("doctor"); r.status != 1 || !strings.Contains(r.out, "signing keys inkwell") || !strings.Contains(r.out, "the key file has no key") {
		t.Errorf("without the old line: %d\n%s", r.status, r.out)
	}
}
