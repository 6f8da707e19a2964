package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const faultPassword = "Correct-Horse-42-Battery"

// addUser puts an account with nothing due into the database of a server that is not
// running yet.
func addUser(t *testing.T, database, username string) {
	t.Helper()
	ctx := context.Background()
	st, err := openStore(ctx, database)
	must(t, err)
	defer st.Close()
	hash, err := secret.NewHasher(secret.DefaultParams, 1, 1).Hash(ctx, faultPassword)
	must(t, err)
	now := utc()
	must(t, st.Write(ctx, func(q store.Queries) error {
		c := gatehouse.Company{SiteID: "meridian-uk", ID: store.NewID("com", now), Name: "Northgate", AccountNumber: username, CreatedAt: now}
		if err := q.InsertCompany(ctx, c); err != nil {
			return err
		}
		return q.InsertUser(ctx, gatehouse.User{SiteID: c.SiteID, ID: store.NewID("usr", now), CompanyID: c.ID, Username: username,
			Role: gatehouse.RoleUser, State: gatehouse.Active, ChallengeSet: true, TermsAccepted: "2026-09", SoleUserFor: "2026-09",
			Password: gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordChosen, SetAt: now}, CreatedAt: now})
	}))
}

var formToken = regexp.MustCompile(`name="form_token" value="([^"]+)"`)

// form gets the sign-in page and returns its token.
func (s *served) form() string {
	s.t.Helper()
	_, page := s.get(s.origin() + "/sign-in")
	token := formToken.FindStringSubmatch(page)
	if token == nil {
		s.t.Fatalf("no form: %s", page)
	}
	return token[1]
}

// signIn signs in over TLS and returns the status; the client keeps its cookies.
func (s *served) signIn(password string) int {
	s.t.Helper()
	token := s.form()
	res, err := s.client.PostForm(s.origin()+"/sign-in", url.Values{"username": {"msantos"}, "password": {password}, "form_token": {token}})
	must(s.t, err)
	res.Body.Close()
	return res.StatusCode
}

func (s *served) origin() string { return "https://uk.localhost:" + strings.Split(s.public, ":")[1] }

func (s *served) forgetCookies() {
	jar, err := cookiejar.New(nil)
	must(s.t, err)
	s.client.Jar = jar
}

func sqliteURL(t *testing.T) string { return "sqlite://" + filepath.Join(t.TempDir(), "gatehouse.db") }

// What was answered survives: the process is killed the moment it has answered, and
// the session is there when it runs again, and so is every wrong attempt.
func TestKilledServerForgetsNothing(t *testing.T) {
	database := sqliteURL(t)
	addUser(t, database, "msantos")
	s := prepare(t, database)
	for round := range 3 {
		s.start()
		s.forgetCookies()
		for range 2 {
			if status := s.signIn("wrong"); status != http.StatusUnauthorized {
				t.Fatalf("wrong password: %d", status)
			}
		}
		if round == 2 { // six wrong ones in a row by now
			if status := s.signIn(faultPassword); status != http.StatusUnauthorized {
				t.Errorf("after six wrong attempts, with the process killed in between: %d; they were forgotten", status)
			}
		}
		must(t, s.cmd.Process.Kill())
		s.cmd.Wait() //nolint:errcheck // killed
	}
	database = sqliteURL(t)
	addUser(t, database, "msantos")
	s = prepare(t, database)
	s.start()
	s.forgetCookies()
	if status := s.signIn(faultPassword); status != http.StatusSeeOther {
		t.Fatalf("sign-in: %d", status)
	}
	must(t, s.cmd.Process.Kill())
	s.cmd.Wait() //nolint:errcheck // killed
	s.start()
	if res, body := s.get(s.origin() + "/api/v1/session"); res.StatusCode != 200 || !strings.Contains(body, "msantos") {
		t.Errorf("the session after the kill: %d %s", res.StatusCode, body)
	}
}

