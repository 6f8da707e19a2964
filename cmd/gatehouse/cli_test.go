package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
	in.expect(0, "company policy 10482 -s meridian-uk", "session_idle", "30m", "site", "no_names", "no")
	in.expect(0, "company policy 10482 -s meridian-uk --session-idle 15m --trusted-device never --no-names yes", "15m", "never", "yes")
	in.expect(0, "company policy 10482 -s meridian-uk --session-idle site --json", `"company": "never"`, `"in_force": "yes"`)
	in.expect(2, "company policy 10482 -s meridian-uk --session-idle 4h", "a company can only be stricter than its site, which has 30m")
	in.expect(2, "company policy 10482 -s meridian-uk --min-length 13", "Give one of 20, 15, 12, 10, 8, site")
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
	deletesUser(t, in)
	erasesUser(t, in)
	movesUsers(t, in)
}

// deletesUser deletes a user, and gives the user back, as the company's pages do.
func deletesUser(t *testing.T, in *installation) {
	t.Helper()
	in.expect(0, "user restore MSantos -s meridian-uk", "was not deleted")
	in.expect(0, "user delete MSantos -s meridian-uk", "Deleted MSantos", "told by mail", "user restore")
	in.expect(0, "user delete MSantos -s meridian-uk", "deleted already")
	in.expect(0, "user show MSantos -s meridian-uk", "deleted, to be removed on", "user.deleted", "operator ")
	in.expect(1, "user reset MSantos -s meridian-uk", "the user was deleted", "user restore")
	if r := in.expect(0, "user list -s meridian-uk --company 10482"); strings.Contains(r.out, "MSantos") {
		t.Errorf("a deleted user is in the list: %s", r.out)
	}
	in.expect(0, "user restore MSantos -s meridian-uk", "Restored MSantos", "told by mail")
	in.expect(0, "user show MSantos -s meridian-uk", "user.restored")
}

// movesUsers moves a user to another company, and merges the companies.
func movesUsers(t *testing.T, in *installation) {
	t.Helper()
	in.expect(0, "company create Harlow -n 20881 -s meridian-uk", "Created Harlow")
	in.expect(0, "user create lead --company 10482 -s meridian-uk")
	in.expect(0, "user change lead -s meridian-uk --role admin", "Changed lead")
	in.expect(1, "user move lead --to 99 -s meridian-uk", `no company with the account number "99"`)
	in.expect(0, "user move warehouse --to 20881 -s meridian-uk", "Moved warehouse to Harlow", "all sessions have ended")
	in.expect(0, "user list -s meridian-uk --company 20881", "warehouse")
	in.expect(0, "company merge 10482 --into 20881 --dry-run -s meridian-uk", "Northgate", "Harlow", "Administrators")
	in.expect(0, "user list -s meridian-uk --company 10482", "lead")
	in.expect(0, "company merge 10482 --into 20881 --keep-administrators -s meridian-uk", "Merged Northgate into Harlow", "10482 stands for it now")
	in.expect(0, "user list -s meridian-uk --company 20881", "warehouse", "lead", "admin")
	in.expect(0, "user create late --company 10482 -s meridian-uk", "of Harlow")
}

// erasesUser erases a user, after showing what it would do; the username is free again.
func erasesUser(t *testing.T, in *installation) {
	t.Helper()
	if r := in.expect(0, "user erase MSantos -s meridian-uk", "What an erasure would do", "users", "messages"); !strings.Contains(r.err, "Nothing was erased") || !strings.Contains(r.err, "--yes") {
		t.Errorf("%q", r.err)
	}
	in.expect(0, "user show MSantos -s meridian-uk", "Mira Santos")
	var receipt erasureView
	must(t, json.Unmarshal([]byte(in.expect(0, "user erase msantos -s meridian-uk --yes --json").out), &receipt))
	if text := fmt.Sprint(receipt); !receipt.Erased || len(receipt.Tables) < 3 || strings.Contains(strings.ToLower(text), "santos") {
		t.Errorf("%+v", receipt)
	}
	in.expect(1, "user show MSantos -s meridian-uk", `no user "MSantos"`)
	in.expect(1, "user erase MSantos -s meridian-uk --yes", `no user "MSantos"`)
	in.expect(0, "user create MSantos --company 10482 -s meridian-uk --email mira@northgate.example", "on its way to mira@northgate.example")
	in.expect(0, "user erase MSantos -s meridian-uk --yes", "Receipt of an erasure", "have to be asked in turn: none")
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