// Attempts that were being verified when the process was killed delay nobody afterwards:
// the next process closes them as wrong. Six of them lock strangers out, so the correct
// password is refused at once, and not after a while with 503; with five, there is room for
// one.
func TestKilledServerLeavesNobodyWaiting(t *testing.T) {
	for _, open := range []int{5, 6} {
		database := sqliteURL(t)
		addUser(t, database, "msantos")
		s := prepare(t, database)
		config := filepath.Join(s.dir, "gatehouse.yaml")
		text, err := os.ReadFile(config)
		must(t, err)
		slow := append(text, "limits:\n  hash_time: 50\n  hash_workers: 1\n"...) // a second and more for each
		must(t, os.WriteFile(config, slow, 0o600))
		s.start()
		s.forgetCookies()
		token, origin := s.form(), s.origin()
		for range open {
			go func() {
				res, err := s.client.PostForm(origin+"/sign-in", url.Values{"username": {"msantos"}, "password": {"wrong"}, "form_token": {token}})
				if err == nil {
					res.Body.Close()
				}
			}()
		}
		st, err := openStore(t.Context(), database)
		must(t, err)
		defer st.Close()
		u, err := st.Read().UserByUsername(t.Context(), "meridian-uk", "msantos")
		must(t, err)
		var before gatehouse.Attempts
		for range 500 {
			before, err = st.Read().Attempts(t.Context(), u.SiteID, u.ID, "")
			if err == nil && before.Open+before.Row >= open {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		must(t, s.cmd.Process.Kill())
		s.cmd.Wait() //nolint:errcheck // killed
		if before.Open < 2 || before.Open+before.Row != open {
			t.Fatalf("killed too late: %+v", before)
		}
		must(t, os.WriteFile(config, text, 0o600))
		s.start()
		s.forgetCookies()
		began, want := time.Now(), map[int]int{5: http.StatusSeeOther, 6: http.StatusUnauthorized}[open]
		if status := s.signIn(faultPassword); status != want || time.Since(began) > 8*time.Second {
			t.Errorf("with %d attempts open when the process was killed: %d after %s, want %d at once", open, status, time.Since(began), want)
		}
		if after, err := st.Read().Attempts(t.Context(), u.SiteID, u.ID, ""); err != nil || after.Open != 0 || after.All != open {
			t.Errorf("of %d wrong attempts %+v are counted, %v", open, after, err)
		}
		must(t, s.cmd.Process.Kill())
		s.cmd.Wait() //nolint:errcheck // killed
	}
}

// A full disk is a 503 with a reference; nothing is half done, and when there is room
// again everything works without a restart.
func TestFullDisk(t *testing.T) {
	database := sqliteURL(t)
	addUser(t, database, "msantos")
	s := prepare(t, database)
	s.start()
	s.forgetCookies()
	path, _ := store.SQLitePath(database)
	limit := func(bytes string) {
		out, err := exec.Command("prlimit", "--pid", strconv.Itoa(s.cmd.Process.Pid), "--fsize="+bytes).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	wal, err := os.Stat(path + "-wal")
	must(t, err)
	limit(fmt.Sprintf("%d:unlimited", wal.Size()+8192))
	full := false
	for range 20 {
		if status := s.signIn("wrong"); status == http.StatusServiceUnavailable {
			full = true
			break
		}
	}
	if !full {
		t.Fatal("the disk never got full")
	}
	if res, _ := s.get(s.origin() + "/sign-in"); res.StatusCode != 200 {
		t.Errorf("pages that need no writing: %d", res.StatusCode)
	}
	if status, says := s.ready(); status != http.StatusServiceUnavailable {
		t.Errorf("every write fails, and /readyz says %d %s", status, says)
	}
	limit("unlimited:unlimited")
	testkit.Eventually(t, "the server to be ready again", func() bool { status, _ := s.ready(); return status == 200 })
	if status := s.signIn("wrong"); status != http.StatusUnauthorized {
		t.Errorf("with room again: %d\n%s", status, s.log)
	}
}

// Nobody signs in, but the disk is full: readiness tries for itself.
func TestFullDiskIsNoticedWithoutVisitors(t *testing.T) {
	database := sqliteURL(t)
	addUser(t, database, "msantos")
	s := prepare(t, database)
	s.start()
	path, _ := store.SQLitePath(database)
	wal, err := os.Stat(path + "-wal")
	must(t, err)
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(s.cmd.Process.Pid), fmt.Sprintf("--fsize=%d:unlimited", wal.Size())).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	testkit.Eventually(t, "the full disk to be noticed", func() bool {
		status, _ := s.ready()
		return status == http.StatusServiceUnavailable
	})
	if res, _ := s.get(s.origin() + "/sign-in"); res.StatusCode != 200 {
		t.Errorf("pages that need no writing: %d", res.StatusCode)
	}
}

// A read-only database, such as a standby after a failover: not ready until it accepts
// changes again, without a restart.
func TestReadOnlyDatabaseIsNotReady(t *testing.T) {
	database := testkit.PostgresURL(t)
	addUser(t, database, "msantos")
	s := prepare(t, database)
	s.start()
	ctx := t.Context()
	admin, err := pgx.Connect(ctx, database)
	must(t, err)
	defer admin.Close(ctx)
	readOnly := func(on string) {
		var name string
		must(t, admin.QueryRow(ctx, "SELECT current_database()").Scan(&name))
		for _, text := range []string{"ALTER DATABASE " + pgx.Identifier{name}.Sanitize() + " SET default_transaction_read_only = " + on,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"} {
			_, err := admin.Exec(ctx, text)
			must(t, err)
		}
	}
	readOnly("on")
	testkit.Eventually(t, "readiness to end", func() bool {
		status, says := s.ready()
		return status == http.StatusServiceUnavailable && strings.Contains(says, "read-only")
	})
	s.forgetCookies()
	if status := s.signIn(faultPassword); status != http.StatusServiceUnavailable {
		t.Errorf("signing in: %d", status)
	}
	if status, says := s.ready(); status != http.StatusServiceUnavailable || !strings.Contains(says, "read-only") {
		t.Errorf("/readyz says %d %s", status, says)
	}
	readOnly("off")
	testkit.Eventually(t, "the server to be ready again", func() bool { status, _ := s.ready(); return status == 200 })
	if status := s.signIn(faultPassword); status != http.StatusSeeOther {
		t.Errorf("signing in again: %d", status)
	}
}

// ready is what /readyz says.
func (s *served) ready() (int, string) {
	s.t.Helper()
	res, body := fetch(s.t, http.DefaultClient, "http://"+s.management+"/readyz")
	return res.StatusCode, body
}

// A truncated file is refused, or its pages are 503: never a wrong answer.
func TestTruncatedDatabase(t *testing.T) {
	database := sqliteURL(t)
	addUser(t, database, "msantos")
	path, _ := store.SQLitePath(database)
	info, err := os.Stat(path)
	must(t, err)
	must(t, os.Truncate(path, info.Size()/3))
	s := prepare(t, database)
	binary, err := serverBinary()
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "serve", "--config", filepath.Join(s.dir, "gatehouse.yaml")).CombinedOutput()
	if ctx.Err() == nil && (err == nil || !strings.Contains(string(out), "database")) {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Contains(string(out), "panic") {
		t.Errorf("%s", out)
	}
}
